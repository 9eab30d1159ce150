//! sparsemax and entmax15: their conventions, rows by hand, and rows that make the search for the
//! threshold long or sums cancel.

use wgpu_activations::{
    AxisExtras, AxisFunction, AxisInput, AxisSaved, Causal, Error, Gpu, TrainingMode,
};

use super::check;
use crate::common::Random;
use crate::support::{gpu, read, tiny, upload};

const INF: f32 = f32::INFINITY;
const FUNCTIONS: [AxisFunction; 2] = [AxisFunction::Sparsemax, AxisFunction::Entmax15];

/// Lengths and distances of elements that each have another kernel: a thread holds the row, a
/// workgroup does, and a workgroup reads it again for each step.
const LENGTHS: [(usize, usize); 5] = [(8, 1), (31, 1), (300, 1), (300, 3), (5000, 1)];

fn forward(function: AxisFunction, x: &[f32]) -> Result<Vec<f32>, Error> {
    Ok(read(&gpu().forward_axis(function, -1, &upload(x)?)?))
}

fn backward(function: AxisFunction, y: &[f32], grad: &[f32]) -> Result<Vec<f32>, Error> {
    let (y, grad) = (upload(y)?, upload(grad)?);
    Ok(read(&gpu().backward_axis(function, -1, &y, &grad)?))
}

/// Rows whose results are short binary fractions.
#[test]
fn rows_by_hand() -> Result<(), Error> {
    let [sparsemax, entmax15] = FUNCTIONS;
    // The threshold of 2.5, 2 and 1.75 is ((2.5 + 2 + 1.75) - 1) / 3 = 1.75: the last is not above.
    let y = forward(sparsemax, &[1.75, 2.5, -3.0, 2.0])?;
    assert_eq!(y, [0.0, 0.75, 0.0, 0.25]);
    assert_eq!(forward(sparsemax, &[1.0, 3.0, 2.0])?, [0.0, 1.0, 0.0]);
    assert_eq!(forward(sparsemax, &[0.5, 0.5])?, [0.5, 0.5]);
    // x / 2 = 0, -0.5 and -0.5, of which the threshold is -5 / 6 in exact arithmetic:
    // (5 / 6)^2 + 2 (1 / 3)^2 = 33 / 36 is below 1, so it is lower.
    let root = 10f64.sqrt();
    let threshold = (-1.0 - root / 2.0 * 1.0) / 3.0;
    let sum = threshold * threshold + 2.0 * (-0.5 - threshold).powi(2);
    assert!((sum - 1.0).abs() < 1e-15, "{sum}");
    let y = forward(entmax15, &[0.0, -1.0, -1.0, -5.0])?;
    for (got, z) in y.iter().zip([0.0, -0.5, -0.5]) {
        assert!((f64::from(*got) / (z - threshold).powi(2) - 1.0).abs() < 2e-7);
    }
    assert_eq!(y[3], 0.0);
    assert_eq!(forward(entmax15, &[2.0; 4])?, [0.25; 4]);
    assert_eq!(forward(entmax15, &[1.0, -1.0, 3.0])?, [0.0, 0.0, 1.0]);

    let gradient = backward(sparsemax, &[0.0, 0.75, 0.0, 0.25], &[9.0, 1.0, 8.0, 4.0])?;
    assert_eq!(gradient, [0.0, -1.5, 0.0, 1.5]);
    // The roots are 0.5 and 0.25: the mean is (0.5 + 2 * 0.25 * 4) / 1.
    let gradient = backward(
        entmax15,
        &[0.25, 0.0625, 0.0625, 0.0],
        &[1.0, 4.0, 4.0, 7.0],
    )?;
    assert_eq!(gradient, [-0.75, 0.375, 0.375, 0.0]);
    Ok(())
}

