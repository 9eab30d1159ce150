//! The functions of texts as trees: the grammar of what `shaders/` and the emitter write. What it
//! does not know stays text.

use std::fmt::{self, Display, Formatter};

use super::super::linker::tokens;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// A literal, with its suffix.
    Number(String),
    /// A local name, a constant, `true` or `false`.
    Name(String),
    /// A call of a function, of a built-in one, or of a type: `bitcast<u32>(x)`.
    Call(String, Vec<Expr>),
    Member(Box<Expr>, String),
    Unary(char, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// `let name: type = value;`, or `var`.
    Declare {
        is_variable: bool,
        name: String,
        ty: Option<String>,
        value: Expr,
    },
    Assign(Expr, Expr),
    If(Expr, Vec<Commented>),
    While(Expr, Vec<Commented>),
    Return(Expr),
}

/// A statement behind its comment, which is empty or ends with a new line.
#[derive(Clone, Debug)]
pub(super) struct Commented {
    pub(super) comment: String,
    pub(super) statement: Statement,
}

#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) comment: String,
    pub(super) name: String,
    /// Names and types.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) result: String,
    pub(super) body: Vec<Commented>,
}

/// Binary operators, from those that bind least.
const LEVELS: [&[&str]; 7] = [
    &["|"],
    &["^"],
    &["&"],
    &["==", "!=", "<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];
const SUMS: usize = 5;

fn level(operator: &str) -> usize {
    let is_there = |level: &[&str]| level.contains(&operator);
    LEVELS.iter().position(|level| is_there(level)).unwrap_or(0)
}

impl Expr {
    pub(super) fn name(text: impl Into<String>) -> Self {
        Self::Name(text.into())
    }

    /// The parts of the expression.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Name(_) => Vec::new(),
            Self::Call(_, arguments) => arguments.iter().collect(),
            Self::Member(inner, _) | Self::Unary(_, inner) => vec![inner],
            Self::Binary(_, left, right) => vec![left, right],
        }
    }

    /// The same with other parts.
    pub(super) fn with_parts(self, change: &mut dyn FnMut(Self) -> Self) -> Self {
        match self {
            Self::Number(_) | Self::Name(_) => self,
            Self::Call(name, arguments) => {
                Self::Call(name, arguments.into_iter().map(change).collect())
            }
            Self::Member(inner, field) => Self::Member(Box::new(change(*inner)), field),
            Self::Unary(operator, inner) => Self::Unary(operator, Box::new(change(*inner))),
            Self::Binary(operator, left, right) => {
                Self::Binary(operator, Box::new(change(*left)), Box::new(change(*right)))
            }
        }
    }

    /// Visits the expression and all in it.
    pub(super) fn visit<'a>(&'a self, seen: &mut dyn FnMut(&'a Self)) {
        seen(self);
        for part in self.parts() {
            part.visit(seen);
        }
    }
}

impl Function {
    /// Visits all expressions, with all in them.
    pub(super) fn visit<'a>(&'a self, seen: &mut dyn FnMut(&'a Expr)) {
        visit(&self.body, seen);
    }
}

pub(super) fn visit<'a>(body: &'a [Commented], seen: &mut dyn FnMut(&'a Expr)) {
    for Commented { statement, .. } in body {
        match statement {
            Statement::Declare { value, .. } | Statement::Return(value) => value.visit(seen),
            Statement::Assign(target, value) => {
                target.visit(seen);
                value.visit(seen);
            }
            Statement::If(condition, body) | Statement::While(condition, body) => {
                condition.visit(seen);
                visit(body, seen);
            }
        }
    }
}

// ---------------------------------------------------------------- reading

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<(usize, &'a str)>,
    next: usize,
}

/// Reads a function. `None` if there is anything that the grammar does not know.
pub(super) fn function(text: &str) -> Option<Function> {
    let tokens = tokens(text).collect();
    let mut reader = Reader {
        text,
        tokens,
        next: 0,
    };
    let comment = text[..reader.tokens.first()?.0].to_owned();
    reader.expect("fn")?;
    let name = reader.word()?;
    reader.expect("(")?;
    let mut parameters = Vec::new();
    while !reader.is_next(")") {
        let name = reader.word()?;
        reader.expect(":")?;
        parameters.push((name, reader.type_of()?));
        reader.is_next(",");
    }
    reader.expect("-")?;
    reader.expect(">")?;
    let result = reader.type_of()?;
    reader.expect("{")?;
    let body = reader.body()?;
    (reader.next == reader.tokens.len()).then_some(Function {
        comment,
        name,
        parameters,
        result,
        body,
    })
}

