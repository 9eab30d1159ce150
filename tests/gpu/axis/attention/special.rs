//! Rows in which nothing counts, infinities, NaN, the ends of windows, and errors of caps and noise.

use wgpu_activations::{
    AxisExtras, AxisFunction, AxisInput, AxisSaved, Causal, Error, TrainingMode,
};

use super::case::{Broadcast, Case, ULPS_OF_NOISE, gumbel};
use super::combinations::chance;
use super::{check, compute};
use crate::axis::{logits, worst};
use crate::common::{Random, error};
use crate::support::{gpu, read, upload};

const INF: f32 = f32::INFINITY;
const SOFTMAX: AxisFunction = AxisFunction::SOFTMAX;
const LOG_SOFTMAX: AxisFunction = AxisFunction::LOG_SOFTMAX;

fn sink(values: &[f32]) -> Option<Broadcast> {
    Some(Broadcast {
        values: values.to_vec(),
        shape: vec![values.len(), 1],
    })
}

/// Windows at both ends of rows and of blocks, and beyond.
#[test]
fn ends_of_windows() -> Result<(), Error> {
    let mut random = Random(80);
    for (queries, length) in [(3, 1), (5, 3), (2, 8), (3, 40), (4, 70), (2, 6000)] {
        let near = [-1, 0, 1, length - 1, length, length + 1].map(Some);
        let blocks = [3003, 3004, 3005].map(|offset| (length > 4096).then_some(offset));
        let far = [i64::MIN, i64::MAX, -(1 << 40), 1 << 31].map(Some);
        for offset in near.into_iter().chain(blocks).chain(far).chain([None]) {
            for window in [Some(1), Some(2), Some(u64::MAX), None] {
                let count = (queries * length) as usize;
                let shape = [queries as usize, length as usize];
                let function =
                    [SOFTMAX, LOG_SOFTMAX, AxisFunction::Hardmax][random.bits() as usize % 3];
                let mut case = Case::new(function, &shape, 1, logits(&mut random, count));
                case.causal = Some(Causal {
                    queries: None,
                    offset,
                    window,
                });
                case.empty_is_zero = chance(&mut random);
                check(&case, &compute(gpu(), &case)?)?;
            }
        }
    }
    Ok(())
}

/// Sinks of any kind beside rows of any kind.
#[test]
fn special_sinks_and_rows() -> Result<(), Error> {
    let mut random = Random(81);
    let sinks = [INF, -INF, f32::NAN, 0.0, 3e38, -3e38, 200.0, -200.0];
    for length in [4, 40, 5000] {
        for special in [INF, -INF, f32::NAN, 3e38, -3e38] {
            for all in [false, true] {
                for function in [SOFTMAX, LOG_SOFTMAX] {
                    let mut x = logits(&mut random, length * sinks.len());
                    for row in x.chunks_mut(length) {
                        let end = if all { length } else { 1 };
                        row[..end].fill(special);
                    }
                    let mut case = Case::new(function, &[sinks.len(), length], 1, x);
                    case.sink = sink(&sinks);
                    case.empty_is_zero = chance(&mut random);
                    check(&case, &compute(gpu(), &case)?)?;
                }
            }
        }
    }
    Ok(())
}

