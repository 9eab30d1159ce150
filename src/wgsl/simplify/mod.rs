//! Makes a text smaller that knows the values of parameters: what they decide is decided, what is
//! then not needed goes, and functions move to where they are called if that is shorter.
//!
//! Every operation on numbers that stays is the one that was written, in its place. So results keep
//! their bits.

mod fold;
mod inline;
mod syntax;

use std::collections::{HashMap, HashSet};

use super::linker::{Library, members, tokens};
use fold::Value;
use inline::inline;
use syntax::{Commented, Expr, Function, Statement};

/// The text made smaller. The wanted functions keep their names and arguments, and so do those that
/// are `fixed`.
pub(super) fn simplify(text: &str, wanted: &[String], fixed: &dyn Fn(&str) -> bool) -> String {
    // Where functions have moved, more is known.
    let once = simplified(&Library::new([text]), wanted, fixed);
    let once = once.unwrap_or_else(|| text.to_owned());
    simplified(&Library::new([&*once]), wanted, fixed).unwrap_or(once)
}

/// `None` if WGSL would refuse the text, since what is known of it is no number.
fn simplified(
    library: &Library<'_>,
    wanted: &[String],
    fixed: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let mut simplifier = Simplifier::new(library);
    for name in wanted {
        if simplifier.functions.contains_key(name) {
            simplifier.instance(name, &[]);
        }
    }
    // Other declarations call functions as they are. In order, so that each run writes the same text.
    let mut called: Vec<_> = simplifier
        .others
        .iter()
        .flat_map(|text| tokens(text).map(|(_, token)| token.to_owned()))
        .filter(|token| simplifier.functions.contains_key(token))
        .collect();
    called.sort_unstable();
    called.dedup();
    called
        .iter()
        .for_each(|name| _ = simplifier.instance(name, &[]));

    let is_fixed =
        |name: &str| wanted.iter().chain(&called).any(|other| other == name) || fixed(name);
    let mut instances: Vec<_> = simplifier.instances.values().collect();
    instances.sort_by_key(|instance| instance.order);
    let functions = instances.iter().map(|instance| instance.function.clone());
    let functions = inline(functions.collect(), &is_fixed, &simplifier.constants);
    let mut is_refused = false;
    for function in &functions {
        function.visit(&mut |expr| is_refused |= simplifier.is_refused(expr));
    }
    let texts = functions.iter().map(ToString::to_string);
    let others = simplifier.others.iter().map(|text| format!("{text}\n"));
    (!is_refused).then(|| texts.chain(others).collect())
}

/// What is known within a function.
#[derive(Default)]
struct Scope {
    /// What names stand for that are not needed.
    values: HashMap<String, Expr>,
    /// The names whose values change.
    variables: HashSet<String>,
}

/// A function for some known arguments.
struct Instance {
    function: Function,
    /// The place of the text in the library, then the number of the instance.
    order: (usize, usize),
    weight: usize,
}

/// A function's name, and the literals among its arguments.
type Key = (String, Vec<Option<String>>);

struct Simplifier {
    functions: HashMap<String, (usize, Function)>,
    /// The constants that are literals.
    constants: HashMap<String, Expr>,
    /// The fields of each struct.
    structs: HashMap<String, Vec<String>>,
    /// Declarations that stay as they are.
    others: Vec<String>,
    instances: HashMap<Key, Instance>,
    /// The weight of each instance, by its name.
    weights: HashMap<String, usize>,
}

impl Simplifier {
    fn new(library: &Library<'_>) -> Self {
        let mut own = Self {
            functions: HashMap::new(),
            constants: HashMap::new(),
            structs: HashMap::new(),
            others: Vec::new(),
            instances: HashMap::new(),
            weights: HashMap::new(),
        };
        for (position, name) in library.names().enumerate() {
            let text = library.get(name).unwrap_or_default();
            let words: Vec<_> = tokens(text).map(|(_, token)| token).collect();
            if let Some(function) = syntax::function(text) {
                own.functions.insert(name.to_owned(), (position, function));
                continue;
            }
            if let ["const", _, ":", _, "=", ..] = words[..]
                && let Some((_, value)) = text.split_once(" = ")
                && let Some(value) = syntax::literal(value.trim_end().trim_end_matches(';'))
            {
                own.constants.insert(name.to_owned(), value);
            }
            if words[0] == "struct" {
                let fields = members(text).into_iter().map(|(field, _)| field.to_owned());
                own.structs.insert(name.to_owned(), fields.collect());
            }
            own.others.push(text.to_owned());
        }
        own
    }

