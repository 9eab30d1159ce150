//! Expressions from Rust: operators and methods.

use std::ops::{Add, Div, Mul, Neg, Sub};

use super::graph::{Comparison, Derivative, Graph, Node, NodeId, ScalarFunction};
use super::parse::new_dropout;
use super::token::is_name;
use super::{Expression, ExpressionError, ExpressionErrorKind as Kind};
use crate::{Activation, ParameterError, ParseError};

impl Expression {
    /// The operand of this name: a letter or `_`, and then letters, digits, `_` and `.`.
    ///
    /// # Panics
    /// If the text is no name, or `inf`, which is a number.
    #[must_use]
    pub fn operand(name: &str) -> Self {
        assert!(is_name(name), "`{name}` is no name of an operand");
        Self::made(|graph| graph.operand(name))
    }

    /// A number.
    #[must_use]
    pub fn number(value: f32) -> Self {
        Self::made(|graph| graph.number(value))
    }

    fn made(make: impl FnOnce(&mut Graph) -> NodeId) -> Self {
        let mut graph = Graph::default();
        let root = make(&mut graph);
        Self::new(&graph, root)
    }

    /// A function of expressions.
    fn of<const N: usize>(function: ScalarFunction, arguments: [&Self; N]) -> Self {
        Self::made(|graph| {
            let nodes = arguments.map(|argument| graph.adopt(argument.graph(), argument.root()));
            graph.call(function, &nodes)
        })
    }

    /// An activation, with numbers as its parameters.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Expression};
    ///
    /// let x = Expression::operand("x");
    /// let y = (&x * 2.0).apply(Activation::Elu { alpha: 0.5 });
    /// assert_eq!(y.to_string(), "elu(x * 2, alpha=0.5)");
    /// assert_eq!(x.gelu(), x.apply(Activation::Gelu));
    /// ```
    #[must_use]
    pub fn apply(&self, activation: Activation) -> Self {
        Self::made(|graph| {
            let x = graph.adopt(self.graph(), self.root());
            graph.apply(activation, x)
        })
    }

    /// An activation, of which these parameters are expressions. The others keep their numbers.
    ///
    /// # Errors
    /// [`ExpressionError`] if there is no such parameter, or if it must be a number since it cannot
    /// be learned.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Expression};
    ///
    /// let [x, a] = ["x", "a"].map(Expression::operand);
    /// let y = x.apply_with(Activation::ELU, [("alpha", a)])? * 2.0;
    /// assert_eq!(y.to_string(), "elu(x, alpha=a) * 2");
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    pub fn apply_with<'a>(
        &self,
        activation: Activation,
        parameters: impl IntoIterator<Item = (&'a str, Self)>,
    ) -> Result<Self, ExpressionError> {
        let info = activation.info();
        let mut graph = Graph::default();
        let mut arguments = vec![graph.adopt(self.graph(), self.root())];
        for (_, value) in activation.parameters() {
            arguments.push(graph.number(value));
        }
        for (name, value) in parameters {
            let position = info.parameters.iter().position(|p| p.name == name);
            let position = position.ok_or_else(|| {
                Kind::Activation(ParseError::UnknownParameter {
                    activation: info.name,
                    parameter: name.to_owned(),
                    allowed: info.parameters.iter().map(|p| p.name).collect(),
                })
            })?;
            let parameter = &info.parameters[position];
            let node = graph.adopt(value.graph(), value.root());
            if graph.value(node).is_none() && !parameter.is_learnable() {
                return Err(Kind::NotANumber {
                    function: info.name,
                    parameter: parameter.name,
                }
                .into());
            }
            arguments[position + 1] = node;
        }
        let function = ScalarFunction::Activation {
            index: activation.index(),
            derivative: Derivative::Zeroth,
        };
        let root = graph.call(function, &arguments);
        Ok(Self::new(&graph, root))
    }

    /// The expression with another one in the place of an operand. It is the same if there is no
    /// such operand.
    ///
    /// ```
    /// use wgpu_activations::Expression;
    ///
    /// let swish: Expression = "x * sigmoid(1.5 * x)".parse()?;
    /// let [x, bias] = ["x", "bias"].map(Expression::operand);
    /// let y = swish.substitute("x", x + bias);
    /// assert_eq!(y.to_string(), "(x + bias) * sigmoid(1.5 * (x + bias))");
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn substitute(&self, operand: &str, value: impl Into<Self>) -> Self {
        let value = value.into();
        Self::made(|graph| {
            graph.substitute(self.graph(), self.root(), |graph, name| {
                if name == operand {
                    graph.adopt(value.graph(), value.root())
                } else {
                    graph.operand(name)
                }
            })
        })
    }

