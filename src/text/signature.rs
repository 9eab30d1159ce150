//! The parts of a function's text form.

use std::fmt;
use std::iter;

use super::reading::Slot;
use super::shortest;
use crate::call::Call;
use crate::parameter::{Parameter, ParameterError, Values};

/// The text form of one function: its name and what may stand in parentheses after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// The function as other libraries declare it, each with its name, its parameters in order and
    /// their defaults: `HardSigmoid(alpha=0.2, beta=0.5)`. Their parameters are this function's
    /// choice and parameters in order, whatever their names, besides those that are
    /// `IGNORED` of `reading.rs`.
    pub(crate) aliases: &'static [&'static str],
    /// A key and its value that distinguish functions of the same name, as in
    /// `gelu(approximate=tanh)`. The first function of a name is the default.
    pub(crate) choice: Option<(&'static str, &'static str)>,
    pub(crate) parameters: &'static [Parameter],
}

impl Signature {
    /// A name alone.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            choice: None,
            parameters: &[],
        }
    }

    /// The parameters with these values.
    pub(crate) fn given(self, values: Values) -> impl Iterator<Item = (&'static Parameter, f32)> {
        self.parameters.iter().zip(values)
    }

    /// Refuses the first value that is out of its parameter's range, or else the first that is
    /// above that of the parameter that it may not exceed.
    pub(crate) fn check(self, values: Values) -> Result<(), ParameterError> {
        let own = self.given(values).map(|(parameter, value)| ParameterError {
            activation: self.name,
            parameter: parameter.name,
            value,
            range: parameter.range.clone(),
            at_most: None,
        });
        let relative = self.given(values).filter_map(|(parameter, value)| {
            let other = parameter.at_most?;
            let most = values[self.position(other)?];
            Some(ParameterError {
                activation: self.name,
                parameter: parameter.name,
                value,
                range: *parameter.range.start()..=most,
                at_most: Some(other),
            })
        });
        let mut refused = own.chain(relative);
        refused
            .find(|error| !error.range.contains(&error.value))
            .map_or(Ok(()), Err)
    }

    /// The values with another one for this parameter, or `None` if there is no such parameter,
    /// or if it takes whole numbers only and this is none.
    pub(crate) fn with(self, mut values: Values, name: &str, value: f32) -> Option<Values> {
        let position = self.position(name)?;
        values[position] = value;
        self.parameters[position].takes(value).then_some(values)
    }

    /// Writes the name, the choice and every parameter, so that parsing gives the same bits.
    pub(crate) fn write(self, values: Values, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let choice = self.choice.map(|(key, chosen)| format!("{key}={chosen}"));
        let parameters = self
            .given(values)
            .map(|(parameter, value)| format!("{}={}", parameter.name, shortest(value)));
        let arguments: Vec<_> = choice.into_iter().chain(parameters).collect();
        match arguments.as_slice() {
            [] => f.pad(self.name),
            _ => f.pad(&format!("{}({})", self.name, arguments.join(", "))),
        }
    }

    pub(super) fn position(self, parameter: &str) -> Option<usize> {
        let mut parameters = self.parameters.iter();
        parameters.position(|candidate| candidate.name == parameter)
    }

    /// The choice and the parameters, with their names.
    pub(super) fn slots(self) -> impl Iterator<Item = (&'static str, Slot)> {
        let choice = self.choice.map(|(key, _)| (key, Slot::Choice));
        let parameters = self.parameters.iter().enumerate();
        choice
            .into_iter()
            .chain(parameters.map(|(i, parameter)| (parameter.name, Slot::Value(i))))
    }

    /// The name and the names of the aliases.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let aliases = self.aliases.iter();
        iter::once(self.name).chain(aliases.filter_map(|alias| Some(Call::read(alias)?.name)))
    }
}
