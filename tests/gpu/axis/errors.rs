//! Bad arguments along an axis, at both levels: each error names its argument. The text form of
//! functions.

use wgpu_activations::{AxisFunction, AxisShape, Error, Gpu, Slice, wgpu};

use crate::support::{gpu, gpu_with, refusal, storage};

const SOFTMAX: AxisFunction = AxisFunction::Softmax { temperature: 1.0 };

#[test]
fn the_low_level() {
    let (kernels, [x, y, small, grad]) = (gpu().kernels(), [48, 48, 32, 48].map(storage));
    let rows = AxisShape::new(3, 4, 1);
    let forward = |rows, x: &wgpu::Buffer, y: &wgpu::Buffer| {
        refusal(kernels.forward_axis(SOFTMAX, rows, x, y))
    };
    assert_eq!(
        forward(rows, &small, &y),
        "x: there are 8 elements, but there must be 12"
    );
    assert_eq!(
        forward(rows, &x, &small),
        "output: there are 8 elements, but there must be 12"
    );
    assert!(
        forward(AxisShape::new(u64::MAX, 4, 4), &x, &y)
            .starts_with("x: there are 12 elements, but there must be 184")
    );
    assert!(forward(rows, &x, &x).starts_with("output: it overlaps x"));
    let reduced = refusal(kernels.forward_axis(AxisFunction::Logsumexp, rows, &x, &y));
    assert_eq!(
        reduced,
        "output: there are 12 elements, but there must be 3"
    );
    let doubled = refusal(kernels.forward_axis(AxisFunction::Crelu, rows, &x, &y));
    assert_eq!(
        doubled,
        "output: there are 12 elements, but there must be 24"
    );
    let slice = Slice::new(&x, 4, 48);
    assert!(
        refusal(kernels.forward_axis(SOFTMAX, rows, slice, &y))
            .starts_with("x: bytes 4 to 4 + 48 are asked for")
    );
    let backward = |saved: &wgpu::Buffer, grad: &wgpu::Buffer| {
        refusal(kernels.backward_axis(SOFTMAX, rows, saved, grad, &y))
    };
    assert_eq!(
        backward(&small, &grad),
        "y: there are 8 elements, but there must be 12"
    );
    assert_eq!(
        backward(&x, &small),
        "grad_output: there are 8 elements, but there must be 12"
    );
    assert!(backward(&x, &y).starts_with("grad_x: it overlaps grad_output"));
    let cold = AxisFunction::Softmax { temperature: 0.0 };
    assert_eq!(
        refusal(kernels.forward_axis(cold, rows, &x, &y)),
        "softmax: temperature must be a number from 0.0009765625 to 1024.0, got 0.0"
    );
    let groups = AxisFunction::Maxout { groups: 3 };
    assert_eq!(
        refusal(kernels.forward_axis(groups, rows, &x, &y)),
        "groups: a row of 4 elements cannot be cut into groups of 3"
    );
    let masked = |mask: &wgpu::Buffer| refusal(kernels.forward_axis(SOFTMAX, rows, (&x, mask), &y));
    assert!(masked(&small).starts_with("mask: there are 8 elements, but there must be 12, or"));
    assert!(masked(&y).starts_with("output: it overlaps mask"));
    let masked = refusal(kernels.forward_axis(AxisFunction::Crelu, rows, (&x, &grad), &y));
    assert_eq!(masked, "mask: crelu takes no mask");
}

