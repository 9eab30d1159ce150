//! The text form: `leaky_relu(negative_slope=0.2)`.

use std::{fmt, str::FromStr};

use super::{Activation, Info, Parameter, ParameterError};
use crate::axis::{AxisFunction, AxisInfo};

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
    /// A parameter's value is no number, or none of its choices.
    #[error("{activation}: {parameter} must be {}, got `{value}`", allowed_values(activation, parameter))]
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
    #[error("cannot read `{text}`: write an activation as `relu` or `leaky_relu(negative_slope=0.2)`")]
    Syntax {
        /// The whole text.
        text: String,
    },
}

/// What the text form of an activation or of a function along an axis is made of.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    choice: Option<(&'static str, &'static str)>,
    parameters: &'static [Parameter],
}

impl From<&'static Info> for Row {
    fn from(info: &'static Info) -> Self {
        Self { name: info.text_name, choice: info.choice, parameters: info.parameters }
    }
}

impl From<&'static AxisInfo> for Row {
    fn from(info: &'static AxisInfo) -> Self {
        Self { name: info.name, choice: None, parameters: info.parameters }
    }
}

/// What has a text form, and a list of all there is of it.
trait Listed: Copy + 'static {
    const ALL: &'static [Self];

    fn row(self) -> Row;
    fn values(self) -> Vec<f32>;
    fn with(self, parameter: &str, value: f32) -> Option<Self>;
    fn checked(self) -> Result<Self, ParameterError>;
}

macro_rules! listed {
    ($listed:ty) => {
        impl Listed for $listed {
            const ALL: &'static [Self] = <$listed>::ALL;

            fn row(self) -> Row {
                self.info().into()
            }

            fn values(self) -> Vec<f32> {
                self.parameters().map(|(_, value)| value).collect()
            }

            fn with(self, parameter: &str, value: f32) -> Option<Self> {
                self.with(parameter, value)
            }

            fn checked(self) -> Result<Self, ParameterError> {
                self.checked()
            }
        }

        impl fmt::Display for $listed {
            /// `relu`, or `leaky_relu(negative_slope=0.01)`: every parameter with its value; parsing it gives the same bits.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(*self, f)
            }
        }

        impl FromStr for $listed {
            type Err = ParseActivationError;

            /// Reads `name` or `name(parameter=value, …)`; parameters that are not given take their defaults.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                read(text)
            }
        }
    };
}

listed!(Activation);
listed!(AxisFunction);

/// The rows that share this name, in both lists.
fn rows(name: &str) -> impl Iterator<Item = Row> {
    let (activations, axis_functions) = (Activation::list().iter(), AxisFunction::list().iter());
    activations.map(Row::from).chain(axis_functions.map(Row::from)).filter(move |row| row.name == name)
}

/// What the named activation takes, for an error's text.
fn allowed(name: &str) -> String {
    let row = rows(name).next();
    let choice = row.and_then(|row| row.choice).into_iter().map(|(key, _)| key);
    let parameters = row.map_or(&[][..], |row| row.parameters).iter().map(|parameter| parameter.name);
    match choice.chain(parameters).collect::<Vec<_>>().as_slice() {
        [] => "no parameters".to_owned(),
        names => names.join(", "),
    }
}

/// What a parameter may be, for an error's text.
fn allowed_values(name: &str, parameter: &str) -> String {
    let choices = rows(name).filter_map(|row| row.choice).filter(|(key, _)| *key == parameter);
    match choices.map(|(_, chosen)| chosen).collect::<Vec<_>>().as_slice() {
        [] => {
            let mut parameters = rows(name).flat_map(|row| row.parameters);
            let whole = parameters.any(|candidate| candidate.name == parameter && candidate.whole);
            if whole { "a whole number" } else { "a number" }.to_owned()
        }
        choices => choices.join(" or "),
    }
}

fn write<T: Listed>(listed: T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Row { name, choice, parameters } = listed.row();
    let choice = choice.iter().map(|(key, chosen)| format!("{key}={chosen}"));
    let parameters = parameters.iter().zip(listed.values());
    let parameters = parameters.map(|(parameter, value)| format!("{}={}", parameter.name, shortest(value)));
    match choice.chain(parameters).collect::<Vec<_>>().as_slice() {
        [] => f.pad(name),
        values => f.pad(&format!("{name}({})", values.join(", "))),
    }
}

/// The shorter of the plain and the scientific notation.
fn shortest(value: f32) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    if scientific.len() < plain.len() { scientific } else { plain }
}

fn read<T: Listed>(text: &str) -> Result<T, ParseActivationError> {
    let syntax = || ParseActivationError::Syntax { text: text.to_owned() };
    let (name, arguments) = match text.trim().split_once('(') {
        None => (text.trim(), ""),
        Some((name, rest)) => (name.trim(), rest.strip_suffix(')').ok_or_else(syntax)?.trim()),
    };
    if name.is_empty() {
        return Err(syntax());
    }
    let candidates: Vec<T> = T::ALL.iter().copied().filter(|listed| listed.row().name == name).collect();
    let unknown = || ParseActivationError::UnknownName { name: name.to_owned(), nearest: nearest::<T>(name) };
    let mut listed = *candidates.first().ok_or_else(unknown)?;
    let name = listed.row().name;

    let mut given = Vec::new();
    for argument in arguments.split(',').filter(|_| !arguments.is_empty()) {
        let (key, value) = argument.split_once('=').ok_or_else(syntax)?;
        let (key, value) = (key.trim(), value.trim());
        let Row { choice, parameters, .. } = listed.row();
        let names = choice.iter().map(|(key, _)| *key).chain(parameters.iter().map(|parameter| parameter.name));
        let unknown = || ParseActivationError::UnknownParameter { activation: name, parameter: key.to_owned() };
        let parameter = names.into_iter().find(|&name| name == key).ok_or_else(unknown)?;
        if given.contains(&parameter) {
            return Err(ParseActivationError::Repeated { activation: name, parameter });
        }
        given.push(parameter);
        let refused = || ParseActivationError::Value { activation: name, parameter, value: value.to_owned() };
        listed = if choice.is_some_and(|(key, _)| key == parameter) {
            let chosen = |candidate: &T| candidate.row().choice == Some((parameter, value));
            candidates.iter().copied().find(chosen).ok_or_else(refused)?
        } else {
            let number = value.parse().map_err(|_| refused())?;
            listed.with(parameter, number).ok_or_else(refused)?
        };
    }
    Ok(listed.checked()?)
}

/// The name most like this one, whatever its case and its `_`.
fn nearest<T: Listed>(name: &str) -> &'static str {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let likeness = |listed: &T| strsim::jaro_winkler(&plain(name), &plain(listed.row().name));
    let best = T::ALL.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or("", |listed| listed.row().name)
}
