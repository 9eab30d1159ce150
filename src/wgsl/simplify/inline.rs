//! Moves functions and constants to where they are used, if the text is shorter then.

use std::collections::{HashMap, HashSet};

use super::fold::{self, Value};
use super::syntax::{Commented, Expr, Function, Statement};

/// Moves what can be moved. Functions that are fixed stay, and so does what others need more than
/// once, if it is long.
pub(super) fn inline(
    functions: Vec<Function>,
    is_fixed: &dyn Fn(&str) -> bool,
    constants: &HashMap<String, Expr>,
) -> Vec<Function> {
    let globals: HashSet<_> = functions
        .iter()
        .map(|function| function.name.clone())
        .chain(constants.keys().cloned())
        .collect();
    let functions: Vec<_> = functions
        .into_iter()
        .map(|function| with_own_names(function, &globals, is_fixed))
        .collect();
    let all: HashMap<String, Function> = functions
        .iter()
        .map(|function| (function.name.clone(), function.clone()))
        .collect();
    let mut order = Vec::new();
    let fixed = functions.iter().filter(|function| is_fixed(&function.name));
    fixed.for_each(|function| callees_first(&function.name, &all, &mut order));

    let mut calls = HashMap::<_, usize>::new();
    for name in &order {
        for callee in callees(&all[name]) {
            *calls.entry(callee.to_owned()).or_default() += 1;
        }
    }
    let (mut moved, mut left) = (HashMap::new(), HashMap::new());
    for name in &order {
        let mut function = all[name].clone();
        let mut caller = Caller {
            moved: &moved,
            names: names_of(&function),
            globals: &globals,
        };
        function.body = caller.body(std::mem::take(&mut function.body));
        let calls = calls.get(name).copied().unwrap_or_default();
        match !is_fixed(name) && can_move(&function, calls) {
            true => moved.insert(name.clone(), function),
            false => left.insert(name.clone(), function),
        };
    }
    let mut all = left;
    // A function stays, too, if one that calls it has no place for it.
    let mut open: Vec<_> = all.values().flat_map(callees).map(str::to_owned).collect();
    while let Some(name) = open.pop() {
        if let Some(function) = moved.remove(&name) {
            open.extend(callees(&function).map(str::to_owned));
            all.insert(name, function);
        }
    }
    let is_left = |function: Function| all.remove(&function.name);
    let mut left: Vec<_> = functions.into_iter().filter_map(is_left).collect();
    literals(&mut left, constants);
    left
}

/// The function with other names for its own where functions or constants have these. The arguments of
/// one that is fixed keep theirs.
fn with_own_names(
    mut function: Function,
    globals: &HashSet<String>,
    is_fixed: &dyn Fn(&str) -> bool,
) -> Function {
    let moved = HashMap::new();
    let mut caller = Caller {
        moved: &moved,
        names: names_of(&function),
        globals,
    };
    let mut taken = caller.names.clone();
    if is_fixed(&function.name) {
        function
            .parameters
            .iter()
            .for_each(|(name, _)| _ = taken.remove(name));
    }
    let mut taken: Vec<_> = taken.intersection(globals).collect();
    // In order, so that each run finds the same names.
    taken.sort_unstable();
    let scope: HashMap<_, _> = taken
        .into_iter()
        .map(|name| (name.clone(), Expr::Name(caller.fresh(name))))
        .collect();
    for (name, _) in &mut function.parameters {
        if let Some(Expr::Name(fresh)) = scope.get(name) {
            name.clone_from(fresh);
        }
    }
    function.body = renamed(function.body, &scope);
    function
}

/// Adds the functions that this one needs, and then itself.
fn callees_first(name: &str, all: &HashMap<String, Function>, order: &mut Vec<String>) {
    let Some(function) = all
        .get(name)
        .filter(|_| !order.iter().any(|other| other == name))
    else {
        return;
    };
    callees(function).for_each(|callee| callees_first(callee, all, order));
    order.push(name.to_owned());
}

/// The functions that a function calls, each as often as it does.
fn callees(function: &Function) -> impl Iterator<Item = &str> {
    let mut called = Vec::new();
    function.visit(&mut |expr| {
        if let Expr::Call(name, _) = expr {
            called.push(&**name);
        }
    });
    called.into_iter()
}

/// All names that a function declares.
fn names_of(function: &Function) -> HashSet<String> {
    let mut names: HashSet<_> = function
        .parameters
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    declared(&function.body, &mut |name| {
        _ = names.insert(name.to_owned())
    });
    names
}

fn declared(body: &[Commented], seen: &mut dyn FnMut(&str)) {
    for Commented { statement, .. } in body {
        match statement {
            Statement::Declare { name, .. } => seen(name),
            Statement::If(_, body) | Statement::While(_, body) => declared(body, seen),
            _ => {}
        }
    }
}

