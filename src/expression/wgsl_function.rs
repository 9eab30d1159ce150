//! Functions whose WGSL the caller has.

use std::sync::Arc;

use super::error::{ExpressionError, ExpressionErrorKind as Kind};
use super::graph::{Derivative, Graph, ScalarFunction};
use super::{Expression, parse};

/// A function of your own, from its WGSL and that of its derivative. It stands in expressions like
/// any activation, and its gradient is what you say it is: so a function that jumps may have a
/// surrogate gradient.
///
/// ```
/// use wgpu_activations::{Expression, WgslFunction};
///
/// // A step, whose gradient is that of softsign: the surrogate of spiking networks.
/// let spike = WgslFunction::new(
///     "spike",
///     "fn spike(x: f32) -> f32 { return select(0.0, 1.0, x > 0.0); }",
///     "fn spike_derivative(x: f32) -> f32 { let a = 1.0 + abs(x); return 1.0 / (a * a); }",
/// )?;
/// let y = Expression::parse_with("spike(potential - level) * weight", [&spike])?;
/// let [potential, level, weight] = ["potential", "level", "weight"].map(Expression::operand);
/// assert_eq!(y, spike.call([potential - level])? * weight);
/// let gradient = y.gradient("potential")?;
/// assert_eq!(
///     gradient.to_string(),
///     "scaled(spike_derivative(potential - level), grad_output * weight)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WgslFunction(Arc<Parts>);

/// The parts of a function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    /// The declarations of both texts.
    pub(crate) text: String,
    pub(crate) derivatives: Vec<Derivative>,
}

impl WgslFunction {
    pub(crate) fn from_parts(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    /// The function's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The function of these expressions: x, and then its other arguments.
    ///
    /// # Errors
    /// [`ExpressionError`] if the function has more or fewer arguments.
    pub fn call<T: Into<Expression>>(
        &self,
        arguments: impl IntoIterator<Item = T>,
    ) -> Result<Expression, ExpressionError> {
        let arguments: Vec<Expression> = arguments.into_iter().map(T::into).collect();
        if arguments.len() != self.0.arguments.len() {
            let message = format!("{} is called with {}", self.name(), count(arguments.len()));
            let signature = self.signature();
            return Err(Kind::Arguments { message, signature }.into());
        }
        let mut graph = Graph::default();
        let arguments = arguments.iter();
        let nodes: Vec<_> = arguments
            .map(|argument| graph.adopt(argument.graph(), argument.root()))
            .collect();
        let root = graph.call(self.function(Derivative::Zeroth), &nodes);
        Ok(Expression::new(&graph, root))
    }

    pub(super) fn function(&self, derivative: Derivative) -> ScalarFunction {
        let function = self.clone();
        ScalarFunction::Wgsl {
            function,
            derivative,
        }
    }

    /// The name of a derivative's function.
    pub(crate) fn name_of(&self, derivative: Derivative) -> String {
        derivative.name(self.name(), |position| &self.0.arguments[position + 1])
    }

    /// The derivatives that have a function, and the function itself.
    pub(crate) fn all(&self) -> impl Iterator<Item = Derivative> {
        let derivatives = self.0.derivatives.iter().copied();
        std::iter::once(Derivative::Zeroth).chain(derivatives)
    }

    /// The derivative with respect to an argument, of the function or of a derivative of it.
    pub(super) fn derivative(&self, of: Derivative, position: usize) -> Option<Derivative> {
        let next = of.next(position)?;
        self.0.derivatives.contains(&next).then_some(next)
    }

    /// The function as errors show it.
    pub(super) fn signature(&self) -> String {
        format!("{}({})", self.name(), self.0.arguments.join(", "))
    }
}

fn count(arguments: usize) -> String {
    match arguments {
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}

impl Expression {
    /// Reads an expression in which these functions stand, too. Of functions of the same name the
    /// first one is taken, and those of the language come last. A function of one argument may
    /// stand without it, as an activation may: for the whole text, or in a gate.
    ///
    /// # Errors
    /// [`ExpressionError`], as those of any text.
    pub fn parse_with<'a>(
        text: &str,
        functions: impl IntoIterator<Item = &'a WgslFunction>,
    ) -> Result<Self, ExpressionError> {
        parse::expression(text, functions.into_iter().collect())
    }
}
