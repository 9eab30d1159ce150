//! Parameters of any value, as constants and learned, against the f64 references.

use wgpu_activations::{Activation, Error, Tensor, TensorArgs};

use crate::common::{
    self, Truth, ULPS_OF_OTHERS, Worst, errors_with_any_parameters, inputs_of, of_any_parameters,
};
use crate::support::{backward, forward, gpu, read, upload};

/// The bound of functions and first derivatives.
const ULPS: f64 = 4.0;

/// One in so many inputs of reductions is tried, as each takes a workgroup.
const STEP_OF_REDUCTIONS: usize = 41;

/// The derivative, whose zeros have no sign here.
fn derivative(activation: Activation, x: f64) -> Truth {
    Truth {
        value: activation.derivative(x),
        ..Truth::backward(activation, x, 1.0)
    }
}

/// The failure of one of the results, if there is one.
fn check(
    what: &str,
    activation: Activation,
    [x, got]: [&[f32]; 2],
    truth: impl Fn(Activation, f64) -> Truth,
) -> Option<String> {
    let is_first = matches!(what, "f" | "f'");
    let worst = Worst::of(errors_with_any_parameters(
        activation, x, got, is_first, truth,
    ));
    let bound = if is_first { ULPS } else { ULPS_OF_OTHERS };
    (worst.error > bound).then(|| format!("{what} of {activation}: {}", worst.report))
}

#[test]
fn every_constant_is_within_the_bound() -> Result<(), Error> {
    let constants = of_any_parameters()
        .into_iter()
        .filter_map(|activation| activation.checked().ok());
    let mut failures = vec![];
    for activation in constants {
        let x = inputs_of(activation);
        let y = forward(activation, &x)?;
        let grad = backward(activation, &x, &vec![1.0; x.len()])?;
        failures.extend(check("f", activation, [&x, &y], Truth::forward));
        failures.extend(check("f'", activation, [&x, &grad], derivative));
    }
    assert!(failures.is_empty(), "{failures:#?}");
    Ok(())
}

/// An activation's values of all its parameters beside all their inputs, so that a few dispatches
/// compute all.
struct Table {
    /// Each activation with the positions of its inputs.
    parts: Vec<(Activation, std::ops::Range<usize>)>,
    x: Vec<f32>,
}

impl Table {
    /// The activations of this name whose parameters differ from the defaults only where they can
    /// be learned.
    fn of(default: Activation, step: usize) -> Self {
        let is_learned = |activation: &Activation| {
            let mut both = activation.parameters().zip(default.parameters());
            activation.info().name == default.info().name
                && both.all(|((parameter, value), (_, default))| {
                    parameter.is_learnable() || value == default
                })
        };
        let mut table = Self {
            parts: vec![],
            x: vec![],
        };
        for activation in of_any_parameters().into_iter().filter(is_learned) {
            let first = table.x.len();
            table
                .x
                .extend(inputs_of(activation).into_iter().step_by(step));
            table.parts.push((activation, first..table.x.len()));
        }
        table
    }

    /// The values of a parameter beside each input.
    fn values(&self, name: &str) -> Vec<f32> {
        let value_of = |activation: Activation| {
            let mut parameters = activation.parameters();
            parameters
                .find(|(parameter, _)| parameter.name == name)
                .expect("its parameter")
                .1
        };
        let values = self
            .parts
            .iter()
            .flat_map(|(activation, range)| vec![value_of(*activation); range.len()]);
        values.collect()
    }

    fn check(
        &self,
        what: &str,
        got: &[f32],
        truth: impl Fn(Activation, f64) -> Truth + Copy,
    ) -> Vec<String> {
        let parts = self.parts.iter().filter_map(|(activation, range)| {
            check(
                what,
                *activation,
                [&self.x[range.clone()], &got[range.clone()]],
                truth,
            )
        });
        parts.collect()
    }
}

/// x with a value of each parameter for each of its elements.
fn with_learned<'a>(x: &'a Tensor, values: &'a [(&'a str, Tensor)]) -> TensorArgs<'a> {
    let arguments = match values {
        [(a, one)] => TensorArgs::from((x, [(*a, one)])),
        [(a, one), (b, two)] => TensorArgs::from((x, [(*a, one), (*b, two)])),
        [(a, one), (b, two), (c, three)] => {
            TensorArgs::from((x, [(*a, one), (*b, two), (*c, three)]))
        }
        _ => panic!("no activation learns {} parameters", values.len()),
    };
    arguments.along(0)
}

#[test]
fn every_learned_value_is_within_the_bound() -> Result<(), Error> {
    let mut failures = vec![];
    for &default in Activation::ALL {
        let learnable = || {
            default
                .parameters()
                .map(|(parameter, _)| parameter)
                .filter(|parameter| parameter.is_learnable())
        };
        if learnable().next().is_none() {
            continue;
        }
        let learned = |table: &Table| {
            learnable()
                .map(|parameter| Ok((parameter.name, upload(&table.values(parameter.name))?)))
                .collect::<Result<Vec<_>, Error>>()
        };
        let table = Table::of(default, 1);
        if table.x.is_empty() {
            continue;
        }
        let (x, ones) = (upload(&table.x)?, upload(&vec![1.0; table.x.len()])?);
        let values = learned(&table)?;
        let inputs = || with_learned(&x, &values);
        let y = gpu().forward(default, inputs())?;
        let grad = gpu().backward(default, inputs(), &ones)?;
        let [second, _] = gpu().double_backward(default, inputs(), &ones, &ones)?;
        failures.extend(table.check("f", &read(&y), Truth::forward));
        failures.extend(table.check("f'", &read(&grad), derivative));
        failures.extend(table.check("f''", &read(&second), common::second_derivative));

        let table = Table::of(default, STEP_OF_REDUCTIONS);
        let (x, ones) = (upload(&table.x)?, upload(&vec![1.0; table.x.len()])?);
        let values = learned(&table)?;
        let inputs = || with_learned(&x, &values);
        for parameter in learnable() {
            let got = gpu().backward_parameter(default, parameter.name, inputs(), &ones)?;
            let what = format!("the derivative by {}", parameter.name);
            failures.extend(table.check(&what, &read(&got), |activation, x| {
                common::parameter_derivative(activation, parameter.name, x)
            }));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures: {failures:#?}",
        failures.len()
    );
    Ok(())
}
