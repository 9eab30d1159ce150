//! Expressions as text.

use std::borrow::Cow;
use std::fmt;

use super::Expression;
use super::graph::{Comparison, Derivative, Graph, Node, NodeId, ScalarFunction};
use super::parse::{MOST_POWER, activation};
use crate::Activation;
use crate::text::shortest;

/// The most bytes of a text. Values that are used several times are written as often.
const MOST_BYTES: usize = 1 << 20;

/// How strongly a text is held together.
const COMPARISON: u8 = 0;
const SUM: u8 = 1;
const PRODUCT: u8 = 2;
const MINUS: u8 = 3;
const POWER: u8 = 4;
const WHOLE: u8 = 5;

/// The depth to which powers are looked for: the products of `a ^ 64` and of all below.
const POWER_DEPTH: u32 = 2 * MOST_POWER.ilog2();

impl fmt::Display for Expression {
    /// Writes the expression, so that parsing it gives the same one. Parameters that have their
    /// defaults are left out. An expression of many functions that share values may have a very
    /// long text, which ends with `…` after 2^20 bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, calls) = written(self.graph(), self.root(), false);
        // Without numbers, the calls of a text are numbered as they come.
        let is_in_order = calls.iter().copied().eq(0..calls.len());
        if is_in_order {
            f.pad(&text)
        } else {
            f.pad(&written(self.graph(), self.root(), true).0)
        }
    }
}

/// A part of the text that is still to be written.
enum Part {
    /// A node that must hold together at least so strongly, or else stands in parentheses.
    Node(NodeId, u8),
    Text(Cow<'static, str>),
    /// The end of a call of dropout, which has this number.
    Dropout(usize),
}

/// The text of a node.
pub(super) fn text_of(graph: &Graph, id: NodeId) -> String {
    written(graph, id, false).0
}

/// The text of a node, and the numbers of its calls of dropout.
fn written(graph: &Graph, root: NodeId, with_calls: bool) -> (String, Vec<usize>) {
    let (mut text, mut calls) = (String::new(), Vec::new());
    // A stack, since sums may be deeper than the stack of a thread.
    let mut open = vec![Part::Node(root, COMPARISON)];
    while let Some(part) = open.pop() {
        if text.len() > MOST_BYTES {
            text.push('…');
            break;
        }
        match part {
            Part::Text(part) => text.push_str(&part),
            Part::Dropout(place) => calls.push(place),
            Part::Node(id, least) => {
                let (strength, mut parts) = parts(graph, id, with_calls);
                if strength < least {
                    parts.insert(0, Part::Text("(".into()));
                    parts.push(Part::Text(")".into()));
                }
                open.extend(parts.into_iter().rev());
            }
        }
    }
    (text, calls)
}

fn place_of(function: &ScalarFunction, graph: &Graph) -> Option<usize> {
    match function.numbered(graph.dropouts()) {
        ScalarFunction::Dropout { id, .. } => Some(id as usize),
        _ => None,
    }
}

/// The parts of a node, and how strongly they hold together.
fn parts(graph: &Graph, id: NodeId, with_calls: bool) -> (u8, Vec<Part>) {
    use ScalarFunction as F;
    let (function, arguments) = match graph.node(id) {
        Node::Operand(position) => return (WHOLE, vec![name(&graph.operands()[*position])]),
        Node::Number(bits) => return number(f32::from_bits(*bits)),
        Node::Call(function, arguments) => (function, arguments.as_slice()),
    };
    let between = |mark: &'static str, strength: u8, least: [u8; 2]| {
        let [a, b] = [
            Part::Node(arguments[0], least[0]),
            Part::Node(arguments[1], least[1]),
        ];
        (strength, vec![a, Part::Text(mark.into()), b])
    };
    let call = |name: &'static str| {
        let arguments = arguments.iter().map(|&id| (None, id)).collect();
        (WHOLE, called(name.into(), arguments, Vec::new()))
    };
    match function {
        F::Add => between(" + ", SUM, [SUM, PRODUCT]),
        F::Subtract => between(" - ", SUM, [SUM, PRODUCT]),
        F::Multiply => match power(graph, id, POWER_DEPTH) {
            (_, 1) => between(" * ", PRODUCT, [PRODUCT, MINUS]),
            (base, exponent) => {
                let exponent = Part::Text(format!(" ^ {exponent}").into());
                (POWER, vec![Part::Node(base, WHOLE), exponent])
            }
        },
        F::Divide => between(" / ", PRODUCT, [PRODUCT, MINUS]),
        F::Negate => {
            let parts = vec![Part::Text("-".into()), Part::Node(arguments[0], POWER)];
            (MINUS, parts)
        }
        F::Compare(comparison) => {
            let mark = match comparison {
                Comparison::Less => " < ",
                Comparison::LessEqual => " <= ",
                Comparison::Equal => " == ",
                Comparison::NotEqual => " != ",
            };
            between(mark, COMPARISON, [SUM, SUM])
        }
        F::Max => call("max"),
        F::Min => call("min"),
        F::MaxDerivative => call("max_derivative"),
        F::Select => call("select"),
        F::StopGradient => call("stop_gradient"),
        F::Scaled if is_activation(graph, arguments[0]) => {
            let arguments = vec![(None, arguments[1]), (None, arguments[0])];
            (WHOLE, called("gate".into(), arguments, Vec::new()))
        }
        F::Scaled => call("scaled"),
        F::Dropout { probability, .. } => {
            let place = place_of(function, graph).unwrap_or_default();
            let mut words = vec![format!("p={}", shortest(f32::from_bits(*probability)))];
            words.extend(with_calls.then(|| format!("call={place}")));
            let mut parts = called("dropout".into(), vec![(None, arguments[0])], words);
            parts.push(Part::Dropout(place));
            (WHOLE, parts)
        }
        F::Activation { index, derivative } => (
            WHOLE,
            activation_parts(graph, *index, *derivative, arguments),
        ),
        F::Wgsl {
            function,
            derivative,
        } => {
            let name = function.name_of(*derivative).into();
            let arguments = arguments.iter().map(|&id| (None, id)).collect();
            (WHOLE, called(name, arguments, Vec::new()))
        }
    }
}

