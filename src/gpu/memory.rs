//! Buffers that are used again: of tensors, of uploads and of readbacks.

use std::sync::{Arc, Mutex};

use crate::Error;
use crate::kernels::error_scope::with_error_scope;
use crate::kernels::lock;

/// Bytes of idle buffers that are kept of each kind in any case.
const MOST_IDLE: u64 = 256 << 20;

/// Buffers of one kind: what idles is handed out again.
#[derive(Debug)]
pub(super) struct Memory {
    label: &'static str,
    usage: wgpu::BufferUsages,
    /// Whether buffers idle mapped, ready to be written by the host.
    mapped: bool,
    pool: Mutex<Pool>,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<wgpu::Buffer>,
    /// Bytes that are handed out, and the most that ever were.
    used: u64,
    peak: u64,
}

impl Pool {
    /// Frees the oldest of what idles, so that no more is held than was once used at the same time:
    /// a training step finds again what the one before has left, however much that is.
    fn trim(&mut self) {
        let most = self.peak.saturating_sub(self.used).max(MOST_IDLE);
        let mut bytes: u64 = self.idle.iter().map(wgpu::Buffer::size).sum();
        let count = self.idle.iter().take_while(|buffer| {
            let is_too_much = bytes > most;
            bytes -= buffer.size();
            is_too_much
        });
        self.idle.drain(..count.count());
    }
}

impl Memory {
    pub(super) fn new(label: &'static str, usage: wgpu::BufferUsages, mapped: bool) -> Arc<Self> {
        Arc::new(Self {
            label,
            usage,
            mapped,
            pool: Mutex::default(),
        })
    }

    /// A buffer of at least so many bytes, and of not much more.
    pub(super) fn take(&self, device: &wgpu::Device, bytes: u64) -> Result<wgpu::Buffer, Error> {
        // Steps of an eighth: few sizes, little waste.
        let step = (bytes.next_power_of_two() / 16).max(256);
        let size = bytes
            .max(1)
            .next_multiple_of(step)
            .min(bytes.max(device.limits().max_buffer_size / 4 * 4));
        let mut pool = lock(&self.pool);
        pool.used += size;
        // The last that was used, which caches still hold.
        if let Some(position) = pool.idle.iter().rposition(|buffer| buffer.size() == size) {
            pool.peak = pool.peak.max(pool.used);
            return Ok(pool.idle.remove(position));
        }
        pool.trim();
        drop(pool);
        let descriptor = wgpu::BufferDescriptor {
            label: Some(self.label),
            size,
            usage: self.usage,
            mapped_at_creation: self.mapped,
        };
        let what = || format!("{bytes} bytes of a {}", self.label);
        let created = with_error_scope(device, what, || device.create_buffer(&descriptor));
        let mut pool = lock(&self.pool);
        match &created {
            Ok(_) => pool.peak = pool.peak.max(pool.used),
            Err(_) => pool.used -= size,
        }
        created
    }

    /// Keeps a buffer for the next who needs one of its size.
    pub(super) fn give_back(&self, buffer: wgpu::Buffer) {
        let mut pool = lock(&self.pool);
        pool.used = pool.used.saturating_sub(buffer.size());
        pool.idle.push(buffer);
        pool.trim();
    }

    /// Frees what idles, as soon as the device has no more use for it.
    pub(super) fn empty(&self) {
        let mut pool = lock(&self.pool);
        pool.peak = pool.used;
        pool.idle.clear();
    }
}
