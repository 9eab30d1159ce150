//! Functions along an axis against their f64 references, on many rows and on large shapes.

use wgpu_activations::{AxisFunction, Error};

use crate::axis::{check, forward_backward, logits};
use crate::common::{Random, full_or};
use crate::support::{bits, gpu, much_memory, upload};

/// Rows of two and of three elements at every distance from each other, anywhere: tails, and
/// log_softmax near 0.
#[test]
fn every_distance() -> Result<(), Error> {
    let (rows, mut random) = (full_or(60_000, 2000), Random(23));
    for place in [0.0, 1.0, 300.0, 1e5] {
        for length in [2, 3] {
            let row = |_| {
                let (place, distance) = (random.between(-place, place), random.between(0.0, 105.0));
                [
                    place,
                    place - distance,
                    place - random.between(0.0, distance),
                ]
                .into_iter()
                .take(length)
            };
            let x: Vec<_> = (0..rows).flat_map(row).collect();
            let grad = random.vector(x.len());
            for text in [
                "softmax",
                "log_softmax",
                "softmax(temperature=0.7)",
                "log_softmax(temperature=1.3)",
                "logsumexp",
            ] {
                let function: AxisFunction = text.parse().expect("a function");
                let errors = check(function, &[rows, length], 1, &x, &grad)?;
                println!("{text} of {length} around {place}: {errors:.2?} ulp");
            }
        }
    }
    Ok(())
}

const LARGE: [(&[usize], isize); 5] = [
    (&[1024, 1024], 1),
    (&[1024, 1024], 0),
    (&[1 << 20, 8], 1),
    (&[1 << 20, 8], 0),
    (&[1, 1 << 22], 1),
];

/// Smaller shapes of the same kinds.
const SMALLER: [(&[usize], isize); 5] = [
    (&[64, 1024], 1),
    (&[1024, 64], 0),
    (&[1 << 15, 8], 1),
    (&[1 << 16, 2], 0),
    (&[1, 1 << 18], 1),
];

/// The shapes that the kernels are chosen for, and long rows. Each is computed twice, for the same
/// bits.
#[test]
fn large_shapes() -> Result<(), Error> {
    let mut random = Random(22);
    let _memory = much_memory();
    for (shape, axis) in full_or(LARGE, SMALLER) {
        let elements = shape.iter().product();
        let (x, grad) = (logits(&mut random, elements), random.vector(elements));
        for text in ["softmax", "log_softmax"] {
            let function: AxisFunction = text.parse().expect("a function");
            let errors = check(function, shape, axis, &x, &grad)?;
            println!("{text} of {shape:?} along {axis}: {errors:.2?} ulp");
            let [first, second] =
                [0, 1].map(|_| forward_backward(gpu(), function, shape, axis, &x, &grad));
            let (first, second) = (first?, second?);
            assert!(
                bits(&first.y) == bits(&second.y) && bits(&first.grad_x) == bits(&second.grad_x),
                "{text}, twice"
            );
        }
    }
    Ok(())
}

/// A row of 2^24 elements: equal ones, whose count must be exact, and tiny ones, whose sum must not
/// be lost.
#[test]
fn the_longest_row() -> Result<(), Error> {
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    let log_softmax = AxisFunction::LogSoftmax { temperature: 1.0 };
    let _memory = much_memory();
    let logarithm_of_length = full_or(24, 19);
    let (length, place) = (1 << logarithm_of_length, full_or(12_345_678, 345_678));
    let x = upload(&vec![-3e38; length])?;
    let [y, logarithm] = gpu().read_blocking([
        &gpu().forward_axis(softmax, 0, &x)?,
        &gpu().forward_axis(log_softmax, 0, &x)?,
    ])?;
    assert!(y.iter().all(|&y| y == 2f32.powi(-logarithm_of_length)));
    let wanted = -f64::from(logarithm_of_length) * std::f64::consts::LN_2;
    assert!(
        logarithm
            .iter()
            .all(|&y| (f64::from(y) - wanted).abs() < 4e-6),
        "{} {wanted}",
        logarithm[0]
    );

    let mut values = vec![-100.0; length];
    values[place] = 0.0;
    let x = upload(&values)?;
    let [y] = gpu().read_blocking([&gpu().forward_axis(log_softmax, 0, &x)?])?;
    // -log(1 + R) = -R, to a relative 1e-35.
    let wanted = -((length - 1) as f64) * (-100f64).exp();
    assert!(
        (f64::from(y[place]) / wanted - 1.0).abs() < 2e-6,
        "{} {wanted}",
        y[place]
    );
    Ok(())
}
