use std::time::Instant;
use wgpu_activations::*;
fn main() {
    let gpu = Gpu::new_blocking().unwrap();
    let x = gpu.upload(&[1.0f32; 1024], [1024]).unwrap();
    let ys: Vec<_> = (0..8).map(|_| gpu.upload(&[0.0f32; 1024], [1024]).unwrap()).collect();
    gpu.submit().unwrap();
    let k = gpu.kernels();
    for round in 0..3 {
        let n = 512;
        let t = Instant::now();
        let ops: Vec<_> = (0..n)
            .map(|i| k.forward(Activation::Elu { alpha: 1.0 }, x.slice().unwrap(), ys[i % 8].slice().unwrap()).unwrap())
            .collect();
        let make = t.elapsed().as_secs_f64() / n as f64 * 1e6;
        let mut e = gpu.device().create_command_encoder(&Default::default());
        let t = Instant::now();
        {
            let mut p = e.begin_compute_pass(&Default::default());
            for o in &ops {
                o.record(&mut p);
            }
        }
        let rec = t.elapsed().as_secs_f64() / n as f64 * 1e6;
        let t = Instant::now();
        let cb = e.finish();
        let fin = t.elapsed().as_secs_f64() / n as f64 * 1e6;
        let t = Instant::now();
        gpu.queue().submit([cb]);
        gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        let run = t.elapsed().as_secs_f64() / n as f64 * 1e6;
        let t = Instant::now();
        let out: Vec<_> = (0..n).map(|_| gpu.forward(Activation::Elu { alpha: 1.0 }, &x).unwrap()).collect();
        let simple = t.elapsed().as_secs_f64() / n as f64 * 1e6;
        let t = Instant::now();
        for _ in 0..50 {
            let y = gpu.forward(Activation::Elu { alpha: 1.0 }, &x).unwrap();
            gpu.read_blocking([&y]).unwrap();
        }
        let lat = t.elapsed().as_secs_f64() / 50.0 * 1e6;
        println!(
            "round {round}: make {make:.2} us, record {rec:.2} us, finish {fin:.2} us, submit+run {run:.2} us, simple {simple:.2}, latency {lat:.1}"
        );
        drop(out);
    }
}
