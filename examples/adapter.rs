//! Which adapter the crate would open, as wgpu's environment variables ask for it; exit status 1 if there is none.

fn main() -> std::process::ExitCode {
    match pollster::block_on(wgpu_activations::request_adapter()) {
        Ok(adapter) => {
            let wgpu_activations::wgpu::AdapterInfo {
                name,
                driver,
                driver_info,
                backend,
                ..
            } = adapter.get_info();
            println!("{name} ({backend}; {driver} {driver_info})");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
