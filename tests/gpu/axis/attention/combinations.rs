//! Random combinations of all that there is, over shapes that reach every kernel.

use wgpu_activations::{AxisFunction, Causal, Error, TrainingMode};

use super::case::{Broadcast, Case};
use super::{check, compute};
use crate::axis::logits;
use crate::common::Random;
use crate::support::gpu;

/// A number below `end`.
pub fn below(random: &mut Random, end: usize) -> usize {
    (random.bits() % end as u64) as usize
}

pub fn chance(random: &mut Random) -> bool {
    random.bits().is_multiple_of(2)
}

/// A tensor that broadcasts to a shape.
fn broadcast(
    random: &mut Random,
    shape: &[usize],
    values: impl Fn(&mut Random) -> f32,
) -> Broadcast {
    let dropped = below(random, shape.len() + 1);
    let shape: Vec<_> = shape[dropped..]
        .iter()
        .map(|&size| if below(random, 3) == 0 { 1 } else { size })
        .collect();
    let count = shape.iter().product();
    Broadcast {
        values: (0..count).map(|_| values(random)).collect(),
        shape,
    }
}

fn training(random: &mut Random, dropout: f32) -> TrainingMode {
    TrainingMode {
        seed: random.bits(),
        offset: [0, 4, 3, 1 << 34, (1 << 34) - 5][below(random, 5)],
        dropout,
    }
}

/// A case with some of all options.
pub fn random_case(random: &mut Random, shape: &[usize], axis: isize) -> Case {
    let count: usize = shape.iter().product();
    let functions = [
        "softmax",
        "log_softmax",
        "softmin",
        "hardmax",
        "softmax(temperature=0.3)",
        "log_softmax(temperature=7)",
        "softmin(temperature=2)",
        "softmax",
    ];
    let function: AxisFunction = functions[below(random, 8)].parse().expect("a function");
    let mut case = Case::new(function, shape, axis, logits(random, count));
    case.grad_output = random.vector(count);
    if chance(random) {
        case.is_boolean = chance(random);
        let is_boolean = case.is_boolean;
        case.mask = Some(broadcast(random, shape, |random| match is_boolean {
            true => f32::from(u8::from(below(random, 3) > 0)),
            false if below(random, 3) == 0 => f32::NEG_INFINITY,
            false => random.between(-5.0, 5.0),
        }));
    }
    let is_hardmax = function == AxisFunction::Hardmax;
    if chance(random) && !is_hardmax {
        let of_rows = case.row_shape();
        case.sink = Some(broadcast(random, &of_rows, |random| {
            random.between(-9.0, 9.0)
        }));
    }
    if below(random, 3) > 0 {
        let (queries, length) = (case.row_count() as i64, case.rows().length as i64);
        let offset = (random.bits() % (length + queries + 4) as u64) as i64 - queries - 2;
        let window = 1 + below(random, length as usize + 1) as u64;
        case.causal = Some(Causal {
            queries: None,
            offset: chance(random).then_some(offset),
            window: chance(random).then_some(window),
        });
    }
    if below(random, 3) == 0 {
        case.softcap = Some(random.between(1.0, 50.0));
    }
    if below(random, 4) == 0 {
        case.noise = Some(training(random, 0.0));
    } else if below(random, 3) == 0 && !is_hardmax {
        let dropout = [0.5, 0.75, 0.0, 1.0][below(random, 4)];
        case.dropout = Some(training(random, dropout));
    }
    case.empty_is_zero = chance(random) && !is_hardmax;
    case
}

/// One random case for each shape.
fn check_all(seed: u64, shapes: &[(Vec<usize>, isize)]) -> Result<(), Error> {
    let (mut random, mut worst) = (Random(seed), [0.0f64; 2]);
    for (shape, axis) in shapes {
        let case = random_case(&mut random, shape, *axis);
        let errors = check(&case, &compute(gpu(), &case)?)?;
        worst = [worst[0].max(errors[0]), worst[1].max(errors[1])];
    }
    println!("{:.2} ulp forward, {:.2} backward", worst[0], worst[1]);
    Ok(())
}

/// Rows that a thread or a workgroup holds, and rows in blocks, of whole vectors and not.
#[test]
fn elements_that_follow_each_other() -> Result<(), Error> {
    let mut shapes = vec![(vec![7], 0), (vec![300], -1), (vec![100, 3, 1], 1)];
    for length in [
        1, 2, 3, 4, 7, 8, 12, 16, 29, 32, 33, 36, 64, 100, 256, 257, 1000, 1024, 1027, 4095, 4096,
        4098, 8192, 10_000, 12_288, 12_289,
    ] {
        shapes.push((vec![2, 3, length], -1));
    }
    check_all(60, &shapes)
}

/// Rows that a thread holds, and rows in blocks, of which neighbours may be vectors.
#[test]
fn elements_that_are_apart() -> Result<(), Error> {
    let mut shapes = vec![
        (vec![40, 4, 2], 0),
        (vec![100, 3, 1], 0),
        (vec![2, 6, 4, 3], 1),
    ];
    for length in [1, 2, 5, 8, 9, 31, 32, 33, 64, 300, 1100] {
        for columns in [3, 4, 12] {
            shapes.push((vec![2, length, columns], 1));
        }
    }
    check_all(63, &shapes)
}
