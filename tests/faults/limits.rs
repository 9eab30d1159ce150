//! What a device has too little of.

use wgpu_activations::{Activation, AxisFunction, AxisShape, Error, Kernels, wgpu};

use crate::{device, new_gpu, storage};

/// Workgroups of 256 do not compile where 128 is the most.
#[test]
fn workgroups_that_are_too_small() {
    let limits = wgpu::Limits {
        max_compute_invocations_per_workgroup: 128,
        ..wgpu::Limits::downlevel_defaults()
    };
    let (device, queue) = device(limits);
    let (kernels, [x, y]) = (
        Kernels::new(&device, &queue),
        [64, 64].map(|size| storage(&device, size)),
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
        let Err(Error::Compile {
            kernel: label,
            message,
        }) = result
        else {
            panic!("{kernel}: {result:?}")
        };
        assert_eq!(label, kernel);
        assert!(
            message.contains("256") && message.contains("128"),
            "{message}"
        );
    }
}

/// An error leaves everything as it was.
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
