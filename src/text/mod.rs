//! The text form that activations, gated linear units and functions along an axis share: `name`,
//! or `name(value, parameter=value, …)`, where the name may be another library's.

mod error;
mod reading;
mod signature;
#[cfg(test)]
mod tests;

pub use error::{FunctionKind, ParseError};
pub(crate) use reading::{Reading, Slot};
pub(crate) use signature::Signature;

use crate::call::Call;
use crate::nearest::nearest;
use crate::parameter::Values;

/// The nearest f32 of a number that is written as in Rust.
pub(crate) fn parse_number(text: &str) -> Option<f32> {
    lexical_core::parse(text.as_bytes()).ok()
}

/// The shorter of the plain and the scientific notation.
pub(crate) fn shortest(value: f32) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    if scientific.len() < plain.len() {
        scientific
    } else {
        plain
    }
}

/// Parses a text as one of these functions: returns the function's position and the values of its
/// parameters. Parameters that are not given take their defaults.
pub(crate) fn parse(
    text: &str,
    kind: FunctionKind,
    functions: impl Iterator<Item = Signature>,
) -> Result<(usize, Values), ParseError> {
    let call = Call::read(text).ok_or_else(|| ParseError::Syntax {
        text: text.to_owned(),
        kind,
    })?;
    let functions: Vec<Signature> = functions.collect();
    let reading = Reading::of(call.name, &functions).ok_or_else(|| ParseError::UnknownName {
        name: call.name.to_owned(),
        kind,
        nearest: nearest(call.name, kind),
    })?;
    reading.finish(&call.arguments, kind)
}
