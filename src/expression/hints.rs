//! Formulas that lose digits, and the functions that keep them.

use super::Expression;
use super::graph::{Graph, Node, NodeId, ScalarFunction};
use super::print::text_of;

/// A formula, the function to use instead, and the reason. The operand a stands for anything. Of
/// formulas that fit the first one counts.
const HINTS: [[&str; 3]; 8] = [
    ["a * sigmoid(a)", "silu(a)", "the product is NaN at -inf"],
    [
        "log(sigmoid(a))",
        "logsigmoid(a)",
        "the logarithm is -inf where the sigmoid underflows",
    ],
    [
        "log(1 + exp(a))",
        "softplus(a)",
        "the exponential overflows, and the sum loses small ones",
    ],
    [
        "a * tanh(softplus(a))",
        "mish(a)",
        "the product is NaN at -inf",
    ],
    ["exp(a) - 1", "expm1(a)", "near 0 the difference cancels"],
    [
        "log(1 + a)",
        "log1p(a)",
        "near 0 the sum loses the digits of its argument",
    ],
    [
        "1 / sqrt(a)",
        "rsqrt(a)",
        "the root and the quotient are rounded apart",
    ],
    [
        "1 / (1 + exp(-a))",
        "sigmoid(a)",
        "the exponential and the quotient are rounded apart",
    ],
];

impl Expression {
    /// Advice on formulas that lose digits, of which there is a function that keeps them. It is
    /// empty for most expressions.
    ///
    /// ```
    /// use wgpu_activations::Expression;
    ///
    /// let expression: Expression = "(x + 1) * sigmoid(x + 1) + residual".parse()?;
    /// assert_eq!(
    ///     expression.hints(),
    ///     ["`(x + 1) * sigmoid(x + 1)`: use `silu(x + 1)`, since the product is NaN at -inf"]
    /// );
    /// # Ok::<(), wgpu_activations::ExpressionError>(())
    /// ```
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let read = |text: &str| text.parse::<Self>().ok();
        let rows = HINTS
            .iter()
            .filter_map(|&[formula, better, reason]| Some((read(formula)?, read(better)?, reason)));
        let rows: Vec<_> = rows.collect();
        let graph = self.graph();
        let hints = graph.needed(&[self.root()]).into_iter().filter_map(|id| {
            rows.iter().find_map(|(formula, better, reason)| {
                let mut any = None;
                if !fits(formula.graph(), formula.root(), graph, id, &mut any) {
                    return None;
                }
                let any = any?;
                let mut instead = graph.clone();
                let better = instead.substitute(better.graph(), better.root(), |_, _| any);
                let [given, better] = [text_of(graph, id), text_of(&instead, better)];
                Some(format!("`{given}`: use `{better}`, since {reason}"))
            })
        });
        hints.collect()
    }
}

/// Whether a node fits a part of a formula. The operand of the formula stands for the first node
/// that it meets, which is `known` from then on.
fn fits(
    formula: &Graph,
    part: NodeId,
    graph: &Graph,
    id: NodeId,
    known: &mut Option<NodeId>,
) -> bool {
    match (formula.node(part), graph.node(id)) {
        (Node::Operand(_), _) => *known.get_or_insert(id) == id,
        (Node::Number(bits), Node::Number(other)) => bits == other,
        (Node::Call(function, parts), Node::Call(other, ids)) if function == other => {
            let before = *known;
            let mut pairs = parts.iter().zip(ids);
            if pairs.all(|(&part, &id)| fits(formula, part, graph, id, known)) {
                return true;
            }
            *known = before;
            let mut exchanged = parts.iter().zip(ids.iter().rev());
            matches!(function, ScalarFunction::Add | ScalarFunction::Multiply)
                && exchanged.all(|(&part, &id)| fits(formula, part, graph, id, known))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::HINTS;
    use crate::Expression;

    #[test]
    fn each_formula_has_its_hint() {
        for [formula, better, reason] in HINTS {
            let expression = formula.parse::<Expression>();
            let expression = expression.unwrap_or_else(|error| panic!("{error}"));
            let hint = format!("`{formula}`: use `{better}`, since {reason}");
            assert_eq!(expression.hints().last(), Some(&hint));
        }
    }

    #[test]
    fn factors_may_be_exchanged() {
        let hints = |text: &str| {
            text.parse()
                .map(|expression: Expression| expression.hints().len())
        };
        assert_eq!(hints("sigmoid(x) * x"), Ok(1));
        assert_eq!(hints("tanh(softplus(b)) * b"), Ok(1));
        for text in [
            "x * sigmoid(b)",
            "x * tanh(softplus(x, beta=2))",
            "gelu(x + bias) * x",
        ] {
            assert_eq!(hints(text), Ok(0), "{text}");
        }
    }
}
