//! Reads the arguments of a function one by one.

use super::error::{FunctionKind, ParseError};
use super::parse_number;
use super::signature::Signature;
use crate::call::{Argument, Call};
use crate::parameter::{MOST_PARAMETERS, Parameter, ParameterError, Values};

/// A parameter of another library that changes no value, so that it is read and ignored.
#[derive(Clone, Copy)]
pub(crate) struct Ignored {
    name: &'static str,
    /// The values that it takes, in words.
    allowed: &'static str,
    takes: fn(&str) -> bool,
}

/// PyTorch's modules print `inplace=True`, and `PReLU(num_parameters=1)`, whose parameters are
/// learned, with the value of `init` at first.
const IGNORED: [Ignored; 2] = [
    Ignored {
        name: "inplace",
        allowed: "True or False",
        takes: |value| matches!(value, "True" | "False"),
    },
    Ignored {
        name: "num_parameters",
        allowed: "a whole number",
        takes: |value| value.parse::<u32>().is_ok(),
    },
];

/// The place where an argument's value goes.
#[derive(Clone, Copy)]
pub(crate) enum Slot {
    /// It chooses among functions of the same name.
    Choice,
    /// It is the value of the parameter at this position.
    Value(usize),
    Ignored(Ignored),
}

/// A function that is being read, under its own name or under an alias.
pub(crate) struct Reading<'a> {
    functions: &'a [Signature],
    /// The position of the function. A choice changes it.
    position: usize,
    name: &'static str,
    /// The parameters that the function has under this name, in order.
    slots: Vec<(&'static str, Slot)>,
    values: Values,
}

impl<'a> Reading<'a> {
    /// The first function that has this name, with its defaults, else the one that has this alias,
    /// with the defaults of the alias.
    pub(crate) fn of(name: &str, functions: &'a [Signature]) -> Option<Self> {
        let own = functions.iter().position(|function| function.name == name);
        if let Some(position) = own {
            let function = functions[position];
            let slots = function.slots().collect();
            return Some(Self::new(functions, position, function.name, slots));
        }
        let mut aliases = functions
            .iter()
            .enumerate()
            .flat_map(|(position, function)| {
                let aliases = function.aliases.iter();
                aliases.filter_map(move |alias| Some((position, Call::read(alias)?)))
            });
        let (position, alias) = aliases.find(|(_, alias)| alias.name == name)?;
        let mut own = functions[position].slots().map(|(_, slot)| slot);
        let slots = alias.arguments.iter().map(|argument| {
            let key = argument.key?;
            let ignored = IGNORED.into_iter().find(|ignored| ignored.name == key);
            Some((key, ignored.map(Slot::Ignored).or_else(|| own.next())?))
        });
        let slots = slots.collect::<Option<Vec<_>>>()?;
        let mut reading = Self::new(functions, position, alias.name, slots);
        for (i, argument) in alias.arguments.iter().enumerate() {
            reading.set(i, argument.value).ok()?;
        }
        Some(reading)
    }

    /// The function at this position, with its parameters only.
    pub(crate) fn parameters_of(functions: &'a [Signature], position: usize) -> Self {
        let slots = functions[position].slots();
        let slots = slots.filter(|(_, slot)| matches!(slot, Slot::Value(_)));
        Self::new(
            functions,
            position,
            functions[position].name,
            slots.collect(),
        )
    }

