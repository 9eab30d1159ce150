//! Functions along an axis at the low level: slices of the caller's buffers, and devices with small
//! limits.

use wgpu_activations::{AxisFunction, AxisShape, Dtype, Error, Gpu, Saved};

use super::{forward_backward, logits, most_ulps, worst};
use crate::common::{Random, axis_functions, f64s};
use crate::support::{DOWNLEVEL_BUFFERS, Guarded, gpu, read, refusal, run, tiny};

#[test]
fn any_offset_any_shape() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(40));
    for (shape, axis) in [
        ([3, 8, 1], 1),
        ([2, 300, 1], 1),
        ([1, 10_000, 1], 1),
        ([2, 6, 5], 1),
        ([1, 600, 7], 1),
    ] {
        let elements = shape.iter().product();
        let (x, grad) = (logits(&mut random, elements), random.vector(2 * elements));
        for function in axis_functions() {
            let rows = AxisShape::along(&shape, axis)?;
            let wanted = forward_backward(gpu(), function, &shape, axis, &x, &grad)?;
            let grad = &grad[..wanted.y.len()];
            for offsets in [[0, 1, 2], [3, 63, 100], [64, 65, 1]] {
                let (x, y) = (
                    Guarded::new(&x, offsets[0]),
                    Guarded::empty(Dtype::F32, wanted.y.len(), offsets[1]),
                );
                run(&kernels.forward_axis(function, rows, x.slice(), y.slice())?);
                let (grad, grad_x) = (
                    Guarded::new(grad, offsets[2]),
                    Guarded::empty(Dtype::F32, elements, offsets[1]),
                );
                let saved = if function.info().saved == Saved::Output {
                    &y
                } else {
                    &x
                };
                run(&kernels.backward_axis(
                    function,
                    rows,
                    saved.slice(),
                    grad.slice(),
                    grad_x.slice(),
                )?);
                assert_eq!(
                    y.values(),
                    wanted.y,
                    "{function} of {shape:?} at {offsets:?}"
                );
                assert_eq!(
                    grad_x.values(),
                    wanted.grad_x,
                    "{function}, backward, of {shape:?} at {offsets:?}"
                );
            }
        }
    }
    Ok(())
}

/// Who reduces a row, at the edges of the table in shaders/axis/README.md.
#[test]
fn rows_have_the_kernels_that_fit_them() -> Result<(), Error> {
    const HELD: &[&str] = &["held"];
    const REGISTERS: &[&str] = &["registers"];
    for (shape, offset, kernels) in [
        (AxisShape::new(3, 1, 1), 0, HELD),
        (AxisShape::new(3, 32, 1), 0, HELD),
        (AxisShape::new(3, 32, 1), 1, HELD),
        (AxisShape::new(3, 33, 1), 0, REGISTERS),
        (AxisShape::new(2, 4096, 1), 0, REGISTERS),
        (AxisShape::new(2, 4096, 1), 3, REGISTERS),
        (
            AxisShape::new(2, 4097, 1),
            0,
            &["registers", "held", "registers"],
        ),
        (
            AxisShape::new(1, 4096 * 33, 1),
            0,
            &["registers", "row_per_workgroup", "registers"],
        ),
        (AxisShape::new(2, 32, 4), 0, HELD),
        (AxisShape::new(2, 32, 5), 0, HELD),
        (AxisShape::new(2, 33, 4), 0, &["held", "held", "held"]),
        (AxisShape::new(2, 1024, 4), 2, &["held", "held", "held"]),
        (
            AxisShape::new(2, 1025, 4),
            0,
            &["held", "row_per_workgroup", "held"],
        ),
    ] {
        let elements = (shape.outer * shape.length * shape.inner) as usize;
        let x = Guarded::new(&vec![0.5; elements], offset);
        let y = Guarded::empty(Dtype::F32, elements, offset);
        let softmax = AxisFunction::SOFTMAX;
        let operation = gpu().kernels();
        let operation = operation.forward_axis(softmax, shape, x.slice(), y.slice())?;
        let names = operation.kernels().map(|(_, text)| {
            let (_, entry) = text.rsplit_once("@compute").expect("an entry point");
            let (_, name) = entry.split_once("fn ").expect("a function");
            name.split_once('(').expect("arguments").0.to_owned()
        });
        assert_eq!(names.collect::<Vec<_>>(), kernels, "{shape:?} at {offset}");
    }
    Ok(())
}

