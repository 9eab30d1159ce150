//! What a text can have.

use std::fmt;

use super::{Context, Piece, activation, expression, glu, row, switch};
use crate::{Activation, AxisFunction, Error, Expression, Glu};

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
