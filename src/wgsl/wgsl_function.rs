//! Functions of the caller's: what their texts must be, and how they stand in a module.

use super::linker::{Library, tokens};
use super::words::is_free;
use crate::expression::Parts;
use crate::expression::graph::Derivative;
use crate::{Error, WgslFunction};

impl WgslFunction {
    /// A function of this name from two texts. `forward` declares `NAME(x: f32) -> f32`, and
    /// `derivative` declares `NAME_derivative(x: f32) -> f32`. Either may declare what these need:
    /// functions, structs and constants.
    ///
    /// The function may have further arguments, `NAME(x: f32, alpha: f32) -> f32`, which its
    /// derivatives then have, too. If `derivative` also declares `NAME_derivative_alpha`, `alpha`
    /// can be learned, and with `NAME_second_derivative` the gradient has a gradient.
    ///
    /// The names in the texts are renamed, so that they meet no others. Kernels call the functions
    /// for each element in f32, whatever the type of the tensors.
    ///
    /// # Errors
    /// [`Error::Argument`] if the name is no name, or if a text lacks a function or has anything
    /// else than functions, structs and constants. wgpu reads the rest when a kernel is first
    /// needed, and the call that needs it returns [`Error::Compile`].
    pub fn new(name: &str, forward: &str, derivative: &str) -> Result<Self, Error> {
        if !is_name(name) {
            return Err(Error::argument(
                "name",
                format!("it must be a name of WGSL's that is not reserved, got `{name}`"),
            ));
        }
        for (argument, text) in [("forward", forward), ("derivative", derivative)] {
            check(text).map_err(|message| Error::argument(argument, message))?;
        }
        let [own, others] = [forward, derivative].map(|text| Library::new([text]));
        if let Some(twice) = own.names().find(|name| others.get(name).is_some()) {
            let message = format!("`{twice}` is declared in `forward`, too: both texts are one");
            return Err(Error::argument("derivative", message));
        }
        let text = [forward, derivative].join("\n");
        let library = Library::new([text.as_str()]);
        let arguments = arguments(&library, name);
        let arguments = arguments.map_err(|message| Error::argument("forward", message))?;
        let mut parts = Parts {
            name: name.to_owned(),
            arguments: arguments.iter().map(|&name| name.to_owned()).collect(),
            text: text.clone(),
            derivatives: Vec::new(),
        };
        let learned = (1..arguments.len()).map(|position| Derivative::Parameter(position - 1));
        for derivative in [Derivative::First, Derivative::Second]
            .into_iter()
            .chain(learned)
        {
            let function = derivative.name(name, |position| arguments[position + 1]);
            if library.get(&function).is_none() && derivative != Derivative::First {
                continue;
            }
            match self::arguments(&library, &function) {
                Ok(others) if others == arguments => parts.derivatives.push(derivative),
                Ok(_) => {
                    let message = format!("`{function}` must have the arguments of `{name}`");
                    return Err(Error::argument("derivative", message));
                }
                Err(message) => return Err(Error::argument("derivative", message)),
            }
        }
        Ok(Self::from_parts(parts))
    }
}

fn is_name(name: &str) -> bool {
    let mut tokens = tokens(name);
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_word && tokens.next() == Some((0, name)) && is_free(name)
}

/// Checks that a text has nothing but functions, structs and constants.
fn check(text: &str) -> Result<(), String> {
    if text.contains("/*") {
        return Err("write comments with `//`: it has one with `/*`".to_owned());
    }
    let (mut depth, mut is_first) = (0, true);
    for (_, token) in tokens(text) {
        if is_first && !matches!(token, "fn" | "struct" | "const") {
            return Err(format!(
                "it must have functions, structs and constants only, got `{token}` at the beginning of a declaration"
            ));
        }
        depth += i32::from(matches!(token, "{" | "(" | "["))
            - i32::from(matches!(token, "}" | ")" | "]"));
        is_first = depth == 0 && matches!(token, "}" | ";");
    }
    if depth == 0 && is_first {
        Ok(())
    } else {
        Err("it ends within a declaration".to_owned())
    }
}

