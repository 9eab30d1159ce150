//! The text form of expressions.
//!
//! From the weakest: comparisons, `+` and `-`, `*` and `/`, unary minus, `^`. Sums and products
//! group from the left. `a ^ n` is a product: its factors come from the binary digits of n after
//! the first, each of which squares, and multiplies by a if it is 1. So `a ^ 6` is `b * b` with
//! `b = (a * a) * a`. `a ^ -n` is `1 / a ^ n`, and `a ^ 0` is 1.

mod calls;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{ExpressionError, ExpressionErrorKind as Kind};
use super::graph::{Comparison, Derivative, Graph, NodeId, ScalarFunction};
use super::token::{Token, TokenKind, tokens};
use super::{Expression, WgslFunction};
use crate::Activation;
use crate::call::Call;
use crate::text::Signature;

/// The most parentheses within parentheses. Without optimisation these take less than 1 MiB of the
/// stack, which is what the main thread has on Windows.
const MOST_NESTED: usize = 100;
/// The most nodes of the graph of a text.
const MOST_NODES: usize = 10_000;
/// The largest power.
pub(super) const MOST_POWER: u32 = 64;
/// The operand of an activation that is an expression as it is.
pub(super) const IMPLIED: &str = "x";

/// An error and its place. It is small, so that deep parentheses need little stack.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    kind: Box<Kind>,
    range: Range<usize>,
}

impl Failure {
    pub(super) fn new(kind: Kind, range: Range<usize>) -> Self {
        Self {
            kind: Box::new(kind),
            range,
        }
    }
}

pub(super) type Parsed<T> = Result<T, Failure>;

impl FromStr for Expression {
    type Err = ExpressionError;

    /// Reads an expression. A text that is an activation, as `silu` or `elu(alpha=0.5)`, is that
    /// activation of the operand x.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        expression(text, Vec::new())
    }
}

/// Reads an expression in which these functions stand, too.
pub(super) fn expression(
    text: &str,
    functions: Vec<&WgslFunction>,
) -> Result<Expression, ExpressionError> {
    parse(text, functions).map_err(|failure| ExpressionError {
        kind: *failure.kind,
        text: text.to_owned(),
        range: failure.range,
    })
}

fn parse(text: &str, functions: Vec<&WgslFunction>) -> Parsed<Expression> {
    let tokens = tokens(text)?;
    if tokens.len() == 1 {
        return Err(Failure::new(Kind::Empty, 0..0));
    }
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
        graph: Graph::default(),
        dropouts: Vec::new(),
        functions,
    };
    let root = if let Some(root) = parser.of_x(text) {
        root
    } else {
        let root = parser.binary(0)?;
        parser.expect_end()?;
        root
    };
    Ok(Expression::new(&parser.graph, root))
}

/// The activation that a text is, without a value.
pub(super) fn activation(text: &str) -> Option<Activation> {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let rows = Activation::ALL.iter();
        rows.flat_map(|row| row.signature().names()).collect()
    });
    let is_activation = NAMES.contains(Call::read(text)?.name);
    is_activation.then(|| text.parse().ok()).flatten()
}

fn signatures() -> Vec<Signature> {
    Activation::ALL.iter().map(|row| row.signature()).collect()
}

impl Graph {
    /// An activation of the operand that is implied.
    pub(super) fn activation_of_x(&mut self, activation: Activation) -> NodeId {
        let x = self.operand(IMPLIED);
        self.apply(activation, x)
    }

    /// An activation of a node, with numbers as parameters.
    pub(super) fn apply(&mut self, activation: Activation, x: NodeId) -> NodeId {
        let mut arguments = vec![x];
        for (_, value) in activation.parameters() {
            arguments.push(self.number(value));
        }
        let function = ScalarFunction::Activation {
            index: activation.index(),
            derivative: Derivative::Zeroth,
        };
        self.call(function, &arguments)
    }

    /// `clamp` is the activation hardtanh.
    pub(super) fn clamp(&mut self, x: NodeId, low: NodeId, high: NodeId) -> NodeId {
        let function = ScalarFunction::Activation {
            index: Activation::HARDTANH.index(),
            derivative: Derivative::Zeroth,
        };
        self.call(function, &[x, low, high])
    }

    /// A whole power: see the head of this file.
    pub(super) fn power(&mut self, base: NodeId, exponent: i32) -> NodeId {
        let n = exponent.unsigned_abs();
        if n == 0 {
            return self.number(1.0);
        }
        let mut power = base;
        for digit in (0..n.ilog2()).rev() {
            power = self.call(ScalarFunction::Multiply, &[power, power]);
            if n >> digit & 1 == 1 {
                power = self.call(ScalarFunction::Multiply, &[power, base]);
            }
        }
        if exponent < 0 {
            let one = self.number(1.0);
            power = self.call(ScalarFunction::Divide, &[one, power]);
        }
        power
    }
}

/// The id of a new call of dropout, which no other one in this process has.
pub(super) fn new_dropout() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    graph: Graph,
    /// The ids of the calls of dropout.
    dropouts: Vec<u64>,
    /// The caller's functions.
    functions: Vec<&'a WgslFunction>,
}

/// An operator between two values.
struct Operator {
    strength: u8,
    function: ScalarFunction,
    /// `a > b` is `b < a`.
    is_exchanged: bool,
}