/// Reads a number, and its sign.
pub(super) fn literal(text: &str) -> Option<Expr> {
    let mut reader = Reader {
        text,
        tokens: tokens(text).collect(),
        next: 0,
    };
    let value = reader.unary()?;
    let is_literal = match &value {
        Expr::Unary('-', inner) => matches!(**inner, Expr::Number(_)),
        Expr::Name(name) => name == "true" || name == "false",
        other => matches!(other, Expr::Number(_)),
    };
    (is_literal && reader.next == reader.tokens.len()).then_some(value)
}

impl<'a> Reader<'a> {
    fn peek(&self) -> &'a str {
        self.tokens.get(self.next).map_or("", |(_, token)| *token)
    }

    /// Takes the token if it is next.
    fn is_next(&mut self, token: &str) -> bool {
        let is_next = self.peek() == token;
        self.next += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        self.is_next(token).then_some(())
    }

    fn is_word(&self) -> bool {
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
        self.peek().starts_with(is_first)
    }

    fn word(&mut self) -> Option<String> {
        let word = self.is_word().then(|| self.peek().to_owned());
        self.next += 1;
        word
    }

    /// A name, or a name with a name in angle brackets.
    fn type_of(&mut self) -> Option<String> {
        let mut name = self.word()?;
        if self.is_next("<") {
            name = format!("{name}<{}>", self.word()?);
            self.expect(">")?;
        }
        Some(name)
    }

    /// The statements before a brace, and the brace.
    fn body(&mut self) -> Option<Vec<Commented>> {
        let mut body = Vec::new();
        loop {
            let end = self.next.checked_sub(1).map_or(0, |last| {
                let (start, token) = self.tokens[last];
                start + token.len()
            });
            let start = self.tokens.get(self.next)?.0;
            if self.is_next("}") {
                return Some(body);
            }
            let comment = self.text[end..start].lines().map(str::trim);
            let comment = comment.filter(|line| line.starts_with("//"));
            let comment = comment.map(|line| format!("{line}\n")).collect();
            if let Some(statement) = self.statement()? {
                body.push(Commented { comment, statement });
            }
        }
    }

    /// A statement, or nothing if it has no effect.
    fn statement(&mut self) -> Option<Option<Statement>> {
        let statement = match self.peek() {
            "let" | "var" => {
                let is_variable = self.word()? == "var";
                let name = self.word()?;
                let ty = match self.is_next(":") {
                    true => Some(self.type_of()?),
                    false => None,
                };
                self.expect("=")?;
                let value = self.expression(0)?;
                Statement::Declare {
                    is_variable,
                    name,
                    ty,
                    value,
                }
            }
            "if" => {
                self.next += 1;
                let condition = self.expression(0)?;
                self.expect("{")?;
                let body = self.body()?;
                if self.peek() == "else" {
                    return None;
                }
                return Some(Some(Statement::If(condition, body)));
            }
            "while" => {
                self.next += 1;
                let condition = self.expression(0)?;
                self.expect("{")?;
                return Some(Some(Statement::While(condition, self.body()?)));
            }
            "return" => {
                self.next += 1;
                Statement::Return(self.expression(0)?)
            }
            "_" => {
                self.next += 1;
                self.expect("=")?;
                self.expression(0)?;
                self.expect(";")?;
                return Some(None);
            }
            _ => {
                let target = self.unary()?;
                self.expect("=")?;
                Statement::Assign(target, self.expression(0)?)
            }
        };
        self.expect(";")?;
        Some(Some(statement))
    }

    /// An expression of operators of this level or a higher one.
    fn expression(&mut self, least: usize) -> Option<Expr> {
        if least == LEVELS.len() {
            return self.unary();
        }
        let mut left = self.expression(least + 1)?;
        while let Some(operator) = self.operator(LEVELS[least]) {
            let right = self.expression(least + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Some(left)
    }

    /// Takes the next operator if it is one of these. The characters of one stand side by side.
    fn operator(&mut self, of: &[&'static str]) -> Option<&'static str> {
        let (start, _) = *self.tokens.get(self.next)?;
        let rest = &self.text[start..];
        let is_mark = |c: char| "|^&=!<>+-*/%".contains(c);
        let length = rest.find(|c| !is_mark(c))?;
        let given = match &rest[..length] {
            // `a*-b`
            marks if marks.len() > 1 && marks.ends_with('-') => &marks[..marks.len() - 1],
            marks => marks,
        };
        let operator = of.iter().find(|operator| **operator == given)?;
        self.next += operator.len();
        Some(operator)
    }

    fn unary(&mut self) -> Option<Expr> {
        for operator in ['-', '!', '~'] {
            if self.is_next(operator.encode_utf8(&mut [0; 4])) {
                return Some(Expr::Unary(operator, Box::new(self.unary()?)));
            }
        }
        let mut value = if self.is_next("(") {
            let inner = self.expression(0)?;
            self.expect(")")?;
            inner
        } else if self.peek().starts_with(|c: char| c.is_ascii_digit()) {
            self.next += 1;
            Expr::Number(self.tokens[self.next - 1].1.to_owned())
        } else {
            let is_type = matches!(self.peek(), "bitcast" | "vec2" | "vec3" | "vec4");
            let name = if is_type { self.type_of() } else { self.word() }?;
            if self.is_next("(") {
                let mut arguments = Vec::new();
                while !self.is_next(")") {
                    arguments.push(self.expression(0)?);
                    if !self.is_next(",") && self.peek() != ")" {
                        return None;
                    }
                }
                Expr::Call(name, arguments)
            } else {
                Expr::Name(name)
            }
        };
        while self.is_next(".") {
            value = Expr::Member(Box::new(value), self.word()?);
        }
        Some(value)
    }
}

// ---------------------------------------------------------------- writing

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(text) | Self::Name(text) => f.write_str(text),
            Self::Call(name, arguments) => {
                let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
                write!(f, "{name}({})", arguments.join(", "))
            }
            Self::Member(inner, field) => match **inner {
                Self::Unary(..) | Self::Binary(..) => write!(f, "({inner}).{field}"),
                _ => write!(f, "{inner}.{field}"),
            },
            Self::Unary(operator, inner) => match **inner {
                Self::Unary(..) | Self::Binary(..) => write!(f, "{operator}({inner})"),
                _ => write!(f, "{operator}{inner}"),
            },
            Self::Binary(operator, left, right) => {
                let own = level(operator);
                // WGSL wants parentheses wherever operators of two kinds meet, but for sums of
                // products, and comparisons of these.
                let is_arithmetic = own >= SUMS || own == 3;
                let bare = |side: &Self, is_left: bool| match side {
                    Self::Binary(other, ..) if level(other) == own => {
                        is_left && !matches!(own, 3 | 4)
                    }
                    Self::Binary(other, ..) => is_arithmetic && level(other) >= SUMS.max(own),
                    _ => true,
                };
                let side = |side: &Self, is_left| match bare(side, is_left) {
                    true => side.to_string(),
                    false => format!("({side})"),
                };
                write!(f, "{} {operator} {}", side(left, true), side(right, false))
            }
        }
    }
}

