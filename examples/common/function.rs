//! A function of any kind, by the text that the user gives.

use std::fmt;
use std::str::FromStr;

use anyhow::{Error, bail};
use wgpu_activations::wgsl::Exported;
use wgpu_activations::{
    Activation, AxisFunction, CrossEntropy, Expression, FunctionKind, Glu, ParseError,
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
        // The error knows whether a function of another kind has this name, or almost.
        if let Err(ParseError::UnknownName {
            name,
            nearest: Some((_, kind)),
            ..
        }) = text.parse::<Activation>()
            && is_word(&name)
        {
            match kind {
                FunctionKind::AlongAxis => return Ok(Self::AlongAxis(text.parse()?)),
                FunctionKind::Loss => return Ok(Self::Loss(text.parse()?)),
                _ => {}
            }
        }
        Ok(match text.parse()? {
            Exported::Activation(activation) => Self::Activation(activation),
            Exported::Glu(glu) => Self::Glu(glu),
            Exported::Expression(expression) => Self::Expression(Box::leak(Box::new(expression))),
            other => bail!("`{other}` is no function of this program"),
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
