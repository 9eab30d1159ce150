//! What goes wrong on the device's side: it is lost, it has no memory, it compiles nothing. Each is an error of its own, later
//! calls say so, none waits for ever, and no result is wrong. wgpu panics at errors that nobody catches, so these tests
//! would, too.

#[path = "../common/mod.rs"]
mod common;
mod limits;
mod lost;
mod memory;
mod threads;

use std::sync::mpsc;
use std::time::Duration;

use wgpu_activations::{Gpu, wgpu};

/// A device of its own, so that the other tests keep theirs.
fn device(required_limits: wgpu::Limits) -> (wgpu::Device, wgpu::Queue) {
    let adapter = pollster::block_on(wgpu_activations::request_adapter()).expect("an adapter");
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("to be lost"),
        required_limits,
        ..Default::default()
    };
    pollster::block_on(adapter.request_device(&descriptor)).expect("a device")
}

fn new_gpu() -> Gpu {
    let (device, queue) = device(wgpu::Limits::default());
    Gpu::from_device(device, queue)
}

fn storage(device: &wgpu::Device, size: u64) -> wgpu::Buffer {
    let usage = wgpu::BufferUsages::STORAGE;
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("the caller's"),
        size,
        usage,
        mapped_at_creation: false,
    })
}

/// What a thread returns. One that hangs is a failure.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    // Far more than any of them takes, also on a busy machine.
    receiver
        .recv_timeout(Duration::from_secs(60))
        .expect("a result, and no hang or panic")
}
