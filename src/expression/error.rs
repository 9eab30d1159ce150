//! Why a text is no expression, and what cannot be differentiated.

use std::ops::Range;

use crate::{FunctionKind, ParseError};

/// The longest part of a line that an error shows.
const SHOWN: usize = 80;

/// Why a text is no [`Expression`](crate::Expression), or why an expression has no gradient.
///
/// The message shows the place in the text:
///
/// ```
/// use wgpu_activations::Expression;
///
/// let error = "x * sigmiod(1.5 * x)".parse::<Expression>().unwrap_err();
/// assert_eq!(error.position(), Some(4));
/// assert_eq!(
///     error.to_string(),
///     "there is no function `sigmiod`: did you mean `sigmoid`?\n\
///     \x20 x * sigmiod(1.5 * x)\n\
///     \x20     ^^^^^^^"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind}{}", place(text, range))]
#[non_exhaustive]
pub struct ExpressionError {
    /// The reason.
    pub kind: ExpressionErrorKind,
    /// The text that was parsed. It is empty if the error is about an expression, not a text.
    pub text: String,
    /// The bytes of the text that the error is about.
    pub range: Range<usize>,
}

impl ExpressionError {
    /// The byte of the text at which the error is, or `None` if the error is not about a text.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        let is_about_text = !self.text.is_empty() || self.kind == ExpressionErrorKind::Empty;
        is_about_text.then_some(self.range.start)
    }
}

impl From<ExpressionErrorKind> for ExpressionError {
    /// An error that is not about a text.
    fn from(kind: ExpressionErrorKind) -> Self {
        Self {
            kind,
            text: String::new(),
            range: 0..0,
        }
    }
}

