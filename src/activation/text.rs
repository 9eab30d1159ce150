//! The text form: `leaky_relu(negative_slope=0.2)`.

use std::{fmt, str::FromStr};

use super::{Activation, Info, ParameterError};

/// A text that is no activation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseActivationError {
    /// No activation has this name.
    #[error("there is no activation `{name}`: did you mean `{nearest}`?")]
    UnknownName {
        /// The name that was given.
        name: String,
        /// The nearest one there is.
        nearest: &'static str,
    },
    /// The activation has no parameter of this name.
    #[error("{activation} has no parameter `{parameter}`: it takes {}", allowed(activation))]
    UnknownParameter {
        /// The activation's name.
        activation: &'static str,
        /// The parameter that was given.
        parameter: String,
    },
    /// A parameter was given twice.
    #[error("{activation}: {parameter} is given twice")]
    Repeated {
        /// The activation's name.
        activation: &'static str,
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A parameter's value is no number.
    #[error("{activation}: {parameter} must be a number, got `{value}`")]
    NotANumber {
        /// The activation's name.
        activation: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The value that was given.
        value: String,
    },
    /// A parameter's value is out of its range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// Neither `name` nor `name(parameter=value, …)`.
    #[error("cannot read `{text}`: write an activation as `relu` or `leaky_relu(negative_slope=0.2)`")]
    Syntax {
        /// The whole text.
        text: String,
    },
}

/// What the named activation takes, for an error's text.
fn allowed(name: &str) -> String {
    let parameters = Activation::list().iter().find(|info| info.name == name).map_or(&[][..], |info| info.parameters);
    match parameters {
        [] => "no parameters".to_owned(),
        _ => parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>().join(", "),
    }
}

impl fmt::Display for Activation {
    /// `relu`, or `leaky_relu(negative_slope=0.01)`: every parameter with its value; parsing it gives the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.info().name;
        let values: Vec<_> =
            self.parameters().map(|(parameter, value)| format!("{}={}", parameter.name, shortest(value))).collect();
        match values.as_slice() {
            [] => f.pad(name),
            _ => f.pad(&format!("{name}({})", values.join(", "))),
        }
    }
}

/// The shorter of the plain and the scientific notation.
fn shortest(value: f32) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    if scientific.len() < plain.len() { scientific } else { plain }
}

impl FromStr for Activation {
    type Err = ParseActivationError;

    /// Reads `name` or `name(parameter=value, …)`; parameters that are not given take their defaults.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let syntax = || ParseActivationError::Syntax { text: text.to_owned() };
        let (name, arguments) = match text.trim().split_once('(') {
            None => (text.trim(), ""),
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')').ok_or_else(syntax)?.trim()),
        };
        if name.is_empty() {
            return Err(syntax());
        }
        let default = Self::ALL.iter().copied().find(|activation| activation.info().name == name);
        let default = default
            .ok_or_else(|| ParseActivationError::UnknownName { name: name.to_owned(), nearest: nearest(name) })?;
        let Info { name, parameters, .. } = *default.info();

        let mut activation = default;
        let mut given = Vec::new();
        for argument in arguments.split(',').filter(|_| !arguments.is_empty()) {
            let (key, value) = argument.split_once('=').ok_or_else(syntax)?;
            let (key, value) = (key.trim(), value.trim());
            let parameter = parameters.iter().map(|parameter| parameter.name).find(|&name| name == key);
            let unknown = || ParseActivationError::UnknownParameter { activation: name, parameter: key.to_owned() };
            let parameter = parameter.ok_or_else(unknown)?;
            if given.contains(&parameter) {
                return Err(ParseActivationError::Repeated { activation: name, parameter });
            }
            given.push(parameter);
            let no_number =
                |_| ParseActivationError::NotANumber { activation: name, parameter, value: value.to_owned() };
            let value = value.parse().map_err(no_number)?;
            activation = activation.with(parameter, value).unwrap_or(activation);
        }
        Ok(activation.checked()?)
    }
}

/// The activation whose name is most like this one, whatever its case and its `_`.
fn nearest(name: &str) -> &'static str {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let likeness = |info: &Info| strsim::jaro_winkler(&plain(name), &plain(info.name));
    let best = Activation::list().iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or("relu", |info| info.name)
}
