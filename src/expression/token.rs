//! Splits a text into numbers, names, quoted words and marks.

use std::ops::Range;

use super::error::ExpressionErrorKind as Kind;
use super::parse::{Failure, Parsed};
use crate::text::parse_number;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TokenKind {
    Number(f32),
    Name,
    /// A word in Python's quotes.
    Quoted,
    Mark(&'static str),
    End,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) range: Range<usize>,
}

/// Of marks that begin alike the longest stands first.
const MARKS: [&str; 15] = [
    "<=", ">=", "==", "!=", "<", ">", "=", "+", "-", "*", "/", "^", "(", ")", ",",
];

/// The tokens of a text. The last one is its end.
pub(super) fn tokens(text: &str) -> Parsed<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        let rest = &text[at..];
        let Some(first) = rest.chars().next() else {
            break;
        };
        let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
        let (kind, length) = if let Some(mark) = mark {
            (TokenKind::Mark(mark), mark.len())
        } else if first == '\'' || first == '"' {
            let end = rest[1..].find(first);
            let end = end.ok_or_else(|| unexpected(first, at))?;
            (TokenKind::Quoted, end + 2)
        } else if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest);
            let after = rest[length..].find(|c| !is_in_name(c));
            let end = length + after.unwrap_or(rest.len() - length);
            let number = parse_number(&rest[..length]);
            let number = number.filter(|_| length == end).ok_or_else(|| {
                let text = rest[..end].to_owned();
                let is_product = parse_number(&rest[..length]).is_some()
                    && rest[length..].starts_with(|c: char| c.is_ascii_alphabetic());
                Failure::new(Kind::Number { text, is_product }, at..at + end)
            })?;
            (TokenKind::Number(number), length)
        } else if is_first_in_name(first) {
            let end = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
            match &rest[..end] {
                "inf" if !rest[end..].trim_start().starts_with('(') => {
                    (TokenKind::Number(f32::INFINITY), end)
                }
                _ => (TokenKind::Name, end),
            }
        } else {
            return Err(unexpected(first, at));
        };
        let range = at..at + length;
        at = range.end;
        tokens.push(Token { kind, range });
    }
    let (kind, end) = (TokenKind::End, text.trim_end().len());
    let range = end..end;
    tokens.push(Token { kind, range });
    Ok(tokens)
}

fn unexpected(character: char, at: usize) -> Failure {
    let range = at..at + character.len_utf8();
    Failure::new(Kind::Character { character }, range)
}

fn is_first_in_name(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

/// Whether an operand can have this name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(is_first_in_name) && text.chars().all(is_in_name) && text != "inf"
}

/// The length of the number at the beginning of a text: `1`, `2.`, `.5` or `1e-3`.
fn number_length(text: &str) -> usize {
    let digits = |at: usize| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_ascii_digit());
        at + end.unwrap_or(rest.len())
    };
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = end + 1 + sign;
        if digits(exponent) > exponent {
            end = digits(exponent);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, tokens};

    #[test]
    fn numbers_have_fractions_and_exponents() {
        for (text, number) in [
            ("1", 1.0),
            ("2.", 2.0),
            (".5", 0.5),
            ("1e-3", 1e-3),
            ("1.5E+2", 150.0),
            ("inf", f32::INFINITY),
        ] {
            let kinds = tokens(text).map(|tokens| {
                let kinds = tokens.iter().map(|token| token.kind);
                kinds.collect::<Vec<_>>()
            });
            assert_eq!(kinds, Ok(vec![TokenKind::Number(number), TokenKind::End]));
        }
    }

    #[test]
    fn a_name_has_digits_and_points() {
        let ranges = tokens("layer.1.bias+_x2").map(|tokens| {
            let ranges = tokens.into_iter().map(|token| token.range);
            ranges.collect::<Vec<_>>()
        });
        assert_eq!(ranges, Ok(vec![0..12, 12..13, 13..16, 16..16]));
    }
}
