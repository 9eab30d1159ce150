//! What can be applied.

use std::str::FromStr;

use wgpu_activations::{Activation, AxisFunction, ParseActivationError};

/// A function of each element, or one along an axis.
#[derive(Clone, Copy)]
pub enum Function {
    Activation(Activation),
    AlongAxis(AxisFunction),
}

impl FromStr for Function {
    type Err = ParseActivationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let along_axis = text.parse().map(Self::AlongAxis);
        match (text.parse().map(Self::Activation), along_axis) {
            (Err(activation), Err(along_axis)) => Err(nearer(activation, along_axis)),
            // A known name with a bad parameter is no unknown name of the other kind.
            (Err(ParseActivationError::UnknownName { .. }), along_axis) => along_axis,
            (activation, _) => activation,
        }
    }
}

/// The error that helps more: about a parameter of a known name, or with the name that is more like the unknown one.
fn nearer(activation: ParseActivationError, along_axis: ParseActivationError) -> ParseActivationError {
    let likeness = |error: &ParseActivationError| match error {
        ParseActivationError::UnknownName { name, nearest } => strsim::jaro_winkler(&name.to_lowercase(), nearest),
        _ => f64::INFINITY,
    };
    if likeness(&along_axis) > likeness(&activation) { along_axis } else { activation }
}