/// Limits change only how terms are grouped.
#[test]
fn tiny_limits() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(41));
    for (shape, axis) in [
        ([50, 1, 4], 2),
        ([1, 1, 440], 2),
        ([3, 1, 5000], 2),
        ([2, 2, 40_000], 2),
        ([2, 700, 2], 1),
        ([3, 300, 4], 1),
        ([2, 2, 500], 1),
        ([1, 4, 1100], 1),
    ] {
        let elements = shape.iter().product();
        let (x, grad) = (logits(&mut random, elements), random.vector(2 * elements));
        let rows = AxisShape::along(&shape, axis)?;
        for function in axis_functions() {
            if function == AxisFunction::Crelu && rows.length * rows.inner > 200 {
                continue; // The halves of its output must lie in one binding.
            }
            let got = forward_backward(&tiny, function, &shape, axis, &x, &grad)?;
            let wanted = function.forward(rows, &f64s(&x))?;
            let excuses = super::excuses_of_logsumexp(function, rows, &x, &wanted)?;
            let threshold = super::excuses_of_threshold(function, rows, &wanted);
            let (error, report) = worst(&got.y, &wanted, |i| excuses[i].max(threshold[i]));
            assert!(
                error <= most_ulps(rows.length),
                "{function} of {shape:?}: {report}"
            );
            let wanted = function.backward(rows, &f64s(&got.saved), &f64s(&grad[..got.y.len()]))?;
            let excuses = super::excuses(function, rows, &got.saved, &grad);
            let (error, report) = worst(&got.grad_x, &wanted, |i| excuses[i]);
            assert!(
                error <= most_ulps(rows.length),
                "{function}, backward, of {shape:?}: {report}"
            );
        }
    }
    Ok(())
}

/// Masks that are larger than a binding, some of the shape of x and some repeated.
#[test]
fn masks_past_one_binding() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(43));
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    let of_everything = |device: &Gpu, x: &[f32], mask: &[f32]| -> Result<_, Error> {
        let mut all = vec![];
        for (shape, axis, mask_shape) in [
            (vec![3, 5, 100], 2, vec![3, 5, 100]),
            (vec![3, 5, 100], 2, vec![5, 100]),
            (vec![3, 5, 100], 1, vec![5, 100]),
            (vec![2, 2, 500], 1, vec![2, 500]),
            (vec![2, 2, 500], 2, vec![2, 2, 500]),
        ] {
            let (elements, masked) = (
                shape.iter().product::<usize>(),
                mask_shape.iter().product::<usize>(),
            );
            let (x, mask) = (
                device.upload(&x[..elements], shape)?,
                device.upload(&mask[..masked], mask_shape)?,
            );
            for function in [softmax, AxisFunction::Sparsemax] {
                let y = device.forward_axis(function, axis, (&x, &mask))?;
                all.push(device.read_blocking([&y])?);
            }
        }
        Ok(all)
    };
    let (x, mask) = (random.vector(2000), random.vector(2000));
    for ([got], [wanted]) in of_everything(&tiny, &x, &mask)?
        .into_iter()
        .zip(of_everything(gpu(), &x, &mask)?)
    {
        let wanted = f64s(&wanted);
        // Both are within the bound of rows of 500 elements.
        let (error, report) = worst(&got, &wanted, |_| 0.0);
        assert!(error <= 2.0 * most_ulps(500), "{report}");
    }
    Ok(())
}

/// The two halves of crelu's output must lie in one binding.
#[test]
fn what_no_binding_takes_is_refused() -> Result<(), Error> {
    let tiny = tiny(DOWNLEVEL_BUFFERS);
    let x = tiny.upload(&[0.0; 2000], [2, 2, 500])?;
    assert_eq!(
        refusal(tiny.forward_axis(AxisFunction::Crelu, 1, &x)),
        "shape: 8000 bytes must lie in one binding, but on this device that takes 1792"
    );
    Ok(())
}

/// More rows than 65,535 workgroups.
#[test]
fn past_65535_workgroups() -> Result<(), Error> {
    let (count, length) = (70_001, 33);
    let x = Random(42).vector(count * length);
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    let wanted = softmax.forward(AxisShape::new(count as u64, length as u64, 1), &f64s(&x))?;
    let tensor = gpu().upload(&x, [count, length])?;
    let y = read(&gpu().forward_axis(softmax, 1, &tensor)?);
    let (error, report) = worst(&y, &wanted, |_| 0.0);
    assert!(error <= most_ulps(length as u64), "{report}");
    Ok(())
}
