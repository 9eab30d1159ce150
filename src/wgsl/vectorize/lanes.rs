//! Functions of four lanes that call the function of one lane four times.

use super::super::linker::{Library, members, tokens};
use super::{SUFFIX, Untranslatable, keyword};

const LANES: [&str; 4] = ["x", "y", "z", "w"];

/// The function `NAME_vec4` that calls the declared `NAME` for one lane after the other, and the
/// names of the structs that it needs for four lanes.
pub(super) fn one_by_one(
    library: &Library<'_>,
    declaration: &str,
) -> Result<(String, Vec<String>), Untranslatable> {
    let words: Vec<_> = tokens(declaration).map(|(_, token)| token).collect();
    let arrow = words.windows(2).position(|pair| pair == ["-", ">"]);
    let result = arrow.and_then(|at| words.get(at + 2));
    let (name, result) = (words[1], result.copied().unwrap_or_default());
    let mut types = Types {
        library,
        function: name,
        structs: Vec::new(),
    };
    let (mut parameters, mut arguments) = (Vec::new(), Vec::new());
    for (parameter, ty) in members(declaration) {
        // A vector is the same in all lanes.
        if ty.starts_with("vec") {
            parameters.push(format!("{parameter}: {ty}"));
            arguments.push(LANES.map(|_| parameter.to_owned()));
        } else {
            parameters.push(format!("{parameter}: {}", types.of_four(ty)?));
            arguments.push(types.lanes(parameter, ty)?);
        }
    }
    let calls = LANES.iter().enumerate().map(|(k, lane)| {
        let arguments: Vec<_> = arguments.iter().map(|lanes| lanes[k].as_str()).collect();
        format!("  let lane_{lane} = {name}({});\n", arguments.join(", "))
    });
    let (parameters, calls) = (parameters.join(", "), calls.collect::<String>());
    let of_four = types.of_four(result)?;
    let joined = types.joined(&LANES.map(|lane| format!("lane_{lane}")), result)?;
    let text =
        format!("fn {name}{SUFFIX}({parameters}) -> {of_four} {{\n{calls}  return {joined};\n}}\n");
    Ok((text, types.structs))
}

/// The types of a function's parameters, and of its result.
struct Types<'a> {
    library: &'a Library<'a>,
    function: &'a str,
    /// The structs among them.
    structs: Vec<String>,
}

impl Types<'_> {
    /// The type of four lanes.
    fn of_four(&mut self, ty: &str) -> Result<String, Untranslatable> {
        if is_scalar(ty) {
            return Ok(format!("vec4<{ty}>"));
        }
        self.fields(ty)?;
        self.structs.push(ty.to_owned());
        Ok([ty, SUFFIX].concat())
    }

    /// Each lane of a value of four.
    fn lanes(&self, value: &str, ty: &str) -> Result<[String; 4], Untranslatable> {
        if is_scalar(ty) {
            return Ok(LANES.map(|lane| format!("{value}.{lane}")));
        }
        let mut lanes = LANES.map(|_| Vec::new());
        for (field, ty) in self.fields(ty)? {
            let of_field = self.lanes(&format!("{value}.{field}"), ty)?;
            lanes
                .iter_mut()
                .zip(of_field)
                .for_each(|(lane, part)| lane.push(part));
        }
        Ok(lanes.map(|parts| format!("{ty}({})", parts.join(", "))))
    }

    /// The value of four lanes.
    fn joined(&self, lanes: &[String; 4], ty: &str) -> Result<String, Untranslatable> {
        if is_scalar(ty) {
            return Ok(format!("vec4<{ty}>({})", lanes.join(", ")));
        }
        let mut parts = Vec::new();
        for (field, ty) in self.fields(ty)? {
            let of_field = lanes.each_ref().map(|lane| format!("{lane}.{field}"));
            parts.push(self.joined(&of_field, ty)?);
        }
        Ok(format!("{ty}{SUFFIX}({})", parts.join(", ")))
    }

    /// The names and the types of a struct's fields.
    fn fields(&self, name: &str) -> Result<Vec<(&str, &str)>, Untranslatable> {
        let declared = self.library.get(name);
        let Some(declaration) = declared.filter(|text| keyword(text) == "struct") else {
            return Err(Untranslatable {
                declaration: self.function.to_owned(),
                line: 1,
                construct: format!("the type `{name}`"),
            });
        };
        Ok(members(declaration))
    }
}

fn is_scalar(ty: &str) -> bool {
    matches!(ty, "f32" | "i32" | "u32" | "bool")
}
