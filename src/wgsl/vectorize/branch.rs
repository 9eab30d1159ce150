//! Branches, which stay scalar: each lane takes its own.

use std::ops::Range;

use super::{Local, Translator, Untranslatable, is_constant, is_first_of_word};

/// Words that a branch may have besides names.
const WORDS: &str = "bitcast bool break continue else f32 false for i32 if let true u32 var while";

impl Translator<'_> {
    /// An `if`, for one lane after the other.
    pub(super) fn branch(&mut self) -> Result<(), Untranslatable> {
        let mut depth = 0;
        let is_end = |position: &usize| {
            let token = self.token(*position);
            depth += i32::from(token == "{") - i32::from(token == "}");
            token == "}" && depth == 0
        };
        let Some(last) = (self.next..self.tokens.len()).find(is_end) else {
            return self.refuse("an `if` without an end");
        };
        if self.token(last + 1) == "else" {
            return self.refuse_at(last + 1, "`else`");
        }
        let lanes: Result<Vec<_>, _> = ["x", "y", "z", "w"]
            .iter()
            .map(|lane| self.lane(self.next..last + 1, lane))
            .collect();
        let lanes = lanes?.join("\n  ");
        self.replace(&lanes);
        (self.next, self.end) = (last + 1, self.tokens[last].0 + 1);
        Ok(())
    }

    /// A branch for one lane. Names that the function declares outside of it get this component.
    fn lane(&self, range: Range<usize>, lane: &str) -> Result<String, Untranslatable> {
        let is_declared = |name| {
            range
                .clone()
                .any(|i| matches!(self.token(i), "let" | "var") && self.token(i + 1) == name)
        };
        let (mut one, mut end, mut is_of_lanes) =
            (String::new(), self.tokens[range.start].0, false);
        for i in range.clone() {
            let (start, token) = self.tokens[i];
            one += &self.text[end..start];
            one += token;
            end = start + token.len();
            if !token.starts_with(is_first_of_word) {
                continue;
            }
            let following = self.token(i + 1);
            // The last of `e.t` is a lane's, if `e` is from outside.
            if self.token(i - 1) != "." {
                let local = self.locals.get(token);
                let is_of_branch = is_declared(token);
                if is_of_branch && local.is_some() {
                    return self.refuse_at(i, &format!("a second `{token}`"));
                }
                is_of_lanes = local == Some(&Local::Lanes) && following != "(";
                let is_known = is_of_branch
                    || local.is_some()
                    || matches!(following, "(" | ".")
                    || WORDS.split(' ').any(|word| word == token)
                    || self.library.get(token).is_some_and(is_constant);
                if !is_known || token == "return" {
                    return self.refuse_at(i, &format!("`{token}` in a branch"));
                }
            }
            if is_of_lanes && following != "." {
                one += &format!(".{lane}");
            }
        }
        Ok(one)
    }
}