/// What does not count may be anything, and changes nothing: not the gradient through a cap either.
#[test]
fn anything_outside_of_what_counts() -> Result<(), Error> {
    let mut random = Random(82);
    for length in [6, 50, 5000] {
        for special in [INF, -INF, f32::NAN] {
            for softcap in [None, Some(5.0)] {
                for is_causal in [false, true] {
                    let mut x = logits(&mut random, 2 * length);
                    for row in x.chunks_mut(length) {
                        row[length - 2..].fill(special);
                    }
                    let mut case = Case::new(SOFTMAX, &[2, length], 1, x);
                    case.softcap = softcap;
                    case.grad_output = random.vector(2 * length);
                    if is_causal {
                        let offset = Some(length as i64 - 4);
                        case.causal = Some(Causal {
                            offset,
                            ..Causal::default()
                        });
                    } else {
                        let mut values = vec![1.0; length];
                        values[length - 2..].fill(0.0);
                        (case.mask, case.is_boolean) = (
                            Some(Broadcast {
                                values,
                                shape: vec![length],
                            }),
                            true,
                        );
                    }
                    let results = compute(gpu(), &case)?;
                    check(&case, &results)?;
                    let finite = results.y.iter().chain(&results.grad_x);
                    assert!(finite.copied().all(f32::is_finite), "{special} of {length}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn shapes_at_the_edge() -> Result<(), Error> {
    // No queries, and a row without another axis: one query, which sees all keys.
    let nothing = gpu().upload::<f32>(&[], [2, 0, 4])?;
    let causal = |x| AxisInput::new(x).causal(Causal::default());
    assert_eq!(
        gpu().forward_axis(SOFTMAX, -1, causal(&nothing))?.shape(),
        [2, 0, 4]
    );
    let x = upload(&[0.0; 4])?;
    let [plain, masked] =
        [AxisInput::new(&x), causal(&x)].map(|x| gpu().forward_axis(SOFTMAX, 0, x));
    assert_eq!(read(&plain?), read(&masked?));
    // More queries than keys, aligned at the end: the first ones see nothing.
    let x = gpu().upload(&[0.0; 6], [3, 2])?;
    let y = read(&gpu().forward_axis(SOFTMAX, -1, causal(&x).empty_rows_as_zeros())?);
    assert_eq!(y, [0.0, 0.0, 1.0, 0.0, 0.5, 0.5]);
    // A sink makes numbers of a row in which nothing counts.
    let zero = upload(&[0.0])?;
    let y = read(&gpu().forward_axis(SOFTMAX, -1, causal(&x).sink(&zero))?);
    assert_eq!(y[..4], [0.0, 0.0, 0.5, 0.0]);
    Ok(())
}

/// The logit itself is the logsumexp of a row of one element.
fn logits_of(input: AxisInput<&wgpu_activations::Tensor>) -> Result<Vec<f32>, Error> {
    let extras = AxisExtras {
        logsumexp: true,
        ..AxisExtras::default()
    };
    let results = gpu().forward_axis_with(SOFTMAX, -1, input, extras)?;
    Ok(read(&results.logsumexp.expect("was asked for")))
}

#[test]
fn caps_are_within_their_bound() -> Result<(), Error> {
    let mut random = Random(83);
    for cap in [
        f32::MIN_POSITIVE,
        1e-20,
        0.3,
        1.0,
        30.0,
        50.0,
        1e20,
        f32::MAX,
    ] {
        let mut x: Vec<f32> = (0..20_000)
            .map(|_| cap * random.between(-12.0, 12.0) * random.between(0.0, 1.0).powi(9))
            .collect();
        x.extend([0.0, 1e-30, 1.0, -1.0, f32::MAX, INF, -INF, f32::NAN]);
        let tensor = gpu().upload(&x, [x.len(), 1])?;
        let got = logits_of(AxisInput::new(&tensor).softcap(cap))?;
        let mut most = 0.0f64;
        for (&x, &got) in x.iter().zip(&got) {
            let cap = f64::from(cap);
            let wanted = cap * (f64::from(x) / cap).tanh();
            // The logsumexp is computed from quarters of logits, which may be flushed if subnormal.
            let is_flushed = got == 0.0 && wanted.abs() < 4.0 * f64::from(f32::MIN_POSITIVE);
            if !is_flushed && f64::from(got) != wanted {
                most = most.max(error(got, wanted));
            }
        }
        println!("a cap of {cap:e}: {most:.2} ulp");
        assert!(most <= 5.0, "{cap}: {most} ulp");
    }
    Ok(())
}

#[test]
fn noise_has_the_bits_of_its_counter() -> Result<(), Error> {
    let n = 1 << 18;
    let zeros = gpu().upload(&vec![0.0; n], [n, 1])?;
    for (seed, offset) in [(7, 0), (u64::MAX, (1 << 34) - 1001), (3, u64::MAX - 50)] {
        let noise = TrainingMode {
            seed,
            offset,
            dropout: 0.0,
        };
        let got = logits_of(AxisInput::new(&zeros).gumbel_noise(noise))?;
        let wanted: Vec<f64> = (0..n as u64).map(|i| gumbel(noise, i)).collect();
        let off = got.iter().zip(&wanted).map(|(&got, &wanted)| {
            let unit = 2f64.powi(wanted.abs().max(1.0).log2().floor() as i32 - 23);
            (f64::from(got) - wanted).abs() / unit
        });
        let most = off.fold(0.0, f64::max);
        println!("noise: {most:.2} ulp of itself or of 1");
        assert!(most <= ULPS_OF_NOISE, "{most}");
        // The mean is Euler's constant, and the standard deviation pi / sqrt(6).
        let mean = got.iter().map(|&g| f64::from(g)).sum::<f64>() / n as f64;
        assert!(
            (mean - 0.577_215_664_9).abs() < 5.0 * 1.2825 / (n as f64).sqrt(),
            "{mean}"
        );
    }
    Ok(())
}

/// hardmax of logits with noise is a sample of the categorical distribution.
#[test]
fn samples_are_distributed_as_softmax() -> Result<(), Error> {
    let (n, x) = (1 << 14, [0.5, -1.0, 2.0, 1.0, 0.0]);
    let all = gpu().upload(&x.repeat(n), [n, 5])?;
    let noise = TrainingMode {
        seed: 5,
        ..TrainingMode::default()
    };
    let input = AxisInput::new(&all).gumbel_noise(noise);
    let samples = read(&gpu().forward_axis(AxisFunction::Hardmax, -1, input)?);
    let soft = read(&gpu().forward_axis(SOFTMAX, -1, input)?);
    let p = read(&gpu().forward_axis(SOFTMAX, 0, &upload(&x)?)?);
    for (k, p) in p.iter().map(|&p| f64::from(p)).enumerate() {
        let count = samples
            .iter()
            .skip(k)
            .step_by(5)
            .filter(|&&y| y == 1.0)
            .count() as f64;
        let deviation = (n as f64 * p * (1.0 - p)).sqrt();
        assert!(
            (count - n as f64 * p).abs() < 5.0 * deviation,
            "{count} of {k}"
        );
    }
    // Both have the same noise: the largest of softmax is where hardmax is 1.
    for (sample, soft) in samples.chunks(5).zip(soft.chunks(5)) {
        let chosen = sample.iter().position(|&y| y == 1.0).expect("a sample");
        assert!(soft.iter().all(|&y| y <= soft[chosen]));
    }
    Ok(())
}

/// The gradients are those of the definition: differences of the f64 truth.
#[test]
fn gradients_are_differences() -> Result<(), Error> {
    let mut random = Random(84);
    for text in ["softmax(temperature=2)", "log_softmax", "softmin"] {
        let function: AxisFunction = text.parse().expect("a function");
        let mut case = Case::new(function, &[2, 3, 6], -1, random.vector(36));
        case.grad_output = random.vector(36);
        case.softcap = Some(3.0);
        case.sink = Some(Broadcast {
            values: vec![0.5, -0.25],
            shape: vec![2, 1, 1],
        });
        let grads: Vec<f64> = case.grad_output.iter().map(|&grad| grad.into()).collect();
        // The sum of y grad_output, and its change with one number, which is a power of two.
        let total = |case: &Case| -> Result<f64, Error> {
            let y = case.forward()?.y.values;
            Ok(y.iter().zip(&grads).map(|(y, grad)| y * grad).sum())
        };
        let results = compute(gpu(), &case)?;
        let step = 2f32.powi(-7);
        let change = |set: &dyn Fn(&mut Case, f32)| -> Result<f64, Error> {
            let (mut up, mut down) = (case.clone(), case.clone());
            set(&mut up, step);
            set(&mut down, -step);
            Ok((total(&up)? - total(&down)?) / (2.0 * f64::from(step)))
        };
        // Third derivatives are below 8, and logits are rounded to f32.
        let most = f64::from(step * step) * 8.0 + 1e-4;
        for i in 0..36 {
            let wanted = change(&|case, step| case.x[i] += step)?;
            assert!(
                (f64::from(results.grad_x[i]) - wanted).abs() < most,
                "{text}: x, {i}"
            );
        }
        for head in 0..2 {
            let sink = |case: &mut Case, step: f32| {
                case.sink.as_mut().expect("a sink").values[head] += step;
            };
            let wanted = change(&sink)?;
            let of_rows = results.grad_sink[3 * head..3 * head + 3].iter();
            let got: f64 = of_rows.map(|&grad| f64::from(grad)).sum();
            assert!((got - wanted).abs() < 3.0 * most, "{text}: sink, {head}");
        }
    }
    Ok(())
}

/// The gradient of a sink has its shape, and is the sum over what the sink is broadcast to.
#[test]
fn sinks_of_any_shape_have_gradients() -> Result<(), Error> {
    let mut random = Random(85);
    let shape = [2, 3, 4, 10];
    let (x, grad) = (random.vector(240), random.vector(240));
    let (x, grad) = (gpu().upload(&x, shape)?, gpu().upload(&grad, shape)?);
    for of_sink in [vec![], vec![1], vec![3, 1, 1], vec![4, 1], vec![2, 3, 4, 1]] {
        let sink = gpu().upload(&random.vector(of_sink.iter().product()), &of_sink)?;
        let input = AxisInput::new(&x).sink(&sink);
        let extras = AxisExtras {
            sink: true,
            ..AxisExtras::default()
        };
        let results = gpu().forward_axis_with(SOFTMAX, -1, input, extras)?;
        let (y, own) = (read(&results.y), results.sink.expect("was asked for"));
        let saved = AxisSaved::new(&results.y).sink(&own);
        let [_, of_sinks] = gpu().backward_axis_with_sink(SOFTMAX, -1, saved, &grad, &sink)?;
        assert_eq!(of_sinks.shape(), of_sink);
        let mut case = Case::new(SOFTMAX, &shape, -1, vec![0.0; 240]);
        case.grad_output = read(&grad);
        case.sink = Some(Broadcast {
            values: vec![0.0],
            shape: vec![],
        });
        let [_, of_rows] = case.backward(&y, &read(&own))?;
        let mut wanted = vec![0.0; of_sink.iter().product()];
        let mut terms = wanted.clone();
        for row in 0..24 {
            let i = case.broadcast_index(&of_sink, 10 * row);
            wanted[i] += of_rows.values[row];
            terms[i] += of_rows.values[row].abs();
        }
        // Rows may cancel. Each has some ulps, and so do their sums.
        let excuse = |i: usize| terms[i] * 12.0 * 2f64.powi(-24);
        let (error, report) = worst(&read(&of_sinks), &wanted, excuse);
        assert!(error <= 4.0, "{of_sink:?}: {report}");
    }
    Ok(())
}
