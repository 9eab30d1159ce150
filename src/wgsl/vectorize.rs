//! Functions of four numbers, made of functions of one. Drivers for CPUs then work on four chains
//! of arithmetic side by side, where four calls would wait for each other; all others see the same
//! operations.
//!
//! The text is the same but for this: types are vectors, numbers are vectors of four that are
//! alike, and a branch is taken for each of the four apart, with functions of one, since it is for
//! what is rare: few threads then wait for few. So functions of one number combine conditions by
//! `&` and `|`, and loop in branches only. `f32(y)` and `u32(y)` mark a y that is one for all four.

use super::linker::{Library, tokens};

/// What their names end with.
const SUFFIX: &str = "_vec4";

/// What a text calls `four_NAME`, for NAME in the source, and what these need.
pub(super) fn vectorize(library: &Library<'_>, text: &str) -> String {
    let wanted: Vec<_> = tokens(text)
        .filter_map(|(_, token)| token.strip_suffix(SUFFIX))
        .map(str::to_owned)
        .collect();
    of_four(&library.select(|name| [name, SUFFIX].concat(), &wanted))
}

/// A token and where it is.
type Token<'a> = (usize, &'a str);

/// A token's text, and none where there is no token.
fn at<'a>(tokens: &[Token<'a>], i: Option<usize>) -> &'a str {
    i.and_then(|i| tokens.get(i))
        .map_or("", |(_, token)| *token)
}

fn of_four(text: &str) -> String {
    let tokens: Vec<_> = tokens(text).collect();
    let (mut vectors, mut end, mut i) = (String::new(), 0, 0);
    while let Some(&(start, token)) = tokens.get(i) {
        vectors += &text[end..start];
        let is_in_vector = at(&tokens, i.checked_sub(1)) == "<"
            && at(&tokens, i.checked_sub(2)).starts_with("vec");
        vectors += &match token {
            "if" => {
                let branch = branch(&tokens[i..]);
                i += branch.len() - 1;
                "xyzw"
                    .chars()
                    .map(|component| of_one(text, branch, component))
                    .collect::<Vec<_>>()
                    .join("\n  ")
            }
            "f32" | "u32" | "bool" if !is_in_vector => format!("vec4<{token}>"),
            number if number.starts_with(|c: char| c.is_ascii_digit()) => match number {
                _ if number.ends_with('u') => format!("vec4<u32>({number})"),
                _ if number.contains(['.', 'e']) => format!("vec4<f32>({number})"),
                index => index.to_owned(),
            },
            other => other.to_owned(),
        };
        end = tokens[i].0 + tokens[i].1.len();
        i += 1;
    }
    vectors + &text[end..]
}

/// An `if` that tokens begin with, to the end of its block.
fn branch<'a>(tokens: &'a [Token<'a>]) -> &'a [Token<'a>] {
    let mut depth = 0;
    let is_end = |&(_, token): &Token<'_>| {
        depth += i32::from(token == "{") - i32::from(token == "}");
        token == "}" && depth == 0
    };
    let end = tokens.iter().position(is_end);
    end.map_or(tokens, |end| &tokens[..=end])
}

/// A branch for one of the four: what is declared outside of it has this component.
fn of_one(text: &str, branch: &[Token<'_>], component: char) -> String {
    let is_declared = |name| {
        let is_it = |pair: &[Token<'_>]| matches!(pair[0].1, "let" | "var") && pair[1].1 == name;
        branch.windows(2).any(is_it)
    };
    let (mut one, mut end, mut is_of_outside) = (String::new(), branch[0].0, false);
    for (i, &(start, token)) in branch.iter().enumerate() {
        one += &text[end..start];
        end = start + token.len();
        one += token.strip_suffix(SUFFIX).unwrap_or(token);
        let next = at(branch, Some(i + 1));
        let is_keyword = matches!(
            token,
            "if" | "else" | "let" | "var" | "bitcast" | "f32" | "u32" | "bool"
        );
        let is_name =
            token.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_keyword && next != "(";
        // The last of `e.t` is a component's, if e is from outside.
        if at(branch, i.checked_sub(1)) != "." {
            is_of_outside = is_name && !token.ends_with(SUFFIX) && !is_declared(token);
        }
        if is_name && is_of_outside && next != "." {
            one += &format!(".{component}");
        }
    }
    one
}