/// The names of a function's arguments, which are f32, as is its result.
fn arguments<'a>(library: &Library<'a>, function: &str) -> Result<Vec<&'a str>, String> {
    let declaration = library.get(function).unwrap_or_default();
    let mut tokens = tokens(declaration).map(|(_, token)| token);
    let mut arguments = Vec::new();
    let mut is_as_wanted = tokens.by_ref().take(3).eq(["fn", function, "("]);
    while is_as_wanted {
        let Some(name) = tokens.next().filter(|token| *token != ")") else {
            break;
        };
        is_as_wanted = tokens.by_ref().take(2).eq([":", "f32"]);
        arguments.push(name);
        match tokens.next() {
            Some(",") => {}
            Some(")") => break,
            _ => is_as_wanted = false,
        }
    }
    is_as_wanted &= !arguments.is_empty() && tokens.take(4).eq(["-", ">", "f32", "{"]);
    if is_as_wanted {
        Ok(arguments)
    } else {
        Err(format!(
            "it must declare `fn {function}(x: f32) -> f32`, and may have further arguments of the type f32"
        ))
    }
}

/// The name that a declaration of the function at this position has in a module.
pub(super) fn renamed(position: usize, name: &str) -> String {
    format!("own{position}_{name}")
}

/// The declarations of these functions. Those that kernels call have a form for four lanes, which
/// calls the function for one after the other: so their texts may have whatever WGSL allows.
pub(super) fn texts(functions: &[&WgslFunction]) -> String {
    let texts = functions.iter().enumerate().map(|(position, function)| {
        let parts = function.parts();
        let library = Library::new([parts.text.as_str()]);
        let called: Vec<_> = function.all().map(|of| function.name_of(of)).collect();
        let mut text = library.select(&|name| renamed(position, name), &called);
        for name in &called {
            let name = renamed(position, name);
            let list = |of: &dyn Fn(&String) -> String| {
                let all: Vec<_> = parts.arguments.iter().map(of).collect();
                all.join(", ")
            };
            let arguments = list(&|argument| format!("{argument}: vec4<f32>"));
            let lanes = ["x", "y", "z", "w"].map(|lane| {
                let values = list(&|argument| format!("{argument}.{lane}"));
                format!("{name}({values})")
            });
            let lanes = lanes.join(", ");
            text += &format!(
                "fn {name}_vec4({arguments}) -> vec4<f32> {{\n  return vec4<f32>({lanes});\n}}\n"
            );
        }
        text
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use crate::WgslFunction;

    const FORWARD: &str = "fn f(x: f32, a: f32) -> f32 { return x * a; }";
    const DERIVATIVE: &str = "fn f_derivative(x: f32, a: f32) -> f32 { return a; }";

    fn refused(name: &str, forward: &str, derivative: &str) -> String {
        match WgslFunction::new(name, forward, derivative) {
            Ok(_) => panic!("{name}: {forward} {derivative}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn texts_are_checked() {
        assert!(WgslFunction::new("f", FORWARD, DERIVATIVE).is_ok());
        for name in ["", "1f", "a b", "a.b", "fn", "__f"] {
            let message =
                format!("name: it must be a name of WGSL's that is not reserved, got `{name}`");
            assert_eq!(refused(name, FORWARD, DERIVATIVE), message);
        }
        for text in [
            "",
            "fn g(x: f32) -> f32 { return x; }",
            "fn f(x: f32) { }",
            "fn f(x: f16) -> f32 { return 0.0; }",
            "fn f() -> f32 { return 0.0; }",
            "struct f { x: f32 }",
        ] {
            let message = "forward: it must declare `fn f(x: f32) -> f32`, and may have further arguments of the type f32";
            assert_eq!(refused("f", text, DERIVATIVE), message, "{text}");
        }
        for (text, token) in [
            ("@compute @workgroup_size(1) fn main() {}", "@"),
            ("enable f16;", "enable"),
            ("var<private> state: f32;", "var"),
            ("fn g() {} }", "}"),
        ] {
            let text = [FORWARD, text].join("\n");
            let message = format!(
                "forward: it must have functions, structs and constants only, got `{token}` at the beginning of a declaration"
            );
            assert_eq!(refused("f", &text, DERIVATIVE), message);
        }
        let open = "forward: it ends within a declaration";
        assert_eq!(refused("f", "fn f(x: f32) -> f32 {", DERIVATIVE), open);
        let other = "fn f_derivative(x: f32) -> f32 { return x; }";
        let message = "derivative: `f_derivative` must have the arguments of `f`";
        assert_eq!(refused("f", FORWARD, other), message);
        let twice = [DERIVATIVE, FORWARD].join("\n");
        let message = "derivative: `f` is declared in `forward`, too: both texts are one";
        assert_eq!(refused("f", FORWARD, &twice), message);
    }
}
