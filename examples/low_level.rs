//! Uses the low-level API as an engine would: an activation and its gradient on slices of existing
//! buffers, recorded into an existing encoder.

use std::sync::mpsc;

use anyhow::{Result, ensure};
use wgpu_activations::wgpu::{self, BufferUsages};
use wgpu_activations::{Activation, Kernels};

fn main() -> Result<()> {
    // The engine has a device with wgpu's default limits and no features, and one large buffer for
    // its data.
    let instance =
        wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapter = pollster::block_on(instance.request_adapter(&Default::default()))?;
    let (device, queue) = pollster::block_on(adapter.request_device(&Default::default()))?;
    let buffer = |size, usage| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        })
    };
    let xs = [-2.0f32, -0.5, 0.0, 0.5, 3.0];
    let size = size_of_val(&xs) as u64;
    let arena = buffer(1 << 20, BufferUsages::STORAGE | BufferUsages::COPY_DST);
    let results = buffer(
        1024,
        BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
    );
    let readback = buffer(1024, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
    queue.write_buffer(&arena, 4096, bytemuck::cast_slice(&xs));
    queue.write_buffer(&arena, 8192, bytemuck::cast_slice(&[2.0f32; 5]));

    // Make one `Kernels` for each device. Operations are checked, compiled and bound here, and can
    // be recorded as often as you like.
    let kernels = Kernels::new(&device, &queue);
    let activation = Activation::ELU;
    let (x, grad_output) = (
        arena.slice(4096..4096 + size),
        arena.slice(8192..8192 + size),
    );
    let (y, grad_x) = (results.slice(..size), results.slice(512..512 + size));
    let forward = kernels.forward(activation, x, y)?;
    let backward = kernels.backward(activation, x, grad_output, grad_x)?;

    // The engine records commands of its own before and after, and submits them itself.
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.clear_buffer(&results, 0, None);
    forward.encode(&mut encoder);
    backward.encode(&mut encoder);
    encoder.copy_buffer_to_buffer(&results, 0, &readback, 0, 1024);
    queue.submit([encoder.finish()]);

    let (sender, receiver) = mpsc::channel();
    readback.map_async(wgpu::MapMode::Read, .., move |mapped| {
        drop(sender.send(mapped))
    });
    device.poll(wgpu::PollType::wait_indefinitely())?;
    receiver.recv()??;
    let view = readback.get_mapped_range(..)?;
    let values: &[f32] = bytemuck::cast_slice(&view);

    // Compare with f64 math on the CPU. The crate promises 4 ulp, which is at most 4 * 2^-23 of the
    // value.
    for (i, &x) in xs.iter().enumerate() {
        let (y, grad_x) = (values[i], values[128 + i]);
        println!("x = {x:4}: y = {y:.7}, grad_x = {grad_x:.7}");
        let wanted = (
            activation.forward(x.into()),
            activation.backward(x.into(), 2.0),
        );
        for (got, wanted) in [(y, wanted.0), (grad_x, wanted.1)] {
            let tolerance = 4.0 * f64::from(f32::EPSILON) * wanted.abs();
            ensure!(
                (f64::from(got) - wanted).abs() <= tolerance,
                "got {got:?}, wanted {wanted:?}"
            );
        }
    }
    println!("within 4 ulp of f64 on {}", adapter.get_info().name);
    Ok(())
}
