//! The text form of expressions.
//!
//! From the weakest: comparisons, `+` and `-`, `*` and `/`, unary minus, `^`. Sums and products
//! group from the left. `a ^ n` is a product: its factors come from the binary digits of n after
//! the first, each of which squares, and multiplies by a if it is 1. So `a ^ 6` is `b * b` with
//! `b = (a * a) * a`. `a ^ -n` is `1 / a ^ n`, and `a ^ 0` is 1.

use std::collections::HashSet;
use std::ops::Range;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Expression;
use super::error::{ExpressionError, ExpressionErrorKind as Kind};
use super::functions::{FUNCTIONS, Function, FunctionOf};
use super::graph::{Comparison, Derivative, Graph, NodeId, ScalarFunction};
use super::token::{Token, TokenKind, tokens};
use crate::call::{Argument, Call};
use crate::nearest::{nearest, nearest_of};
use crate::parameter::MOST_PARAMETERS;
use crate::text::{Reading, Signature, Slot, shortest};
use crate::{Activation, FunctionKind, ParseError};

/// The most parentheses within parentheses. Without optimisation these take less than 1 MiB of the
/// stack, which is what the main thread has on Windows.
const MOST_NESTED: usize = 100;
/// The most nodes of the graph of a text.
const MOST_NODES: usize = 10_000;
/// The largest power.
pub(super) const MOST_POWER: u32 = 64;
/// The most calls of dropout in a text.
const MOST_DROPOUTS: f32 = 1000.0;
/// The probability of dropout that is not given, as PyTorch has it.
const DEFAULT_DROPOUT: f32 = 0.5;
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
        parse(text).map_err(|failure| ExpressionError {
            kind: *failure.kind,
            text: text.to_owned(),
            range: failure.range,
        })
    }
}

fn parse(text: &str) -> Parsed<Expression> {
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
    };
    let root = if let Some(activation) = activation(text) {
        parser.graph.activation_of_x(activation)
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
}

