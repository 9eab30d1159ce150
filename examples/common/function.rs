//! A function of any kind, by the text that the user gives.

use std::fmt;
use std::str::FromStr;

use anyhow::Error;
use wgpu_activations::{
    Activation, AxisFunction, CrossEntropy, Expression, ExpressionErrorKind, FunctionKind, Glu,
    ParseError,
};

/// An activation, a function along an axis, a gated unit, a loss, or any other expression.
#[derive(Clone, Copy)]
pub enum Function {
    Activation(Activation),
    AlongAxis(AxisFunction),
    Glu(Glu),
    Loss(CrossEntropy),
    /// It lives until the program ends, which has but a few.
    Expression(&'static Expression),
}

impl FromStr for Function {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use ExpressionErrorKind as Kind;
        let refused = match text.parse().map(Self::Activation) {
            Ok(function) => return Ok(function),
            Err(refused) => refused,
        };
        // The error knows whether a function of another kind has this name, or almost.
        if let ParseError::UnknownName {
            name,
            nearest: Some((_, kind)),
            ..
        } = &refused
            && is_word(name)
        {
            match kind {
                FunctionKind::AlongAxis => return Ok(Self::AlongAxis(text.parse()?)),
                FunctionKind::Glu => return Ok(Self::Glu(text.parse()?)),
                FunctionKind::Loss => return Ok(Self::Loss(text.parse()?)),
                _ => {}
            }
        }
        let error = match text.parse::<Expression>() {
            // A name alone would be an operand, but was to be a function.
            Ok(expression) if expression.operands() == [text.trim()] => return Err(refused.into()),
            Ok(expression) => return Ok(Self::Expression(Box::leak(Box::new(expression)))),
            Err(error) => error,
        };
        // There are two errors. The one that is about the intended kind of text is shown.
        let is_expression = match (&refused, &error.kind) {
            (ParseError::UnknownName { name, .. }, Kind::UnknownFunction { name: other, .. }) => {
                name != other
            }
            (ParseError::UnknownName { .. } | ParseError::Syntax { .. }, _) => true,
            (
                _,
                Kind::Activation(_)
                | Kind::Arguments { .. }
                | Kind::NotANumber { .. }
                | Kind::UnknownFunction { .. },
            ) => true,
            _ => false,
        };
        Err(if is_expression {
            error.into()
        } else {
            refused.into()
        })
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activation(activation) => activation.fmt(f),
            Self::AlongAxis(function) => function.fmt(f),
            Self::Glu(glu) => glu.fmt(f),
            Self::Loss(loss) => loss.fmt(f),
            Self::Expression(expression) => expression.fmt(f),
        }
    }
}
