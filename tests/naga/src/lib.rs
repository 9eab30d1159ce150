//! Compiles every text that the crate exports with the naga of four versions of wgpu: 0.19, 23, 27
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

    macro_rules! compiles {
        ($($name:ident),+) => {$(
            #[test]
            fn $name() {
                use $name::back::spv;
                use $name::valid::{Capabilities, ValidationFlags, Validator};
                for text in texts() {
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
