//! The optimiser on a device: its state, and its step.

use wgpu_activations::wgpu;

use super::device::Device;
use super::kernels::Work;

/// The state of the optimiser.
pub struct Adam {
    /// `State` in `batch.wgsl`.
    pub state: wgpu::Buffer,
    /// The running means of each gradient and of its square.
    pub moments: wgpu::Buffer,
    /// The sum of each gradient's squares.
    pub squares: wgpu::Buffer,
}

impl Adam {
    /// Makes the state before the first step, for so many parameters.
    pub fn new(device: &Device<'_>, parameters: usize) -> Self {
        Self {
            state: device.uniform("state", &Self::before(0)),
            moments: device.zeros("moments", 2 * parameters),
            squares: device.zeros("squares", parameters),
        }
    }

    /// Returns the `State` before a step, with the powers for the beginning of a training.
    pub fn before(step: u32) -> [u32; 3] {
        [step, 1.0_f32.to_bits(), 1.0_f32.to_bits()]
    }

    /// Lists the dispatches that update the parameters from their gradients.
    pub fn update(
        &self,
        device: &Device<'_>,
        gradients: &wgpu::Buffer,
        parameters: &wgpu::Buffer,
    ) -> Vec<Work> {
        let pipelines = device.pipelines;
        let adam = [
            (0, &self.state),
            (2, gradients),
            (3, parameters),
            (4, &self.moments),
            (5, &self.squares),
        ];
        let vectors = (parameters.size() / size_of::<[f32; 4]>() as u64) as usize;
        vec![
            pipelines.bind(&pipelines.advance, 1, &[(1, &self.state)]),
            pipelines.bind(&pipelines.adam, vectors, &adam),
        ]
    }
}
