//! Functions of four numbers, made of functions of one. Drivers for CPUs then work on four chains of arithmetic side by side, where
//! four calls would wait for each other; all others see the same operations.
//!
//! The text is the same but for this: types are vectors, numbers are vectors of four that are alike, and a branch is taken if any of the
//! four takes it. So functions of one number combine conditions by `&` and `|`, and what a branch skips makes no difference to those
//! that skip it. `f32(y)` and `u32(y)` mark a y that is one for all four.

use super::source::{Source, tokens};

/// What their names begin with.
const PREFIX: &str = "four_";

/// What a text calls `four_NAME`, for NAME in the source, and what these need.
pub(super) fn fours(source: &Source<'_>, text: &str) -> String {
    let wanted: Vec<_> = tokens(text).filter_map(|(_, token)| token.strip_prefix(PREFIX)).map(str::to_owned).collect();
    of_four(&source.with_prefix(PREFIX, &wanted))
}

fn of_four(text: &str) -> String {
    let tokens: Vec<_> = tokens(text).collect();
    let at = |i: Option<usize>| i.and_then(|i| tokens.get(i)).map_or("", |(_, token)| *token);
    let (mut vectors, mut end) = (String::new(), 0);
    for (i, &(start, token)) in tokens.iter().enumerate() {
        vectors += &text[end..start];
        end = start + token.len();
        let is_in_vector = at(i.checked_sub(1)) == "<" && at(i.checked_sub(2)).starts_with("vec");
        vectors += &match token {
            "f32" | "u32" | "bool" if !is_in_vector => format!("vec4<{token}>"),
            "if" | "while" => format!("{token} any"),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => match number {
                _ if number.ends_with('u') => format!("vec4<u32>({number})"),
                _ if number.contains(['.', 'e']) => format!("vec4<f32>({number})"),
                index => index.to_owned(),
            },
            other => other.to_owned(),
        };
    }
    vectors + &text[end..]
}