#[test]
fn the_high_level() -> Result<(), Error> {
    let (x, other) = (
        gpu().upload(&[0.0; 6], [2, 3])?,
        gpu().upload(&[0.0; 6], [3, 2])?,
    );
    for axis in [2, -3, isize::MIN, isize::MAX] {
        let wanted = format!("axis: {axis} is out of range for 2 dimensions");
        assert_eq!(refusal(gpu().forward_axis(SOFTMAX, axis, &x)), wanted);
        assert_eq!(refusal(gpu().backward_axis(SOFTMAX, axis, &x, &x)), wanted);
    }
    let shape = "the shape is [3, 2], but it must be [2, 3]";
    assert_eq!(
        refusal(gpu().backward_axis(SOFTMAX, 0, &x, &other)),
        format!("grad_output: {shape}")
    );
    let wanted = "the shape is [3, 2], but it must broadcast to [2, 3], the shape of x";
    assert_eq!(
        refusal(gpu().forward_axis(SOFTMAX, 0, (&x, &other))),
        format!("mask: {wanted}")
    );
    let reduced = gpu().backward_axis(AxisFunction::Logsumexp, 1, &x, &x);
    assert_eq!(
        refusal(reduced),
        "grad_output: the shape is [2, 3], but it must be [2]"
    );
    assert_eq!(
        gpu().forward_axis(AxisFunction::Logsumexp, 0, &x)?.shape(),
        [3]
    );
    assert_eq!(
        gpu()
            .forward_axis(AxisFunction::Maxout { groups: 3 }, 1, &x)?
            .shape(),
        [2, 1]
    );
    assert_eq!(
        gpu().forward_axis(AxisFunction::Crelu, 0, &x)?.shape(),
        [4, 3]
    );
    assert_eq!(
        gpu()
            .forward_axis(AxisFunction::Crelu, 0, &gpu().upload(&[1.0], [])?)?
            .shape(),
        [2]
    );
    let theirs = Gpu::new_blocking()?.upload(&[0.0; 6], [2, 3])?;
    for result in [
        gpu().forward_axis(SOFTMAX, 0, &theirs),
        gpu().forward_axis(SOFTMAX, 0, (&x, &theirs)),
        gpu().backward_axis(SOFTMAX, 0, &theirs, &x),
        gpu().backward_axis(SOFTMAX, 0, &x, &theirs),
    ] {
        assert!(refusal(result).ends_with(": the tensor was made by another Gpu"));
    }
    Ok(())
}

#[test]
fn the_text_form() {
    let parsed = |text: &str| text.parse::<AxisFunction>();
    assert_eq!(parsed("softmax"), Ok(SOFTMAX));
    assert_eq!(
        parsed(" softmin ( temperature = 2 ) "),
        Ok(AxisFunction::Softmin { temperature: 2.0 })
    );
    assert_eq!(
        parsed("maxout(groups=4)"),
        Ok(AxisFunction::Maxout { groups: 4 })
    );
    for &function in AxisFunction::ALL {
        assert_eq!(parsed(&function.to_string()), Ok(function));
        assert_eq!(parsed(function.info().name), Ok(function));
    }
    assert_eq!(
        AxisFunction::Maxout { groups: 4 }.to_string(),
        "maxout(groups=4)"
    );
    let message = |text: &str| parsed(text).expect_err("not a function").to_string();
    assert_eq!(
        message("SoftMaxx"),
        "there is no function along an axis `SoftMaxx`: did you mean `Softmax`?"
    );
    assert_eq!(
        message("softmax(t=1)"),
        "softmax has no parameter `t`: it takes temperature"
    );
    assert_eq!(
        message("softmax(temperature=hot)"),
        "softmax: temperature must be a number, got `hot`"
    );
    assert_eq!(
        message("maxout(groups=2.5)"),
        "maxout: groups must be a whole number, got `2.5`"
    );
    assert_eq!(
        message("maxout(groups=0)"),
        "maxout: groups must be a number from 1.0 to 16777216.0, got 0.0"
    );
    assert_eq!(
        message("hardmax(axis=1)"),
        "hardmax: `axis=1` is refused: the axis is given apart, and parameters by name"
    );
    assert!(message("softmax(").starts_with("cannot read `softmax(`"));
}

/// A device with wgpu's downlevel limits and no features is enough.
#[test]
fn downlevel_limits_are_enough() -> Result<(), Error> {
    let gpu = gpu_with(wgpu::Limits::downlevel_defaults());
    for shape in [[3, 4], [3, 40], [1, 20_000]] {
        let x = gpu.upload(&vec![1.0; shape[0] * shape[1]], shape)?;
        for &function in AxisFunction::ALL {
            let y = gpu.forward_axis(function, 1, &x)?;
            gpu.backward_axis(function, 1, &x, &y)?;
        }
        gpu.forward_axis(SOFTMAX, 1, (&x, &x))?;
    }
    Ok(())
}
