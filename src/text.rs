//! The text form that activations, gated linear units and functions along an axis share:
//! `name` or `name(parameter=value, …)`.

use std::fmt;

use crate::parameter::{MOST_PARAMETERS, Parameter, ParameterError, Values};

/// Why a text is none of the functions that it was parsed for.
///
/// ```
/// use wgpu_activations::{Activation, ParseError};
///
/// let error = "leakyrelu".parse::<Activation>().unwrap_err();
/// assert!(matches!(error, ParseError::UnknownName { nearest: "leaky_relu", .. }));
/// assert_eq!(error.to_string(), "there is no activation `leakyrelu`: did you mean `leaky_relu`?");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// No function has this name.
    #[error("there is no activation `{name}`: did you mean `{nearest}`?")]
    UnknownName {
        /// The name that was given.
        name: String,
        /// The most similar name that exists.
        nearest: &'static str,
    },
    /// The function has no parameter of this name.
    #[error(
        "{activation} has no parameter `{parameter}`: it takes {}",
        list(allowed)
    )]
    UnknownParameter {
        /// The function's name.
        activation: &'static str,
        /// The parameter that was given.
        parameter: String,
        /// The parameters that the function has.
        allowed: Vec<&'static str>,
    },
    /// A parameter is given twice.
    #[error("{activation}: {parameter} is given twice")]
    Repeated {
        /// The function's name.
        activation: &'static str,
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A parameter's value is not a number, or not one of its choices.
    #[error("{activation}: {parameter} must be {allowed}, got `{value}`")]
    Value {
        /// The function's name.
        activation: &'static str,
        /// The parameter's name.
        parameter: &'static str,
        /// The value that was given.
        value: String,
        /// The values that are allowed, in words: `a number`, or `none or tanh`.
        allowed: String,
    },
    /// A parameter's value is out of its range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The text is neither `name` nor `name(parameter=value, …)`.
    #[error(
        "cannot read `{text}`: write an activation as `relu` or `leaky_relu(negative_slope=0.2)`"
    )]
    Syntax {
        /// The whole text.
        text: String,
    },
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "no parameters".to_owned();
    }
    names.join(", ")
}

/// The text form of one function: its name and what may stand in parentheses after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// A key and its value that distinguish functions of the same name, as in
    /// `gelu(approximate=tanh)`. The first function of a name is the default.
    pub(crate) choice: Option<(&'static str, &'static str)>,
    pub(crate) parameters: &'static [Parameter],
}

impl Signature {
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

    fn position(self, parameter: &str) -> Option<usize> {
        let mut parameters = self.parameters.iter();
        parameters.position(|candidate| candidate.name == parameter)
    }

    /// The names of the choice and of the parameters.
    fn keys(self) -> impl Iterator<Item = &'static str> {
        let choice = self.choice.map(|(key, _)| key);
        let parameters = self.parameters.iter().map(|parameter| parameter.name);
        choice.into_iter().chain(parameters)
    }
}

/// The shorter of the plain and the scientific notation.
fn shortest(value: f32) -> String {
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
    functions: impl Iterator<Item = Signature>,
) -> Result<(usize, Values), ParseError> {
    let (name, arguments) = split(text)?;
    let functions: Vec<Signature> = functions.collect();
    let first = functions.iter().position(|function| function.name == name);
    let mut position = first.ok_or_else(|| ParseError::UnknownName {
        name: name.to_owned(),
        nearest: nearest(name, functions.iter().map(|function| function.name)),
    })?;
    let activation = functions[position].name;
    let mut values = [0.0; MOST_PARAMETERS];
    for (value, parameter) in values.iter_mut().zip(functions[position].parameters) {
        *value = parameter.default;
    }

    let mut given = Vec::new();
    for (key, value) in arguments {
        let function = functions[position];
        let known = function.keys().find(|known| *known == key);
        let parameter = known.ok_or_else(|| ParseError::UnknownParameter {
            activation,
            parameter: key.to_owned(),
            allowed: function.keys().collect(),
        })?;
        if given.contains(&parameter) {
            return Err(ParseError::Repeated {
                activation,
                parameter,
            });
        }
        given.push(parameter);
        let refused = |allowed| ParseError::Value {
            activation,
            parameter,
            value: value.to_owned(),
            allowed,
        };
        if let Some(i) = function.position(key) {
            let declared = &function.parameters[i];
            let number = value.parse().ok().filter(|&number| declared.takes(number));
            values[i] = number.ok_or_else(|| refused(declared.kind().to_owned()))?;
        } else {
            let chosen = |f: &Signature| f.name == name && f.choice == Some((parameter, value));
            position = functions.iter().position(chosen).ok_or_else(|| {
                let choices = functions.iter().filter(|function| function.name == name);
                let choices = choices.filter_map(|function| function.choice);
                let values: Vec<_> = choices.map(|(_, value)| value).collect();
                refused(values.join(" or "))
            })?;
        }
    }
    functions[position].check(values)?;
    Ok((position, values))
}

/// A key and the value that it is given.
type Pair<'a> = (&'a str, &'a str);

/// Splits `name(key=value, …)` into the name and the pairs.
fn split(text: &str) -> Result<(&str, Vec<Pair<'_>>), ParseError> {
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
    let pairs = arguments.map(|argument| {
        let (key, value) = argument.split_once('=').ok_or_else(syntax)?;
        Ok::<_, ParseError>((key.trim(), value.trim()))
    });
    Ok((name, pairs.collect::<Result<_, _>>()?))
}

/// The most similar name, regardless of case and of `_`.
fn nearest(name: &str, names: impl Iterator<Item = &'static str>) -> &'static str {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let similarity = |candidate: &str| strsim::jaro_winkler(&plain(name), &plain(candidate));
    names
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::ParseError;
    use crate::{Activation, AxisFunction, Glu};

    #[test]
    fn all_functions_refuse_the_same_arguments() {
        type Parse = fn(&str) -> Option<ParseError>;
        let functions: [(&str, &str, Parse); 3] = [
            ("elu", "alpha", |text| text.parse::<Activation>().err()),
            ("swiglu_oai", "alpha", |text| text.parse::<Glu>().err()),
            ("softmax", "temperature", |text| {
                text.parse::<AxisFunction>().err()
            }),
        ];
        for (name, key, parse) in functions {
            let message = |arguments: &str| {
                let error = parse(&format!("{name}({arguments})"));
                error.map(|error| error.to_string())
            };
            assert_eq!(message(&format!("{key} = 1")), None);
            assert_eq!(
                message(&format!("{key}=1, {key}=2")),
                Some(format!("{name}: {key} is given twice"))
            );
            assert_eq!(
                message(&format!("{key}=one")),
                Some(format!("{name}: {key} must be a number, got `one`"))
            );
            let unknown = message("other=1").unwrap_or_default();
            assert!(
                unknown.starts_with(&format!("{name} has no parameter `other`: it takes {key}"))
            );
            let range = format!("{name}: {key} must be a number from ");
            assert!(message(&format!("{key}=nan")).is_some_and(|text| text.starts_with(&range)));
        }
    }
}