#[test]
fn conventions() -> Result<(), Error> {
    let are_nan = |values: &[f32]| values.iter().all(|value| value.is_nan());
    for function in FUNCTIONS {
        for x in [-5.0, 0.0, -0.0, 1e-40, -3e38, f32::MAX] {
            assert_eq!(forward(function, &[x])?, [1.0], "{function} of {x}");
        }
        assert_eq!(forward(function, &[])?, [0.0; 0]);
        assert_eq!(forward(function, &[-0.0, 0.0, -0.0, 0.0])?, [0.25; 4]);
        assert_eq!(forward(function, &[-INF, 3.0, -INF])?, [0.0, 1.0, 0.0]);
        assert_eq!(forward(function, &[-3e38, 3e38])?, [0.0, 1.0]);
        for (length, inner) in LENGTHS {
            let results = |special: &[f32]| {
                let mut x = vec![-1.0; length * inner];
                for (k, &special) in special.iter().enumerate() {
                    x[(2 * k + 1) * inner] = special;
                }
                if special.is_empty() {
                    x.fill(-INF);
                }
                let x = gpu().upload(&x, [length, inner])?;
                let y = read(&gpu().forward_axis(function, 0, &x)?);
                let first = y.into_iter().step_by(inner);
                Ok::<Vec<f32>, Error>(first.collect())
            };
            for nan in [&[][..], &[f32::NAN], &[INF], &[-INF, f32::NAN], &[INF, INF]] {
                assert!(
                    are_nan(&results(nan)?),
                    "{function} of {length} with {nan:?}"
                );
            }
            // Two equal elements far above all others, and one.
            let two = results(&[1e30, 1e30])?;
            assert!(
                two[1] == 0.5 && two[3] == 0.5 && two.iter().sum::<f32>() == 1.0,
                "{two:?}"
            );
            let one = results(&[70_000.0, -INF])?;
            assert!(one[1] == 1.0 && one.iter().sum::<f32>() == 1.0);
        }
    }
    Ok(())
}

#[test]
fn gradients_of_what_is_not_finite() -> Result<(), Error> {
    for function in FUNCTIONS {
        for bad in [f32::NAN, INF, -INF] {
            // As in softmax, it does not matter whether the element counts.
            for at in [0, 2] {
                let mut grad = [1.0, 2.0, 3.0];
                grad[at] = bad;
                let gradient = backward(function, &[0.75, 0.25, 0.0], &grad)?;
                assert!(gradient.iter().all(|gradient| gradient.is_nan()));
            }
        }
        let gradient = backward(function, &[f32::NAN, 1.0], &[1.0, 2.0])?;
        assert!(gradient.iter().all(|gradient| gradient.is_nan()));
        assert_eq!(backward(function, &[0.0; 3], &[1.0, 2.0, 3.0])?, [0.0; 3]);
        assert_eq!(backward(function, &[1.0], &[5.0])?, [0.0]);
    }
    Ok(())
}

#[test]
fn empty_rows_as_zeros() -> Result<(), Error> {
    for function in FUNCTIONS {
        for (length, inner) in LENGTHS {
            let mut x = vec![0.5; length * inner];
            x.iter_mut().step_by(inner).for_each(|x| *x = -INF);
            let x = gpu().upload(&x, [length, inner])?;
            let input = AxisInput::new(&x).empty_rows_as_zeros();
            let y = gpu().forward_axis(function, 0, input)?;
            let gradient = read(&gpu().backward_axis(function, 0, &y, &y)?);
            let y = read(&y);
            assert!(y.iter().step_by(inner).all(|&y| y == 0.0));
            assert!(
                gradient
                    .iter()
                    .step_by(inner)
                    .all(|&gradient| gradient == 0.0)
            );
            let sum = y.iter().map(|&y| f64::from(y)).sum::<f64>();
            assert!((sum - (inner - 1) as f64).abs() < 1e-6, "{sum}");
        }
    }
    Ok(())
}

