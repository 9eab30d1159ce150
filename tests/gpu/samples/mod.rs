//! The samples with which PyTorch and ONNX test their own operators. scripts/samples.py has
//! collected them, with their results.

mod axis;
mod elementwise;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use elementwise::{NAN_IS_HIDDEN, NO_LIMIT, SLOPE_OF_ZERO, x_of_difference};
use read::{FILE, Function, Sample, samples};
use wgpu_activations::Activation;

#[test]
fn results_are_those_of_pytorch_and_onnx() -> Result<(), Box<dyn Error>> {
    let (mut counts, mut met, mut failures) = (BTreeMap::new(), BTreeSet::new(), vec![]);
    for sample in samples()? {
        failures.extend(sample.failures(&mut met)?);
        *counts.entry(sample.source).or_insert(0) += 1;
    }
    println!("samples: {counts:?}");
    assert!(failures.is_empty(), "{failures:#?}");
    let lines = std::fs::read_to_string(FILE)?.lines().count();
    assert_eq!(
        counts.values().sum::<usize>(),
        lines - 1,
        "all lines but the header"
    );
    let of_nan = NAN_IS_HIDDEN.map(|name| (name, x_of_difference(f32::NAN)));
    let of_slope = SLOPE_OF_ZERO.map(|name| (name, x_of_difference(-1.0)));
    let of_infinity = NO_LIMIT.map(|(name, x, _)| (name, x_of_difference(x)));
    let differences = of_nan.into_iter().chain(of_slope).chain(of_infinity);
    assert_eq!(met, differences.collect(), "no difference is left in vain");
    Ok(())
}

/// A file that is written anew must still have samples of all kinds that the sources have.
#[test]
fn samples_are_of_all_kinds() -> Result<(), Box<dyn Error>> {
    let samples = samples()?;
    let has = |is: &dyn Fn(&Sample) -> bool| samples.iter().any(is);
    for source in ["pytorch operator", "pytorch module", "onnx"] {
        assert!(has(&|sample| sample.source == source), "{source}");
    }
    assert!(has(&|sample| sample.shape.is_empty()), "a single number");
    assert!(has(&|sample| sample.x.is_empty()), "an empty tensor");
    assert!(
        has(&|sample| sample.parameter_shape.is_empty() && sample.is_learned()),
        "a slope without dimensions"
    );
    for dimensions in 2..=4 {
        let is = |sample: &Sample| sample.parameter.len() > 1 && sample.shape.len() == dimensions;
        assert!(
            has(&is),
            "slopes for the channels of {dimensions} dimensions"
        );
    }
    let missing = Activation::list()
        .iter()
        .filter(|info| !has(&|sample| sample.function.name() == info.name));
    println!(
        "without samples: {:?}",
        missing.map(|info| info.name).collect::<Vec<_>>()
    );
    for name in [
        "softmax",
        "log_softmax",
        "softmin",
        "logsumexp",
        "hardmax",
        "glu",
    ] {
        assert!(has(&|sample| sample.function.name() == name), "{name}");
    }
    for axis in [-1, 0, 1, 2] {
        let is = |sample: &Sample| {
            sample.axis == Some(axis) && matches!(sample.function, Function::Axis(_))
        };
        assert!(has(&is), "a function along axis {axis}");
    }
    Ok(())
}
