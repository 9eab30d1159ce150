//! Compiles every text that the crate exports, and the recipes of docs/fusing.md, with the naga of four versions of wgpu: 0.19, 23, 27
//! and 30. `make test-naga` runs it.

#[cfg(test)]
mod tests {
    use wgpu_activations::wgsl::{Export, Exported};
    use wgpu_activations::{Activation, Expression, Glu};

    /// Each function by itself, with other values of its parameters, and all of them in one text.
    fn texts() -> Vec<String> {
        let expression = "dropout(gelu(x + bias)) * select(x > y, quotient, 1e-45) / max(x, inf)";
        let expression: Expression = expression.parse().expect("an expression");
        let mut functions: Vec<Exported> = vec![Exported::Softmax, expression.into()];
        for &activation in Activation::ALL {
            functions.push(activation.into());
        }
        for glu in Glu::NAMED {
            functions.push(glu.into());
        }
        functions.push(Exported::Switch(Activation::ALL.to_vec()));
        let all = functions.iter().cloned();
        let all = all.fold(Export::new(""), Export::function);
        let mut exports = vec![all.clone(), all.without_comments()];
        exports.extend(
            functions
                .into_iter()
                .map(|function| Export::new("my_").function(function)),
        );
        for &activation in Activation::ALL {
            let changed =
                activation
                    .parameters()
                    .fold(activation, |changed, (parameter, default)| {
                        let value = default.mul_add(0.5, 0.125);
                        changed.with(parameter.name, value).unwrap_or(changed)
                    });
            if let Ok(changed) = changed.checked() {
                exports.push(Export::new("my_").function(changed));
            }
            exports.push(Export::new("my_").function(Exported::WithParameters(activation)));
        }
        let texts = exports.into_iter().map(|export| export.vec4().text());
        texts.map(|text| text.expect("a text")).collect()
    }

    /// The recipes of the guide, behind the text that they call. naga knows no `f16` before 27.
    fn recipes(has_f16: bool) -> Vec<String> {
        let guide = include_str!("../../../docs/fusing.md");
        let (_, recipes) = guide.split_once("## Recipes").expect("recipes");
        let blocks = recipes.split("```wgsl\n").skip(1);
        let blocks = blocks.map(|block| block.split("```").next().expect("a block"));
        let blocks = blocks.filter(|block| block.contains("_f16(") == has_f16);
        let export = Export::new("my_").vec4().function(Activation::Gelu);
        let (enable, export) = match has_f16 {
            true => ("enable f16;\n", export.f16()),
            false => ("", export),
        };
        let text = export.text().expect("a text");
        let modules: Vec<_> = blocks
            .map(|block| [enable, &text, block].concat())
            .collect();
        assert!(!modules.is_empty());
        modules
    }

    /// A text in a template or behind a preprocessor stays as it is.
    #[test]
    fn no_template_sees_a_mark_of_its_own() {
        for text in texts() {
            assert!(text.starts_with("//"));
            for mark in ["{{", "{%", "{#", "#"] {
                assert!(!text.contains(mark), "{mark} in\n{text}");
            }
        }
    }

    #[test]
    fn the_recipe_of_f16_compiles() {
        use naga_30::valid::{Capabilities, ValidationFlags, Validator};
        for text in recipes(true) {
            let module = naga_30::front::wgsl::parse_str(&text)
                .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
            Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16)
                .validate(&module)
                .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        }
    }

    macro_rules! compiles {
        ($($name:ident),+) => {$(
            #[test]
            fn $name() {
                use $name::back::spv;
                use $name::valid::{Capabilities, ValidationFlags, Validator};
                for text in texts().into_iter().chain(recipes(false)) {
                    let module = $name::front::wgsl::parse_str(&text)
                        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
                    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
                        .validate(&module)
                        .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
                    spv::write_vec(&module, &info, &spv::Options::default(), None)
                        .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
                }
            }
        )+};
    }
    compiles!(naga_0_19, naga_23, naga_27, naga_30);
}
