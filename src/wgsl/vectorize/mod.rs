//! Makes functions of four lanes from functions of one. Drivers for CPUs then work on four chains
//! of arithmetic side by side, where four calls would wait for each other; all others see the same
//! operations.
//!
//! Scalar types become vec4, literals and constants are splatted, and an `if` becomes four scalar
//! branches, one per lane: branches are for what is rare, so that few threads wait for few.
//! Module-scope variables and parameters of a vector type have the same value in all lanes.
//! Everything else is refused: conditions are combined by `&` and `|`, and loops stand in branches.

mod branch;
mod lanes;

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Display, Formatter};

use super::linker::{Library, tokens};

/// The end of the names of functions and structs of four lanes.
const SUFFIX: &str = "_vec4";

/// Built-in functions that work on each component of a vector alone.
const COMPONENTWISE: &str = "abs bitcast clamp exp2 inverseSqrt max min select";

/// The order in which functions of four lanes compute these. It changes no result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum LaneOrder {
    /// Each step for all lanes. It is quickest where one thread waits for its own results, as on
    /// software drivers. But each value takes four registers.
    #[default]
    SideBySide,
    /// One lane after the other.
    OneByOne,
}

/// A construct that has no translation, and its line in the declaration, whose first line is that
/// of the comment above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untranslatable {
    pub(super) declaration: String,
    pub(super) line: usize,
    pub(super) construct: String,
}

impl Display for Untranslatable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            declaration,
            line,
            construct,
        } = self;
        write!(
            f,
            "`{declaration}`, line {line}: {construct} cannot be vectorized"
        )
    }
}

/// The functions `NAME_vec4` that the text calls, each made of `NAME` in the library, with all
/// functions and structs of four lanes that they need. Those that the library has are left to it.
pub(super) fn vectorize(
    library: &Library<'_>,
    text: &str,
    order: LaneOrder,
) -> Result<String, Untranslatable> {
    let wanted = tokens(text).filter_map(|(_, token)| token.strip_suffix(SUFFIX));
    let mut open: Vec<_> = wanted.map(str::to_owned).collect();
    let (mut seen, mut vectors) = (BTreeSet::new(), Vec::new());
    while let Some(name) = open.pop() {
        let is_given = library.get(&[&name, SUFFIX].concat()).is_some();
        if let Some(declaration) = library.get(&name)
            && !is_given
            && seen.insert(name)
        {
            let (text, mut needed) = match order {
                LaneOrder::OneByOne if keyword(declaration) == "fn" => {
                    lanes::one_by_one(library, declaration)?
                }
                _ => side_by_side(library, declaration)?,
            };
            vectors.push(text);
            open.append(&mut needed);
        }
    }
    Ok(vectors.join("\n"))
}

/// A function or a struct of four lanes, and the names of those that it needs.
fn side_by_side(
    library: &Library<'_>,
    declaration: &str,
) -> Result<(String, Vec<String>), Untranslatable> {
    let mut translator = Translator::new(library, declaration);
    translator.declaration()?;
    Ok((translator.output + "\n", translator.needed))
}

/// The kind of a name that a function declares.
#[derive(Clone, Copy, PartialEq)]
enum Local {
    /// It has a value for each lane.
    Lanes,
    /// Its value, a vector, is the same in all lanes.
    Uniform,
}

struct Translator<'a> {
    library: &'a Library<'a>,
    text: &'a str,
    tokens: Vec<(usize, &'a str)>,
    /// The position of the next token.
    next: usize,
    /// The end of the text that has been translated.
    end: usize,
    output: String,
    locals: HashMap<&'a str, Local>,
    needed: Vec<String>,
}

impl<'a> Translator<'a> {
    fn new(library: &'a Library<'a>, text: &'a str) -> Self {
        Self {
            library,
            text,
            tokens: tokens(text).collect(),
            next: 0,
            end: 0,
            output: String::new(),
            locals: HashMap::new(),
            needed: Vec::new(),
        }
    }