fn write_body(body: &[Commented], indent: &str, text: &mut String) {
    let inner = format!("{indent}  ");
    for Commented { comment, statement } in body {
        for line in comment.lines() {
            *text += &format!("{indent}{line}\n");
        }
        *text += indent;
        match statement {
            Statement::Declare {
                is_variable,
                name,
                ty,
                value,
            } => {
                let keyword = if *is_variable { "var" } else { "let" };
                let ty = ty.as_ref().map_or(String::new(), |ty| format!(": {ty}"));
                *text += &format!("{keyword} {name}{ty} = {value};\n");
            }
            Statement::Assign(target, value) => *text += &format!("{target} = {value};\n"),
            Statement::Return(value) => *text += &format!("return {value};\n"),
            Statement::If(condition, body) | Statement::While(condition, body) => {
                let is_if = matches!(statement, Statement::If(..));
                let keyword = if is_if { "if" } else { "while" };
                *text += &format!("{keyword} ({condition}) {{\n");
                write_body(body, &inner, text);
                *text += &format!("{indent}}}\n");
            }
        }
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters.iter();
        let parameters: Vec<_> = parameters
            .map(|(name, ty)| format!("{name}: {ty}"))
            .collect();
        let mut body = String::new();
        write_body(&self.body, "  ", &mut body);
        let Self {
            comment,
            name,
            result,
            ..
        } = self;
        write!(
            f,
            "{comment}fn {name}({}) -> {result} {{\n{body}}}\n",
            parameters.join(", ")
        )
    }
}