/// An operator between two values.
#[derive(Clone, Copy)]
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

    /// A call: its name stands before the parenthesis that comes now.
    fn function(&mut self, name: &'a str, range: Range<usize>) -> Parsed<NodeId> {
        if let Some(function) = Function::of(name) {
            return self.own_function(function, range);
        }
        let signatures = signatures();
        if let Some((position, derivative)) = derivative(name) {
            let reading = Reading::parameters_of(&signatures, position);
            return self.activation(reading, derivative, range);
        }
        if let Some(reading) = Reading::of(name, &signatures) {
            return self.activation(reading, Derivative::Zeroth, range);
        }
        let own = FUNCTIONS
            .iter()
            .flat_map(|function| function.names.iter().copied());
        let own = nearest_of(name, own).map(|name| (name, FunctionKind::Activation));
        let nearest = own.or_else(|| nearest(name, FunctionKind::Activation));
        let name = name.to_owned();
        Err(Failure::new(Kind::UnknownFunction { name, nearest }, range))
    }

    /// The key of an argument: `key=value`.
    fn key(&mut self) -> Option<(&'a str, Range<usize>)> {
        let is_equals = |token: &Token| token.kind == TokenKind::Mark("=");
        let is_key = self.token().kind == TokenKind::Name
            && self.tokens.get(self.at + 1).is_some_and(is_equals);
        let range = self.token().range.clone();
        is_key.then(|| {
            self.at += 2;
            (self.slice(range.clone()), range)
        })
    }

    /// The text of the argument that begins here, and the token behind it.
    fn argument(&self) -> Parsed<(&'a str, Range<usize>, usize)> {
        let mut depth = 0_usize;
        let mut end = self.at;
        loop {
            match self.tokens[end].kind {
                TokenKind::Mark("(") => depth += 1,
                TokenKind::Mark(")") if depth > 0 => depth -= 1,
                TokenKind::Mark(")" | ",") if depth == 0 => break,
                TokenKind::End => break,
                _ => {}
            }
            end += 1;
        }
        if end == self.at {
            return self.unexpected("a value");
        }
        let range = self.token().range.start..self.tokens[end - 1].range.end;
        Ok((self.slice(range.clone()), range, end))
    }

    /// Goes on behind `,` to another argument, or behind `)` to none.
    fn another(&mut self, opened: Range<usize>) -> Parsed<bool> {
        if self.take(",") {
            return Ok(true);
        }
        if self.take(")") {
            return Ok(false);
        }
        match self.token().kind {
            TokenKind::End => self.unclosed(opened),
            _ => self.unexpected("an operator, `,` or `)`"),
        }
    }

    /// An activation, whose first argument is the value. The parameters follow, each with a name or
    /// in its place.
    fn activation(
        &mut self,
        mut reading: Reading<'_>,
        derivative: Derivative,
        name: Range<usize>,
    ) -> Parsed<NodeId> {
        let opened = self.token().range.clone();
        self.at += 1;
        let mut value = None;
        let mut nodes = [None; MOST_PARAMETERS];
        let mut given: Vec<(usize, Range<usize>)> = Vec::new();
        let mut is_named = false;
        let mut is_open = !self.take(")");
        while is_open {
            let key = self.key();
            if key.is_none() && value.is_none() && given.is_empty() {
                value = Some(self.binary(0)?);
                is_open = self.another(opened.clone())?;
                continue;
            }
            is_named |= key.is_some();
            let (text, range, end) = self.argument()?;
            let start = key.as_ref().map_or(range.start, |(_, range)| range.start);
            let failed = |error| Failure::new(Kind::Activation(error), start..range.end);
            let argument = Argument {
                key: key.as_ref().map(|(key, _)| *key),
                value: text,
            };
            let i = reading.slot(&argument, given.len(), is_named, FunctionKind::Activation);
            let i = i.map_err(failed)?;
            let (parameter, slot) = reading.slot_at(i);
            if given.iter().any(|(other, _)| *other == i) {
                let activation = reading.name();
                return Err(failed(ParseError::Repeated {
                    activation,
                    parameter,
                }));
            }
            if let Slot::Value(position) = slot {
                let node = self.binary(0)?;
                if let Some(number) = self.graph.value(node) {
                    reading.set(i, &shortest(number)).map_err(failed)?;
                } else if reading.parameters()[position].is_learnable() {
                    nodes[position] = Some(node);
                } else {
                    let function = reading.name();
                    let kind = Kind::NotANumber {
                        function,
                        parameter,
                    };
                    return Err(Failure::new(kind, start..range.end));
                }
            } else {
                reading.set(i, text).map_err(failed)?;
                self.at = end;
            }
            given.push((i, start..range.end));
            is_open = self.another(opened.clone())?;
        }
        reading.check().map_err(|error| {
            let mut given = given.iter();
            let place = given.find(|(i, _)| reading.slot_at(*i).0 == error.parameter);
            let place = place.map_or(name.clone(), |(_, place)| place.clone());
            Failure::new(Kind::Activation(error.into()), place)
        })?;
        let Some(value) = value else {
            let function = self.slice(name.clone()).to_owned();
            let parameters = reading.allowed();
            let kind = Kind::MissingValue {
                function,
                parameters,
            };
            return Err(Failure::new(kind, name.start..self.last_end()));
        };
        let mut arguments = vec![value];
        let numbers = reading.values().into_iter().zip(nodes);
        for (number, node) in numbers.take(reading.parameters().len()) {
            arguments.push(node.unwrap_or_else(|| self.graph.number(number)));
        }
        let index = reading.position();
        Ok(self.call(ScalarFunction::Activation { index, derivative }, &arguments))
    }

    /// The end of the token before this one.
    fn last_end(&self) -> usize {
        self.tokens[self.at - 1].range.end
    }

    /// A function that is no activation.
    fn own_function(&mut self, function: &'static Function, name: Range<usize>) -> Parsed<NodeId> {
        let opened = self.token().range.clone();
        self.at += 1;
        let refuse = |message: String, range: Range<usize>| {
            let signature = function.signature;
            Err(Failure::new(Kind::Arguments { message, signature }, range))
        };
        let called = self.slice(name.clone());
        let mut given: Vec<Option<(NodeId, Range<usize>)>> = vec![None; function.arguments.len()];
        let (mut place, mut is_named) = (0, false);
        let mut is_open = !self.take(")");
        while is_open {
            let key = self.key();
            let (text, range, end) = self.argument()?;
            let position = match &key {
                Some((key, key_range)) => {
                    let mut arguments = function.arguments.iter();
                    let Some(position) = arguments.position(|argument| argument == key) else {
                        let message = format!("{called} has no argument `{key}`");
                        return refuse(message, key_range.clone());
                    };
                    if given[position].is_some() {
                        return refuse(
                            format!("{called}: {key} is given twice"),
                            key_range.clone(),
                        );
                    }
                    position
                }
                None if is_named => {
                    let message = format!(
                        "{called}: `{text}` has no name, so it must stand before arguments with \
                         names"
                    );
                    return refuse(message, range);
                }
                None if place < given.len() || function.takes_more() => place,
                None => {
                    return refuse(format!("{called} has no argument for `{text}`"), range);
                }
            };
            is_named |= key.is_some();
            place += 1;
            let node = self.value_of(function, position, text, end)?;
            let range = range.start..self.last_end();
            if position < given.len() {
                given[position] = Some((node, range));
            } else {
                given.push(Some((node, range)));
            }
            is_open = self.another(opened.clone())?;
        }
        let arguments = function.arguments[..function.required].iter();
        let mut missing = arguments.zip(&given).filter(|(_, node)| node.is_none());
        if let Some((argument, _)) = missing.next() {
            return refuse(
                format!("{called} lacks `{argument}`"),
                name.start..self.last_end(),
            );
        }
        match function.kind {
            FunctionOf::Clamp if given[1..].iter().all(Option::is_none) => {
                let message = format!("{called} needs `min` or `max`");
                refuse(message, name.start..self.last_end())
            }
            FunctionOf::Clamp if self.nan_of(&given[1..]).is_some() => {
                let range = self.nan_of(&given[1..]).unwrap_or(name);
                refuse(format!("{called}: an end must not be NaN"), range)
            }
            FunctionOf::Dropout => match self.dropout(&given) {
                Ok(node) => Ok(node),
                Err((message, range)) => refuse(message, range),
            },
            kind => Ok(self.computed(kind, &given)),
        }
    }

    /// The place of the first argument that is the number NaN.
    fn nan_of(&self, given: &[Option<(NodeId, Range<usize>)>]) -> Option<Range<usize>> {
        let mut given = given.iter().flatten();
        let is_nan = |node| self.graph.value(node).is_some_and(f32::is_nan);
        let nan = given.find(|(node, _)| is_nan(*node));
        nan.map(|(_, range)| range.clone())
    }

    /// The value of an argument. That of a gate may be an activation of x, without a value.
    fn value_of(
        &mut self,
        function: &Function,
        position: usize,
        text: &str,
        end: usize,
    ) -> Parsed<NodeId> {
        if function.kind == FunctionOf::Gate && position == 1 {
            if let Some(activation) = activation(text) {
                self.at = end;
                return Ok(self.graph.activation_of_x(activation));
            }
        }
        self.binary(0)
    }

    fn computed(&mut self, kind: FunctionOf, given: &[Option<(NodeId, Range<usize>)>]) -> NodeId {
        use ScalarFunction as F;
        let nodes = given
            .iter()
            .map(|given| given.as_ref().map(|(node, _)| *node));
        let nodes: Vec<Option<NodeId>> = nodes.collect();
        let present: Vec<NodeId> = nodes.iter().copied().flatten().collect();
        match kind {
            FunctionOf::Max | FunctionOf::Min => {
                let function = if kind == FunctionOf::Max {
                    F::Max
                } else {
                    F::Min
                };
                let mut value = present[0];
                for &other in &present[1..] {
                    value = self.call(function, &[value, other]);
                }
                value
            }
            FunctionOf::Clamp => {
                let [low, high] = [(nodes[1], f32::NEG_INFINITY), (nodes[2], f32::INFINITY)]
                    .map(|(node, number)| node.unwrap_or_else(|| self.graph.number(number)));
                self.graph.clamp(present[0], low, high)
            }
            FunctionOf::Select => self.call(F::Select, &present),
            FunctionOf::StopGradient => self.call(F::StopGradient, &present),
            FunctionOf::Gate => self.call(F::Scaled, &[present[1], present[0]]),
            FunctionOf::Scaled => self.call(F::Scaled, &present),
            FunctionOf::MaxDerivative => self.call(F::MaxDerivative, &present),
            FunctionOf::Dropout => unreachable!("it is made by `dropout`"),
        }
    }

    /// A call of dropout. `call` is its number, so that a text can have the same call twice. A call
    /// without a number is a new one.
    fn dropout(
        &mut self,
        given: &[Option<(NodeId, Range<usize>)>],
    ) -> Result<NodeId, (String, Range<usize>)> {
        let number = |position: usize, wanted: &str, is_wanted: &dyn Fn(f32) -> bool| {
            let Some((node, range)) = &given[position] else {
                return Ok(None);
            };
            let number = self.graph.value(*node).filter(|&number| is_wanted(number));
            number.map(Some).ok_or_else(|| {
                let found = self.slice(range.clone());
                let name = ["a", "p", "call"][position];
                (
                    format!("dropout: {name} must be {wanted}, got `{found}`"),
                    range.clone(),
                )
            })
        };
        let probability = number(1, "a number from 0 to 1", &|p| (0.0..=1.0).contains(&p))?;
        let wanted = format!("a whole number below {MOST_DROPOUTS}");
        let call = number(2, &wanted, &|call| {
            call.fract() == 0.0 && (0.0..MOST_DROPOUTS).contains(&call)
        })?;
        let call = call.map_or(self.dropouts.len(), |call| call as usize);
        while self.dropouts.len() <= call {
            let id = new_dropout();
            self.dropouts.push(id);
            self.graph.add_dropout(id);
        }
        let value = given[0].as_ref().map_or(0, |(node, _)| *node);
        let probability = probability.unwrap_or(DEFAULT_DROPOUT).to_bits();
        let id = self.dropouts[call];
        Ok(self.call(ScalarFunction::Dropout { id, probability }, &[value]))
    }
}

