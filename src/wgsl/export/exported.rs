//! What a text can have.

use std::fmt;
use std::str::FromStr;

use super::{Context, Piece, activation, expression, glu, row, switch};
use crate::{
    Activation, AxisFunction, CrossEntropy, Error, Expression, ExpressionErrorKind, FunctionKind,
    Glu, ParseError,
};

/// A function, or several that belong together, in an [`Export`](super::Export).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Exported {
    /// An activation. The values of its parameters are in the text.
    Activation(Activation),
    /// An activation whose parameters are arguments, behind x. Its values do not matter.
    WithParameters(Activation),
    /// A gated unit.
    Glu(Glu),
    /// An expression.
    Expression(Expression),
    /// What a kernel of softmax, `log_softmax` or logsumexp needs of a row, whose elements it
    /// visits itself, in one pass or in two:
    /// - `NAME_max(a, b)`: the larger number, and NaN if either is NaN. The largest element of a row;
    /// - `NAME_exp(x, max)`: e^(x - max), as right for large differences as for small ones;
    /// - `NAME_rescaled(sum, old_max, max)`: a sum of such exponentials, when a larger element is
    ///   met;
    /// - `NAME_result(exp, sum)`: softmax, exp / sum;
    /// - `NAME_logsumexp(max, sum)`: max + log(sum);
    /// - `NAME_log_result(x, max, sum)`: `log_softmax`, x - max - log(sum);
    /// - `NAME_gradient(y, grad_output, dot)`: the gradient of softmax, y (grad_output - dot), where
    ///   dot is the sum of y grad_output over the row;
    /// - `NAME_log_gradient(y, grad_output, sum)`: the gradient of `log_softmax`, grad_output - e^y
    ///   sum, where sum is that of grad_output over the row.
    Softmax,
    /// A choice among activations at run time, as networks need in which each node has one of its
    /// own. `id` is a `u32`: a position in this list. [`switch_ids_json`](super::switch_ids_json)
    /// gives the table to other languages. Any other id gives NaN.
    Switch(Vec<Activation>),
}

impl Exported {
    pub(super) fn piece(&self, context: &Context<'_>) -> Result<Piece, Error> {
        match self {
            Self::Activation(activation) => activation::piece(*activation, context),
            Self::WithParameters(activation) => {
                Ok(activation::with_parameters(*activation, context))
            }
            Self::Glu(glu) => glu::piece(*glu, context),
            Self::Expression(expression) => Ok(expression::piece(expression, context)),
            Self::Softmax => Ok(row::piece(context)),
            Self::Switch(activations) => switch::piece(activations, context),
        }
    }

    /// The name in a text, without a prefix.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Activation(activation) | Self::WithParameters(activation) => {
                activation.info().name.to_owned()
            }
            Self::Glu(glu) => glu::name(*glu),
            Self::Expression(_) => "expression".to_owned(),
            Self::Softmax => "softmax".to_owned(),
            Self::Switch(_) => "activate".to_owned(),
        }
    }

    /// The words of the command line that ask for the function.
    pub(super) fn words(&self) -> Vec<String> {
        match self {
            Self::WithParameters(activation) => vec![activation.info().name.to_owned()],
            Self::Switch(activations) => activations.iter().map(ToString::to_string).collect(),
            other => vec![other.to_string()],
        }
    }

    /// What the option `--name` calls the function: the first of its words.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Switch(_) => self.name(),
            other => other.words().concat(),
        }
    }
}

impl FromStr for Exported {
    type Err = Error;

    /// Reads an activation, a gated unit, `softmax` or an expression.
    ///
    /// ```
    /// use wgpu_activations::wgsl::Exported;
    ///
    /// assert!(matches!("elu(alpha=0.5)".parse()?, Exported::Activation(_)));
    /// assert!(matches!("swiglu".parse()?, Exported::Glu(_)));
    /// assert!(matches!("x * sigmoid(1.5 * x)".parse()?, Exported::Expression(_)));
    /// let error = "gleu".parse::<Exported>().unwrap_err();
    /// assert_eq!(error.to_string(), "there is no activation `gleu`: did you mean `gelu`?");
    /// # Ok::<(), wgpu_activations::Error>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, Error> {
        use ExpressionErrorKind as Kind;
        let refused = match text.parse().map(Self::Activation) {
            Ok(activation) => return Ok(activation),
            Err(refused) => refused,
        };
        // The error knows whether a function of another kind has this name, or almost.
        if let ParseError::UnknownName {
            name,
            nearest: Some((_, kind)),
            ..
        } = &refused
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            match kind {
                FunctionKind::AlongAxis => return text.parse::<AxisFunction>()?.try_into(),
                FunctionKind::Glu => return Ok(Self::Glu(text.parse()?)),
                FunctionKind::Loss => {
                    let loss: CrossEntropy = text.parse()?;
                    let message = format!(
                        "`{loss}` is a loss of rows, of which no function of an element is made: `softmax` gives what it needs of a row"
                    );
                    return Err(Error::argument("function", message));
                }
                FunctionKind::Activation => {}
            }
        }
        let error = match text.parse::<Expression>() {
            // A name alone would be an operand, but was to be a function.
            Ok(expression) if expression.operands() == [text.trim()] => return Err(refused.into()),
            Ok(expression) => return Ok(expression.into()),
            Err(error) => error,
        };
        // There are two errors. The one that is about the intended kind of text is returned.
        let is_expression = match (&refused, &error.kind) {
            (ParseError::UnknownName { name, .. }, Kind::UnknownFunction { name: other, .. }) => {
                name != other
            }
            (ParseError::UnknownName { .. } | ParseError::Syntax { .. }, _) => true,
            (
                _,
                Kind::Activation(_)
                | Kind::Arguments { .. }
                | Kind::NotANumber { .. }
                | Kind::UnknownFunction { .. },
            ) => true,
            _ => false,
        };
        Err(match is_expression {
            true => error.into(),
            false => refused.into(),
        })
    }
}

impl fmt::Display for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activation(activation) => activation.fmt(f),
            Self::WithParameters(activation) => f.write_str(activation.info().name),
            Self::Glu(glu) => glu.fmt(f),
            Self::Expression(expression) => expression.fmt(f),
            Self::Softmax => f.write_str("softmax"),
            Self::Switch(activations) => {
                let all: Vec<_> = activations.iter().map(ToString::to_string).collect();
                write!(f, "a switch of {}", all.join(", "))
            }
        }
    }
}

impl From<Activation> for Exported {
    fn from(activation: Activation) -> Self {
        Self::Activation(activation)
    }
}

impl From<Glu> for Exported {
    fn from(glu: Glu) -> Self {
        Self::Glu(glu)
    }
}

impl From<Expression> for Exported {
    fn from(expression: Expression) -> Self {
        Self::Expression(expression)
    }
}

impl From<&Expression> for Exported {
    fn from(expression: &Expression) -> Self {
        Self::Expression(expression.clone())
    }
}

impl TryFrom<AxisFunction> for Exported {
    type Error = Error;

    /// [`Exported::Softmax`] for softmax with a temperature of 1, which has what `log_softmax` and
    /// logsumexp need, too. All others are refused: they are no functions of single elements.
    fn try_from(function: AxisFunction) -> Result<Self, Error> {
        if function == AxisFunction::SOFTMAX {
            return Ok(Self::Softmax);
        }
        let message = format!(
            "`{function}` is a function along an axis, of which no function of an element is made: `softmax` gives what softmax, log_softmax and logsumexp need of a row"
        );
        Err(Error::argument("function", message))
    }
}
