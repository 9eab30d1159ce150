//! Limits that are too small, and work after an error.

use wgpu::BufferUsages as Usages;
use wgpu_activations::{Activation, AxisFunction, AxisShape, Kernels, wgpu};

use super::new_gpu;
use crate::support::{buffer, device, refusal};

/// Kernels with workgroups of 256 do not compile where 128 is the limit.
#[test]
fn workgroups_that_are_too_small() {
    let limits = wgpu::Limits {
        max_compute_invocations_per_workgroup: 128,
        ..wgpu::Limits::downlevel_defaults()
    };
    let (device, queue) = device(limits);
    let (kernels, [x, y]) = (
        Kernels::new(&device, &queue),
        [64; 2].map(|size| buffer(&device, size, Usages::STORAGE)),
    );
    for (kernel, result) in [
        (
            "wgpu-activations relu forward f32",
            kernels.forward(Activation::Relu, &x, &y),
        ),
        (
            "wgpu-activations softmax forward f32",
            kernels.forward_axis(
                AxisFunction::Softmax { temperature: 1.0 },
                AxisShape::new(4, 4, 1),
                &x,
                &y,
            ),
        ),
    ] {
        let message = refusal(result);
        assert!(
            [kernel, "256", "128"]
                .iter()
                .all(|part| message.contains(part)),
            "{message}"
        );
    }
}

/// Errors change nothing for the calls after them.
#[test]
fn work_goes_on_after_an_error() {
    let gpu = new_gpu();
    let x = gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
    let y = gpu.forward(Activation::Relu, &x).expect("a tensor");
    for _ in 0..100 {
        gpu.backward(
            Activation::Relu,
            &x,
            &gpu.upload(&[1.0], [1]).expect("a tensor"),
        )
        .expect_err("another shape");
        gpu.forward(Activation::Elu { alpha: f32::NAN }, &x)
            .expect_err("no number");
    }
    assert_eq!(
        gpu.read_blocking([&y, &x]),
        Ok([vec![0.0, 2.0], vec![-1.0, 2.0]])
    );
}
