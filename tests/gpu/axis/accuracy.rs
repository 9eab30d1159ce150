//! Results against the f64 references, on shapes of every kind.

use wgpu_activations::{AxisFunction, AxisShape, Error};

use super::{check, logits};
use crate::common::{Random, axis_functions};

/// Shapes and axes: short, middle and long rows, strided ones, rows of one element, and no
/// elements.
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
            // The numbers of groups must divide the lengths.
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
    for function in axis_functions() {
        let [forward, backward] = all_shapes(function, &mut random)?;
        println!("{function}: {forward:.2} ulp forward, {backward:.2} backward");
    }
    Ok(())
}

/// Lengths around those at which another kernel is taken.
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
            for function in axis_functions() {
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