    fn new(
        functions: &'a [Signature],
        position: usize,
        name: &'static str,
        slots: Vec<(&'static str, Slot)>,
    ) -> Self {
        let mut values = [0.0; MOST_PARAMETERS];
        for (value, parameter) in values.iter_mut().zip(functions[position].parameters) {
            *value = parameter.default;
        }
        Self {
            functions,
            position,
            name,
            slots,
            values,
        }
    }

    /// Gives the parameters the values of these arguments, and checks their ranges.
    pub(super) fn finish(
        mut self,
        arguments: &[Argument<'_>],
        kind: FunctionKind,
    ) -> Result<(usize, Values), ParseError> {
        let mut given = Vec::new();
        let mut is_named = false;
        for (place, argument) in arguments.iter().enumerate() {
            is_named |= argument.key.is_some();
            let i = self.slot(argument, place, is_named, kind)?;
            if given.contains(&i) {
                return Err(ParseError::Repeated {
                    activation: self.name,
                    parameter: self.slots[i].0,
                });
            }
            given.push(i);
            self.set(i, argument.value)?;
        }
        self.check()?;
        Ok((self.position, self.values))
    }

    /// Checks the ranges of the values.
    pub(crate) fn check(&self) -> Result<(), ParameterError> {
        let checked = self.functions[self.position].check(self.values);
        checked.map_err(|error| ParameterError {
            activation: self.name,
            parameter: self.name_of(error.parameter),
            at_most: error.at_most.map(|other| self.name_of(other)),
            ..error
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn parameters(&self) -> &'static [Parameter] {
        self.functions[self.position].parameters
    }

    /// The position of the function.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn values(&self) -> Values {
        self.values
    }

    /// A slot, with the name that it has here.
    pub(crate) fn slot_at(&self, i: usize) -> (&'static str, Slot) {
        self.slots[i]
    }

    /// The position of the slot that an argument is for.
    pub(crate) fn slot(
        &self,
        argument: &Argument<'_>,
        place: usize,
        is_named: bool,
        kind: FunctionKind,
    ) -> Result<usize, ParseError> {
        let (activation, value) = (self.name, argument.value.to_owned());
        let Some(key) = argument.key else {
            if kind == FunctionKind::AlongAxis {
                let argument = value;
                return Err(ParseError::Axis {
                    activation,
                    argument,
                });
            }
            if is_named {
                return Err(ParseError::Order { activation, value });
            }
            let exists = place < self.slots.len();
            return exists.then_some(place).ok_or_else(|| ParseError::Surplus {
                activation,
                value,
                allowed: self.allowed(),
            });
        };
        let mut slots = self.slots.iter();
        let found = slots.position(|(name, _)| *name == key);
        found.ok_or_else(|| match (kind, key) {
            (FunctionKind::AlongAxis | FunctionKind::Glu | FunctionKind::Loss, "dim" | "axis") => {
                ParseError::Axis {
                    activation,
                    argument: format!("{key}={value}"),
                }
            }
            _ => ParseError::UnknownParameter {
                activation,
                parameter: key.to_owned(),
                allowed: self.allowed(),
            },
        })
    }

    /// Gives a slot a value.
    pub(crate) fn set(&mut self, i: usize, value: &str) -> Result<(), ParseError> {
        let (parameter, slot) = self.slots[i];
        let function = self.functions[self.position];
        let allowed = match slot {
            Slot::Value(position) => {
                let declared = &function.parameters[position];
                let number = parse_number(value).filter(|&number| declared.takes(number));
                if let Some(number) = number {
                    self.values[position] = number;
                    return Ok(());
                }
                declared.kind().to_owned()
            }
            Slot::Choice => {
                let others = self.functions.iter().enumerate();
                let others = others.filter(|(_, other)| other.name == function.name);
                let choices = others.filter_map(|(i, other)| Some((i, other.choice?.1)));
                let (positions, choices): (Vec<_>, Vec<_>) = choices.unzip();
                let chosen = unquoted(value);
                if let Some(i) = choices.iter().position(|choice| *choice == chosen) {
                    self.position = positions[i];
                    return Ok(());
                }
                choices.join(" or ")
            }
            Slot::Ignored(ignored) if (ignored.takes)(value) => return Ok(()),
            Slot::Ignored(ignored) => ignored.allowed.to_owned(),
        };
        Err(ParseError::Value {
            activation: self.name,
            parameter,
            value: value.to_owned(),
            allowed,
        })
    }

    /// The name that a parameter has here.
    fn name_of(&self, parameter: &'static str) -> &'static str {
        let position = self.functions[self.position].position(parameter);
        let mut slots = self.slots.iter();
        let found = slots.find(|(_, slot)| matches!(slot, Slot::Value(i) if Some(*i) == position));
        found.map_or(parameter, |(name, _)| name)
    }

    /// The names of the parameters that change values.
    pub(crate) fn allowed(&self) -> Vec<&'static str> {
        let slots = self.slots.iter();
        let slots = slots.filter(|(_, slot)| !matches!(slot, Slot::Ignored(_)));
        slots.map(|(name, _)| *name).collect()
    }
}

/// The text without Python's quotes around it.
fn unquoted(text: &str) -> &str {
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(text)
}
