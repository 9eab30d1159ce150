//! The text form that activations, gated linear units and functions along an axis share: `name`,
//! or `name(value, parameter=value, …)`, where the name may be another library's.

use std::fmt;
use std::iter;

use crate::call::{Argument, Call};
use crate::nearest::nearest;
use crate::parameter::{MOST_PARAMETERS, Parameter, ParameterError, Values};
use crate::value::named;

/// The nearest f32 of a number that is written as in Rust.
pub(crate) fn parse_number(text: &str) -> Option<f32> {
    lexical_core::parse(text.as_bytes()).ok()
}

/// The kind of a function. Each kind is a type of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FunctionKind {
    /// An [`Activation`](crate::Activation).
    Activation,
    /// An [`AxisFunction`](crate::AxisFunction).
    AlongAxis,
    /// A [`Glu`](crate::Glu).
    Glu,
    /// A [`CrossEntropy`](crate::CrossEntropy).
    Loss,
}

named!(
    FunctionKind, "kind of function":
    Activation = "activation",
    AlongAxis = "axis",
    Glu = "glu",
    Loss = "loss"
);

impl FunctionKind {
    /// The kind, the type, the place of all names, and two texts.
    fn words(self) -> [&'static str; 4] {
        match self {
            Self::Activation => [
                "activation",
                "`Activation`",
                "`Activation::list()`",
                "`relu` or `leaky_relu(negative_slope=0.2)`",
            ],
            Self::AlongAxis => [
                "function along an axis",
                "`AxisFunction`",
                "`AxisFunction::list()`",
                "`hardmax` or `softmax(temperature=0.5)`",
            ],
            Self::Glu => [
                "gated unit",
                "`Glu`",
                "`Glu::NAMED`",
                "`swiglu` or `gated(mish)`",
            ],
            Self::Loss => [
                "loss",
                "`CrossEntropy`",
                "the documentation",
                "`cross_entropy` or `cross_entropy(label_smoothing=0.1)`",
            ],
        }
    }

    /// Returns the kind with an article.
    fn one(self) -> String {
        let [kind, ..] = self.words();
        format!(
            "{} {kind}",
            if self == Self::Activation { "an" } else { "a" }
        )
    }
}

/// Why a text is none of the functions that it was parsed for.
///
/// Errors name functions and parameters as they were written: `LeakyReLU` if that was the name.
///
/// ```
/// use wgpu_activations::{Activation, FunctionKind, ParseError};
///
/// let error = "leakyrelu".parse::<Activation>().unwrap_err();
/// let ParseError::UnknownName { nearest, .. } = &error else { panic!() };
/// assert_eq!(*nearest, Some(("leaky_relu", FunctionKind::Activation)));
/// assert_eq!(error.to_string(), "there is no activation `leakyrelu`: did you mean `leaky_relu`?");
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// No function of this kind has this name.
    #[error("{}", unknown_name(name, *kind, *nearest))]
    UnknownName {
        /// The name that was given.
        name: String,
        /// The kind of function that was wanted.
        kind: FunctionKind,
        /// The name that was probably meant, and the kind of its function. `None` if no name is
        /// almost the same, or if several functions have such names.
        nearest: Option<(&'static str, FunctionKind)>,
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
    /// There are more values than parameters.
    #[error(
        "{activation} has no parameter for `{value}`: it takes {}",
        list(allowed)
    )]
    Surplus {
        /// The function's name.
        activation: &'static str,
        /// The first value that stands for no parameter.
        value: String,
        /// The parameters that the function has.
        allowed: Vec<&'static str>,
    },
    /// A value without a name follows one that has a name.
    #[error("{activation}: `{value}` has no name, so it must stand before parameters with names")]
    Order {
        /// The function's name.
        activation: &'static str,
        /// The value without a name.
        value: String,
    },
    /// The axis is given in the text, as `dim`, `axis`, or as a value without a name in the place
    /// where other libraries take the axis.
    #[error(
        "{activation}: `{argument}` is refused: the axis is given apart, and parameters by name"
    )]
    Axis {
        /// The function's name.
        activation: &'static str,
        /// The argument as it was given.
        argument: String,
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
    /// The activation of a gated unit cannot be read.
    #[error("in `{unit}`: {reason}")]
    Gate {
        /// The whole text.
        unit: String,
        /// The reason, which is about the activation.
        reason: Box<ParseError>,
    },
    /// The text is none of the words that stand for values of this kind.
    #[error("there is no {kind} `{text}`: it must be {}", one_of(allowed))]
    Word {
        /// The kind of value: `dtype`, `reduction`, …
        kind: &'static str,
        /// The whole text.
        text: String,
        /// The words that are allowed.
        allowed: Vec<&'static str>,
    },
    /// The text is neither `name` nor `name(parameter=value, …)`.
    #[error("cannot read `{text}`: write {} as {}", kind.one(), kind.words()[3])]
    Syntax {
        /// The whole text.
        text: String,
        /// The kind of function that was wanted.
        kind: FunctionKind,
    },
}

