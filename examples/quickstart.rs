use wgpu_activations::{Activation, Gpu};

fn main() -> Result<(), wgpu_activations::Error> {
    let gpu = Gpu::new_blocking()?; // or Gpu::new().await
    let elu = Activation::ELU;

    let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0], [2, 2])?;
    let y = gpu.forward(elu, &x)?;
    let grad_y = gpu.upload(&[1.0; 4], [2, 2])?;
    let grad_x = gpu.backward(elu, &x, &grad_y)?;

    let [y, grad_x] = gpu.read_blocking([&y, &grad_x])?; // or gpu.read(…).await
    println!("y = {y:?}, grad_x = {grad_x:?}");
    assert_eq!([y[3], grad_x[3]], [3.0, 1.0]);
    Ok(())
}
