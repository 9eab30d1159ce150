//! Second derivatives of activations with respect to x and a parameter, or to two parameters, which
//! the list does not have. They are written in the language itself. Where x is at a kink, they are
//! the derivatives of what the list has there.

use super::Expression;
use super::graph::{Derivative, Graph, NodeId};
use crate::Activation;

/// The name of x in [`MIXED`].
const X: &str = "x";

/// An activation, two of its arguments, and the derivative with respect to both. Other derivatives
/// of an activation that is here are 0, those of activations that are not are unknown.
const MIXED: &[(&str, [&str; 2], &str)] = &[
    (
        "leaky_relu",
        [X, "negative_slope"],
        "1 - relu_derivative(x)",
    ),
    ("prelu", [X, "weight"], "1 - relu_derivative(x)"),
    ("hardtanh", [X, "min_val"], "0"),
    ("threshold", [X, "value"], "0"),
    ("softshrink", [X, "lambd"], "0"),
    ("shrink", [X, "bias"], "0"),
    ("star_relu", [X, "scale"], "2 * relu(x)"),
    (
        "elu",
        [X, "alpha"],
        "scaled(1 - relu_derivative(x), elu_derivative(x))",
    ),
    (
        "selu",
        [X, "alpha"],
        "scale * scaled(1 - relu_derivative(x), elu_derivative(x))",
    ),
    ("selu", [X, "scale"], "elu_derivative(x, alpha)"),
    ("selu", ["alpha", "scale"], "elu_derivative_alpha(x)"),
    (
        "celu",
        [X, "alpha"],
        "scaled(celu_second_derivative(x, alpha), -(x / alpha))",
    ),
    (
        "celu",
        ["alpha", "alpha"],
        "scaled(celu_second_derivative(x, alpha), (x / alpha) ^ 2)",
    ),
    (
        "softplus",
        [X, "beta"],
        "select(beta * x > threshold, 0, scaled(sigmoid_derivative(beta * x), x))",
    ),
    (
        "softplus",
        ["beta", "beta"],
        "select(beta * x > threshold, 0, (scaled(sigmoid_derivative(beta * x), x ^ 2) \
         - 2 * softplus_derivative_beta(x, beta, threshold=inf)) / beta)",
    ),
    (
        "squareplus",
        [X, "b"],
        "scaled(squareplus_derivative_b(x, b) ^ 3, -16 * x)",
    ),
    (
        "squareplus",
        ["b", "b"],
        "-8 * squareplus_derivative_b(x, b) ^ 3",
    ),
    (
        "swish",
        [X, "beta"],
        "scaled(silu_second_derivative(beta * x), x)",
    ),
    (
        "swish",
        ["beta", "beta"],
        "scaled(sigmoid_second_derivative(beta * x), x ^ 3)",
    ),
    (
        "hardsigmoid",
        [X, "slope"],
        "hardsigmoid_derivative_offset(x, slope, offset)",
    ),
    (
        "isru",
        [X, "alpha"],
        "-1.5 * x ^ 2 * isru_derivative(x, alpha) / (1 + alpha * x ^ 2)",
    ),
    ("isru", ["alpha", "alpha"], "0.75 * isru(x, alpha) ^ 5"),
    (
        "isrlu",
        [X, "alpha"],
        "-1.5 * min(x, 0) ^ 2 * isru_derivative(min(x, 0), alpha) \
         / (1 + alpha * min(x, 0) ^ 2)",
    ),
    (
        "isrlu",
        ["alpha", "alpha"],
        "0.75 * isru(min(x, 0), alpha) ^ 5",
    ),
    ("xielu", [X, "alpha_p"], "2 * relu(x)"),
    ("xielu", [X, "alpha_n"], "elu_derivative_alpha(x)"),
    ("xielu", [X, "beta"], "1"),
    (
        "sine",
        [X, "omega"],
        "sine_derivative(omega * x) - omega * x * sine(omega * x)",
    ),
    ("sine", ["omega", "omega"], "-(x ^ 2 * sine(omega * x))"),
    (
        "snake",
        [X, "alpha"],
        "2 * x * sine_derivative(2 * alpha * x)",
    ),
    (
        "snake",
        ["alpha", "alpha"],
        "select(alpha == 0, 0, 2 * (x ^ 2 * sine_derivative(2 * alpha * x) \
         - snake_derivative_alpha(x, alpha)) / alpha)",
    ),
];

