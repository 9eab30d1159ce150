//! Slices at any offset, of any type, devices with small limits, and tensors in several buffers.

use wgpu_activations::{
    AxisGradients, AxisInput, AxisOutputs, AxisSaved, Causal, Dtype, Error, Slice,
};

use super::case::{Broadcast, Case};
use super::combinations::random_case;
use super::{Results, assert_same, check, compute, is_softmax};
use crate::common::Random;
use crate::support::{
    DOWNLEVEL_BUFFERS, Guarded, gpu, gpu_with, packed, rounded, run, small_buffers, tiny, widened,
};

/// Numbers as a slice of some type, which begin at an offset.
fn guarded(dtype: Dtype, values: &[f32], offset: usize) -> Guarded {
    match dtype {
        Dtype::F32 => Guarded::new(values, offset),
        dtype => Guarded::packed16(dtype, &packed(dtype, values), offset),
    }
}

/// The elements of a broadcast tensor for each element of x.
fn expanded(case: &Case, of: &Broadcast) -> Vec<f32> {
    let elements = 0..case.x.len();
    elements
        .map(|i| of.values[case.broadcast_index(&of.shape, i)])
        .collect()
}

/// Computes a case at the low level.
fn run_low_level(case: &Case, dtype: Dtype, offset: usize) -> Result<Results, Error> {
    let (kernels, rows, count) = (gpu().kernels(), case.rows(), case.x.len());
    let of_rows = case.row_count();
    let empty = |dtype, length, by: usize| Guarded::empty(dtype, length, offset * by);
    let x = guarded(dtype, &case.x, offset);
    // In this API a mask that is not repeated has the elements of x, and a sink one for each row.
    let mask = case
        .mask
        .as_ref()
        .map(|mask| guarded(dtype, &expanded(case, mask), offset + 1));
    let sinks: Option<Vec<f32>> = case.sink.as_ref().map(|_| {
        (0..of_rows)
            .map(|row| case.sink_of(row).expect("a sink"))
            .collect()
    });
    let sink = sinks
        .as_ref()
        .map(|sinks| guarded(dtype, sinks, 2 * offset));
    let (y, dropped) = (empty(dtype, count, 1), empty(dtype, count, 3));
    let (logsumexp, of_sink) = (empty(Dtype::F32, of_rows, 1), empty(Dtype::F32, of_rows, 2));
    let mut input = AxisInput::new(x.slice());
    if let Some(mask) = &mask {
        input = match case.is_boolean {
            true => input.boolean_mask(mask.slice()),
            false => input.mask(mask.slice()),
        };
    }
    if let Some(sink) = &sink {
        input = input.sink(sink.slice());
    }
    if let Some(causal) = case.causal {
        let axis = case.axis.rem_euclid(case.shape.len() as isize) as usize;
        let last = (0..case.shape.len()).rev().find(|&other| other != axis);
        let queries = Some(last.map_or(1, |last| case.shape[last] as u64));
        input = input.causal(Causal { queries, ..causal });
    }
    if let Some(cap) = case.softcap {
        input = input.softcap(cap);
    }
    if let Some(noise) = case.noise {
        input = input.gumbel_noise(noise);
    }
    if case.empty_is_zero {
        input = input.empty_rows_as_zeros();
    }
    let mut outputs = AxisOutputs::new(y.slice());
    if is_softmax(case.function) {
        outputs = outputs.logsumexp(logsumexp.slice());
    }
    if sink.is_some() {
        outputs = outputs.sink(of_sink.slice());
    }
    if let Some(training) = case.dropout {
        outputs = outputs.dropped(training, dropped.slice());
    }
    run(&kernels.forward_axis(case.function, rows, input, outputs)?);
    let mut results = Results {
        y: y.values(),
        ..Results::default()
    };
    if !is_softmax(case.function) {
        return Ok(results);
    }
    results.logsumexp = logsumexp.values();
    let (grad_output, grad_x) = (
        guarded(dtype, &case.grad_output, offset),
        empty(dtype, count, 1),
    );
    let grad_sink = empty(Dtype::F32, of_rows, 3);
    let mut saved = AxisSaved::new(y.slice());
    let mut gradients = AxisGradients::new(grad_x.slice());
    if let Some(cap) = case.softcap {
        saved = saved.softcap(cap, x.slice());
    }
    if let Some(training) = case.dropout {
        results.dropped = dropped.values();
        saved = saved.dropout(training);
    }
    if sink.is_some() {
        results.of_sink = of_sink.values();
        saved = saved.sink(of_sink.slice());
        gradients = gradients.sink(grad_sink.slice());
    }
    run(&kernels.backward_axis(case.function, rows, saved, grad_output.slice(), gradients)?);
    results.grad_x = grad_x.values();
    if sink.is_some() {
        results.grad_sink = grad_sink.values();
    }
    Ok(results)
}

/// The results of 16-bit types are those of f32, rounded once. Gradients are not compared, since
/// they are made from a rounded y.
fn assert_rounded(dtype: Dtype, got: &[f32], wanted: &[f32], what: &str) {
    for (i, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
        let wanted = rounded(dtype, wanted);
        let is_flushed = got == 0.0 && wanted.is_subnormal();
        let is_same = got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan();
        assert!(
            is_same || is_flushed,
            "{what}: {got:e} instead of {wanted:e} at {i}"
        );
    }
}

