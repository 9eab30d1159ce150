use std::time::Instant;
use wgpu_activations::*;
fn main() {
    let gpu = Gpu::new_blocking().unwrap();
    let x = gpu.upload(&[1.0f32; 1024], [1024]).unwrap();
    let y = gpu.upload(&[0.0f32; 1024], [1024]).unwrap();
    gpu.submit().unwrap();
    let k = gpu.kernels();
    let n = 60000;
    let t = cpu_time::ProcessTime::now();
    for _ in 0..n {
        let _ = k.forward(Activation::Elu { alpha: 1.0 }, x.slice().unwrap(), y.slice().unwrap()).unwrap();
    }
    println!("make {:.2} us", t.elapsed().as_secs_f64() / n as f64 * 1e6);
    let o = k.forward(Activation::Elu { alpha: 1.0 }, x.slice().unwrap(), y.slice().unwrap()).unwrap();
    let mut e = gpu.device().create_command_encoder(&Default::default());
    let t = Instant::now();
    {
        let mut p = e.begin_compute_pass(&Default::default());
        for _ in 0..n {
            o.record(&mut p);
        }
    }
    println!("record {:.2} us", t.elapsed().as_secs_f64() / n as f64 * 1e6);
}
