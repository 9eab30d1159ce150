//! Prints the adapter that `Gpu::new` would open. wgpu's environment variables can choose another
//! one. The exit status is 1 if there is no adapter.

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
