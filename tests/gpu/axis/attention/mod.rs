//! What attention needs of softmax: causal masks, sinks, softcaps, noise, dropout, and results of
//! rows beside the result.

mod case;
mod combinations;
mod refused;
mod slices;
mod special;

use case::{Case, Values, dropped};
use wgpu_activations::{AxisExtras, AxisFunction, AxisInput, AxisSaved, Error, Gpu, Tensor};

use super::{most_ulps, worst};

/// What a GPU gives for a case.
#[derive(Debug, Default)]
pub struct Results {
    pub y: Vec<f32>,
    pub logsumexp: Vec<f32>,
    pub of_sink: Vec<f32>,
    pub dropped: Vec<f32>,
    pub grad_x: Vec<f32>,
    pub grad_sink: Vec<f32>,
}

/// True if the function has a sum of exponentials, which sinks and all results of rows belong to.
fn is_softmax(function: AxisFunction) -> bool {
    function != AxisFunction::Hardmax
}

/// The input of a call at the high level.
pub fn input<'a>(case: &Case, [x, mask, sink]: [Option<&'a Tensor>; 3]) -> AxisInput<&'a Tensor> {
    let mut input = AxisInput::new(x.expect("x"));
    if let Some(mask) = mask {
        input = match case.is_boolean {
            true => input.boolean_mask(mask),
            false => input.mask(mask),
        };
    }
    if let Some(sink) = sink {
        input = input.sink(sink);
    }
    if let Some(causal) = case.causal {
        input = input.causal(causal);
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
    input
}

/// Computes a case at the high level, forward and backward.
pub fn compute(gpu: &Gpu, case: &Case) -> Result<Results, Error> {
    let (function, axis) = (case.function, case.axis);
    let x = gpu.upload(&case.x, &case.shape)?;
    let upload = |broadcast: &Option<case::Broadcast>| {
        let broadcast = broadcast.as_ref();
        let upload = |of: &case::Broadcast| gpu.upload(&of.values, &of.shape);
        broadcast.map(upload).transpose()
    };
    let (mask, sink) = (upload(&case.mask)?, upload(&case.sink)?);
    let extras = AxisExtras {
        logsumexp: is_softmax(function),
        sink: sink.is_some(),
        dropout: case.dropout,
    };
    let input = input(case, [Some(&x), mask.as_ref(), sink.as_ref()]);
    let found = gpu.forward_axis_with(function, axis, input, extras)?;
    let read =
        |tensor: Option<&Tensor>| tensor.map_or(Ok(vec![]), |tensor| gpu.read_blocking(tensor));
    let mut results = Results {
        y: read(Some(&found.y))?,
        logsumexp: read(found.logsumexp.as_ref())?,
        of_sink: read(found.sink.as_ref())?,
        dropped: read(found.dropped.as_ref())?,
        ..Results::default()
    };
    // Dropout may have rows reduced by another kernel, and other bindings divide them otherwise.
    let is_shared = std::ptr::eq(gpu, crate::support::gpu());
    if case.dropout.is_none() && is_shared {
        let plain = gpu.forward_axis(function, axis, input)?;
        assert_same(&results.y, &read(Some(&plain))?, "alone");
    }
    if !is_softmax(function) {
        return Ok(results);
    }
    let grad_output = gpu.upload(&case.grad_output, &case.shape)?;
    let mut saved = AxisSaved::new(&found.y);
    if let Some(cap) = case.softcap {
        saved = saved.softcap(cap, &x);
    }
    if let Some(dropout) = case.dropout {
        saved = saved.dropout(dropout);
    }
    let grad_x = gpu.backward_axis(function, axis, saved, &grad_output)?;
    results.grad_x = read(Some(&grad_x))?;
    if let (Some(of_sink), Some(_)) = (&found.sink, &sink) {
        // The gradient of a sink for each row is not summed.
        let of_rows = gpu.upload(&vec![0.0; case.row_count()], case.row_shape())?;
        let saved = saved.sink(of_sink);
        let [again, grad_sink] =
            gpu.backward_axis_with_sink(function, axis, saved, &grad_output, &of_rows)?;
        if is_shared {
            assert_same(
                &results.grad_x,
                &read(Some(&again))?,
                "beside that of the sink",
            );
        }
        results.grad_sink = read(Some(&grad_sink))?;
    }
    Ok(results)
}

