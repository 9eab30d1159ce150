//! Pools of buffers for tensors, for uploads and for readbacks.

use std::sync::{Arc, Mutex};

use crate::Error;
use crate::kernels::error_scope::{Device, with_error_scope};
use crate::kernels::lock;

/// Each pool may hold this number of idle bytes, however few were used at once.
const MOST_IDLE: u64 = 256 << 20;

/// A pool of buffers of one kind. Idle buffers are handed out again.
#[derive(Debug)]
pub(super) struct Memory {
    label: &'static str,
    usage: wgpu::BufferUsages,
    pool: Mutex<Pool>,
}

#[derive(Debug, Default)]
struct Pool {
    idle: Vec<wgpu::Buffer>,
    /// The bytes that are handed out, and the most that were handed out at once.
    used: u64,
    peak: u64,
}

impl Pool {
    /// Frees the oldest idle buffers, until no more is held than was once used at the same time. A
    /// training step can then reuse all buffers of the step before. The caller drops the freed ones
    /// when the pool is unlocked.
    #[must_use]
    fn trim(&mut self) -> Vec<wgpu::Buffer> {
        let most = self.peak.saturating_sub(self.used).max(MOST_IDLE);
        let mut bytes: u64 = self.idle.iter().map(wgpu::Buffer::size).sum();
        let count = self.idle.iter().take_while(|buffer| {
            let is_too_much = bytes > most;
            bytes -= buffer.size();
            is_too_much
        });
        let count = count.count();
        self.idle.drain(..count).collect()
    }
}

impl Memory {
    pub(super) fn new(label: &'static str, usage: wgpu::BufferUsages) -> Arc<Self> {
        Arc::new(Self {
            label,
            usage,
            pool: Mutex::default(),
        })
    }

    /// Takes a buffer of at least this size, and of not much more.
    pub(super) fn take(&self, device: &Device, bytes: u64) -> Result<wgpu::Buffer, Error> {
        // Few sizes make reuse likely, and steps of an eighth waste little.
        let step = (bytes.next_power_of_two() / 16).max(256);
        let size = bytes
            .max(1)
            .next_multiple_of(step)
            .min(bytes.max(device.limits().max_buffer_size / 4 * 4));
        let mut pool = lock(&self.pool);
        pool.used += size;
        // The GPU's caches may still hold the buffer that was used last.
        if let Some(position) = pool.idle.iter().rposition(|buffer| buffer.size() == size) {
            pool.peak = pool.peak.max(pool.used);
            return Ok(pool.idle.remove(position));
        }
        let freed = pool.trim();
        drop(pool);
        drop(freed); // This may make the room for the new one.
        let descriptor = wgpu::BufferDescriptor {
            label: Some(self.label),
            size,
            usage: self.usage,
            // The host writes uploads. They idle mapped, too.
            mapped_at_creation: self.usage.contains(wgpu::BufferUsages::MAP_WRITE),
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

    /// Keeps a buffer for the next call that needs its size.
    pub(super) fn give_back(&self, buffer: wgpu::Buffer) {
        let mut pool = lock(&self.pool);
        pool.used = pool.used.saturating_sub(buffer.size());
        pool.idle.push(buffer);
        let freed = pool.trim();
        drop(pool);
        drop(freed);
    }

    /// Frees idle buffers as soon as the device has finished with them.
    pub(super) fn empty(&self) {
        let mut pool = lock(&self.pool);
        pool.peak = pool.used;
        let freed = std::mem::take(&mut pool.idle);
        drop(pool);
        drop(freed);
    }
}