fn operator(mark: &str) -> Option<Operator> {
    use ScalarFunction::{Add, Compare, Divide, Multiply, Subtract};
    let (strength, function) = match mark {
        "<" | ">" => (0, Compare(Comparison::Less)),
        "<=" | ">=" => (0, Compare(Comparison::LessEqual)),
        "==" => (0, Compare(Comparison::Equal)),
        "!=" => (0, Compare(Comparison::NotEqual)),
        "+" => (1, Add),
        "-" => (1, Subtract),
        "*" => (2, Multiply),
        "/" => (2, Divide),
        _ => return None,
    };
    Some(Operator {
        strength,
        function,
        is_exchanged: mark.starts_with('>'),
    })
}

impl<'a> Parser<'a> {
    fn token(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn mark(&self) -> &'static str {
        match self.token().kind {
            TokenKind::Mark(mark) => mark,
            _ => "",
        }
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[range]
    }

    /// Goes on behind a mark, if it stands here.
    fn take(&mut self, mark: &str) -> bool {
        let is_here = self.mark() == mark;
        self.at += usize::from(is_here);
        is_here
    }

    fn unexpected<T>(&self, wanted: &'static str) -> Parsed<T> {
        let range = self.token().range.clone();
        let found = match self.token().kind {
            TokenKind::End => "the end".to_owned(),
            _ => format!("`{}`", self.slice(range.clone())),
        };
        Err(Failure::new(Kind::Unexpected { wanted, found }, range))
    }

    fn expect_end(&self) -> Parsed<()> {
        match (self.token().kind, self.mark()) {
            (TokenKind::End, _) => Ok(()),
            (_, ")") => self.unexpected("an opening parenthesis"),
            (_, "=") => self.unexpected("`==`, which compares,"),
            _ => self.unexpected("an operator"),
        }
    }

    fn call(&mut self, function: ScalarFunction, arguments: &[NodeId]) -> NodeId {
        self.graph.call(function, arguments)
    }

    /// A chain of operators that bind at least so strongly.
    fn binary(&mut self, least: u8) -> Parsed<NodeId> {
        let mut value = self.unary()?;
        let mut is_comparison = false;
        loop {
            let found = operator(self.mark()).filter(|operator| operator.strength >= least);
            let Some(operator) = found else {
                return Ok(value);
            };
            let is_compared = is_comparison;
            is_comparison = operator.strength == 0;
            if is_comparison && is_compared {
                let range = self.token().range.clone();
                return Err(Failure::new(Kind::ChainedComparison, range));
            }
            self.at += 1;
            let right = self.binary(operator.strength + 1)?;
            let arguments = match operator.is_exchanged {
                true => [right, value],
                false => [value, right],
            };
            value = self.call(operator.function, &arguments);
            self.check_size()?;
        }
    }

    fn check_size(&self) -> Parsed<()> {
        if self.graph.len() <= MOST_NODES {
            return Ok(());
        }
        let range = self.tokens[self.at.saturating_sub(1)].range.clone();
        Err(Failure::new(Kind::TooLarge { most: MOST_NODES }, range))
    }

    /// A value with its power, behind any number of minus signs.
    fn unary(&mut self) -> Parsed<NodeId> {
        let mut is_negative = false;
        while self.take("-") {
            is_negative = !is_negative;
        }
        let mut value = self.primary()?;
        if self.take("^") {
            let exponent = self.exponent()?;
            value = self.graph.power(value, exponent);
            if self.mark() == "^" {
                return Err(Failure::new(Kind::ChainedPower, self.token().range.clone()));
            }
        }
        if is_negative {
            value = self.call(ScalarFunction::Negate, &[value]);
        }
        self.check_size()?;
        Ok(value)
    }

    fn exponent(&mut self) -> Parsed<i32> {
        let start = self.token().range.start;
        let is_negative = self.take("-");
        let end = self.token().range.end;
        let number = match self.token().kind {
            TokenKind::Number(number) => Some(number),
            _ => None,
        };
        let most = MOST_POWER as f32;
        let whole = number.filter(|number| number.fract() == 0.0 && *number <= most);
        let Some(whole) = whole else {
            let range = start..end;
            let found = match self.slice(range.clone()) {
                "" => "nothing".to_owned(),
                found => format!("`{found}`"),
            };
            return Err(Failure::new(Kind::Power { found }, range));
        };
        self.at += 1;
        let whole = whole as i32;
        Ok(if is_negative { -whole } else { whole })
    }

    /// A number, an operand, a call, or an expression in parentheses.
    fn primary(&mut self) -> Parsed<NodeId> {
        let Token { kind, range } = self.token().clone();
        match kind {
            TokenKind::Number(number) => {
                self.at += 1;
                Ok(self.graph.number(number))
            }
            TokenKind::Name => {
                self.at += 1;
                let name = self.slice(range.clone());
                if self.mark() == "(" {
                    return self.nested(|parser| parser.function(name, range));
                }
                Ok(self.graph.operand(name))
            }
            TokenKind::Mark("(") => self.nested(|parser| {
                parser.at += 1;
                let value = parser.binary(0)?;
                if !parser.take(")") {
                    return parser.unclosed(range);
                }
                Ok(value)
            }),
            _ => self.unexpected("a value"),
        }
    }

    fn unclosed<T>(&self, opened: Range<usize>) -> Parsed<T> {
        match self.token().kind {
            TokenKind::End => {
                let (wanted, found) = ("a closing parenthesis", "the end".to_owned());
                Err(Failure::new(Kind::Unexpected { wanted, found }, opened))
            }
            _ => self.unexpected("an operator or a closing parenthesis"),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Parsed<NodeId>) -> Parsed<NodeId> {
        if self.depth == MOST_NESTED {
            let range = self.token().range.clone();
            return Err(Failure::new(Kind::TooDeep { most: MOST_NESTED }, range));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }
}
