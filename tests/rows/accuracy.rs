//! Against the twins, on shapes of every kind.

use wgpu_activations::{AxisFunction, AxisShape, Error};

use crate::common::{Random, gpu};
use crate::{check, functions, logits, passes};

/// Shapes and axes: short, middle and long rows, strided ones, rows of one element, and no elements.
const SHAPES: &[(&[usize], isize)] = &[
    (&[], 0),
    (&[], -1),
    (&[1], 0),
    (&[6, 2], 1),
    (&[5, 8], -1),
    (&[500, 8], -1),
    (&[3, 32], 1),
    (&[3, 34], 1),
    (&[4, 256], -1),
    (&[2, 254], -1),
    (&[2, 258], -1),
    (&[7, 1000], -1),
    (&[2, 4098], -1),
    (&[1, 20_002], -1),
    (&[4, 3, 2], 0),
    (&[2, 8, 3], 1),
    (&[2, 300, 70], 1),
    (&[1000, 37], 0),
    (&[3000, 2], 0),
    (&[20_000, 3], 0),
    (&[0], 0),
    (&[3, 0], 0),
    (&[4, 0], 1),
    (&[0, 4], 1),
    (&[2, 4, 0], 1),
];

fn all_shapes(function: AxisFunction, random: &mut Random) -> Result<[f64; 2], Error> {
    let mut worst = [0.0f64; 2];
    for &(shape, axis) in SHAPES {
        let function = match function {
            // What divides every length above.
            AxisFunction::Maxout { .. } if shape == [2, 300, 70] => {
                AxisFunction::Maxout { groups: 150 }
            }
            AxisFunction::Maxout { .. } if AxisShape::along(shape, axis)?.length % 2 == 1 => {
                AxisFunction::Maxout { groups: 1 }
            }
            function => function,
        };
        let elements = shape.iter().product::<usize>();
        let (x, grad) = (logits(random, elements), random.vector(2 * elements + 64));
        let errors = check(function, shape, axis, &x, &grad)?;
        worst = [worst[0].max(errors[0]), worst[1].max(errors[1])];
    }
    Ok(worst)
}

#[test]
fn every_function_on_every_shape() -> Result<(), Error> {
    let mut random = Random(20);
    for function in functions() {
        let [forward, backward] = all_shapes(function, &mut random)?;
        println!("{function}: {forward:.2} ulp forward, {backward:.2} backward");
    }
    Ok(())
}

/// The lengths around those where another kernel is taken.
#[test]
fn every_length() -> Result<(), Error> {
    let mut random = Random(21);
    for length in [
        1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 255, 256, 257, 1000, 4095, 4096, 4097, 4099, 8192,
        8193,
    ] {
        for (shape, axis) in [
            (vec![3, length], 1),
            (vec![length, 3], 0),
            (vec![2, length, 2], 1),
        ] {
            let elements = shape.iter().product::<usize>();
            let (x, grad) = (logits(&mut random, elements), random.vector(2 * elements));
            for function in functions() {
                if !matches!(function, AxisFunction::Maxout { .. }) {
                    check(function, &shape, axis, &x, &grad)?;
                }
            }
            check(
                AxisFunction::Maxout {
                    groups: length as u32,
                },
                &shape,
                axis,
                &x,
                &grad,
            )?;
        }
    }
    Ok(())
}

/// Rows of two and of three at every distance, from every place: tails, and log_softmax near 0.
#[test]
fn every_distance() -> Result<(), Error> {
    let mut random = Random(23);
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
            let x: Vec<_> = (0..60_000).flat_map(row).collect();
            let grad = random.vector(x.len());
            for text in [
                "softmax",
                "log_softmax",
                "softmax(temperature=0.7)",
                "log_softmax(temperature=1.3)",
                "logsumexp",
            ] {
                let function: AxisFunction = text.parse().expect("a function");
                let errors = check(function, &[60_000, length], 1, &x, &grad)?;
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

/// What the kernels are chosen for, and the longest rows; twice, for the same bits.
#[test]
fn large_shapes() -> Result<(), Error> {
    let mut random = Random(22);
    for (shape, axis) in LARGE {
        let elements = shape.iter().product();
        let (x, grad) = (logits(&mut random, elements), random.vector(elements));
        for text in ["softmax", "log_softmax"] {
            let function: AxisFunction = text.parse().expect("a function");
            let errors = check(function, shape, axis, &x, &grad)?;
            println!("{text} of {shape:?} along {axis}: {errors:.2?} ulp");
            let [first, second] = [0, 1].map(|_| passes(gpu(), function, shape, axis, &x, &grad));
            let (first, second) = (first?, second?);
            let same =
                |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(
                same(&first.y, &second.y) && same(&first.grad_input, &second.grad_input),
                "{text}, twice"
            );
        }
    }
    Ok(())
}

/// 2^24 elements in one row: equal ones, whose count must be exact, and tiny ones, whose sum must not be lost.
#[test]
fn the_longest_row() -> Result<(), Error> {
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    let log_softmax = AxisFunction::LogSoftmax { temperature: 1.0 };
    let length = 1 << 24;
    let x = gpu().upload(&vec![-3e38; length], [length])?;
    let [y, logarithm] = gpu().read_blocking([
        &gpu().forward_axis(softmax, 0, &x)?,
        &gpu().forward_axis(log_softmax, 0, &x)?,
    ])?;
    assert!(y.iter().all(|&y| y == 2f32.powi(-24)));
    let wanted = -24.0 * std::f64::consts::LN_2;
    assert!(
        logarithm
            .iter()
            .all(|&y| (f64::from(y) - wanted).abs() < 4e-6),
        "{} {wanted}",
        logarithm[0]
    );

    let mut values = vec![-100.0; length];
    values[12_345_678] = 0.0;
    let x = gpu().upload(&values, [length])?;
    let [y] = gpu().read_blocking([&gpu().forward_axis(log_softmax, 0, &x)?])?;
    // -log(1 + R) = -R, to a relative 1e-35.
    let wanted = -((length - 1) as f64) * (-100f64).exp();
    assert!(
        (f64::from(y[12_345_678]) / wanted - 1.0).abs() < 2e-6,
        "{} {wanted}",
        y[12_345_678]
    );
    Ok(())
}
