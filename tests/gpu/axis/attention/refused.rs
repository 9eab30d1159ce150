//! What is refused: each error names the argument. Double backward, which masks and sinks change
//! nothing of.

use wgpu_activations::{
    AxisExtras, AxisFunction, AxisGradients, AxisInput, AxisOutputs, AxisSaved, AxisShape, Causal,
    Error, TrainingMode,
};

use super::case::{Broadcast, Case};
use super::compute;
use crate::axis::{most_ulps, worst};
use crate::common::{Random, f64s};
use crate::support::{gpu, read, refusal, storage, upload};

const SOFTMAX: AxisFunction = AxisFunction::SOFTMAX;

#[test]
fn the_high_level() -> Result<(), Error> {
    let x = gpu().upload(&[0.0; 6], [2, 3])?;
    let wrong = gpu().upload(&[0.0; 3], [1, 3])?;
    let forward = |input| refusal(gpu().forward_axis(SOFTMAX, -1, input));
    let input = || AxisInput::new(&x);
    let shape =
        "the shape is [1, 3], but it must broadcast to [2, 1], the shape of x with 1 for the axis";
    assert_eq!(forward(input().sink(&wrong)), format!("sink: {shape}"));
    for cap in [0.0, -1.0, f32::INFINITY, f32::NAN] {
        let wanted = format!("softcap: it must be a positive number, got {cap:?}");
        assert_eq!(forward(input().softcap(cap)), wanted);
    }
    let causal = |queries, window| {
        let offset = None;
        forward(input().causal(Causal {
            queries,
            offset,
            window,
        }))
    };
    assert_eq!(
        causal(None, Some(0)),
        "causal: the window must have at least one key"
    );
    assert_eq!(
        causal(Some(3), None),
        "causal: 2 rows cannot be divided among 3 queries"
    );
    let dropout = TrainingMode {
        dropout: 0.5,
        ..TrainingMode::default()
    };
    let noise = input().gumbel_noise(dropout);
    assert_eq!(
        forward(noise),
        "gumbel_noise: there is no dropout beside it"
    );
    let with = |function, extras| refusal(gpu().forward_axis_with(function, -1, &x, extras));
    let sink = AxisExtras {
        sink: true,
        ..AxisExtras::default()
    };
    assert_eq!(with(SOFTMAX, sink), "sink_output: x has no sink");
    let logsumexp = AxisExtras {
        logsumexp: true,
        ..AxisExtras::default()
    };
    assert_eq!(
        with(AxisFunction::Hardmax, logsumexp),
        "logsumexp: hardmax takes no logsumexp"
    );
    let twice = TrainingMode {
        dropout: 1.5,
        ..dropout
    };
    let dropped = AxisExtras {
        dropout: Some(twice),
        ..AxisExtras::default()
    };
    assert_eq!(
        with(SOFTMAX, dropped),
        "dropout: it must be from 0 to 1, got 1.5"
    );
    let one = upload(&[0.0])?;
    let sinks = gpu().backward_axis_with_sink(SOFTMAX, -1, &x, &x, &one);
    assert_eq!(refusal(sinks), "grad_sink: it needs the result of the sink");
    let capped = AxisSaved::new(&x).softcap(2.0, &x);
    assert_eq!(
        refusal(gpu().backward_axis(AxisFunction::Hardmax, -1, capped, &x)),
        "softcap: the gradient of hardmax needs none, since it is 0"
    );
    for (argument, what) in [
        ("causal", "causal mask"),
        ("softcap", "softcap"),
        ("sink", "sink"),
    ] {
        let input = match argument {
            "causal" => input().causal(Causal::default()),
            "softcap" => input().softcap(1.0),
            _ => input().sink(&one),
        };
        let wanted = format!("{argument}: crelu takes no {what}");
        assert_eq!(
            refusal(gpu().forward_axis(AxisFunction::Crelu, -1, input)),
            wanted
        );
    }
    Ok(())
}

#[test]
fn the_low_level() {
    let (kernels, rows) = (gpu().kernels(), AxisShape::new(2, 3, 1));
    let [x, y, small] = [24, 24, 16].map(storage);
    let forward = |input: AxisInput<_>, outputs: AxisOutputs<_>| {
        refusal(kernels.forward_axis(SOFTMAX, rows, input, outputs))
    };
    let input = || AxisInput::new((&x).into());
    let outputs = || AxisOutputs::new((&y).into());
    assert_eq!(
        forward(input().sink((&small).into()), outputs()),
        "sink: there are 4 elements, but there must be 1, or one for each of 2 rows"
    );
    assert_eq!(
        forward(input(), outputs().logsumexp((&small).into())),
        "logsumexp: there are 4 elements, but there must be 2"
    );
    assert_eq!(
        forward(input().causal(Causal::default()), outputs()),
        "causal: the number of queries is not set"
    );
    let gradients = AxisGradients::new((&y).into()).sink((&small).into());
    assert_eq!(
        refusal(kernels.backward_axis(SOFTMAX, rows, &x, &x, gradients)),
        "grad_sink: it needs the result of the sink"
    );
}

/// y has all that double backward needs of a mask and of a sink. The truth has the sink as one
/// element more, whose `grad_output` and tangent are 0.
#[test]
fn double_backward_from_y() -> Result<(), Error> {
    let mut random = Random(90);
    for function in [SOFTMAX, AxisFunction::LOG_SOFTMAX] {
        let (rows, length) = (6, 40);
        let shape = [rows, length];
        let mut case = Case::new(function, &shape, 1, random.vector(rows * length));
        let sinks = random.vector(rows);
        case.sink = Some(Broadcast {
            values: sinks,
            shape: vec![rows, 1],
        });
        case.causal = Some(Causal {
            offset: Some(20),
            ..Causal::default()
        });
        let results = compute(gpu(), &case)?;
        let mut numbers = || {
            let mut values = random.vector(rows * length);
            // What does not count has no gradient.
            for (value, y) in values.iter_mut().zip(&results.y) {
                let counts = *y != 0.0 && *y != f32::NEG_INFINITY;
                *value = if counts { *value } else { 0.0 };
            }
            values
        };
        let (grad, tangent) = (numbers(), numbers());
        let [y, grad_tensor, tangent_tensor] =
            [&results.y, &grad, &tangent].map(|values| gpu().upload(values, shape));
        let [of_x, of_grad] =
            gpu().double_backward_axis(function, 1, &y?, &grad_tensor?, &tangent_tensor?)?;
        let (of_x, of_grad) = (read(&of_x), read(&of_grad));
        for row in 0..rows {
            let range = row * length..(row + 1) * length;
            let with =
                |values: &[f32], last: f32| f64s(&[&values[range.clone()], &[last]].concat());
            let wanted = function.double_backward(
                AxisShape::new(1, length as u64 + 1, 1),
                &with(&results.y, results.of_sink[row]),
                &with(&grad, 0.0),
                &with(&tangent, 0.0),
            )?;
            for (got, wanted) in [&of_x, &of_grad].into_iter().zip(&wanted) {
                // Terms cancel, all of which are below 100.
                let excuse = |_| 100.0 * 2f64.powi(-22);
                let (error, report) = worst(&got[range.clone()], &wanted[..length], excuse);
                assert!(error <= most_ulps(length as u64), "{function}: {report}");
            }
        }
    }
    Ok(())
}
