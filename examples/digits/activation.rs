//! The activation of the hidden layers, as the user writes it.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail, ensure};
use wgpu_activations::{Activation, Expression, ExpressionErrorKind};

/// The name of the operand that is learned, whatever name the user gave it.
pub const LEARNED: &str = "learned";

/// The first value of an operand that is learned. It is the default of most parameters.
const FIRST_VALUE: f32 = 1.0;

/// The activation of the hidden layers.
#[derive(Clone)]
pub struct HiddenActivation {
    /// A function of x and, if a parameter is learned, of [`LEARNED`].
    pub expression: Expression,
    /// The first value of the learned parameter.
    pub learned: Option<f32>,
}

impl FromStr for HiddenActivation {
    type Err = Error;

    /// Reads an activation of the list, of which a weight is learned, or another expression of x,
    /// of which one more operand is learned.
    fn from_str(text: &str) -> Result<Self> {
        let refused = match text.parse::<Activation>() {
            Ok(activation) => return Self::listed(activation),
            Err(refused) => refused,
        };
        let expression = match text.parse::<Expression>() {
            // A name alone is an operand of an expression, but was meant as an activation.
            Ok(expression) if expression.operands() == [text] && text != "x" => bail!(refused),
            Ok(expression) => expression,
            Err(error) => match error.kind {
                ExpressionErrorKind::MissingValue { .. } => bail!(refused),
                _ => bail!(error),
            },
        };
        Self::other(expression).with_context(|| text.to_owned())
    }
}

impl HiddenActivation {
    fn listed(activation: Activation) -> Result<Self> {
        let weight = activation
            .parameters()
            .find(|(parameter, _)| parameter.name == "weight");
        let operand = weight.map(|(parameter, _)| (parameter.name, Expression::operand(LEARNED)));
        Ok(Self {
            expression: Expression::operand("x").apply_with(activation, operand)?,
            learned: weight.map(|(_, value)| value),
        })
    }

    fn other(expression: Expression) -> Result<Self> {
        let (x, others): (Vec<_>, Vec<_>) = expression
            .operands()
            .iter()
            .map(String::as_str)
            .partition(|&name| name == "x");
        ensure!(!x.is_empty(), "an activation must be a function of x");
        ensure!(
            others.len() <= 1,
            "beside x there can be one operand, which is learned, but there are {}",
            others.join(", ")
        );
        ensure!(
            !expression.to_string().contains("dropout("),
            "here each call of dropout would drop the same units"
        );
        let learned = others.first().map(|_| FIRST_VALUE);
        let expression = others.iter().fold(expression.clone(), |expression, name| {
            expression.substitute(name, Expression::operand(LEARNED))
        });
        Ok(Self {
            expression,
            learned,
        })
    }
}
