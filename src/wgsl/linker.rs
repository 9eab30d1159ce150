//! WGSL text as declarations: which of them others need, and with other names. For the text in `shaders/`, which has no block
//! comments and no module-scope variables where this looks.

use std::collections::{BTreeSet, HashMap};

/// A function, struct or constant of a module, with the comment right above it.
#[derive(Debug)]
struct Declaration<'a> {
    name: &'a str,
    text: &'a str,
}

/// Declarations that may need each other.
#[derive(Debug)]
pub(super) struct Library<'a> {
    declarations: Vec<Declaration<'a>>,
    positions: HashMap<&'a str, usize>,
}

/// A word of a declaration that may stand for another one, or for a local name.
struct Word<'a> {
    start: usize,
    text: &'a str,
    /// Whether it is called or declared as a function: what else has a function's name is a local one.
    is_function: bool,
}

impl<'a> Library<'a> {
    /// The declarations of these texts. Of two with the same name the first one counts.
    pub(super) fn new(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut declarations, mut positions) = (Vec::new(), HashMap::new());
        for declaration in texts.into_iter().flat_map(declarations_of) {
            positions.entry(declaration.name).or_insert_with(|| {
                declarations.push(declaration);
                declarations.len() - 1
            });
        }
        Self {
            declarations,
            positions,
        }
    }

    /// The text of the declaration with this name.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let at = *self.positions.get(name)?;
        Some(self.declarations[at].text)
    }

    /// A text behind what it needs of these declarations, and nothing else: with all of them, naga takes 2.6 times as long.
    pub(super) fn link(&self, text: &str) -> String {
        let needed = words(text)
            .into_iter()
            .filter_map(|word| self.position(&word))
            .map(|at| self.declarations[at].name);
        let needed: Vec<_> = needed.map(str::to_owned).collect();
        [&self.select(str::to_owned, &needed), "\n", text].concat()
    }

    /// These declarations and all that they need, and nothing else, each under another name.
    pub(super) fn select(&self, rename: impl Fn(&str) -> String, wanted: &[String]) -> String {
        let needed = self.needed(wanted);
        let names: BTreeSet<_> = needed
            .iter()
            .map(|&at| rename(self.declarations[at].name))
            .collect();
        let texts = needed.iter().map(|&at| {
            let text = self.declarations[at].text;
            let (mut renamed, mut end) = (String::new(), 0);
            for word in words(text) {
                renamed += &text[end..word.start];
                end = word.start + word.text.len();
                let is_ours = self.position(&word).is_some();
                renamed += &if is_ours {
                    rename(word.text)
                } else {
                    word.text.to_owned()
                };
                // A local name that is now that of a declaration.
                renamed += if !is_ours && names.contains(word.text) {
                    "_"
                } else {
                    ""
                };
            }
            renamed + &text[end..] + "\n"
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Their names, in the order of the text.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.declarations.iter().map(|declaration| declaration.name)
    }

    /// The positions of these, and of what they need.
    fn needed(&self, wanted: &[String]) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<_> = wanted
            .iter()
            .filter_map(|name| self.positions.get(name.as_str()).copied())
            .collect();
        while let Some(at) = open.pop() {
            if needed.insert(at) {
                open.extend(
                    words(self.declarations[at].text)
                        .iter()
                        .filter_map(|word| self.position(word)),
                );
            }
        }
        needed
    }

    /// The declaration that a word stands for.
    fn position(&self, word: &Word<'_>) -> Option<usize> {
        let at = *self.positions.get(word.text)?;
        (word.is_function || !is_function(self.declarations[at].text)).then_some(at)
    }
}

fn is_function(text: &str) -> bool {
    tokens(text).next().is_some_and(|(_, token)| token == "fn")
}

/// The words of a declaration that are neither members nor fields.
fn words(text: &str) -> Vec<Word<'_>> {
    let tokens: Vec<_> = tokens(text).collect();
    let is_struct = tokens.first().is_some_and(|(_, token)| *token == "struct");
    let at = |i: usize| tokens.get(i).map_or("", |(_, token)| *token);
    let mut words = Vec::new();
    for (i, &(start, text)) in tokens.iter().enumerate() {
        let before = if i == 0 { "" } else { at(i - 1) };
        if text.starts_with(is_first_of_word) && before != "." && !(is_struct && at(i + 1) == ":") {
            words.push(Word {
                start,
                text,
                is_function: before == "fn" || at(i + 1) == "(",
            });
        }
    }
    words
}

fn declarations_of(text: &str) -> Vec<Declaration<'_>> {
    let (mut declarations, mut depth) = (Vec::new(), 0);
    let (mut end, mut first, mut before, mut name) = (0, None, "", None);
    for (start, token) in tokens(text) {
        first = first.or(Some(start));
        if depth == 0 && matches!(before, "fn" | "struct" | "const") {
            name = Some(token);
        }
        depth += i32::from(matches!(token, "{" | "(" | "["))
            - i32::from(matches!(token, "}" | ")" | "]"));
        before = token;
        if depth == 0 && matches!(token, "}" | ";") {
            let comment = text[end..first.unwrap_or(start)].trim_start();
            // What stands apart from it speaks of the file.
            let comment = comment
                .rfind("\n\n")
                .map_or(comment, |apart| &comment[apart + 2..]);
            let from = first.unwrap_or(start) - comment.len();
            end = start + token.len();
            declarations.extend(name.map(|name| Declaration {
                name,
                text: &text[from..end],
            }));
            (first, name) = (None, None);
        }
    }
    declarations
}

/// Words, numbers and punctuation, with their positions.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut end = 0;
    std::iter::from_fn(move || {
        loop {
            let (start, rest) = (end, &text[end..]);
            let first = rest.chars().next()?;
            let length_of =
                |is_part: fn(char) -> bool| rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let is_comment = rest.starts_with("//");
            end += match first {
                _ if is_comment => length_of(|c| c != '\n'),
                _ if first.is_ascii_digit() => length_of_number(rest),
                _ if is_first_of_word(first) => length_of(is_part_of_word),
                _ => first.len_utf8(),
            };
            if !is_comment && !first.is_whitespace() {
                return Some((start, &text[start..end]));
            }
        }
    })
}

/// Of the number that a text begins with.
fn length_of_number(text: &str) -> usize {
    let is_end = |c: char| !is_part_of_word(c) && c != '.';
    let length = text.find(is_end).unwrap_or(text.len());
    let exponent = text[length..]
        .strip_prefix(['+', '-'])
        .filter(|_| !text.starts_with("0x") && text[..length].ends_with('e'));
    exponent.map_or(length, |digits| {
        length + 1 + digits.find(is_end).unwrap_or(digits.len())
    })
}

fn is_first_of_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_part_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
