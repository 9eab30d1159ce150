//! Random expressions: they are written and read, and their gradients agree with differences.

use proptest::prelude::*;

use super::{Expression, ExpressionError};
use crate::Activation;

/// A text of the language, with parentheses around everything.
fn texts() -> impl Strategy<Value = String> {
    let number = (-300_i16..300).prop_map(|number| format!("{}", f32::from(number) / 64.0));
    let operand = prop::sample::select(vec!["x", "a", "b"]).prop_map(str::to_owned);
    let leaf = prop_oneof![4 => operand, 1 => number];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let signs = ["+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!="];
        let sign = prop_oneof![
            12 => prop::sample::select(signs[..4].to_vec()),
            1 => prop::sample::select(signs[4..].to_vec()),
        ];
        let pair = ["max", "min", "gate", "scaled"];
        let pair = prop::sample::select(pair.to_vec());
        let rows = 0..Activation::ALL.len();
        prop_oneof![
            6 => (inner.clone(), sign, inner.clone())
                .prop_map(|(a, sign, b)| format!("({a}) {sign} ({b})")),
            1 => inner.clone().prop_map(|a| format!("-({a})")),
            1 => (inner.clone(), -3_i8..9).prop_map(|(a, n)| format!("({a}) ^ {n}")),
            2 => (pair, inner.clone(), inner.clone())
                .prop_map(|(name, a, b)| format!("{name}({a}, {b})")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(c, a, b)| format!("select({c}, {a}, {b})")),
            1 => (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(x, low, high)| format!("clamp({x}, {low}, {high})")),
            1 => inner.clone().prop_map(|a| format!("dropout({a}, p=0.25)")),
            6 => (rows, inner.clone(), inner, 0_usize..6)
                .prop_map(|(row, x, parameter, k)| activation(row, &x, &parameter, k)),
        ]
    })
}

/// An activation of a value, with a parameter if it has so many that can be learned.
fn activation(row: usize, x: &str, parameter: &str, k: usize) -> String {
    let info = &Activation::list()[row];
    let choice = info.choice.map(|(key, chosen)| format!(", {key}={chosen}"));
    let choice = choice.unwrap_or_default();
    let parameter = match info.parameters.get(k) {
        Some(declared) if declared.is_learnable() => format!(", {}={parameter}", declared.name),
        _ => String::new(),
    };
    format!("{}({x}{choice}{parameter})", info.text_name)
}

fn parsed(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The expression of a text, unless a parameter is NaN, which is refused.
fn expression(text: &str) -> Option<Expression> {
    match text.parse() {
        Ok(expression) => Some(expression),
        Err(ExpressionError { kind, .. }) => {
            assert!(kind.to_string().contains("NaN"), "{text}: {kind}");
            None
        }
    }
}

/// The values of x, a and b, and a gradient of 1.
fn at(point: [f64; 3], name: &str) -> f64 {
    match name {
        "x" => point[0],
        "a" => point[1],
        "b" => point[2],
        _ => 1.0,
    }
}

/// Compares a gradient with central differences, unless these show a kink or too few digits.
/// Returns whether it was compared.
fn agrees(
    value: &Expression,
    gradient: &Expression,
    position: usize,
    point: [f64; 3],
) -> Result<bool, TestCaseError> {
    let moved = |step: f64| {
        let mut moved = point;
        moved[position] += step;
        value.evaluate(|name| at(moved, name))
    };
    let nodes = value.values_of_nodes(|name| at(point, name), |_, _| 1.0);
    if nodes.iter().any(|node| !node.is_finite()) {
        return Ok(false);
    }
    let difference = |step: f64| (moved(step) - moved(-step)) / (2.0 * step);
    let [fine, coarse] = [1e-5, 3e-5].map(difference);
    let scale = 1.0 + fine.abs();
    let is_smooth = (fine - coarse).abs() <= 1e-6 * scale && moved(0.0).abs() < 1e4;
    // A jump or a kink to one side.
    let halves = [1e-5, -1e-5].map(|step| (moved(step) - moved(0.0)) / step);
    if !(is_smooth && (halves[0] - halves[1]).abs() <= 1e-2 * scale) {
        return Ok(false);
    }
    let got = gradient.evaluate(|name| at(point, name));
    // At a singular point, as of sqrt(x) ^ 2 at 0, a product has an infinite derivative and a 0.
    if got.is_nan() {
        return Ok(false);
    }
    prop_assert!(
        (got - fine).abs() <= 1e-5 * scale,
        "{value} at {point:?}: {gradient} is {got}, not {fine}"
    );
    Ok(true)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn a_text_is_read_back(text in texts()) {
        let Some(expression) = expression(&text) else { return Ok(()) };
        prop_assert_eq!(&parsed(&expression.to_string()), &expression);
        for operand in expression.operands() {
            if let Ok(gradient) = expression.gradient(operand) {
                let text = gradient.to_string();
                prop_assert_eq!(&parsed(&text), &gradient, "{}", text);
            }
        }
    }

    #[test]
    fn gradients_agree_with_differences(text in texts(), point in prop::array::uniform3(-2.0..2.0)) {
        let Some(expression) = expression(&text) else { return Ok(()) };
        for operand in expression.operands() {
            let position = ["x", "a", "b"].iter().position(|name| name == operand);
            let gradient = expression.gradient(operand);
            let gradient = gradient.map_err(|error| TestCaseError::fail(error.to_string()))?;
            let position = position.unwrap_or_default();
            if !agrees(&expression, &gradient, position, point)? {
                continue;
            }
            // The gradient of the gradient, of which the last operand is one.
            let text = gradient.to_string().replace("grad_output", "(1)");
            let Ok(first) = text.parse::<Expression>() else { continue };
            for other in first.operands().to_vec() {
                let position = ["x", "a", "b"].iter().position(|name| *name == other);
                if let Ok(second) = first.gradient(&other) {
                    agrees(&first, &second, position.unwrap_or_default(), point)?;
                }
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[a-c x0-9.,=<>!'(){}+*/^-]{0,40}|(relu|elu|max|gate|dropout|[ (),=x+^-]|[1-9]){0,20}") {
        if let Ok(expression) = text.parse::<Expression>() {
            prop_assert_eq!(expression.to_string().parse(), Ok(expression));
        }
    }
}
