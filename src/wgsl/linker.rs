//! A linker for WGSL: it takes declarations apart and puts together those that a kernel needs.
//!
//! It reads the texts in `shaders/` and those that this crate generates. They have no block
//! comments.

use std::collections::{BTreeSet, HashMap};

/// A function, struct, constant or variable at module scope, with the comment right above it.
#[derive(Debug)]
struct Declaration<'a> {
    name: &'a str,
    text: &'a str,
    is_function: bool,
}

/// Declarations that may need each other. If a name is declared twice, the first declaration wins:
/// so a kernel's own functions override general ones.
#[derive(Debug)]
pub(super) struct Library<'a> {
    declarations: Vec<Declaration<'a>>,
    positions: HashMap<&'a str, usize>,
}

/// A word of a declaration that may stand for another one, or for a local name.
struct Word<'a> {
    start: usize,
    text: &'a str,
    /// True if the word is called or declared as a function. Any other word that has a function's
    /// name is a local name.
    is_function: bool,
}

impl<'a> Library<'a> {
    /// The declarations of these texts.
    pub(super) fn new(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(texts.into_iter().collect())
    }

    fn of(texts: Vec<&'a str>) -> Self {
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

    /// True if there is a struct, a constant or a variable of this name.
    pub(super) fn has_other_than_function(&self, name: &str) -> bool {
        let at = self.positions.get(name);
        at.is_some_and(|&at| !self.declarations[at].is_function)
    }

    /// The module of one entry point: all that it needs, and nothing else. With all declarations
    /// naga takes 2.6 times as long.
    pub(super) fn link(&self, entry_point: &str) -> String {
        self.select(&str::to_owned, &[entry_point.to_owned()])
    }

    /// The wanted declarations and all that they need, each renamed.
    pub(super) fn select(&self, rename: &dyn Fn(&str) -> String, wanted: &[String]) -> String {
        let needed = self.needed(wanted);
        let names: BTreeSet<_> = needed
            .iter()
            .map(|&at| self.declarations[at].name)
            .filter_map(|name| Some(rename(name)).filter(|renamed| renamed != name))
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
                // A local name that a renamed declaration now has, too, gets a mark.
                if !is_ours && names.contains(word.text) {
                    renamed += "_";
                }
            }
            renamed + &text[end..] + "\n"
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// All names, in the order of the texts.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.declarations.iter().map(|declaration| declaration.name)
    }

    /// The positions of the wanted declarations and of all that they need.
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
        (word.is_function || !self.declarations[at].is_function).then_some(at)
    }
}

/// The words of a declaration, without the members of structs.
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

/// The arguments of a function, or the fields of a struct, with their types.
pub(super) fn members(declaration: &str) -> Vec<(&str, &str)> {
    let tokens: Vec<_> = tokens(declaration).collect();
    let at = |i: usize| tokens.get(i).map_or("", |(_, token)| *token);
    let (mut members, mut i) = (Vec::new(), 3);
    while at(i + 1) == ":" {
        let (name, first) = (at(i), i + 2);
        i = first;
        while !matches!(at(i), "," | ")" | "}" | "") {
            i += 1;
        }
        let end = tokens.get(i).map_or(declaration.len(), |(start, _)| *start);
        members.push((name, declaration[tokens[first].0..end].trim_end()));
        i += 1;
    }
    members
}

fn declarations_of(text: &str) -> Vec<Declaration<'_>> {
    let (mut declarations, mut depth, mut end) = (Vec::new(), 0, 0);
    let (mut first, mut before, mut keyword, mut name) = (None, "", "", None);
    for (start, token) in tokens(text) {
        let first_of_declaration = *first.get_or_insert(start);
        if depth == 0 && matches!(token, "fn" | "struct" | "const" | "var") {
            keyword = token;
        } else if depth == 0 && name.is_none() {
            // `fn NAME`, but `var<storage, read> NAME`.
            let is_name = match keyword {
                "" => false,
                "var" => before == ">",
                keyword => before == keyword,
            };
            name = is_name.then_some(token);
        }
        depth += i32::from(matches!(token, "{" | "(" | "["))
            - i32::from(matches!(token, "}" | ")" | "]"));
        before = token;
        if depth == 0 && matches!(token, "}" | ";") {
            let comment = text[end..first_of_declaration].trim_start();
            // A comment with an empty line below it speaks of the file, not of the declaration.
            let own_comment = comment.rfind("\n\n").map_or(0, |apart| apart + 2);
            let from = first_of_declaration - (comment.len() - own_comment);
            end = start + token.len();
            declarations.extend(name.map(|name| Declaration {
                name,
                text: &text[from..end],
                is_function: keyword == "fn",
            }));
            (first, keyword, name) = (None, "", None);
        }
    }
    declarations
}

/// Words, numbers and punctuation with their positions, without comments and white space.
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

/// The length of the number that the text begins with.
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

#[cfg(test)]
mod tests {
    use super::Library;

    const TEXT: &str = "// About the file.

const SIZE = 4u;
// A comment of its own.
var<workgroup> shared_values: array<f32, SIZE>;
struct Pair { hi: f32, lo: f32 }
fn sum(p: Pair) -> f32 { return p.hi + p.lo; }
fn unused() -> f32 { return 0.0; }
@compute @workgroup_size(SIZE)
fn main() { let hi = 1.0; shared_values[0] = sum(Pair(hi, 2.0)); }
";

    #[test]
    fn a_module_has_what_its_entry_point_needs() {
        let linked = Library::new([TEXT]).link("main");
        for needed in [
            "const SIZE",
            "// A comment of its own.\nvar<workgroup> shared_values",
            "struct Pair",
            "fn sum",
        ] {
            assert!(linked.contains(needed), "{needed}: {linked}");
        }
        assert!(
            !linked.contains("unused") && !linked.contains("About the file"),
            "{linked}"
        );
    }

    #[test]
    fn the_first_definition_wins() {
        let linked = Library::new(["fn sum(p: Pair) -> f32 { return p.hi; }", TEXT]).link("main");
        assert!(
            linked.contains("return p.hi;") && !linked.contains("p.lo"),
            "{linked}"
        );
    }

    #[test]
    fn local_names_give_way_to_renamed_declarations() {
        let text = "fn f(x: f32) -> f32 { let my_g = x; return g(my_g); } fn g(x: f32) -> f32 { return x; }";
        let linked = Library::new([text]).select(&|name| format!("my_{name}"), &["f".to_owned()]);
        assert!(
            linked.contains("fn my_f(x: f32) -> f32 { let my_g_ = x; return my_g(my_g_); }"),
            "{linked}"
        );
    }
}