/// True if the text gets no longer where a function is moved to its calls.
fn can_move(function: &Function, calls: usize) -> bool {
    match &function.body[..] {
        [
            Commented {
                statement: Statement::Return(value),
                ..
            },
        ] => {
            let call: usize = function
                .parameters
                .iter()
                .map(|(name, _)| name.len() + 2)
                .sum();
            let growth = value
                .to_string()
                .len()
                .saturating_sub(function.name.len() + call);
            calls == 1 || growth == 0
        }
        [
            statements @ ..,
            Commented {
                statement: Statement::Return(_),
                ..
            },
        ] => calls == 1 && !returns(statements),
        _ => false,
    }
}

fn returns(body: &[Commented]) -> bool {
    body.iter()
        .any(|Commented { statement, .. }| match statement {
            Statement::Return(_) => true,
            Statement::If(_, body) | Statement::While(_, body) => returns(body),
            _ => false,
        })
}

/// A call of a function that is a single expression, without a declaration. `None` if an argument
/// would have to be declared.
pub(super) fn whole(function: &Function, arguments: &[Expr]) -> Option<Expr> {
    let [
        Commented {
            statement: Statement::Return(value),
            ..
        },
    ] = &function.body[..]
    else {
        return None;
    };
    let names = function.parameters.iter().map(|(name, _)| name.clone());
    let scope: HashMap<_, _> = names.zip(arguments.iter().cloned().map(typed)).collect();
    let can_stand =
        |(name, argument): (&String, &Expr)| is_short(argument) || uses(value, name) <= 1;
    if !scope.iter().all(can_stand) {
        return None;
    }
    let result = fold::all(substituted(value.clone(), &scope));
    (operations_of_literals(&result) <= operations_of_literals(value)).then_some(result)
}

/// True for what may stand in the text several times.
fn is_short(argument: &Expr) -> bool {
    match argument {
        Expr::Name(_) => true,
        Expr::Member(inner, _) => matches!(**inner, Expr::Name(_)),
        argument => Value::of(argument).is_some(),
    }
}

fn uses(value: &Expr, name: &str) -> usize {
    let mut uses = 0;
    value
        .visit(&mut |expr| uses += usize::from(matches!(expr, Expr::Name(other) if other == name)));
    uses
}

/// True for an operation whose operands are literals. WGSL would compute it when it compiles, and
/// refuses a result that is no number.
pub(super) fn is_of_literals(expr: &Expr) -> bool {
    let parts = expr.parts();
    let is_harmless = match expr {
        Expr::Unary(operator, _) => *operator == '-',
        Expr::Call(name, arguments) => {
            let values: Vec<_> = arguments.iter().filter_map(Value::of).collect();
            name.starts_with("bitcast") && !fold::is_refused(expr, &values)
        }
        _ => false,
    };
    !is_harmless && !parts.is_empty() && parts.into_iter().all(|part| Value::of(part).is_some())
}

fn operations_of_literals(value: &Expr) -> usize {
    let mut operations = 0;
    value.visit(&mut |expr| operations += usize::from(is_of_literals(expr)));
    operations
}

fn substituted(value: Expr, scope: &HashMap<String, Expr>) -> Expr {
    match value {
        Expr::Name(name) => scope.get(&name).cloned().unwrap_or(Expr::Name(name)),
        value => value.with_parts(&mut |part| substituted(part, scope)),
    }
}

/// A function into which others are moved.
struct Caller<'a> {
    moved: &'a HashMap<String, Function>,
    /// The names that it declares.
    names: HashSet<String>,
    globals: &'a HashSet<String>,
}