    fn token(&self, position: usize) -> &'a str {
        self.tokens.get(position).map_or("", |(_, token)| *token)
    }

    fn peek(&self) -> &'a str {
        self.token(self.next)
    }

    fn refuse<T>(&self, construct: &str) -> Result<T, Untranslatable> {
        self.refuse_at(self.next, construct)
    }

    fn refuse_at<T>(&self, position: usize, construct: &str) -> Result<T, Untranslatable> {
        let start = self
            .tokens
            .get(position)
            .map_or(self.text.len(), |(start, _)| *start);
        Err(Untranslatable {
            declaration: self.token(1).to_owned(),
            line: 1 + self.text[..start].matches('\n').count(),
            construct: construct.to_owned(),
        })
    }

    /// Replaces the next token; what stands before it stays.
    fn replace(&mut self, with: &str) {
        if let Some(&(start, token)) = self.tokens.get(self.next) {
            self.output += &self.text[self.end..start];
            self.output += with;
            self.end = start + token.len();
            self.next += 1;
        }
    }

    fn copy(&mut self) -> &'a str {
        let token = self.peek();
        self.replace(token);
        token
    }

    fn expect(&mut self, token: &str) -> Result<(), Untranslatable> {
        if self.peek() != token {
            return self.refuse(&format!("`{}` where `{token}` should be", self.peek()));
        }
        self.copy();
        Ok(())
    }

    /// The name of a function or of a struct of the library, which is needed for four lanes.
    fn vec4_of(&mut self, name: &str) {
        self.needed.push(name.to_owned());
        self.replace(&[name, SUFFIX].concat());
    }

    fn declaration(&mut self) -> Result<(), Untranslatable> {
        let kind = self.copy();
        let name = [self.peek(), SUFFIX].concat();
        self.replace(&name);
        match kind {
            "struct" => self.fields(),
            "fn" => self.function(),
            _ => self.refuse_at(0, &format!("`{kind}`")),
        }
    }

    fn fields(&mut self) -> Result<(), Untranslatable> {
        self.expect("{")?;
        while self.peek() != "}" {
            // Else an `.x` that stands for a lane could stand for the field.
            if matches!(self.peek(), "x" | "y" | "z" | "w") {
                return self.refuse(&format!("a field `{}`", self.peek()));
            }
            self.copy();
            self.expect(":")?;
            self.type_of()?;
            if self.peek() == "," {
                self.copy();
            }
        }
        self.expect("}")
    }

    fn function(&mut self) -> Result<(), Untranslatable> {
        self.expect("(")?;
        while self.peek() != ")" {
            let is_vector = self.token(self.next + 2).starts_with("vec");
            self.declare(if is_vector {
                Local::Uniform
            } else {
                Local::Lanes
            })?;
            self.expect(":")?;
            if is_vector {
                while !matches!(self.peek(), "," | ")" | "") {
                    self.copy();
                }
            } else {
                self.type_of()?;
            }
            if self.peek() == "," {
                self.copy();
            }
        }
        self.expect(")")?;
        self.expect("-")?;
        self.expect(">")?;
        self.type_of()?;
        self.expect("{")?;
        while self.peek() != "return" {
            self.statement()?;
        }
        self.copy();
        self.expression(";")?;
        self.expect("}")
    }

    /// A name that the function declares.
    fn declare(&mut self, kind: Local) -> Result<(), Untranslatable> {
        let name = self.peek();
        if self.library.get(name).is_some_and(is_constant) {
            return self.refuse(&format!("`{name}`, which is a constant's name, too,"));
        }
        self.locals.insert(name, kind);
        self.copy();
        Ok(())
    }

    fn type_of(&mut self) -> Result<(), Untranslatable> {
        match self.peek() {
            scalar @ ("f32" | "i32" | "u32" | "bool") => self.replace(&format!("vec4<{scalar}>")),
            name => match self.library.get(name).map(keyword) {
                Some("struct") => self.vec4_of(name),
                _ => return self.refuse(&format!("the type `{name}`")),
            },
        }
        Ok(())
    }

    fn statement(&mut self) -> Result<(), Untranslatable> {
        match self.peek() {
            "if" => return self.branch(),
            "let" | "var" => {
                self.copy();
                self.declare(Local::Lanes)?;
                if self.peek() == ":" {
                    self.copy();
                    self.type_of()?;
                }
            }
            "_" => _ = self.copy(),
            name if self.locals.get(name) == Some(&Local::Lanes) => {
                self.copy();
                while self.peek() == "." {
                    self.copy();
                    self.copy();
                }
            }
            other => return self.refuse(&format!("`{other}` at the beginning of a statement")),
        }
        self.expect("=")?;
        self.expression(";")
    }

    /// An expression and the token that ends it.
    fn expression(&mut self, end: &str) -> Result<(), Untranslatable> {
        while self.peek() != end {
            let token = self.peek();
            match token.chars().next() {
                Some(c) if c.is_ascii_digit() => self.number(token)?,
                Some(c) if is_first_of_word(c) => self.word(token)?,
                Some('&' | '|') if self.is_doubled() => {
                    return self.refuse(&format!("`{token}{token}`"));
                }
                Some('&' | '*') if self.is_prefix() => {
                    return self.refuse(&format!("the pointer operator `{token}`"));
                }
                Some(c) if "(),+-*/%&|^~!<>=".contains(c) => _ = self.copy(),
                Some('.') => {
                    self.copy();
                    self.copy();
                }
                _ => return self.refuse(&format!("`{token}` in an expression")),
            }
        }
        self.copy();
        Ok(())
    }

    /// True if the next token follows right behind itself.
    fn is_doubled(&self) -> bool {
        let start = |position| self.tokens.get(position).map(|(start, _)| *start);
        self.token(self.next + 1) == self.peek()
            && start(self.next + 1) == start(self.next).map(|start| start + 1)
    }

    /// True if the next token has no operand before it.
    fn is_prefix(&self) -> bool {
        let before = self.token(self.next.saturating_sub(1));
        before == "return" || before.starts_with(|c| "(,+-*/%&|^~!<>=".contains(c))
    }

    fn number(&mut self, number: &str) -> Result<(), Untranslatable> {
        let is_float = !number.starts_with("0x") && number.contains(['.', 'e', 'f']);
        let scalar = match number {
            _ if number.ends_with('i') => "i32",
            _ if number.ends_with('u') => "u32",
            _ if is_float && !number.ends_with('h') => "f32",
            _ => return self.refuse(&format!("the number `{number}`")),
        };
        self.replace(&format!("vec4<{scalar}>({number})"));
        Ok(())
    }

    fn word(&mut self, word: &'a str) -> Result<(), Untranslatable> {
        let following = self.token(self.next + 1);
        let declared = self.library.get(word);
        let is_call = following == "(" || word == "bitcast";
        match (word, declared) {
            ("f32" | "i32" | "u32" | "bool", _) => self.replace(&format!("vec4<{word}>")),
            ("true" | "false", _) => self.replace(&format!("vec4<bool>({word})")),
            (_, Some(text)) if is_call && !is_constant(text) => self.vec4_of(word),
            _ if is_call && COMPONENTWISE.split(' ').any(|name| name == word) => _ = self.copy(),
            _ if is_call => return self.refuse(&format!("a call of `{word}`")),
            _ if self.locals.get(word) == Some(&Local::Lanes) => _ = self.copy(),
            (_, Some(text)) if is_constant(text) => {
                let Some(scalar) = scalar_of_constant(text) else {
                    return self.refuse(&format!("the constant `{word}`, whose type is not said,"));
                };
                self.replace(&format!("vec4<{scalar}>({word})"));
            }
            _ if following == "." || self.locals.contains_key(word) => return self.uniform(),
            _ => return self.refuse(&format!("`{word}`")),
        }
        Ok(())
    }

    /// A parameter of a vector type or a variable of the module. It has to be an argument or a
    /// component, so that arithmetic never combines lanes with a vector that is none.
    fn uniform(&mut self) -> Result<(), Untranslatable> {
        let first = self.next;
        let mut last = self.copy();
        while matches!(self.peek(), "." | "[") {
            let is_index = self.copy() == "[";
            last = self.copy();
            if is_index {
                self.expect("]")?;
                last = "]";
            }
        }
        let is_component = matches!(last, "]" | "x" | "y" | "z" | "w");
        let before = self.token(first - 1);
        let is_called = self
            .token(first.saturating_sub(2))
            .starts_with(is_first_of_word);
        let is_argument =
            (before == "," || before == "(" && is_called) && matches!(self.peek(), "," | ")");
        if !(is_component || is_argument) {
            let name = self.token(first);
            return self.refuse_at(first, &format!("`{name}`, which is the same in all lanes,"));
        }
        Ok(())
    }
}

/// The word that a declaration begins with.
fn keyword(declaration: &str) -> &str {
    tokens(declaration).next().map_or("", |(_, token)| token)
}

fn is_first_of_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_constant(declaration: &str) -> bool {
    keyword(declaration) == "const"
}

fn scalar_of_constant(declaration: &str) -> Option<&str> {
    let mut tokens = tokens(declaration).map(|(_, token)| token).skip(2);
    (tokens.next() == Some(":"))
        .then(|| tokens.next())
        .flatten()
        .filter(|scalar| matches!(*scalar, "f32" | "i32" | "u32" | "bool"))
}

#[cfg(test)]
mod tests;
