//! The grammar of the text form: a name, and arguments in parentheses. It knows no functions.

/// A name, and what stands in parentheses after it.
pub(crate) struct Call<'a> {
    pub(crate) name: &'a str,
    pub(crate) arguments: Vec<Argument<'a>>,
}

/// `key=value`, or a value alone.
pub(crate) struct Argument<'a> {
    pub(crate) key: Option<&'a str>,
    pub(crate) value: &'a str,
}

impl<'a> Call<'a> {
    /// Reads `name` or `name(value, key=value, …)`. A value may have parentheses of its own.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut tokens = Tokens { text, at: 0 };
        let (name, mut mark) = tokens.phrase(true);
        let mut arguments = Vec::new();
        if mark == "(" {
            mark = ",";
            while mark == "," {
                let (first, after) = tokens.phrase(false);
                let (key, (value, after)) = match after {
                    "=" => (Some(first), tokens.phrase(false)),
                    _ => (None, (first, after)),
                };
                mark = after;
                match (key, value) {
                    (None, "") if mark == ")" && arguments.is_empty() => {}
                    (None, "") | (Some(""), _) => return None,
                    _ => arguments.push(Argument { key, value }),
                }
            }
            if mark != ")" {
                return None;
            }
            mark = tokens.next().unwrap_or_default();
        }
        (!name.is_empty() && mark.is_empty()).then_some(Self { name, arguments })
    }
}

/// Splits a text into words and the marks `(`, `)`, `,` and `=`.
struct Tokens<'a> {
    text: &'a str,
    /// The end of the last token.
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let is_mark = |c: char| "(),=".contains(c);
        let rest = self.text[self.at..].trim_start();
        let length = if rest.starts_with(is_mark) {
            1
        } else {
            rest.find(|c: char| is_mark(c) || c.is_whitespace())
                .unwrap_or(rest.len())
        };
        self.at = self.text.len() - rest.len() + length;
        Some(&rest[..length]).filter(|token| !token.is_empty())
    }
}

impl<'a> Tokens<'a> {
    /// Reads up to a mark, and returns what stands before it and the mark, which is empty at the
    /// end of the text. Marks in parentheses do not count. `(` ends a name.
    fn phrase(&mut self, is_name: bool) -> (&'a str, &'a str) {
        let (start, mut depth) = (self.at, 0_usize);
        loop {
            let end = self.at;
            let token = self.next().unwrap_or_default();
            match token {
                "(" if !is_name => depth += 1,
                ")" if depth > 0 => depth -= 1,
                "(" | ")" | "," | "=" if depth == 0 => {
                    return (self.text[start..end].trim(), token);
                }
                "" => return (self.text[start..end].trim(), token),
                _ => {}
            }
        }
    }
}