fn is_activation(graph: &Graph, id: NodeId) -> bool {
    let function = match graph.node(id) {
        Node::Call(function, _) => function,
        _ => return false,
    };
    matches!(
        function,
        ScalarFunction::Activation { derivative, .. } | ScalarFunction::Wgsl { derivative, .. }
            if *derivative == Derivative::Zeroth
    )
}

/// A call, with these arguments, and behind them these words.
fn called(
    name: Cow<'static, str>,
    arguments: Vec<(Option<&'static str>, NodeId)>,
    words: Vec<String>,
) -> Vec<Part> {
    let mut parts = vec![Part::Text(name), Part::Text("(".into())];
    for (i, (key, id)) in arguments.into_iter().enumerate() {
        if i > 0 {
            parts.push(Part::Text(", ".into()));
        }
        parts.extend(key.map(|key| Part::Text(format!("{key}=").into())));
        parts.push(Part::Node(id, COMPARISON));
    }
    parts.extend(
        words
            .into_iter()
            .map(|word| Part::Text(format!(", {word}").into())),
    );
    parts.push(Part::Text(")".into()));
    parts
}

fn activation_parts(
    graph: &Graph,
    index: usize,
    derivative: Derivative,
    arguments: &[NodeId],
) -> Vec<Part> {
    let info = &Activation::list()[index];
    let is_default = |position: usize| {
        let value = graph.value(arguments[position + 1]);
        value.is_some_and(|value| value.to_bits() == info.parameters[position].default.to_bits())
    };
    let is_zeroth = derivative == Derivative::Zeroth;
    if is_zeroth && index == Activation::HARDTANH.index() && !(is_default(0) && is_default(1)) {
        let arguments = arguments.iter().map(|&id| (None, id)).collect();
        return called("clamp".into(), arguments, Vec::new());
    }
    let name = match derivative {
        Derivative::Zeroth => info.text_name.into(),
        _ => derivative
            .name(info.name, |k| info.parameters[k].name)
            .into(),
    };
    let parameters = (0..info.parameters.len()).filter(|&position| !is_default(position));
    let parameters = parameters.map(|position| {
        let key = info.parameters[position].name;
        (Some(key), arguments[position + 1])
    });
    // The first activation of a name is the default.
    let mut rows = Activation::list().iter();
    let first = rows.position(|row| row.text_name == info.text_name);
    let choice = info.choice.filter(|_| is_zeroth && first != Some(index));
    let choice = choice.map(|(key, chosen)| format!("{key}={chosen}"));
    let all = std::iter::once((None, arguments[0])).chain(parameters);
    called(name, all.collect(), choice.into_iter().collect())
}

/// The name of an operand, in parentheses if it would be read as something else without them.
fn name(name: &str) -> Part {
    let choices = Activation::list()
        .iter()
        .filter_map(|info| Some(info.choice?.1));
    let is_word = choices.chain(["True", "False"]).any(|word| word == name);
    Part::Text(if is_word || activation(name).is_some() {
        format!("({name})").into()
    } else {
        name.to_owned().into()
    })
}

fn number(value: f32) -> (u8, Vec<Part>) {
    if value.is_nan() {
        return (SUM, vec![Part::Text("inf - inf".into())]);
    }
    let strength = if value.is_sign_negative() {
        MINUS
    } else {
        WHOLE
    };
    (strength, vec![Part::Text(shortest(value).into())])
}

/// The base and the exponent of a power: see the head of `parse`.
fn power(graph: &Graph, id: NodeId, depth: u32) -> (NodeId, u32) {
    let factors = match graph.node(id) {
        Node::Call(ScalarFunction::Multiply, factors) if depth > 0 => factors,
        _ => return (id, 1),
    };
    let (left, right) = (factors[0], factors[1]);
    if left == right {
        return match power(graph, left, depth - 1) {
            (base, exponent) if 2 * exponent <= MOST_POWER => (base, 2 * exponent),
            _ => (left, 2),
        };
    }
    match exponent(graph, left, right, depth - 1) {
        Some(exponent) if exponent % 2 == 0 && exponent < MOST_POWER => (right, exponent + 1),
        _ => (id, 1),
    }
}

/// The exponent of a power of this base.
fn exponent(graph: &Graph, id: NodeId, base: NodeId, depth: u32) -> Option<u32> {
    if id == base {
        return Some(1);
    }
    let factors = match graph.node(id) {
        Node::Call(ScalarFunction::Multiply, factors) if depth > 0 => factors,
        _ => return None,
    };
    let half = exponent(graph, factors[0], base, depth - 1)?;
    match factors[1] {
        right if right == factors[0] => Some(2 * half),
        right if right == base && half % 2 == 0 => Some(half + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Activation, Expression};

    #[test]
    fn texts_are_written_as_they_are_read() {
        for text in [
            "x",
            "gelu(x + bias) * gate + residual",
            "gelu(x, approximate=tanh) - gelu_tanh_derivative(x)",
            "a - (b - c) - -2.5e-8 / (c / d)",
            "-(a + b) * -c",
            "(-x) ^ 3 / (x ^ 2 + 1) ^ 64 + -x ^ 7",
            "x ^ 3 * x",
            "(x ^ 64) ^ 2",
            "(a < b) * (c == (d != 1))",
            "elu(x, alpha=a + 1)",
            "clamp(x, 0, b) + hardtanh(x)",
            "select(a <= b, max(a, b), min(a, stop_gradient(b)))",
            "gate(value, silu(g)) + scaled(silu_derivative(x), g)",
            "prelu_derivative_weight(x, weight=w) * silu_second_derivative(x)",
            "dropout(x, p=0.5) * dropout(x, p=0.5)",
            "dropout(x, p=0.5, call=1) * dropout(x, p=0.5, call=0)",
            "dropout(x, p=0.5, call=3) + 1",
            "gelu((tanh)) + (relu) + inf * x * (inf - inf)",
            "max_derivative(a, b)",
            "-0 * x",
        ] {
            let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(expression.to_string(), text);
        }
    }

    #[test]
    fn every_activation_is_read_back() {
        for activation in Activation::ALL {
            let expression = Expression::from(*activation);
            assert_eq!(
                expression.to_string().parse(),
                Ok(expression),
                "{activation}"
            );
        }
    }

    #[test]
    fn values_that_are_used_often_do_not_fill_the_memory() {
        let mut y = Expression::operand("x");
        for _ in 0..60 {
            y = y.sigmoid() + y.tanh();
        }
        assert!(y.to_string().ends_with('…'));
    }
}