pub(crate) fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "no parameters".to_owned();
    }
    names.join(", ")
}

/// `f32, f16 or bf16`
fn one_of(words: &[&str]) -> String {
    match words {
        [first @ .., second, last] => {
            let first: String = first.iter().map(|word| format!("{word}, ")).collect();
            format!("{first}{second} or {last}")
        }
        words => words.concat(),
    }
}

fn unknown_name(
    name: &str,
    wanted: FunctionKind,
    nearest: Option<(&'static str, FunctionKind)>,
) -> String {
    let [noun, wanted_type, list, _] = wanted.words();
    let Some((nearest, kind)) = nearest else {
        return format!(
            "there is no {noun} `{name}`: {list} and docs/activations.md have all of them"
        );
    };
    let [_, its_type, ..] = kind.words();
    let one = kind.one();
    if name == nearest {
        let wanted = wanted.one();
        return format!(
            "`{name}` is {one} ({its_type}), but {wanted} ({wanted_type}) is wanted here"
        );
    }
    let apposition = if kind == wanted {
        String::new()
    } else {
        format!(", {one} ({its_type})")
    };
    format!("there is no {noun} `{name}`: did you mean `{nearest}`{apposition}?")
}

/// The text form of one function: its name and what may stand in parentheses after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// The function as other libraries declare it, each with its name, its parameters in order and
    /// their defaults: `HardSigmoid(alpha=0.2, beta=0.5)`. Their parameters are this function's
    /// choice and parameters in order, whatever their names, besides those that are [`IGNORED`].
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

    fn position(self, parameter: &str) -> Option<usize> {
        let mut parameters = self.parameters.iter();
        parameters.position(|candidate| candidate.name == parameter)
    }

    /// The choice and the parameters, with their names.
    fn slots(self) -> impl Iterator<Item = (&'static str, Slot)> {
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

/// The shorter of the plain and the scientific notation.
pub(crate) fn shortest(value: f32) -> String {
    let (plain, scientific) = (format!("{value}"), format!("{value:e}"));
    if scientific.len() < plain.len() {
        scientific
    } else {
        plain
    }
}

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
    fn finish(
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

#[cfg(test)]
mod tests {
    use super::{ParseError, parse_number};
    use crate::{Activation, AxisFunction, Glu};

    /// Numbers are read as the standard library reads them: texts of all sizes, halfway cases, and
    /// what is no number.
    #[test]
    fn numbers_are_read_as_in_rust() {
        let same = |text: &str| {
            let bits = |number: Option<f32>| match number {
                Some(number) if number.is_nan() => Some(f32::NAN.to_bits()),
                number => number.map(f32::to_bits),
            };
            assert_eq!(bits(parse_number(text)), bits(text.parse().ok()), "{text}");
        };
        for bits in (0..=u32::MAX).step_by(9973) {
            let number = f32::from_bits(bits);
            same(&number.to_string());
            same(&format!("{number:e}"));
            // The middle between two numbers, and what is just above it.
            let middle = f64::midpoint(number.into(), f32::from_bits(bits ^ 1).into());
            same(&middle.to_string());
            same(&format!("{middle}1"));
        }
        for text in [
            "",
            " 1",
            "1 ",
            "+1",
            "-1",
            "--1",
            "1.",
            ".5",
            ".",
            "-.",
            "1e",
            "e5",
            "1e5",
            "1E+05",
            "1e-",
            "1e400",
            "-1e400",
            "1e-400",
            "1_000",
            "1,5",
            "0x10",
            "inf",
            "-inf",
            "+Infinity",
            "infin",
            "nan",
            "-NaN",
            "nan(1)",
            "1f32",
            "1e99999999999",
            "0e99999999999",
            "00001.50",
        ] {
            same(text);
        }
    }

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