    /// The value of a literal or of a constant.
    fn known(&self, expr: &Expr) -> Option<Value> {
        match expr {
            Expr::Name(name) => self
                .constants
                .get(name)
                .map_or_else(|| Value::of(expr), Value::of),
            _ => Value::of(expr),
        }
    }

    fn is_refused(&self, expr: &Expr) -> bool {
        let values: Option<Vec<_>> = expr
            .parts()
            .into_iter()
            .map(|part| self.known(part))
            .collect();
        values.is_some_and(|values| fold::is_refused(expr, &values))
    }

    /// The number of expressions in a function and in all that it calls.
    fn weight(&self, function: &Function) -> usize {
        let mut weight = 0;
        function.visit(&mut |expr| {
            weight += match expr {
                Expr::Call(name, _) => 1 + self.weights.get(name).copied().unwrap_or_default(),
                _ => 1,
            };
        });
        weight
    }

    /// The function where these arguments are literals. None may be missing at the end.
    fn instance(&mut self, name: &str, known: &[Option<Expr>]) -> &Instance {
        let literals = known
            .iter()
            .map(|known| known.as_ref().map(ToString::to_string));
        let key = (name.to_owned(), literals.collect::<Vec<_>>());
        if !self.instances.contains_key(&key) {
            let (position, mut function) = self.functions[name].clone();
            let mut scope = Scope::default();
            declared_variables(&function.body, &mut scope.variables);
            let parameters = std::mem::take(&mut function.parameters);
            let given = known
                .iter()
                .map(Option::as_ref)
                .chain(std::iter::repeat(None));
            for (parameter, known) in parameters.into_iter().zip(given) {
                match known {
                    Some(literal) => {
                        scope
                            .values
                            .insert(parameter.0, inline::typed(literal.clone()));
                    }
                    None => function.parameters.push(parameter),
                }
            }
            function.body = self.body(function.body, &mut scope);
            drop_unused(&mut function.body);
            let others = self
                .instances
                .keys()
                .filter(|(other, _)| other == name)
                .count();
            if known.iter().any(Option::is_some) {
                function.name = format!(
                    "{name}_default{}",
                    if others > 1 {
                        others.to_string()
                    } else {
                        String::new()
                    }
                );
            }
            let order = (position, others);
            let weight = self.weight(&function);
            self.weights.insert(function.name.clone(), weight);
            let instance = Instance {
                function,
                order,
                weight,
            };
            self.instances.insert(key.clone(), instance);
        }
        &self.instances[&key]
    }

    fn body(&mut self, body: Vec<Commented>, scope: &mut Scope) -> Vec<Commented> {
        let mut simple = Vec::new();
        for Commented { comment, statement } in body {
            let statement = match statement {
                Statement::Declare {
                    is_variable,
                    name,
                    ty,
                    value,
                } => {
                    let value = self.expr(value, scope);
                    if !is_variable && self.is_plain(&value, scope) {
                        scope.values.insert(name, value);
                        continue;
                    }
                    Statement::Declare {
                        is_variable,
                        name,
                        ty,
                        value,
                    }
                }
                Statement::Assign(target, value) => {
                    Statement::Assign(target, self.expr(value, scope))
                }
                Statement::Return(value) => Statement::Return(self.expr(value, scope)),
                Statement::If(condition, body) => {
                    let condition = self.expr(condition, scope);
                    match self.known(&condition) {
                        Some(Value::Bool(false)) => continue,
                        Some(Value::Bool(true)) => {
                            simple.append(&mut self.body(body, scope));
                            continue;
                        }
                        _ => Statement::If(condition, self.body(body, scope)),
                    }
                }
                Statement::While(condition, body) => {
                    Statement::While(self.expr(condition, scope), self.body(body, scope))
                }
            };
            simple.push(Commented { comment, statement });
        }
        simple
    }

    /// True for a literal, for the name of what never changes, and for a struct of these.
    fn is_plain(&self, value: &Expr, scope: &Scope) -> bool {
        match value {
            Expr::Call(name, arguments) => {
                self.structs.contains_key(name)
                    && arguments.iter().all(|value| self.is_plain(value, scope))
            }
            Expr::Name(name) => !scope.variables.contains(name),
            value => Value::of(value).is_some(),
        }
    }

