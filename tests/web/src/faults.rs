//! Errors reach those who caused them, at the latest at their next read.

use std::sync::{Arc, Mutex};

use wgpu_activations::wgpu::{self, BufferUsages as Usages};
use wgpu_activations::{Activation, Error, Gpu, Kernels, Tensor};

use crate::{Outcome, ensure};

const TANH: Activation = Activation::Tanh;

/// The errors that reach the program's own handler.
fn handled(device: &wgpu::Device) -> Arc<Mutex<Vec<String>>> {
    let errors = Arc::<Mutex<Vec<String>>>::default();
    let log = errors.clone();
    device.on_uncaptured_error(Arc::new(move |error| {
        log.lock().unwrap().push(error.to_string());
    }));
    errors
}

fn buffer(device: &wgpu::Device, label: &str, usage: Usages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: 64,
        usage,
        mapped_at_creation: false,
    })
}

/// The browser names the buffer in its message.
fn is_refusal(error: &Error) -> bool {
    let text = error.to_string();
    text.starts_with("wgpu refused the buffers of `wgpu-activations tanh forward f32`: ")
        && text.contains("foreign")
}

pub async fn a_buffer_of_another_device() -> Outcome {
    let [gpu, other] = [Gpu::new().await?, Gpu::new().await?];
    let handled = handled(gpu.device());
    let kernels = Kernels::new(gpu.device(), gpu.queue());
    kernels.settled().await?;
    let x = buffer(other.device(), "foreign", Usages::STORAGE);
    let y = buffer(gpu.device(), "own", Usages::STORAGE);
    let _refused = kernels.forward(TANH, &x, &y);
    let error = kernels.settled().await.err().ok_or("settled, no error")?;
    ensure!(is_refusal(&error), "settled: {error}");
    // It stays, since nobody knows what else is not valid.
    ensure!(
        kernels.settled().await == Err(error.clone()),
        "settled, again"
    );
    let z = buffer(gpu.device(), "own, too", Usages::STORAGE);
    let again = kernels.forward(TANH, &y, &z).map(drop);
    ensure!(again == Err(error), "forward, after the error: {again:?}");
    // Other objects of the device go on.
    let kernels = Kernels::new(gpu.device(), gpu.queue());
    let _operation = kernels.forward(TANH, &y, &z)?;
    kernels.settled().await?;
    let handled = handled.lock().unwrap();
    ensure!(handled.is_empty(), "the host's handler got {handled:?}");
    Ok(())
}

/// A `Gpu` and its `Kernels` share their errors.
pub async fn a_buffer_of_another_device_beside_a_gpu() -> Outcome {
    let [gpu, other] = [Gpu::new().await?, Gpu::new().await?];
    let handled = handled(gpu.device());
    let tensor = gpu.upload(&[1.0, -1.0], [2])?;
    let x = buffer(other.device(), "foreign", Usages::STORAGE);
    let y = buffer(gpu.device(), "own", Usages::STORAGE);
    let _refused = gpu.kernels().forward(TANH, &x, &y);
    let error = gpu.read(&tensor).await.err().ok_or("read, no error")?;
    ensure!(is_refusal(&error), "read: {error}");
    for (call, result) in [
        ("submit", gpu.submit()),
        ("upload", gpu.upload(&[1.0], [1]).map(drop)),
        ("forward", gpu.forward(TANH, &tensor).map(drop)),
    ] {
        ensure!(
            result == Err(error.clone()),
            "{call}, after the error: {result:?}"
        );
    }
    let handled = handled.lock().unwrap();
    ensure!(handled.is_empty(), "the host's handler got {handled:?}");
    Ok(())
}

/// The buffer of a tensor is destroyed by hand, so the browser refuses the batch that uses it.
pub async fn refused_work() -> Outcome {
    let gpu = Gpu::new().await?;
    let handled = handled(gpu.device());
    let x = gpu.upload(&[0.5; 100], [100])?;
    let other = gpu.upload(&[2.0], [1])?;
    let y = gpu.forward(TANH, &x)?;
    let doomed = gpu.forward(TANH, &other)?;
    doomed.slice()?.buffer.destroy();
    let refused = gpu.read(&y).await.err().ok_or("no error")?;
    let text = refused.to_string();
    ensure!(
        text.starts_with("wgpu refused what was recorded: "),
        "{text}"
    );
    ensure!(gpu.read(&y).await == Err(refused.clone()), "a second read");
    ensure!(gpu.submit() == Err(refused), "a submission after it");
    let handled = handled.lock().unwrap();
    ensure!(handled.is_empty(), "the host's handler got {handled:?}");
    Ok(())
}

async fn all_is_lost(gpu: &Gpu, x: &Tensor) -> Outcome {
    for _ in 0..2 {
        let mut values = vec![0.0; x.len()];
        for (call, result) in [
            ("read", gpu.read(x).await.map(drop)),
            ("read_into", gpu.read_into([(x, &mut values[..])]).await),
            ("read, of nothing", gpu.read([]).await.map(drop)),
            ("submit", gpu.submit()),
            ("upload", gpu.upload(&[1.0], [1]).map(drop)),
            ("forward", gpu.forward(TANH, x).map(drop)),
            (
                "forward, of another kernel",
                gpu.forward(Activation::Mish, x).map(drop),
            ),
            ("settled", gpu.kernels().settled().await),
        ] {
            ensure!(result == Err(Error::DeviceLost), "{call}: {result:?}");
        }
    }
    Ok(())
}