/// The reason of an [`ExpressionError`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpressionErrorKind {
    /// There is nothing but spaces.
    #[error("the text is empty: write an expression, as `gelu(x + bias) * gate`")]
    Empty,
    /// Something stands where something else must stand.
    #[error("{wanted} is missing before {found}")]
    Unexpected {
        /// The thing that must stand there, in words.
        wanted: &'static str,
        /// The thing that stands there: a part of the text in quotes, or `the end`.
        found: String,
    },
    /// A character that is in no expression.
    #[error("`{character}` is in no expression{}", instead(*character))]
    Character {
        /// The character.
        character: char,
    },
    /// Digits that are no number.
    #[error("`{text}` is no number{}", if *is_product { ": write a product with `*`" } else { "" })]
    Number {
        /// The digits, and what follows them.
        text: String,
        /// True if a name follows a number: `2x`.
        is_product: bool,
    },
    /// There is no function of this name.
    #[error("{}", unknown_function(name, *nearest))]
    UnknownFunction {
        /// The name that was given.
        name: String,
        /// The name that was probably meant. It may be that of a gated unit or of a function along
        /// an axis, which are in no expression.
        nearest: Option<(&'static str, FunctionKind)>,
    },
    /// The parameters of an activation are wrong.
    #[error(transparent)]
    Activation(#[from] ParseError),
    /// A function has no value, and it is not the whole text.
    #[error("{function} has no value: write `{function}(x{})`", rest(parameters))]
    MissingValue {
        /// The function's name.
        function: String,
        /// The function's parameters.
        parameters: Vec<&'static str>,
    },
    /// A parameter that cannot be learned is no number.
    #[error("{function}: {parameter} must be a number, since it cannot be learned")]
    NotANumber {
        /// The function's name.
        function: &'static str,
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A function has other arguments than it takes.
    #[error("{message}: write `{signature}`")]
    Arguments {
        /// The reason.
        message: String,
        /// The function with its arguments.
        signature: String,
    },
    /// A power is not a whole number, or it is too large.
    #[error("a power must be a whole number from -64 to 64, got {found}")]
    Power {
        /// The power as it was given.
        found: String,
    },
    /// A power of a power without parentheses.
    #[error("a power of a power needs parentheses: `(x ^ 2) ^ 3`")]
    ChainedPower,
    /// A comparison of a comparison without parentheses.
    #[error("comparisons cannot be chained: compare apart, and multiply: `(a < b) * (b < c)`")]
    ChainedComparison,
    /// Too many parentheses within parentheses.
    #[error("parentheses are nested more than {most} deep")]
    TooDeep {
        /// The most that are allowed.
        most: usize,
    },
    /// The expression computes too much.
    #[error("an expression has at most {most} operands, numbers and functions")]
    TooLarge {
        /// The most that are allowed.
        most: usize,
    },
    /// The expression has no such operand.
    #[error("{}", unknown_operand(name, nearest.as_deref(), operands))]
    UnknownOperand {
        /// The name that was given.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// The names of all operands.
        operands: Vec<String>,
    },
    /// An operand has the name that the gradient of the result has.
    #[error("an operand is named `{name}`, as the gradient of the result: rename it")]
    Taken {
        /// The name.
        name: &'static str,
    },
    /// A derivative that this crate does not have.
    #[error("{function} cannot be differentiated{}", with_respect_to(parameter.as_deref()))]
    NoDerivative {
        /// The function's name.
        function: String,
        /// The parameter that the derivative would be with respect to, or `None` for the value.
        parameter: Option<String>,
    },
}

fn instead(character: char) -> &'static str {
    match character {
        '×' | '·' | '∙' | '⋅' => ": write a product with `*`",
        '−' | '–' => ": write a difference with `-`",
        '÷' => ": write a quotient with `/`",
        '²' | '³' => ": write a power with `^`",
        '≤' => ": write `<=`",
        '≥' => ": write `>=`",
        '≠' | '!' => ": write `!=` to compare",
        '\'' | '"' => " without another one behind it",
        _ => "",
    }
}

fn rest(parameters: &[&str]) -> String {
    parameters.iter().map(|name| format!(", {name}")).collect()
}

fn unknown_function(name: &str, nearest: Option<(&str, FunctionKind)>) -> String {
    match nearest {
        Some((nearest, FunctionKind::Activation)) => {
            format!("there is no function `{name}`: did you mean `{nearest}`?")
        }
        Some((nearest, FunctionKind::Glu)) => format!(
            "`{nearest}` is a gated unit, which an expression writes as `gate(value, activation)`"
        ),
        Some((nearest, FunctionKind::AlongAxis)) => format!(
            "`{nearest}` is a function along an axis, but expressions compute each element apart"
        ),
        Some((nearest, FunctionKind::Loss)) => format!(
            "`{nearest}` is a loss of whole rows, but expressions compute each element apart"
        ),
        None => format!(
            "there is no function `{name}`: `Activation::list()` and docs/activations.md have all"
        ),
    }
}

fn unknown_operand(name: &str, nearest: Option<&str>, operands: &[String]) -> String {
    match (nearest, operands) {
        (Some(nearest), _) => format!("there is no operand `{name}`: did you mean `{nearest}`?"),
        (None, []) => format!("there is no operand `{name}`: the expression has none"),
        (None, _) => format!(
            "there is no operand `{name}`: there are {}",
            operands.join(", ")
        ),
    }
}

fn with_respect_to(parameter: Option<&str>) -> String {
    parameter.map_or_else(String::new, |name| format!(" with respect to {name}"))
}

/// The line of the text, and below it the mark. Of a long line the part around the place is shown.
fn place(text: &str, range: &Range<usize>) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let start = text[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[range.start..].find('\n');
    let end = end.map_or(text.len(), |end| range.start + end);
    let count = |text: &str| text.chars().count();
    let (before, marked) = (
        count(&text[start..range.start]),
        count(&text[range.start..range.end.min(end)]),
    );
    let skipped = before.saturating_sub(SHOWN / 2);
    let (left, line) = (if skipped > 0 { "…" } else { "" }, &text[start..end]);
    let right = if count(line) > skipped + SHOWN {
        "…"
    } else {
        ""
    };
    let shown: String = line.chars().skip(skipped).take(SHOWN).collect();
    let shown = shown.replace(|c: char| c.is_whitespace() || c.is_control(), " ");
    let shown = format!("{left}{shown}{right}");
    let spaces = " ".repeat(before - skipped + count(left));
    let most = count(&shown).saturating_sub(spaces.len());
    let marks = "^".repeat(marked.min(most).max(1));
    format!("\n  {}\n  {spaces}{marks}", shown.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{ExpressionError, ExpressionErrorKind};

    #[test]
    fn the_place_is_marked_in_long_lines_and_among_lines() {
        let message = |text: &str, range| {
            let kind = ExpressionErrorKind::ChainedPower;
            let text = text.to_owned();
            let error = ExpressionError { kind, text, range };
            let message = error.to_string();
            let (_, place) = message.split_once('\n').unwrap_or_default();
            place.to_owned()
        };
        assert_eq!(message("a +\n\tb ^ c\n+ d", 7..8), "   b ^ c\n     ^");
        assert_eq!(message("ä ^ 2 ^ 3", 7..8), "  ä ^ 2 ^ 3\n        ^");
        assert_eq!(message("a +", 3..3), "  a +\n     ^");
        let long = "x".repeat(500);
        let (line, mark) = (
            format!("  …{}…", "x".repeat(80)),
            format!("  {}^^", " ".repeat(41)),
        );
        assert_eq!(message(&long, 200..202), format!("{line}\n{mark}"));
    }
}
