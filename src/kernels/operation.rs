//! Operations, which the caller records into an encoder.

use std::sync::Arc;

use super::compile::Kernel;

/// A function on given slices: checked, compiled and bound. It can be recorded any number of times.
///
/// Recording takes three wgpu calls for each dispatch, allocates nothing and cannot fail. An
/// operation keeps its buffers alive. It reads them when the caller's commands run, not when it is
/// made.
///
/// ```
/// use wgpu_activations::{Activation, Gpu};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// # let gpu = Gpu::new_blocking()?;
/// # let x = gpu.upload(&[-2.0, 3.0], [2])?;
/// # let (kernels, x) = (gpu.kernels(), x.slice()?);
/// let relu = kernels.forward_in_place(Activation::Relu, x)?;
/// let tanh = kernels.forward_in_place(Activation::Tanh, x)?;
///
/// // Both go into one compute pass.
/// let mut encoder = gpu.device().create_command_encoder(&Default::default());
/// let mut pass = encoder.begin_compute_pass(&Default::default());
/// relu.record(&mut pass);
/// tanh.record(&mut pass);
/// drop(pass);
/// # gpu.submit()?;
/// gpu.queue().submit([encoder.finish()]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "an operation does nothing until it is recorded"]
pub struct Operation {
    pub(crate) dispatches: Vec<RecordedDispatch>,
}

/// A dispatch that is ready to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct RecordedDispatch {
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) bind_group: wgpu::BindGroup,
    pub(crate) workgroups: (u32, u32),
}

impl Operation {
    /// Records the operation into the caller's compute pass. It sets the pipeline and bind group 0.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>) {
        for RecordedDispatch {
            kernel,
            bind_group,
            workgroups,
        } in &self.dispatches
        {
            pass.set_pipeline(&kernel.pipeline);
            pass.set_bind_group(0, bind_group, &[]);
            pass.dispatch_workgroups(workgroups.0, workgroups.1, 1);
        }
    }

    /// The label and the WGSL of each dispatch's kernel, in order. A label is, for example,
    /// `wgpu-activations gelu forward f32`. `cargo run --example kernels -- "gelu forward f32
    /// [1024]"` prints them.
    pub fn kernels(&self) -> impl Iterator<Item = (&str, String)> {
        self.dispatches.iter().map(|dispatch| {
            (
                dispatch.kernel.label.as_str(),
                dispatch.kernel.key.text().unwrap_or_default(),
            )
        })
    }

    /// Records a compute pass with this operation into the caller's encoder. Use
    /// [`record`](Self::record) to put several operations into one pass.
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        if let Some(RecordedDispatch { kernel, .. }) = self.dispatches.last() {
            let descriptor = wgpu::ComputePassDescriptor {
                label: Some(&kernel.label),
                timestamp_writes: None,
            };
            self.record(&mut encoder.begin_compute_pass(&descriptor));
        }
    }

    /// Adds the dispatches of an operation that runs after this one.
    pub(super) fn append(&mut self, next: Self) {
        self.dispatches.extend(next.dispatches);
    }
}

/// Returns a grid of at least `count` workgroups that keeps to the device's limit in each
/// dimension.
pub(crate) fn grid(count: u32, limit: u32) -> (u32, u32) {
    let rows = count.div_ceil(limit).max(1);
    (count.div_ceil(rows), rows)
}

#[cfg(test)]
mod tests {
    use super::grid;

    #[test]
    fn grids_hold_every_workgroup() {
        for limit in [1000, 65_535] {
            for count in [
                0,
                1,
                limit - 1,
                limit,
                limit + 1,
                2 * limit,
                2 * limit + 1,
                900_001,
            ] {
                let (x, y) = grid(count, limit);
                assert!(
                    x <= limit && y <= limit && x * y >= count && x * y - count < y,
                    "{count} in rows of {limit}: {x} by {y}"
                );
            }
        }
    }
}