pub async fn a_device_destroyed_before_a_read() -> Outcome {
    let gpu = Gpu::new().await?;
    // The callback is the program's.
    let told = Arc::<Mutex<bool>>::default();
    let tell = told.clone();
    gpu.device()
        .set_device_lost_callback(move |_, _| *tell.lock().unwrap() = true);
    let x = gpu.upload(&[0.5; 100], [100])?;
    let y = gpu.forward(TANH, &x)?;
    gpu.device().destroy();
    // The first call may come before the browser tells of the loss.
    let first = gpu.forward(TANH, &x).map(drop);
    ensure!(
        matches!(first, Ok(()) | Err(Error::DeviceLost)),
        "forward: {first:?}"
    );
    all_is_lost(&gpu, &y).await?;
    ensure!(
        *told.lock().unwrap(),
        "the program's callback was not called"
    );
    // Another device works.
    let gpu = Gpu::new().await?;
    let x = gpu.upload(&[-1.0, 2.0], [2])?;
    let y = gpu.read(&gpu.forward(Activation::Relu, &x)?).await?;
    ensure!(y == [0.0, 2.0], "{y:?}");
    Ok(())
}

/// A result that was computed before may still arrive, if it is whole and right.
pub async fn a_device_destroyed_during_a_read() -> Outcome {
    let gpu = Gpu::new().await?;
    let values = vec![0.5; 1 << 20];
    let x = gpu.upload(&values, [values.len()])?;
    let y = gpu.forward(Activation::Relu, &x)?;
    let read = gpu.read(&y);
    gpu.device().destroy();
    match read.await {
        Ok(got) => ensure!(got == values, "a result that is not whole"),
        Err(error) => ensure!(error == Error::DeviceLost, "{error}"),
    }
    all_is_lost(&gpu, &y).await
}

pub async fn a_device_destroyed_under_a_guest() -> Outcome {
    let gpu = Gpu::new().await?;
    let kernels = Kernels::new(gpu.device(), gpu.queue());
    let [x, y] = ["x", "y"].map(|label| buffer(gpu.device(), label, Usages::STORAGE));
    let ready = kernels.forward(TANH, &x, &y)?;
    gpu.device().destroy();
    let settled = kernels.settled().await;
    ensure!(settled == Err(Error::DeviceLost), "settled: {settled:?}");
    let again = kernels.forward(TANH, &x, &y).map(drop);
    ensure!(again == Err(Error::DeviceLost), "forward: {again:?}");
    // Recording cannot fail. What it records does not run.
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    ready.encode(&mut encoder);
    gpu.queue().submit([encoder.finish()]);
    let late = Kernels::new(gpu.device(), gpu.queue());
    let settled = late.settled().await;
    ensure!(
        settled == Err(Error::DeviceLost),
        "of a new object: {settled:?}"
    );
    Ok(())
}

/// SwiftShader has no memory for a buffer of 1 GiB, though its limits allow one.
pub async fn too_little_memory() -> Outcome {
    const LARGE: usize = 256 << 20;
    let gpu = Gpu::new().await?;
    let handled = handled(gpu.device());
    let x = gpu.upload(&[1.0], [1])?;
    let large = gpu.forward(Activation::Relu, x.view().broadcast_to([LARGE])?);
    let error = gpu.read(&x).await.err().ok_or("a tensor of 1 GiB fits")?;
    ensure!(matches!(error, Error::OutOfMemory { .. }), "{error}");
    ensure!(gpu.read(&x).await == Err(error.clone()), "a second read");
    ensure!(gpu.submit() == Err(error), "a submission after it");
    let handled = handled.lock().unwrap();
    ensure!(handled.is_empty(), "the host's handler got {handled:?}");
    // Another `Gpu` on the same device works.
    let (device, queue) = (gpu.device().clone(), gpu.queue().clone());
    drop((large, x, gpu));
    let gpu = Gpu::from_device(device, queue);
    let x = gpu.upload(&[-1.0, 2.0], [2])?;
    let y = gpu.read(&gpu.forward(Activation::Relu, &x)?).await?;
    ensure!(y == [0.0, 2.0], "{y:?}");
    Ok(())
}

/// The program makes errors between the calls of the crate, without and with a scope of its own.
pub async fn errors_of_the_host_stay_the_host_s() -> Outcome {
    let gpu = Gpu::new().await?;
    let handled = handled(gpu.device());
    let x = gpu.upload(&[-1.0, 2.0], [2])?;
    drop(buffer(gpu.device(), "host's mistake", Usages::empty()));
    let y = gpu.forward(Activation::Relu, &x)?;
    let scope = gpu.device().push_error_scope(wgpu::ErrorFilter::Validation);
    let z = gpu.forward(Activation::Relu, &y)?;
    drop(buffer(
        gpu.device(),
        "host's second mistake",
        Usages::empty(),
    ));
    let read = gpu.read([&y, &z]);
    let in_scope = scope.pop().await;
    let [y, z] = read.await?;
    ensure!(
        (&y[..], &z[..]) == (&[0.0, 2.0], &[0.0, 2.0]),
        "{y:?} {z:?}"
    );
    let in_scope = in_scope.map(|error| error.to_string()).unwrap_or_default();
    ensure!(
        in_scope.contains("second mistake"),
        "the host's scope got {in_scope:?}"
    );
    let handled = handled.lock().unwrap();
    let is_first = |text: &String| text.contains("host's mistake");
    ensure!(
        handled.len() == 1 && handled.iter().all(is_first),
        "the host's handler got {handled:?}"
    );
    Ok(())
}
