//! Buffers that are used again: of tensors, of uploads and of readbacks.

use std::sync::{Arc, Mutex};

use crate::Error;
use crate::kernels::lock;
use crate::kernels::scope::caught;

/// Bytes of idle buffers that are kept of each kind; beyond that they are freed.
const MOST_IDLE: u64 = 256 << 20;

/// Buffers of one kind: what idles is handed out again.
#[derive(Debug)]
pub(super) struct Memory {
    label: &'static str,
    usage: wgpu::BufferUsages,
    /// Whether buffers idle mapped, ready to be written by the host.
    mapped: bool,
    idle: Mutex<Vec<wgpu::Buffer>>,
}

impl Memory {
    pub(super) fn new(label: &'static str, usage: wgpu::BufferUsages, mapped: bool) -> Arc<Self> {
        Arc::new(Self { label, usage, mapped, idle: Mutex::default() })
    }

    /// A buffer of at least so many bytes, and of not much more.
    pub(super) fn take(&self, device: &wgpu::Device, bytes: u64) -> Result<wgpu::Buffer, Error> {
        // Steps of an eighth: few sizes, little waste.
        let step = (bytes.next_power_of_two() / 16).max(256);
        let size = bytes.max(1).next_multiple_of(step).min(bytes.max(device.limits().max_buffer_size / 4 * 4));
        {
            let mut idle = lock(&self.idle);
            // The last that was used, which caches still hold.
            if let Some(position) = idle.iter().rposition(|buffer| buffer.size() == size) {
                return Ok(idle.remove(position));
            }
        }
        let descriptor = wgpu::BufferDescriptor {
            label: Some(self.label),
            size,
            usage: self.usage,
            mapped_at_creation: self.mapped,
        };
        caught(device, || format!("{bytes} bytes of a {}", self.label), || device.create_buffer(&descriptor))
    }

    /// Keeps a buffer for the next who needs one of its size; the oldest go when there are too many bytes.
    pub(super) fn give_back(&self, buffer: wgpu::Buffer) {
        let mut idle = lock(&self.idle);
        idle.push(buffer);
        while idle.iter().map(wgpu::Buffer::size).sum::<u64>() > MOST_IDLE {
            idle.remove(0);
        }
    }
}
