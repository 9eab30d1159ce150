//! Operations, which are recorded into an encoder.

use std::sync::Arc;

use super::compile::Kernel;

/// One activation on given slices, checked, compiled and bound: ready to be recorded, as often as
/// wanted.
///
/// Recording takes three wgpu calls a dispatch, allocates nothing and cannot fail. An operation
/// keeps its buffers alive; it reads and writes what they hold at the time the caller's commands
/// run.
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
    /// Records into the caller's compute pass. It sets the pass's pipeline and its bind group 0.
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

    /// The kernels of the operation's dispatches in order: their labels, such as `wgpu-activations
    /// gelu forward f32`, and their WGSL. `cargo run --example wgsl -- --kernel "gelu forward f32
    /// [1024]"` prints them.
    pub fn kernels(&self) -> impl Iterator<Item = (&str, String)> {
        self.dispatches.iter().map(|dispatch| {
            (
                dispatch.kernel.label.as_str(),
                dispatch.kernel.key.text().unwrap_or_default(),
            )
        })
    }

    /// Records a compute pass of its own into the caller's encoder.
    pub fn encode(&self, encoder: &mut wgpu::CommandEncoder) {
        if let Some(RecordedDispatch { kernel, .. }) = self.dispatches.last() {
            let descriptor = wgpu::ComputePassDescriptor {
                label: Some(&kernel.label),
                timestamp_writes: None,
            };
            self.record(&mut encoder.begin_compute_pass(&descriptor));
        }
    }
}

/// A grid of at least `count` workgroups that keeps to the device's limit in each dimension.
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