impl Caller<'_> {
    fn body(&mut self, body: Vec<Commented>) -> Vec<Commented> {
        let mut whole = Vec::new();
        for Commented { comment, statement } in body {
            let mut before = Vec::new();
            let statement = match statement {
                Statement::Declare {
                    is_variable,
                    name,
                    ty,
                    value,
                } => {
                    let value = self.expr(value, Some(&mut before));
                    Statement::Declare {
                        is_variable,
                        name,
                        ty,
                        value,
                    }
                }
                Statement::Assign(target, value) => {
                    Statement::Assign(target, self.expr(value, Some(&mut before)))
                }
                Statement::Return(value) => Statement::Return(self.expr(value, Some(&mut before))),
                Statement::If(condition, body) => {
                    let condition = self.expr(condition, Some(&mut before));
                    Statement::If(condition, self.body(body))
                }
                // A condition that is computed again has no place for statements.
                Statement::While(condition, body) => {
                    Statement::While(self.expr(condition, None), self.body(body))
                }
            };
            before.push(Commented {
                comment: String::new(),
                statement,
            });
            before[0].comment.insert_str(0, &comment);
            whole.append(&mut before);
        }
        whole
    }

    /// Moves functions into an expression; what they declare goes before the statement.
    fn expr(&mut self, expr: Expr, mut before: Option<&mut Vec<Commented>>) -> Expr {
        let expr = expr.with_parts(&mut |part| self.expr(part, before.as_deref_mut()));
        let Expr::Call(name, arguments) = &expr else {
            return expr;
        };
        let Some(function) = self.moved.get(name) else {
            return expr;
        };
        // A local name hides the function of that name, which may be one of WGSL's.
        if callees(function).any(|callee| self.names.contains(callee)) {
            return expr;
        }
        if let Some(value) = whole(function, arguments) {
            return value;
        }
        before.map_or(expr.clone(), |before| {
            self.moved(function, arguments, before)
        })
    }

    fn moved(
        &mut self,
        function: &Function,
        arguments: &[Expr],
        before: &mut Vec<Commented>,
    ) -> Expr {
        let mut scope = HashMap::new();
        for ((name, _), argument) in function.parameters.iter().zip(arguments) {
            let mut uses = 0;
            function.visit(&mut |expr| {
                uses += usize::from(matches!(expr, Expr::Name(other) if other == name));
            });
            let is_literal = Value::of(argument).is_some();
            if !is_literal && (is_short(argument) || uses <= 1) {
                scope.insert(name.clone(), argument.clone());
            } else {
                let fresh = self.fresh(name);
                scope.insert(name.clone(), Expr::name(&*fresh));
                before.push(Commented {
                    comment: String::new(),
                    statement: Statement::Declare {
                        is_variable: false,
                        name: fresh,
                        ty: None,
                        value: argument.clone(),
                    },
                });
            }
        }
        declared(&function.body, &mut |name| {
            let fresh = self.fresh(name);
            scope.insert(name.to_owned(), Expr::Name(fresh));
        });
        let mut body = renamed(function.body.clone(), &scope);
        let last = body.pop();
        before.append(&mut body);
        match last {
            Some(Commented {
                statement: Statement::Return(value),
                ..
            }) => value,
            _ => Expr::Call(function.name.clone(), arguments.to_vec()),
        }
    }

    /// A name like this one that nothing else has.
    fn fresh(&mut self, name: &str) -> String {
        let base = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let numbered = (2..).map(|number| format!("{base}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_free = |name: &String| !self.names.contains(name) && !self.globals.contains(name);
        let fresh = names.find(is_free).unwrap_or_default();
        self.names.insert(fresh.clone());
        fresh
    }
}

fn renamed(body: Vec<Commented>, scope: &HashMap<String, Expr>) -> Vec<Commented> {
    let name_of = |name: String| match scope.get(&name) {
        Some(Expr::Name(fresh)) => fresh.clone(),
        _ => name,
    };
    let statement = |Commented { comment, statement }| Commented {
        comment,
        statement: match statement {
            Statement::Declare {
                is_variable,
                name,
                ty,
                value,
            } => Statement::Declare {
                is_variable,
                name: name_of(name),
                ty,
                value: substituted(value, scope),
            },
            Statement::Assign(target, value) => {
                Statement::Assign(substituted(target, scope), substituted(value, scope))
            }
            Statement::Return(value) => Statement::Return(substituted(value, scope)),
            Statement::If(condition, body) => {
                Statement::If(substituted(condition, scope), renamed(body, scope))
            }
            Statement::While(condition, body) => {
                Statement::While(substituted(condition, scope), renamed(body, scope))
            }
        },
    };
    body.into_iter().map(statement).collect()
}

/// Writes the values of constants where that is shorter than their names and declarations.
fn literals(functions: &mut [Function], constants: &HashMap<String, Expr>) {
    let mut uses = HashMap::<_, usize>::new();
    for function in functions.iter() {
        function.visit(&mut |expr| {
            if let Expr::Name(name) = expr {
                *uses.entry(name.clone()).or_default() += 1;
            }
        });
    }
    let declaration = "const : f32 = ;\n".len();
    let scope: HashMap<_, _> = constants
        .iter()
        .filter(|(name, value)| {
            let (uses, value) = (
                uses.get(*name).copied().unwrap_or_default(),
                value.to_string().len(),
            );
            uses > 0 && uses * (value + 1) <= uses * name.len() + declaration + name.len() + value
        })
        .map(|(name, value)| (name.clone(), typed(value.clone())))
        .collect();
    for function in functions {
        // A local name is another one.
        let names = names_of(function);
        let scope = scope.iter().filter(|(name, _)| !names.contains(*name));
        let scope = scope
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        function.body = renamed(std::mem::take(&mut function.body), &scope);
    }
}

/// A literal that says its type, so that operations on it are those of f32.
pub(super) fn typed(literal: Expr) -> Expr {
    match literal {
        Expr::Number(text) if !text.starts_with("0x") && !text.ends_with(['i', 'u', 'f']) => {
            Expr::Number(text + "f")
        }
        literal => literal.with_parts(&mut typed),
    }
}
