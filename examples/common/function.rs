//! A function of any kind, by the name that the user gives.

use std::fmt;
use std::str::FromStr;

use wgpu_activations::{Activation, AxisFunction, FunctionKind, Glu, ParseError};

/// An activation, a function along an axis, or a gated unit.
#[derive(Clone, Copy)]
pub enum Function {
    Activation(Activation),
    AlongAxis(AxisFunction),
    Glu(Glu),
}

impl FromStr for Function {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.parse().map(Self::Activation);
        // The error knows whether a function of another kind has this name, or almost.
        let Err(ParseError::UnknownName {
            nearest: Some((_, kind)),
            ..
        }) = parsed
        else {
            return parsed;
        };
        match kind {
            FunctionKind::AlongAxis => text.parse().map(Self::AlongAxis),
            FunctionKind::Glu => text.parse().map(Self::Glu),
            _ => parsed,
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activation(activation) => activation.fmt(f),
            Self::AlongAxis(function) => function.fmt(f),
            Self::Glu(glu) => glu.fmt(f),
        }
    }
}