#[test]
fn any_offset_and_any_type() -> Result<(), Error> {
    let mut random = Random(70);
    for (shape, axis) in [
        (vec![3, 8], -1),
        (vec![2, 3, 30], -1),
        (vec![2, 3, 300], -1),
        (vec![2, 5000], -1),
        (vec![6, 4], 0),
        (vec![2, 40, 5], 1),
        (vec![2, 7, 8], 1),
    ] {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::Bf16] {
            let mut case = random_case(&mut random, &shape, axis);
            // All numbers are those of the type.
            let round = |values: &mut Vec<f32>| {
                if dtype != Dtype::F32 {
                    *values = widened(dtype, &packed(dtype, values));
                }
            };
            round(&mut case.x);
            round(&mut case.grad_output);
            let others = case.mask.iter_mut().chain(&mut case.sink);
            others.for_each(|of| round(&mut of.values));
            let wanted = compute(gpu(), &case)?;
            check(&case, &wanted)?;
            for offset in [0, 1, 5] {
                let got = run_low_level(&case, dtype, offset)?;
                let what = format!("{} of {shape:?} in {dtype} at {offset}", case.function);
                if dtype == Dtype::F32 {
                    check(&case, &got)?;
                    assert_same(&got.y, &wanted.y, &what);
                    assert_same(&got.logsumexp, &wanted.logsumexp, &what);
                    assert_same(&got.of_sink, &wanted.of_sink, &what);
                    assert_same(&got.dropped, &wanted.dropped, &what);
                    assert_same(&got.grad_x, &wanted.grad_x, &what);
                    assert_same(&got.grad_sink, &wanted.grad_sink, &what);
                } else {
                    assert_rounded(dtype, &got.y, &wanted.y, &what);
                    assert_same(&got.logsumexp, &wanted.logsumexp, &what);
                    assert_same(&got.of_sink, &wanted.of_sink, &what);
                    assert_rounded(dtype, &got.dropped, &wanted.dropped, &what);
                }
            }
        }
    }
    Ok(())
}

/// Limits so small that every call is divided, and so few buffers that operands are packed.
#[test]
fn tiny_limits() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(71));
    for (shape, axis) in [
        (vec![50, 4], -1),
        (vec![3, 3, 100], -1),
        (vec![2, 700], -1),
        (vec![3, 5000], -1),
        (vec![30, 40], 0),
        (vec![2, 300, 4], 1),
        (vec![2, 2, 500], 1),
        (vec![4, 1100], 0),
    ] {
        for _ in 0..3 {
            let case = random_case(&mut random, &shape, axis);
            check(&case, &compute(&tiny, &case)?)?;
        }
    }
    Ok(())
}

/// Tensors that lie in several buffers.
#[test]
fn several_buffers() -> Result<(), Error> {
    let (small, mut random) = (gpu_with(small_buffers()), Random(72));
    for (shape, axis) in [
        (vec![40, 10, 100], -1),
        (vec![40, 10, 100], 1),
        (vec![20_000, 1], 1),
    ] {
        for _ in 0..4 {
            let mut case = random_case(&mut random, &shape, axis);
            // What is broadcast must not be divided, unless it has the shape of x.
            let is_small = |of: &Broadcast| of.values.len() < 1000;
            case.mask = case.mask.filter(is_small);
            if shape[1] > 1 {
                case.sink = case.sink.filter(is_small);
            }
            if axis == 1 && shape[1] == 1 && case.sink.is_some() {
                case.sink = Some(Broadcast {
                    values: random.vector(20_000),
                    shape: shape.clone(),
                });
            }
            check(&case, &compute(&small, &case)?)?;
        }
    }
    Ok(())
}

/// A sink of one element, and a strided one, at the low level.
#[test]
fn sinks_of_any_layout() -> Result<(), Error> {
    let x: Vec<f32> = (0..24).map(|i| (i % 7) as f32).collect();
    let mut case = Case::new("softmax".parse().expect("a function"), &[2, 3, 4], -1, x);
    let (x, sinks) = (Guarded::new(&case.x, 0), Guarded::new(&[0.5, 1.5, 2.5], 1));
    let all = sinks.slice();
    let one = Slice::new(all.buffer, all.offset, 4);
    for (slice, values) in [
        (one, vec![0.5]),
        (all.strided(&[2, 3, 4], &[0, 1, 0])?, vec![0.5, 1.5, 2.5]),
    ] {
        let y = Guarded::empty(Dtype::F32, 24, 0);
        let input = AxisInput::new(x.slice()).sink(slice);
        run(&gpu()
            .kernels()
            .forward_axis(case.function, case.rows(), input, y.slice())?);
        let shape = vec![values.len(), 1];
        case.sink = Some(Broadcast { values, shape });
        assert_same(&y.values(), &compute(gpu(), &case)?.y, "a sink");
    }
    Ok(())
}
