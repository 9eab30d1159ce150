//! The text form: `leaky_relu(negative_slope=0.2)`.

use std::{fmt, str::FromStr};

use super::{Activation, ActivationInfo, Parameter, ParameterError, glu};
use crate::AxisFunction;

/// A text that is no activation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// No activation has this name.
    #[error("there is no activation `{name}`: did you mean `{nearest}`?")]
    UnknownName {
        /// The name that was given.
        name: String,
        /// The nearest one there is.
        nearest: &'static str,
    },
    /// The activation has no parameter of this name.
    #[error(
        "{activation} has no parameter `{parameter}`: it takes {}",
        allowed(activation)
    )]
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
    /// A parameter's value is no number, or none of its choices.
    #[error(
        "{activation}: {parameter} must be {}, got `{value}`",
        allowed_values(activation, parameter)
    )]
    Value {
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
    #[error(
        "cannot read `{text}`: write an activation as `relu` or `leaky_relu(negative_slope=0.2)`"
    )]
    Syntax {
        /// The whole text.
        text: String,
    },
}

/// The rows that share this name.
fn rows(name: &str) -> impl Iterator<Item = &'static ActivationInfo> {
    Activation::list()
        .iter()
        .filter(move |info| info.text_name == name)
}

/// What the named activation takes, for an error's text.
fn allowed(name: &str) -> String {
    let row = rows(name).next();
    let choice = row
        .and_then(|info| info.choice)
        .into_iter()
        .map(|(key, _)| key);
    let parameters = row
        .map_or_else(|| others(name), |info| info.parameters)
        .iter()
        .map(|parameter| parameter.name);
    match choice.chain(parameters).collect::<Vec<_>>().as_slice() {
        [] => "no parameters".to_owned(),
        names => names.join(", "),
    }
}

/// The parameters of what is no activation by itself: of gated units and of functions along an axis.
fn others(name: &str) -> &'static [Parameter] {
    let along_axis = AxisFunction::list().iter().find(|info| info.name == name);
    let of_gated = if name == glu::SWIGLU_OAI {
        &glu::PARAMETERS[..]
    } else {
        &[]
    };
    along_axis.map_or(of_gated, |info| info.parameters)
}

/// What a parameter may be, for an error's text.
fn allowed_values(name: &str, parameter: &str) -> String {
    let choices = rows(name)
        .filter_map(|info| info.choice)
        .filter(|(key, _)| *key == parameter);
    match choices
        .map(|(_, chosen)| chosen)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] if AxisFunction::is_whole(parameter) => "a whole number".to_owned(),
        [] => "a number".to_owned(),
        choices => choices.join(" or "),
    }
}

impl fmt::Display for Activation {
    /// `relu`, or `leaky_relu(negative_slope=0.01)`: every parameter with its value; parsing it gives the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ActivationInfo {
            text_name: name,
            choice,
            ..
        } = self.info();
        let choice = choice.iter().map(|(key, chosen)| format!("{key}={chosen}"));
        let parameters = self
            .parameters()
            .map(|(parameter, value)| format!("{}={}", parameter.name, shortest(value)));
        let values: Vec<_> = choice.chain(parameters).collect();
        match values.as_slice() {
            [] => f.pad(name),
            _ => f.pad(&format!("{name}({})", values.join(", "))),
        }
    }
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

impl FromStr for Activation {
    type Err = ParseError;

    /// Reads `name` or `name(parameter=value, …)`; parameters that are not given take their defaults.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, arguments) = call(text)?;
        let candidates: Vec<Self> = Self::ALL
            .iter()
            .copied()
            .filter(|activation| activation.info().text_name == name)
            .collect();
        let names = Self::list().iter().map(|info| info.text_name);
        let unknown = || ParseError::UnknownName {
            name: name.to_owned(),
            nearest: nearest(name, names),
        };
        let mut activation = *candidates.first().ok_or_else(unknown)?;
        let name = activation.info().text_name;

        let mut given = Vec::new();
        for (key, value) in arguments {
            let ActivationInfo {
                choice, parameters, ..
            } = activation.info();
            let names = choice
                .iter()
                .map(|(key, _)| *key)
                .chain(parameters.iter().map(|parameter| parameter.name));
            let unknown = || ParseError::UnknownParameter {
                activation: name,
                parameter: key.to_owned(),
            };
            let parameter = names
                .into_iter()
                .find(|&name| name == key)
                .ok_or_else(unknown)?;
            if given.contains(&parameter) {
                return Err(ParseError::Repeated {
                    activation: name,
                    parameter,
                });
            }
            given.push(parameter);
            let refused = || ParseError::Value {
                activation: name,
                parameter,
                value: value.to_owned(),
            };
            activation = if choice.is_some_and(|(key, _)| key == parameter) {
                let chosen = |candidate: &Self| candidate.info().choice == Some((parameter, value));
                candidates
                    .iter()
                    .copied()
                    .find(chosen)
                    .ok_or_else(refused)?
            } else {
                let number = value.parse().map_err(|_| refused())?;
                activation.with(parameter, number).ok_or_else(refused)?
            };
        }
        Ok(activation.checked()?)
    }
}

/// A parameter and what it is given.
type Pair<'a> = (&'a str, &'a str);

/// The name, and the parameters with what they are given.
pub(crate) fn call(text: &str) -> Result<(&str, Vec<Pair<'_>>), ParseError> {
    let syntax = || ParseError::Syntax {
        text: text.to_owned(),
    };
    let (name, arguments) = match text.trim().split_once('(') {
        None => (text.trim(), ""),
        Some((name, rest)) => (
            name.trim(),
            rest.strip_suffix(')').ok_or_else(syntax)?.trim(),
        ),
    };
    if name.is_empty() {
        return Err(syntax());
    }
    let arguments = arguments.split(',').filter(|_| !arguments.is_empty());
    let mut pairs = Vec::new();
    for argument in arguments {
        let (key, value) = argument.split_once('=').ok_or_else(syntax)?;
        pairs.push((key.trim(), value.trim()));
    }
    Ok((name, pairs))
}

/// The name most like this one, whatever its case and its `_`.
pub(crate) fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> &'static str {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let likeness = |candidate: &str| strsim::jaro_winkler(&plain(name), &plain(candidate));
    names
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .unwrap_or_default()
}
