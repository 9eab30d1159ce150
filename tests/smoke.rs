use wgpu_activations::*;
#[test]
fn smoke() {
    let gpu = Gpu::new_blocking().unwrap();
    println!("{:?}", gpu.device().adapter_info());
    let n = 1003;
    let xs: Vec<f32> = (0..n).map(|i| (i as f32 - 500.0) * 0.01).collect();
    let x = gpu.upload(&xs, [n]).unwrap();
    let dy = gpu.upload(&vec![2.0; n], [n]).unwrap();
    for &a in Activation::ALL {
        let y = gpu.forward(a, &x).unwrap();
        let dx = gpu.backward(a, &x, &dy).unwrap();
        let [y, dx] = gpu.read_blocking([&y, &dx]).unwrap();
        let mut e = [0.0f64; 2];
        for i in 0..n {
            let t = a.forward(xs[i] as f64);
            let d = a.backward(xs[i] as f64, 2.0);
            e[0] = e[0].max(((y[i] as f64 - t) / t.abs().max(1e-30)).abs());
            e[1] = e[1].max(((dx[i] as f64 - d) / d.abs().max(1e-30)).abs());
        }
        println!("{a} {e:?}");
    }
    let w = gpu.upload(&[0.1, 0.2, 0.3], [3]).unwrap();
    let xs: Vec<f32> = (0..3000 * 7 * 5).map(|i| ((i * 7919) % 1000) as f32 * 0.01 - 5.0).collect();
    let x = gpu.upload(&xs, [1000, 3, 5, 7]).unwrap();
    let dw = gpu.backward_parameter(Activation::Prelu { weight: 0.25 }, (&x, &w), &x).unwrap();
    let y = gpu.forward(Activation::Prelu { weight: 0.25 }, (&x, &w)).unwrap();
    let [dw, y] = gpu.read_blocking([&dw, &y]).unwrap();
    let mut t = [0.0; 3];
    for i in 0..xs.len() {
        let c = (i / 35) % 3;
        let v = xs[i] as f64;
        if v <= 0.0 {
            t[c] += v * v;
        }
        let e = if v > 0.0 { v } else { v * [0.1, 0.2, 0.3f32][c] as f64 };
        assert!((y[i] as f64 - e).abs() < 1e-6);
    }
    println!("{dw:?} {t:?}");
    let e = gpu.upload(&[], [0, 3]).unwrap();
    let dw = gpu.backward_parameter(Activation::Prelu { weight: 0.25 }, (&e, &w), &e).unwrap();
    println!("{:?}", pollster::block_on(gpu.read([&dw, &e])).unwrap());
}
