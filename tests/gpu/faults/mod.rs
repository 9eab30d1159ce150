//! Faults of the device: it is lost, it has no memory, it compiles nothing. Each is an error of its
//! own, later calls report it, none waits for ever, and no result is wrong. wgpu panics at errors
//! that nobody catches, and so would these tests.

mod callbacks;
mod limits;
mod lost;
mod memory;
mod threads;

use std::sync::mpsc;
use std::time::Duration;

use wgpu_activations::{Gpu, wgpu};

use crate::support::gpu_with;

fn new_gpu() -> Gpu {
    gpu_with(wgpu::Limits::default())
}

/// Runs work in a thread. A thread that hangs is a failure.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(work()));
    // Each takes far less, also on a busy machine.
    receiver
        .recv_timeout(Duration::from_secs(60))
        .expect("a result, and no hang or panic")
}