/// The same bits, or NaN in both.
pub fn assert_same(got: &[f32], wanted: &[f32], what: &str) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (got, wanted)) in got.iter().zip(wanted).enumerate() {
        let is_same = got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan();
        assert!(is_same, "{what}: {got:e} instead of {wanted:e} at {i}");
    }
}

/// The largest errors of a case in ulps, forward and backward, which must be within their bounds.
pub fn check(case: &Case, results: &Results) -> Result<[f64; 2], Error> {
    let most = most_ulps(case.rows().length + 1);
    let describe = || Case {
        x: case.x.iter().copied().take(9).collect(),
        grad_output: vec![],
        ..case.clone()
    };
    let compare = |what: &str, got: &[f32], wanted: &Values, most: f64| {
        let (error, report) = worst(got, &wanted.values, |i| wanted.excuses[i]);
        assert!(error <= most, "{what}: {report} of {:?}", describe());
        error
    };
    let truth = case.forward()?;
    if !is_softmax(case.function) {
        check_hardmax(case, &results.y, &truth.y.values);
        return Ok([0.0; 2]);
    }
    let mut forward = compare("y", &results.y, &truth.y, most);
    forward = forward.max(compare(
        "logsumexp",
        &results.logsumexp,
        &truth.logsumexp,
        most,
    ));
    if case.sink.is_some() {
        forward = forward.max(compare("sink", &results.of_sink, &truth.of_sink, most));
    }
    if let Some(training) = case.dropout {
        let values = results.y.iter().enumerate();
        let wanted: Vec<_> = values.map(|(i, &y)| dropped(training, y, i)).collect();
        assert_same(
            &results.dropped,
            &wanted,
            &format!("dropped of {:?}", describe()),
        );
    }
    let [of_x, of_sinks] = case.backward(&results.y, &results.of_sink)?;
    // The derivative of a cap has 4 ulp, and the product rounds once.
    let of_cap = if case.softcap.is_some() { 5.0 } else { 0.0 };
    let mut backward = compare("grad_x", &results.grad_x, &of_x, most + of_cap);
    if case.sink.is_some() {
        backward = backward.max(compare("grad_sink", &results.grad_sink, &of_sinks, most));
    }
    Ok([forward, backward])
}

/// hardmax must choose the first of the largest logits, or one that may be it.
fn check_hardmax(case: &Case, y: &[f32], wanted: &[f64]) {
    for row in 0..case.row_count() {
        let positions = case.positions(row);
        let logits = case.logits(row);
        let is_exact = logits.iter().all(|logit| logit.error == 0.0);
        if is_exact || positions.iter().any(|&i| wanted[i].is_nan()) {
            for &i in &positions {
                let is_same = f64::from(y[i]) == wanted[i] || y[i].is_nan() && wanted[i].is_nan();
                assert!(is_same, "{} at {i} of {case:?}", y[i]);
            }
            continue;
        }
        let chosen: Vec<_> = (0..positions.len())
            .filter(|&k| y[positions[k]] == 1.0)
            .collect();
        let zeros = positions.iter().filter(|&&i| y[i] == 0.0).count();
        assert_eq!([chosen.len(), zeros], [1, positions.len() - 1], "{case:?}");
        let least = |k: usize| f64::from(logits[k].value) - logits[k].error;
        let most = f64::from(logits[chosen[0]].value) + logits[chosen[0]].error;
        assert!((0..positions.len()).all(|k| least(k) <= most), "{case:?}");
    }
}
