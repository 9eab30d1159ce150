//! Buffers for partial results between dispatches.

use std::sync::Mutex;

use super::error_scope::with_error_scope;
use super::slice::ELEMENT;
use super::{Kernels, lock};
use crate::Error;

impl Kernels {
    /// Two buffers of at least so many elements, for partial results between dispatches. All
    /// operations share them: a queue runs one after the other.
    pub(super) fn scratch(&self, elements: u64) -> Result<[wgpu::Buffer; 2], Error> {
        self.reuse_or_create(&self.scratch, elements)
    }

    /// The buffers that are there, if they are large enough, else new ones.
    pub(super) fn reuse_or_create<const N: usize>(
        &self,
        place: &Mutex<Option<[wgpu::Buffer; N]>>,
        elements: u64,
    ) -> Result<[wgpu::Buffer; N], Error> {
        let size = elements * ELEMENT;
        let rounded = size.next_power_of_two().max(1024);
        let size = size.max(rounded.min(self.limits.max_buffer_size));
        let descriptor = wgpu::BufferDescriptor {
            label: Some("wgpu-activations partial sums"),
            size,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        };
        let present = lock(place).clone();
        if let Some(buffers) = present.filter(|buffers| buffers[0].size() >= size) {
            return Ok(buffers);
        }
        // Nothing is locked during calls of wgpu's. Two threads may both make buffers; each keeps
        // its own, and later ones take those that came last.
        let make = || std::array::from_fn(|_| self.device.create_buffer(&descriptor));
        let what = || format!("{size} bytes for partial sums");
        let buffers = with_error_scope(&self.device, what, make)?;
        *lock(place) = Some(buffers.clone());
        Ok(buffers)
    }
}
