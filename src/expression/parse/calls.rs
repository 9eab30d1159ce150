//! Calls in the text form: activations, their derivatives, and the functions of the language.

use std::ops::Range;

use super::super::functions::{FUNCTIONS, Function, FunctionOf};
use super::{
    Derivative, Failure, IMPLIED, Kind, NodeId, Parsed, Parser, ScalarFunction, Token, TokenKind,
    activation, new_dropout, signatures,
};
use crate::call::Argument;
use crate::nearest::{nearest, nearest_of};
use crate::parameter::MOST_PARAMETERS;
use crate::text::{Reading, Slot, shortest};
use crate::{Activation, FunctionKind, ParseError, WgslFunction};

/// The probability of dropout that is not given, as PyTorch has it.
const DEFAULT_DROPOUT: f32 = 0.5;
/// The most calls of dropout in a text.
const MOST_DROPOUTS: f32 = 1000.0;

/// An argument and its place in the text, if it is given.
type Given = Option<(NodeId, Range<usize>)>;

/// The arguments that a function takes which is no activation.
struct Wanted<'a> {
    arguments: &'a [&'a str],
    /// The number of arguments that must be given.
    required: usize,
    /// True if further arguments may follow the last one.
    takes_more: bool,
    /// True if the second argument may be a function of x, without a value.
    is_gate: bool,
    signature: &'a str,
}

impl<'a> Parser<'a> {
    /// A call: its name stands before the parenthesis that comes now.
    pub(super) fn function(&mut self, name: &'a str, range: Range<usize>) -> Parsed<NodeId> {
        let named = self.functions.iter().find_map(|&function| {
            let mut derivatives = function.all();
            let derivative = derivatives.find(|&of| function.name_of(of) == name)?;
            Some((function, derivative))
        });
        if let Some((function, derivative)) = named {
            return self.wgsl_function(function, derivative, range);
        }
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

    /// A function of the language that is no activation.
    fn own_function(&mut self, function: &'static Function, name: Range<usize>) -> Parsed<NodeId> {
        let called = self.slice(name.clone());
        let given = self.given(
            &Wanted {
                arguments: function.arguments,
                required: function.required,
                takes_more: function.takes_more(),
                is_gate: function.kind == FunctionOf::Gate,
                signature: function.signature,
            },
            name.clone(),
        )?;
        let refuse = |message: String, range: Range<usize>| {
            let signature = function.signature.to_owned();
            Err(Failure::new(Kind::Arguments { message, signature }, range))
        };
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

    /// A function of the caller's, or a derivative of it.
    fn wgsl_function(
        &mut self,
        function: &WgslFunction,
        derivative: Derivative,
        name: Range<usize>,
    ) -> Parsed<NodeId> {
        let arguments = function.parts().arguments.iter().map(String::as_str);
        let arguments: Vec<_> = arguments.collect();
        let wanted = Wanted {
            arguments: &arguments,
            required: arguments.len(),
            takes_more: false,
            is_gate: false,
            signature: &function.signature(),
        };
        let given = self.given(&wanted, name)?;
        let nodes: Vec<_> = given.iter().flatten().map(|(node, _)| *node).collect();
        Ok(self.call(function.function(derivative), &nodes))
    }

    /// The arguments of a function that is no activation, each at its place.
    fn given(&mut self, wanted: &Wanted<'_>, name: Range<usize>) -> Parsed<Vec<Given>> {
        let opened = self.token().range.clone();
        self.at += 1;
        let refuse = |message: String, range: Range<usize>| {
            let signature = wanted.signature.to_owned();
            Err(Failure::new(Kind::Arguments { message, signature }, range))
        };
        let called = self.slice(name.clone());
        let mut given: Vec<Given> = vec![None; wanted.arguments.len()];
        let (mut place, mut is_named) = (0, false);
        let mut is_open = !self.take(")");
        while is_open {
            let key = self.key();
            let (text, range, end) = self.argument()?;
            let position = match &key {
                Some((key, key_range)) => {
                    let mut arguments = wanted.arguments.iter();
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
                None if place < given.len() || wanted.takes_more => place,
                None => {
                    return refuse(format!("{called} has no argument for `{text}`"), range);
                }
            };
            is_named |= key.is_some();
            place += 1;
            let is_gate = wanted.is_gate && position == 1;
            let node = match is_gate.then(|| self.of_x(text)).flatten() {
                Some(node) => {
                    self.at = end;
                    node
                }
                None => self.binary(0)?,
            };
            let range = range.start..self.last_end();
            if position < given.len() {
                given[position] = Some((node, range));
            } else {
                given.push(Some((node, range)));
            }
            is_open = self.another(opened.clone())?;
        }
        let arguments = wanted.arguments[..wanted.required].iter();
        let mut missing = arguments.zip(&given).filter(|(_, node)| node.is_none());
        if let Some((argument, _)) = missing.next() {
            return refuse(
                format!("{called} lacks `{argument}`"),
                name.start..self.last_end(),
            );
        }
        Ok(given)
    }

    /// The place of the first argument that is the number NaN.
    fn nan_of(&self, given: &[Given]) -> Option<Range<usize>> {
        let mut given = given.iter().flatten();
        let is_nan = |node| self.graph.value(node).is_some_and(f32::is_nan);
        let nan = given.find(|(node, _)| is_nan(*node));
        nan.map(|(_, range)| range.clone())
    }

    /// The function of x that a text is without saying so: an activation, or a function of the
    /// caller's with one argument.
    pub(super) fn of_x(&mut self, text: &str) -> Option<NodeId> {
        let mut functions = self.functions.iter();
        let named = functions.find(|function| function.name() == text.trim());
        match named {
            Some(function) if function.parts().arguments.len() == 1 => {
                let function = function.function(Derivative::Zeroth);
                let x = self.graph.operand(IMPLIED);
                Some(self.call(function, &[x]))
            }
            Some(_) => None,
            None => Some(self.graph.activation_of_x(activation(text)?)),
        }
    }

    fn computed(&mut self, kind: FunctionOf, given: &[Given]) -> NodeId {
        use ScalarFunction as F;
        let nodes = given
            .iter()
            .map(|given| given.as_ref().map(|(node, _)| *node));
        let nodes: Vec<Option<NodeId>> = nodes.collect();
        let present: Vec<NodeId> = nodes.iter().copied().flatten().collect();
        match kind {
            FunctionOf::Max | FunctionOf::Min => {
                let mut value = present[0];
                for &other in &present[1..] {
                    let function = if kind == FunctionOf::Max {
                        F::Max
                    } else {
                        F::Min
                    };
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
    fn dropout(&mut self, given: &[Given]) -> Result<NodeId, (String, Range<usize>)> {
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