/// Rows for which many steps are needed, or whose sums cancel, of so many elements.
fn hard_rows(length: usize, random: &mut Random) -> Vec<Vec<f32>> {
    let row = |of: &dyn Fn(f64) -> f64| (0..length).map(|k| of(k as f64) as f32).collect();
    let n = length as f64;
    let next = |x: f32, by: usize| f32::from_bits(x.to_bits() + (by % 3) as u32);
    let mut rows: Vec<Vec<f32>> = vec![
        row(&|_| 1e30),
        row(&|k| if k < 3.0 { 1e30 } else { -1e30 }),
        // One unit of the last place apart, far from 0 and near it.
        (0..length).map(|k| next(1.0, k)).collect(),
        (0..length).map(|k| next(1e30, k)).collect(),
        (0..length).map(|k| next(16_777_216.0, k)).collect(),
        (0..length).map(|k| next(1e-30, k)).collect(),
        row(&|k| 1e4 + k / n),
        // Geometric distances: the threshold passes a few elements in each step.
        row(&|k| -(0.5f64.powf(k % 40.0))),
        row(&|k| 0.97f64.powf(k)),
        row(&|k| -(0.97f64.powf(k))),
        row(&|k| -1.0 + 2f64.powf(-k / n * 30.0)),
        row(&|k| -(k + 1.0).ln()),
        row(&|k| -k.sqrt()),
        row(&|k| -k / n),
        row(&|k| -1e-3 * k / n),
        row(&|k| 1.0 / (k + 1.0)),
        // Counts that grow as distances from the threshold shrink.
        row(&|k| {
            if k == 0.0 {
                0.0
            } else {
                -1.0 + 4f64.powf(-(k + 1.0).log(4.0).floor())
            }
        }),
        row(&|k| {
            if k == 0.0 {
                0.0
            } else {
                -2.0 + 4f64.powf(-(k + 1.0).log(4.0).floor())
            }
        }),
        // One element is 1 or 2 above all others: they are at the threshold itself.
        row(&|k| if k == 5.0 { 3.0 } else { 2.0 }),
        row(&|k| if k == 5.0 { 4.0 } else { 2.0 }),
        // A tiny element beside large ones, so that x - largest takes two floats.
        row(&|k| if k == 5.0 { 0.9 } else { 1e-9 * k }),
    ];
    for scale in [1e-6, 0.01, 0.3, 1.0, 10.0, 1e4] {
        rows.push(
            (0..length)
                .map(|_| scale * random.between(-1.0, 1.0))
                .collect(),
        );
    }
    rows
}

#[test]
fn hard_rows_are_exact() -> Result<(), Error> {
    let mut random = Random(36);
    let mut worst = [0.0f64; 2];
    for (length, inner) in LENGTHS {
        for row in hard_rows(length, &mut random) {
            let x: Vec<f32> = row.iter().flat_map(|&x| vec![x; inner]).collect();
            let grad = random.vector(x.len());
            for function in FUNCTIONS {
                let errors = check(function, &[length, inner], 0, &x, &grad)?;
                worst = [worst[0].max(errors[0]), worst[1].max(errors[1])];
            }
        }
    }
    println!("{:.2} ulp forward, {:.2} backward", worst[0], worst[1]);
    Ok(())
}

/// The same row gives the same results whichever kernel takes it, but for roundings of sums, and
/// the same bits on each run.
#[test]
fn rows_do_not_depend_on_their_neighbours() -> Result<(), Error> {
    let mut random = Random(37);
    for function in FUNCTIONS {
        // Columns of which some are found at once and others take many steps.
        for length in [7, 32] {
            let row: Vec<f32> = (0..length).map(|_| random.between(-1.0, 1.0)).collect();
            let apart = |inner: usize| {
                let column = |k: usize| row.iter().map(move |&x| if k == 1 { x } else { 60.0 * x });
                let columns: Vec<Vec<f32>> = (0..inner).map(|k| column(k).collect()).collect();
                let x: Vec<f32> = (0..length * inner)
                    .map(|i| columns[i % inner][i / inner])
                    .collect();
                let x = gpu().upload(&x, [length, inner])?;
                let y = read(&gpu().forward_axis(function, 0, &x)?);
                let second = y.into_iter().skip(1).step_by(inner);
                Ok::<Vec<u32>, Error>(second.map(f32::to_bits).collect())
            };
            // 5 columns are no vectors, and 8 columns are.
            assert_eq!(apart(5)?, apart(8)?, "{function} of {length}");
        }
    }
    Ok(())
}

