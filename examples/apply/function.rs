//! The functions that can be applied.

use std::fmt;
use std::str::FromStr;

use wgpu_activations::{Activation, AxisFunction, Glu, ParseError};

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
        let kinds = [
            text.parse().map(Self::Activation),
            text.parse().map(Self::AlongAxis),
            text.parse().map(Self::Glu),
        ];
        let best = kinds
            .into_iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        best.unwrap_or_else(|| {
            Err(ParseError::Syntax {
                text: text.to_owned(),
            })
        })
    }
}

/// Rates an attempt to parse the text as one kind of function. A success rates highest. An error
/// about a parameter of a known name comes next, since it helps more than an unknown name. Among
/// unknown names, the most similar known name rates highest.
fn likeness(parsed: &Result<Function, ParseError>) -> f64 {
    match parsed {
        Ok(_) => 3.0,
        Err(ParseError::UnknownName { name, nearest }) => {
            strsim::jaro_winkler(&name.to_lowercase(), nearest)
        }
        Err(ParseError::Syntax { .. }) => 0.0,
        Err(_) => 2.0,
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