    /// Checks that the numbers among the parameters of activations are within their ranges, which
    /// those of a parsed expression are.
    ///
    /// # Errors
    /// [`ParameterError`] names the first value that is out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        let graph = self.graph();
        for id in graph.needed(&[self.root()]) {
            let Node::Call(ScalarFunction::Activation { index, .. }, arguments) = graph.node(id)
            else {
                continue;
            };
            let activation = Activation::ALL[*index];
            let mut values = activation.values();
            for (value, &argument) in values.iter_mut().zip(&arguments[1..]) {
                *value = graph.value(argument).unwrap_or(*value);
            }
            activation.with_values(values).checked()?;
        }
        Ok(self)
    }

    /// The absolute value: [`Activation::Abs`].
    #[must_use]
    pub fn abs(&self) -> Self {
        self.apply(Activation::Abs)
    }

    /// The sine of the value itself: [`Activation::SINE`].
    #[must_use]
    pub fn sin(&self) -> Self {
        self.apply(Activation::SINE)
    }

    /// A whole power, as a product: `x ^ n`.
    #[must_use]
    pub fn powi(&self, exponent: i32) -> Self {
        Self::made(|graph| {
            let base = graph.adopt(self.graph(), self.root());
            graph.power(base, exponent)
        })
    }

    /// The larger one of both, and NaN if either is NaN.
    #[must_use]
    pub fn max(&self, other: impl Into<Self>) -> Self {
        Self::of(ScalarFunction::Max, [self, &other.into()])
    }

    /// The smaller one of both, and NaN if either is NaN.
    #[must_use]
    pub fn min(&self, other: impl Into<Self>) -> Self {
        Self::of(ScalarFunction::Min, [self, &other.into()])
    }

    /// `clamp(x, low, high)`, as PyTorch has it: `high` wherever `low` is larger. It is the
    /// activation hardtanh, whose gradient is 0 at both ends.
    #[must_use]
    pub fn clamp(&self, low: impl Into<Self>, high: impl Into<Self>) -> Self {
        let (low, high) = (low.into(), high.into());
        Self::made(|graph| {
            let [x, low, high] =
                [self, &low, &high].map(|value| graph.adopt(value.graph(), value.root()));
            graph.clamp(x, low, high)
        })
    }

    /// 0 with this probability, else the value divided by what is left to 1, in training. Each call
    /// makes another dropout, with random numbers of its own.
    ///
    /// # Panics
    /// If the probability is not from 0 to 1.
    #[must_use]
    pub fn dropout(&self, probability: f32) -> Self {
        assert!(
            (0.0..=1.0).contains(&probability),
            "the probability must be from 0 to 1, got {probability}"
        );
        let (id, probability) = (new_dropout(), probability.to_bits());
        Self::of(ScalarFunction::Dropout { id, probability }, [self])
    }

    /// The value, through which no gradient passes.
    #[must_use]
    pub fn stop_gradient(&self) -> Self {
        Self::of(ScalarFunction::StopGradient, [self])
    }

    /// `gate(self, activation)`: the product of both, but 0 where the activation is 0, even for an
    /// infinite value. This is what gated units compute.
    #[must_use]
    pub fn gate(&self, activation: impl Into<Self>) -> Self {
        Self::of(ScalarFunction::Scaled, [&activation.into(), self])
    }

    /// `select(condition, a, b)`: a where the condition is not 0, else b. NaN is not 0.
    #[must_use]
    pub fn select(condition: impl Into<Self>, a: impl Into<Self>, b: impl Into<Self>) -> Self {
        let arguments = [condition.into(), a.into(), b.into()];
        Self::of(ScalarFunction::Select, arguments.each_ref())
    }

    fn compared(comparison: Comparison, a: &Self, b: &Self) -> Self {
        Self::of(ScalarFunction::Compare(comparison), [a, b])
    }

    /// 1 where `self < other`, else 0.
    #[must_use]
    pub fn less_than(&self, other: impl Into<Self>) -> Self {
        Self::compared(Comparison::Less, self, &other.into())
    }

    /// 1 where `self <= other`, else 0.
    #[must_use]
    pub fn at_most(&self, other: impl Into<Self>) -> Self {
        Self::compared(Comparison::LessEqual, self, &other.into())
    }

    /// 1 where `self > other`, else 0.
    #[must_use]
    pub fn greater_than(&self, other: impl Into<Self>) -> Self {
        Self::compared(Comparison::Less, &other.into(), self)
    }

    /// 1 where `self >= other`, else 0.
    #[must_use]
    pub fn at_least(&self, other: impl Into<Self>) -> Self {
        Self::compared(Comparison::LessEqual, &other.into(), self)
    }

    /// 1 where `self == other`, else 0.
    #[must_use]
    pub fn equal_to(&self, other: impl Into<Self>) -> Self {
        Self::compared(Comparison::Equal, self, &other.into())
    }

    /// 1 where `self != other`, as where either is NaN, else 0.
    #[must_use]
    pub fn not_equal_to(&self, other: impl Into<Self>) -> Self {
        Self::compared(Comparison::NotEqual, self, &other.into())
    }
}