/// The derivative of a derivative of an activation, with respect to the argument at this position.
/// `None` if it is unknown, and `Some(None)` if it is 0.
pub(super) fn derivative(
    graph: &mut Graph,
    index: usize,
    of: Derivative,
    arguments: &[NodeId],
    position: usize,
) -> Option<Option<NodeId>> {
    let info = &Activation::list()[index];
    let name = |position: usize| match position {
        0 => X,
        _ => info.parameters[position - 1].name,
    };
    let first = match of {
        Derivative::First => 0,
        Derivative::Parameter(k) => k + 1,
        Derivative::Zeroth | Derivative::Second => return None,
    };
    let (low, high) = (first.min(position), first.max(position));
    let mut rows = MIXED
        .iter()
        .filter(|(activation, ..)| *activation == info.name)
        .peekable();
    rows.peek()?;
    let Some((.., text)) = rows.find(|(_, pair, _)| *pair == [name(low), name(high)]) else {
        return Some(None);
    };
    let formula: Expression = text.parse().ok()?;
    let node = graph.substitute(formula.graph(), formula.root(), |_, operand| {
        let position = (0..arguments.len()).find(|&position| name(position) == operand);
        arguments[position.unwrap_or_default()]
    });
    Some((graph.value(node) != Some(0.0)).then_some(node))
}

#[cfg(test)]
mod tests {
    use super::MIXED;
    use crate::{Activation, Expression};

    /// Central differences of first derivatives, which the list has.
    #[test]
    fn second_derivatives_agree_with_differences() {
        for info in Activation::list() {
            let names: Vec<_> = info
                .parameters
                .iter()
                .map(|parameter| parameter.name)
                .collect();
            let learnable: Vec<_> = info
                .parameters
                .iter()
                .filter(|p| p.is_learnable())
                .collect();
            let arguments = names.iter().map(|name| format!(", {name}={name}_"));
            let known = MIXED.iter().any(|(name, ..)| *name == info.name);
            let text = format!("{}(x{})", info.name, arguments.collect::<String>());
            let text = numbers_for_others(&text, info);
            let expression = if info.text_name == info.name {
                text.parse::<Expression>()
            } else {
                continue;
            };
            let expression = expression.unwrap_or_else(|error| panic!("{error}"));
            for first in std::iter::once("x".to_owned()).chain(names_of(&learnable)) {
                let gradient = expression
                    .gradient(&first)
                    .unwrap_or_else(|error| panic!("{error}"));
                let text = gradient.to_string().replace("grad_output", "1");
                let derivative: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
                for second in names_of(&learnable).chain((first != "x").then(|| "x".to_owned())) {
                    if !derivative.operands().contains(&second) {
                        continue;
                    }
                    let mixed = derivative.gradient(&second);
                    if !known {
                        assert!(mixed.is_err(), "{text} {second}");
                        continue;
                    }
                    let mixed = mixed.unwrap_or_else(|error| panic!("{text}: {error}"));
                    for point in 0..40 {
                        compare(&derivative, &mixed, &second, f64::from(point));
                    }
                }
            }
        }
    }

    fn names_of(parameters: &[&crate::Parameter]) -> impl Iterator<Item = String> {
        let names: Vec<_> = parameters.iter().map(|p| format!("{}_", p.name)).collect();
        names.into_iter()
    }

    /// Operands have the names of parameters and `_`. Parameters that cannot be learned are numbers.
    fn numbers_for_others(text: &str, info: &crate::ActivationInfo) -> String {
        let others = info
            .parameters
            .iter()
            .filter(|parameter| !parameter.is_learnable());
        others.fold(text.to_owned(), |text, parameter| {
            text.replace(
                &format!("{}_", parameter.name),
                &parameter.default.to_string(),
            )
        })
    }

    fn compare(derivative: &Expression, mixed: &Expression, second: &str, point: f64) {
        let at = |name: &str, step: f64| {
            let seed: f64 = name.bytes().map(f64::from).sum();
            let random = (seed * 12.9898 + point * 78.233).sin() * 43758.5453;
            let unit = random - random.floor();
            let value = if name == "x" {
                5.0 * unit - 2.5
            } else {
                0.3 + unit
            };
            value + if name == second { step } else { 0.0 }
        };
        let h = 1e-5;
        let value = |step| derivative.evaluate(|name| at(name, step));
        let expected = (value(h) - value(-h)) / (2.0 * h);
        let got = mixed.evaluate(|name| {
            if name == "grad_output" {
                1.0
            } else {
                at(name, 0.0)
            }
        });
        // The paper's derivative of xielu differs by -eps where x is between eps and 0.
        let difference = (got - expected).abs();
        assert!(
            difference <= 1e-6 * (1.0 + expected.abs()),
            "{derivative} by {second} at {}: {got}, not {expected}",
            at("x", 0.0)
        );
    }
}