/// The derivative of an activation that has this name, and the position of the activation.
fn derivative(name: &str) -> Option<(usize, Derivative)> {
    let rows = Activation::list().iter().enumerate();
    let mut found = rows.filter_map(|(position, info)| {
        let rest = name.strip_prefix(info.name)?;
        let derivative = match rest {
            "_derivative" => Derivative::First,
            "_second_derivative" => info.is_smooth().then_some(Derivative::Second)?,
            _ => {
                let parameter = rest.strip_prefix("_derivative_")?;
                Derivative::Parameter(Activation::ALL[position].learnable(parameter)?)
            }
        };
        Some((position, derivative))
    });
    found.next()
}

#[cfg(test)]
mod tests {
    use super::MOST_NODES;
    use crate::Expression;

    fn parsed(text: &str) -> Expression {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn texts_that_mean_the_same() {
        for (text, same) in [
            ("silu", "silu(x)"),
            ("elu(alpha=0.5)", "elu(x, alpha=0.5)"),
            ("elu(0.5)", "elu(x, 0.5)"),
            ("GELU(approximate='tanh')", "gelu(x, approximate=tanh)"),
            ("gelu(x, tanh)", "gelu(x, approximate=\"tanh\")"),
            (
                "LeakyReLU(a * b, 0.2, inplace=True)",
                "leaky_relu(a * b, negative_slope=0.2)",
            ),
            ("HardSigmoid(x + 1)", "hardsigmoid(x + 1, slope=0.2)"),
            ("clamp(x, 0, max=6)", "hardtanh(x, min_val=0, max_val=6)"),
            ("clamp(x, max=a)", "clamp(x, -inf, a)"),
            ("gate(v, silu)", "gate(v, silu(x))"),
            ("gate(v, elu(alpha=2))", "gate(v, activation=elu(x, 2))"),
            ("max(a, b, c)", "max(max(a, b), c)"),
            ("where(a > b, a, b)", "select(b < a, a, b)"),
            ("detach(a)", "stop_gradient(a)"),
            ("dropout(x)", "dropout(x, p=0.5, call=0)"),
            ("a - b - c * d / e", "(a - b) - ((c * d) / e)"),
            ("-x ^ 2", "-(x * x)"),
            ("x ^ 6", "(x * x * x) * (x * x * x)"),
            ("x ^ -3", "1 / (x * x * x)"),
            ("a * x ^ 0", "a"),
            ("2 * 3 * x", "6 * x"),
            ("--x + - - -a", "x + -a"),
        ] {
            assert_eq!(parsed(text), parsed(same), "{text}");
        }
    }

    #[test]
    fn an_operand_may_have_the_name_of_a_function() {
        let expression = parsed("gate + scale * silu - max");
        assert_eq!(expression.operands(), ["gate", "scale", "silu", "max"]);
        assert_eq!(parsed("(silu)").operands(), ["silu"]);
    }

    #[test]
    fn errors_show_the_place() {
        for (text, message) in [
            (
                "  ",
                "the text is empty: write an expression, as `gelu(x + bias) * gate`",
            ),
            ("x +", "a value is missing before the end\n  x +\n     ^"),
            (
                "x * * y",
                "a value is missing before `*`\n  x * * y\n      ^",
            ),
            ("x y", "an operator is missing before `y`\n  x y\n    ^"),
            (
                "(x + y",
                "a closing parenthesis is missing before the end\n  (x + y\n  ^",
            ),
            (
                "x + y)",
                "an opening parenthesis is missing before `)`\n  x + y)\n       ^",
            ),
            (
                "max(x, y",
                "a closing parenthesis is missing before the end\n  max(x, y\n     ^",
            ),
            (
                "max(x y)",
                "an operator, `,` or `)` is missing before `y`\n  max(x y)\n        ^",
            ),
            (
                "x = 2",
                "`==`, which compares, is missing before `=`\n  x = 2\n    ^",
            ),
            (
                "2x",
                "`2x` is no number: write a product with `*`\n  2x\n  ^^",
            ),
            ("1.2.3", "`1.2.3` is no number\n  1.2.3\n  ^^^^^"),
            (
                "a × b",
                "`×` is in no expression: write a product with `*`\n  a × b\n    ^",
            ),
            (
                "x ^ 2.5",
                "a power must be a whole number from -64 to 64, got `2.5`\n  x ^ 2.5\n      ^^^",
            ),
            (
                "x ^ -65",
                "a power must be a whole number from -64 to 64, got `-65`\n  x ^ -65\n      ^^^",
            ),
            (
                "x ^ y",
                "a power must be a whole number from -64 to 64, got `y`\n  x ^ y\n      ^",
            ),
            (
                "x ^ 2 ^ 3",
                "a power of a power needs parentheses: `(x ^ 2) ^ 3`\n  x ^ 2 ^ 3\n        ^",
            ),
            (
                "a < b < c",
                "comparisons cannot be chained: compare apart, and multiply: \
                 `(a < b) * (b < c)`\n  a < b < c\n        ^",
            ),
            (
                "x * sigmiod(x)",
                "there is no function `sigmiod`: did you mean `sigmoid`?\n  \
                 x * sigmiod(x)\n      ^^^^^^^",
            ),
            (
                "clmap(x, 1, 2)",
                "there is no function `clmap`: did you mean `clamp`?\n  clmap(x, 1, 2)\n  ^^^^^",
            ),
            (
                "swiglu(x, g)",
                "`swiglu` is a gated unit, which an expression writes as \
                 `gate(value, activation)`\n  swiglu(x, g)\n  ^^^^^^",
            ),
            (
                "1 + softmax(x)",
                "`softmax` is a function along an axis, but expressions compute each element \
                 apart\n  1 + softmax(x)\n      ^^^^^^^",
            ),
            (
                "x + frobnicate(x)",
                "there is no function `frobnicate`: `Activation::list()` and \
                 docs/activations.md have all\n  x + frobnicate(x)\n      ^^^^^^^^^^",
            ),
            (
                "1 + elu()",
                "elu has no value: write `elu(x, alpha)`\n  1 + elu()\n      ^^^^^",
            ),
            (
                "1 + relu(alpha=2)",
                "relu has no parameter `alpha`: it takes no parameters\n  \
                 1 + relu(alpha=2)\n           ^^^^^^^",
            ),
            (
                "elu(x, 1, 2)",
                "elu has no parameter for `2`: it takes alpha\n  elu(x, 1, 2)\n            ^",
            ),
            (
                "elu(x, alpha=1, alpha=a)",
                "elu: alpha is given twice\n  elu(x, alpha=1, alpha=a)\n                  ^^^^^^^",
            ),
            (
                "elu(x, )",
                "a value is missing before `)`\n  elu(x, )\n         ^",
            ),
            (
                "gelu(x, approximate=fast)",
                "gelu: approximate must be none or tanh, got `fast`\n  \
                 gelu(x, approximate=fast)\n          ^^^^^^^^^^^^^^^^",
            ),
            (
                "rrelu(x, upper=0, lower=0.5)",
                "rrelu: lower must be a number from -3.4028235e38 to 0.0, the value of upper, \
                 got 0.5\n  rrelu(x, upper=0, lower=0.5)\n                    ^^^^^^^^^",
            ),
            (
                "softplus(x, threshold=t)",
                "softplus: threshold must be a number, since it cannot be learned\n  \
                 softplus(x, threshold=t)\n              ^^^^^^^^^^^",
            ),
            (
                "select(a, b)",
                "select lacks `b`: write `select(condition, a, b)`\n  select(a, b)\n  ^^^^^^^^^^^^",
            ),
            (
                "select(a, b, c, d)",
                "select has no argument for `d`: write `select(condition, a, b)`\n  \
                 select(a, b, c, d)\n                  ^",
            ),
            (
                "clamp(x)",
                "clamp needs `min` or `max`: write `clamp(x, min, max)`\n  clamp(x)\n  ^^^^^^^^",
            ),
            (
                "clamp(x, low=1)",
                "clamp has no argument `low`: write `clamp(x, min, max)`\n  \
                 clamp(x, low=1)\n           ^^^",
            ),
            (
                "dropout(x, p=1.5)",
                "dropout: p must be a number from 0 to 1, got `1.5`: write `dropout(a, p=0.5)`\n  \
                 dropout(x, p=1.5)\n               ^^^",
            ),
        ] {
            let error = text
                .parse::<Expression>()
                .map_err(|error| error.to_string());
            assert_eq!(error, Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn long_and_deep_texts_are_read_or_refused() {
        let nested = |open: &str, depth| {
            let text = format!("{}x{}", open.repeat(depth), ")".repeat(depth));
            let parsed = text.parse::<Expression>();
            parsed
                .map(|expression| expression.to_string())
                .map_err(|error| error.kind.to_string())
        };
        let too_deep = Err("parentheses are nested more than 100 deep".to_owned());
        assert_eq!(nested("(", 100), Ok("x".to_owned()));
        for open in ["(", "relu(", "max(1, ", "-("] {
            assert!(nested(open, 100).is_ok());
            assert_eq!(nested(open, 101), too_deep);
            assert_eq!(nested(open, 100_000), too_deep);
        }
        let sum = |terms: usize| {
            let terms: Vec<_> = (0..terms).map(|term| format!("x * {term}.5")).collect();
            terms.join(" + ").parse::<Expression>()
        };
        let long = sum(MOST_NODES / 3 - 1).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(long.to_string().parse(), Ok(long));
        let error = sum(MOST_NODES).map_err(|error| error.kind.to_string());
        let refused = "an expression has at most 10000 operands, numbers and functions".to_owned();
        assert_eq!(error.map(|_| ()), Err(refused));
        assert_eq!(parsed(&format!("{}x", "-".repeat(100_001))), parsed("-x"));
    }
}
