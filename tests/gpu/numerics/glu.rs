//! Gated linear units with every activation, against their f64 references.

use wgpu_activations::Error;

use crate::common::{Random, full_or, specials};
use crate::support::{failures_of_glu, gpu, units};

/// Gates take every special value. Values take those of ordinary size, whose products f32 can hold.
#[test]
fn every_glu_is_near_its_reference() -> Result<(), Error> {
    let mut random = Random(11);
    let specials: Vec<f32> = specials()
        .into_iter()
        .filter(|x| !x.is_subnormal())
        .collect();
    let pairs = specials
        .iter()
        .flat_map(|&a| specials.iter().map(move |&b| (a, b)));
    let moderate =
        |x: f32| x.is_nan() || x == 0.0 || x.is_infinite() || (1e-9..=1e9).contains(&x.abs());
    let (mut value, mut gate): (Vec<f32>, Vec<f32>) = pairs.filter(|&(a, _)| moderate(a)).unzip();
    for _ in 0..full_or(20_000, 1500) {
        value.push(random.between(-8.0, 8.0));
        gate.push(random.between(-20.0, 20.0));
    }
    let grad_output: Vec<f32> = value.iter().map(|_| random.between(-4.0, 4.0)).collect();
    let shape = [value.len()];
    let upload = |values: &[f32]| gpu().upload(values, shape);
    let tensors = [upload(&value)?, upload(&gate)?, upload(&grad_output)?];
    let mut failures = vec![];
    for glu in units() {
        let y = gpu().glu(glu, &tensors[0], &tensors[1])?;
        let [of_value, of_gate] = gpu().glu_backward(glu, &tensors[0], &tensors[1], &tensors[2])?;
        let [y, of_value, of_gate] = gpu().read_blocking([&y, &of_value, &of_gate])?;
        for i in 0..value.len() {
            let inputs = [value[i], gate[i], grad_output[i]];
            failures.extend(failures_of_glu(
                glu,
                inputs,
                [y[i], of_value[i], of_gate[i]],
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures: {:#?}",
        failures.len(),
        &failures[..failures.len().min(20)]
    );
    Ok(())
}