    fn expr(&mut self, expr: Expr, scope: &Scope) -> Expr {
        let expr = match expr {
            Expr::Name(name) => {
                return scope.values.get(&name).cloned().unwrap_or(Expr::Name(name));
            }
            expr => expr.with_parts(&mut |part| self.expr(part, scope)),
        };
        if Value::of(&expr).is_some() {
            return expr;
        }
        let values: Option<Vec<_>> = expr.parts().iter().map(|part| self.known(part)).collect();
        if let Some(value) = values.and_then(|values| fold::value(&expr, &values)) {
            return value.literal();
        }
        match expr {
            Expr::Binary(operator, left, right) => self.binary(operator, *left, *right),
            Expr::Member(inner, field) => match *inner {
                Expr::Call(name, arguments) if self.structs.contains_key(&name) => {
                    let mut fields = self.structs[&name].iter().zip(&arguments);
                    match fields.find(|(name, _)| **name == field) {
                        Some((_, value)) => value.clone(),
                        None => Expr::Member(Box::new(Expr::Call(name, arguments)), field),
                    }
                }
                inner => Expr::Member(Box::new(inner), field),
            },
            Expr::Call(name, arguments) => self.call(name, arguments),
            expr => expr,
        }
    }

    fn binary(&self, operator: &'static str, left: Expr, right: Expr) -> Expr {
        let known = [&left, &right].map(|side| self.known(side));
        match (operator, known) {
            ("&", [Some(Value::Bool(true)), _]) | ("|", [Some(Value::Bool(false)), _]) => right,
            ("&", [_, Some(Value::Bool(true))]) | ("|", [_, Some(Value::Bool(false))]) => left,
            (
                "&" | "|",
                [Some(decided @ Value::Bool(_)), _] | [_, Some(decided @ Value::Bool(_))],
            ) => decided.literal(),
            _ => Expr::Binary(operator, Box::new(left), Box::new(right)),
        }
    }

    fn call(&mut self, name: String, mut arguments: Vec<Expr>) -> Expr {
        if name == "select"
            && let [_, _, condition] = &arguments[..]
            && let Some(Value::Bool(is_second)) = self.known(condition)
        {
            return arguments.swap_remove(usize::from(is_second));
        }
        if !self.functions.contains_key(&name) {
            return Expr::Call(name, arguments);
        }
        let general = self.instance(&name, &[]).weight;
        let known: Vec<_> = arguments
            .iter()
            .map(|argument| self.known(argument).map(|_| argument.clone()))
            .collect();
        if known.iter().all(Option::is_none) {
            return Expr::Call(name, arguments);
        }
        let special = self.instance(&name, &known);
        let (special, weight) = (special.function.clone(), special.weight);
        // Literals alone make a function no shorter: it has to lose something.
        let is_worth_it = weight * 4 <= general * 3 && operations_of_literals(&special) == 0;
        if !is_worth_it {
            return Expr::Call(name, arguments);
        }
        let mut known = known.into_iter();
        arguments.retain(|_| known.next().flatten().is_none());
        inline::whole(&special, &arguments).unwrap_or(Expr::Call(special.name, arguments))
    }
}

fn operations_of_literals(function: &Function) -> usize {
    let mut operations = 0;
    function.visit(&mut |expr| operations += usize::from(inline::is_of_literals(expr)));
    operations
}

fn declared_variables(body: &[Commented], variables: &mut HashSet<String>) {
    for Commented { statement, .. } in body {
        match statement {
            Statement::Declare {
                is_variable: true,
                name,
                ..
            } => _ = variables.insert(name.clone()),
            Statement::If(_, body) | Statement::While(_, body) => {
                declared_variables(body, variables)
            }
            _ => {}
        }
    }
}

/// Drops declarations whose names nobody reads, and makes `let` of a `var` that is not assigned.
fn drop_unused(body: &mut Vec<Commented>) {
    loop {
        let (mut read, mut assigned) = (HashSet::new(), HashSet::new());
        syntax::visit(body, &mut |expr| {
            if let Expr::Name(name) = expr {
                read.insert(name.clone());
            }
        });
        assigned_in(body, &mut assigned);
        let before = body.len();
        body.retain_mut(|Commented { statement, .. }| match statement {
            Statement::Declare {
                is_variable, name, ..
            } => {
                *is_variable &= assigned.contains(name);
                read.contains(name)
            }
            _ => true,
        });
        if body.len() == before {
            return;
        }
    }
}

fn assigned_in(body: &[Commented], assigned: &mut HashSet<String>) {
    for Commented { statement, .. } in body {
        match statement {
            Statement::Assign(target, _) => target.visit(&mut |expr| {
                if let Expr::Name(name) = expr {
                    assigned.insert(name.clone());
                }
            }),
            Statement::If(_, body) | Statement::While(_, body) => assigned_in(body, assigned),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