impl From<f32> for Expression {
    fn from(value: f32) -> Self {
        Self::number(value)
    }
}

impl From<&Self> for Expression {
    fn from(expression: &Self) -> Self {
        expression.clone()
    }
}

impl From<Activation> for Expression {
    /// The activation of the operand x.
    fn from(activation: Activation) -> Self {
        Self::made(|graph| graph.activation_of_x(activation))
    }
}

impl Neg for Expression {
    type Output = Self;

    fn neg(self) -> Self {
        -&self
    }
}

impl Neg for &Expression {
    type Output = Expression;

    fn neg(self) -> Expression {
        Expression::of(ScalarFunction::Negate, [self])
    }
}

macro_rules! operators {
    ($($Trait:ident $method:ident $Function:ident;)+) => { $(
        impl<T: Into<Expression>> $Trait<T> for Expression {
            type Output = Self;

            fn $method(self, other: T) -> Self {
                Self::of(ScalarFunction::$Function, [&self, &other.into()])
            }
        }

        impl<T: Into<Expression>> $Trait<T> for &Expression {
            type Output = Expression;

            fn $method(self, other: T) -> Expression {
                Expression::of(ScalarFunction::$Function, [self, &other.into()])
            }
        }

        impl $Trait<Expression> for f32 {
            type Output = Expression;

            fn $method(self, other: Expression) -> Expression {
                Expression::number(self).$method(other)
            }
        }

        impl $Trait<&Expression> for f32 {
            type Output = Expression;

            fn $method(self, other: &Expression) -> Expression {
                Expression::number(self).$method(other)
            }
        }
    )+ };
}

operators! {
    Add add Add;
    Sub sub Subtract;
    Mul mul Multiply;
    Div div Divide;
}

#[cfg(test)]
mod tests {
    use crate::{Activation, Expression};

    #[test]
    fn built_and_parsed_expressions_are_equal() {
        let [x, a, b] = ["x", "a", "b"].map(Expression::operand);
        let select = Expression::select(x.less_than(0.0), &a, 1.0);
        for (built, text) in [
            ((&x + &a).gelu() * &b + 1.0, "gelu(x + a) * b + 1"),
            (2.0 - &x / (1.0 + x.powi(3)), "2 - x / (1 + x ^ 3)"),
            (-x.powi(-2), "-x ^ -2"),
            (
                x.max(&a).min(2.0).clamp(0.0, &b),
                "clamp(min(max(x, a), 2), 0, b)",
            ),
            (select, "select(x < 0, a, 1)"),
            (x.gate(Activation::Silu), "gate(x, silu)"),
            (x.gate(a.silu()), "gate(x, silu(a))"),
            (
                x.dropout(0.25) * a.stop_gradient(),
                "dropout(x, p=0.25) * stop_gradient(a)",
            ),
            (x.greater_than(&a) * x.at_least(&b), "(x > a) * (x >= b)"),
            (x.at_most(&a) + x.equal_to(&b), "(x <= a) + (x == b)"),
            (x.not_equal_to(1.0), "x != 1"),
            (Activation::Relu.into(), "relu"),
        ] {
            assert_eq!(text.parse(), Ok(built), "{text}");
        }
    }

    #[test]
    fn parameters_out_of_range_are_found() {
        let (lower, upper) = (1.0, 0.0);
        let x = Expression::operand("x");
        let message = |y: Expression| y.checked().map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(message(x.rrelu() + x.elu()), Ok(()));
        let refused = "rrelu: lower must be a number from -3.4028235e38 to 0.0, the value of upper, \
            got 1.0";
        let y = x.apply(Activation::Rrelu { lower, upper }) * 2.0;
        assert_eq!(message(y), Err(refused.to_owned()));
    }

    #[test]
    fn parameters_that_are_no_operands_are_refused() {
        let x = Expression::operand("x");
        let with = |activation: Activation, name| {
            let error = x.apply_with(activation, [(name, Expression::operand("a"))]);
            error.map(|_| ()).map_err(|error| error.to_string())
        };
        assert_eq!(with(Activation::ELU, "alpha"), Ok(()));
        assert_eq!(
            with(Activation::ELU, "beta"),
            Err("elu has no parameter `beta`: it takes alpha".to_owned())
        );
        assert_eq!(
            with(Activation::SOFTPLUS, "threshold"),
            Err("softplus: threshold must be a number, since it cannot be learned".to_owned())
        );
    }
}
