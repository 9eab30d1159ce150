//! Errors of text forms, which tell what to write.

use crate::parameter::ParameterError;
use crate::value::named;

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

fn list(names: &[&str]) -> String {
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