/// What causal masks, softcaps, noise and dropout make of x and of results does not depend on the
/// function: each is compared with other calls that do the same.
fn check_options(
    gpu: &Gpu,
    function: AxisFunction,
    [rows, length, inner]: [usize; 3],
) -> Result<(), Error> {
    let mut random = Random(38);
    let elements = rows * length * inner;
    let x: Vec<f32> = (0..elements)
        .map(|_| 2.0 * random.between(-1.0, 1.0))
        .collect();
    let grad = random.vector(elements);
    let shape = [rows, length, inner];
    let (x_tensor, grad_tensor) = (gpu.upload(&x, shape)?, gpu.upload(&grad, shape)?);
    let what = format!("{function} of {shape:?}");

    // The queries are the rows side by side, or those of one column.
    let queries = if inner > 1 { inner } else { rows };
    let causal = Causal {
        queries: Some(queries as u64),
        offset: Some(2),
        window: Some(length as u64 / 2 + 1),
    };
    let sees = |i: usize| {
        let query = if inner > 1 { i % inner } else { i / length };
        let (key, end) = (i / inner % length, query % queries + 3);
        key < end && key + length / 2 + 1 >= end
    };
    let counts: Vec<bool> = (0..elements).map(sees).collect();
    let counts = gpu.upload(&counts, shape)?;
    let new = || AxisInput::new(&x_tensor);
    let masked = gpu.forward_axis(function, 1, new().boolean_mask(&counts))?;
    let y = gpu.forward_axis(function, 1, new().causal(causal))?;
    let [masked, y] = gpu.read_blocking([&masked, &y])?;
    assert_eq!(masked, y, "{what}, causal");

    // The rounding of capped x is unknown, but small.
    let cap = 1.5;
    let capped: Vec<f32> = x.iter().map(|x| cap * (x / cap).tanh()).collect();
    let capped = gpu.upload(&capped, shape)?;
    let of_capped = gpu.forward_axis(function, 1, &capped)?;
    let y = gpu.forward_axis(function, 1, new().softcap(cap))?;
    let saved = AxisSaved::new(&y).softcap(cap, &x_tensor);
    let gradient = gpu.backward_axis(function, 1, saved, &grad_tensor)?;
    let of_y = gpu.backward_axis(function, 1, &y, &grad_tensor)?;
    let [of_capped, y, gradient, of_y] = gpu.read_blocking([&of_capped, &y, &gradient, &of_y])?;
    for i in 0..elements {
        assert!((of_capped[i] - y[i]).abs() < 2e-6, "{what}, capped, {i}");
        let slope = 1.0 - (x[i] / cap).tanh().powi(2);
        assert!(
            (slope * of_y[i] - gradient[i]).abs() < 1e-5,
            "{what}, capped gradient, {i}"
        );
    }

    // The noise alone is that of rows of zeros, which log_softmax gives back but for a constant.
    let training = TrainingMode {
        seed: 5,
        offset: 8,
        dropout: 0.0,
    };
    let noisy = || new().gumbel_noise(training);
    let y = rows_of(gpu, function, noisy())?;
    let again = rows_of(gpu, function, noisy())?;
    assert_eq!(y, again, "{what}, noise");
    let logits = gpu.forward_axis(AxisFunction::LOG_SOFTMAX, 1, noisy())?;
    let of_logits = rows_of(gpu, function, AxisInput::new(&logits))?;
    let is_near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
    assert!(y.iter().zip(&of_logits).all(is_near), "{what}, noise");

    let training = TrainingMode {
        dropout: 0.5,
        ..training
    };
    let extras = AxisExtras {
        dropout: Some(training),
        ..AxisExtras::default()
    };
    let results = gpu.forward_axis_with(function, 1, &x_tensor, extras)?;
    let dropped = results.dropped.as_ref().expect("it was asked for");
    let saved = AxisSaved::new(&results.y).dropout(training);
    let gradient = gpu.backward_axis(function, 1, saved, &grad_tensor)?;
    let [y, dropped, gradient] = gpu.read_blocking([&results.y, dropped, &gradient])?;
    assert!(
        y.iter()
            .zip(&dropped)
            .all(|(y, dropped)| [0.0, 2.0 * y].contains(dropped))
    );
    assert!(
        y.iter()
            .zip(&dropped)
            .any(|(&y, &dropped)| y > 0.0 && dropped == 0.0)
    );
    let mean = |values: &[f32]| values.iter().map(|value| value.abs()).sum::<f32>();
    assert!(
        mean(&gradient).is_finite() && mean(&gradient) > 0.0,
        "{what}, dropout"
    );
    Ok(())
}

fn rows_of(
    gpu: &Gpu,
    function: AxisFunction,
    input: AxisInput<&wgpu_activations::Tensor>,
) -> Result<Vec<f32>, Error> {
    gpu.read_blocking(&gpu.forward_axis(function, 1, input)?)
}

#[test]
fn options_do_what_they_do_for_softmax() -> Result<(), Error> {
    for function in FUNCTIONS {
        for (length, inner) in LENGTHS {
            check_options(gpu(), function, [4, length, inner])?;
        }
        // Slabs that no binding takes, with as many bindings as WebGPU promises.
        check_options(&tiny(8), function, [2, 1000, 1])?;
        let x = gpu().upload(&[0.0; 8], [2, 4])?;
        let sink = gpu().upload(&[0.0], [1, 1])?;
        let refused = gpu().forward_axis(function, 1, AxisInput::new(&x).sink(&sink));
        let wanted = format!("sink: {} takes no sink", function.info().name);
        assert_eq!(refused.expect_err("no sink").to_string(), wanted);
    }
    Ok(())
}
