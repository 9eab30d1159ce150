//! Exported text, through naga: for every activation and many prefixes a module with what is
//! promised and nothing else.

use std::collections::BTreeSet;

use naga::back::spv;
use naga::keywords::wgsl::{BUILTIN_IDENTIFIERS, RESERVED};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{Expression, Literal};
use proptest::prelude::*;

use super::super::linker::Library;
use super::{Export, Exported, MATH, Part, functions, parameters_are_constant, with_vec4};
use crate::activation::ActivationInfo;
use crate::{Activation, Error, Glu};

pub(super) fn parsed(text: &str) -> naga::Module {
    naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{}\n{text}", error.emit_to_string(text)))
}

/// The module in SPIR-V, which has no names: two modules that differ in their names only are the
/// same.
pub(super) fn nameless(text: &str) -> Vec<u32> {
    let module = parsed(text);
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
    let info = info.unwrap_or_else(|error| panic!("{}\n{text}", error.emit_to_string(text)));
    let options = spv::Options {
        flags: spv::WriterFlags::empty(),
        ..Default::default()
    };
    spv::write_vec(&module, &info, &options, None).expect("SPIR-V")
}

/// The names of an activation's functions.
fn names_of(info: &ActivationInfo) -> Vec<String> {
    let learnable = info
        .parameters
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let learnable = learnable.map(|parameter| format!("_derivative_{}", parameter.name));
    let suffixes = ["", "_derivative", "_second_derivative"].map(str::to_owned);
    let from_output = info.from_output.as_ref();
    let from_output = from_output.map(|_| "_derivative_from_output".to_owned());
    let suffixes = suffixes.into_iter().chain(from_output).chain(learnable);
    suffixes
        .map(|suffix| [info.name, &suffix].concat())
        .collect()
}

fn shaders() -> impl Iterator<Item = &'static str> {
    [parameters_are_constant(true), MATH]
        .into_iter()
        .chain(Activation::list().iter().map(|info| info.shader))
}

/// All words in `shaders/`, and the names of what is declared there.
fn vocabulary() -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let of_words =
        |text: &'static str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    (
        shaders().flat_map(of_words).collect(),
        Library::new(shaders()).names().collect(),
    )
}

/// Prefixes that make a word that is there already out of another one, as `a_` does of `upper`, and
/// `un` of `scaled`.
pub(super) fn treacherous() -> BTreeSet<String> {
    let (words, declared) = vocabulary();
    let prefixes = words
        .iter()
        .flat_map(|word| declared.iter().filter_map(|name| word.strip_suffix(name)));
    prefixes
        .filter(|prefix| !prefix.is_empty() && functions(Activation::list(), prefix).is_ok())
        .map(str::to_owned)
        .collect()
}

#[test]
fn names_are_unique_and_have_no_mark_of_ours() {
    let declared: Vec<_> = shaders()
        .flat_map(|text| Library::new([text]).names().collect::<Vec<_>>())
        .collect();
    assert_eq!(
        declared.len(),
        BTreeSet::from_iter(&declared).len(),
        "of two declarations one would be left out"
    );
    let (words, _) = vocabulary();
    assert_eq!(
        words
            .iter()
            .find(|word| word.len() > 1 && word.ends_with('_')),
        None,
        "a `_` marks renamed local names"
    );
    assert!(
        shaders().all(|text| !text.contains("/*")),
        "no block comments are read"
    );
}

/// With any prefix it is the same module but for the names, which all begin with the prefix.
#[test]
fn prefixes_change_names_and_nothing_else() {
    let treacherous = treacherous();
    assert!(
        treacherous.contains("a_") && treacherous.contains("un"),
        "{treacherous:?}"
    );
    for activation in Activation::ALL {
        let expected = nameless(&activation.wgsl("some_").unwrap());
        for prefix in treacherous.iter().map(String::as_str).chain([
            "x",
            "_",
            "E",
            "Pair",
            "let_",
            "activation_",
        ]) {
            let text = activation.wgsl(prefix).unwrap();
            assert_eq!(
                nameless(&text),
                expected,
                "{activation} with {prefix}:\n{text}"
            );
            let module = parsed(&text);
            let types = module.types.iter().filter_map(|(_, ty)| ty.name.as_ref());
            let constants = module
                .constants
                .iter()
                .filter_map(|(_, constant)| constant.name.as_ref());
            let functions = module
                .functions
                .iter()
                .filter_map(|(_, function)| function.name.as_ref());
            for name in types.chain(constants).chain(functions) {
                assert!(
                    name.starts_with(prefix),
                    "{activation} with {prefix}: {name}"
                );
            }
        }
    }
}

/// The bits of any number, and of infinities more often than others.
fn value_bits() -> impl Strategy<Value = u32> {
    prop_oneof![
        any::<u32>(),
        Just(f32::INFINITY.to_bits()),
        Just(f32::NEG_INFINITY.to_bits())
    ]
}

proptest! {
    #[test]
    fn any_prefix_works_or_is_refused(prefix in "[_a-zA-Z0-9]{0,3}", other in "[a-z]{1,2}_", at in 0..Activation::ALL.len()) {
        let activation = Activation::ALL[at];
        match activation.wgsl(&prefix) {
            Ok(text) => assert_eq!(nameless(&text), nameless(&activation.wgsl("some_").unwrap())),
            Err(error) => {
                assert!(matches!(error, Error::Argument { .. }));
                let begins_well = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                assert!(!begins_well || prefix.starts_with("__") || prefix == "a", "{prefix} is refused");
            }
        }
        if prefix != other && let (Ok(one), Ok(another)) = (activation.wgsl(&prefix), activation.wgsl(&other)) {
            parsed(&[one, another].concat());
        }
    }

    /// Values are written as text that is read as the same bits.
    #[test]
    fn values_keep_their_bits(at in 0..Activation::ALL.len(), bits in [value_bits(), value_bits(), value_bits(), value_bits()]) {
        let mut activation = Activation::ALL[at];
        for (parameter, bits) in activation.info().parameters.iter().zip(bits) {
            let value = f32::from_bits(bits);
            let other = activation.with(parameter.name, value).unwrap();
            activation = other.checked().unwrap_or(activation);
        }
        // Defaults may be computed with.
        if Activation::ALL.contains(&activation) {
            return Ok(());
        }
        let module = parsed(&activation.wgsl("my_").unwrap());
        let mut bound = module.functions.iter().filter(|(_, f)| f.name.as_deref() == Some("my_activation"));
        let (_, bound) = bound.next().unwrap();
        let literals = bound.expressions.iter().filter_map(|(_, expression)| match expression {
            Expression::Literal(Literal::F32(value)) => Some(value.to_bits()),
            // That of a sign is of the barrier.
            Expression::Literal(Literal::U32(bits)) if *bits != 1 << 31 => Some(*bits),
            _ => None,
        });
        let given = activation.parameters().map(|(_, value)| value.to_bits());
        assert_eq!(literals.collect::<Vec<_>>(), given.collect::<Vec<_>>(), "{activation:?}");
    }
}

/// Functions, structs and constants; each wanted function with its arguments; none that no wanted
/// one calls.
#[test]
fn the_text_has_what_is_promised_and_nothing_else() {
    let all = functions(Activation::list(), "my_").unwrap();
    let of_each = Activation::ALL
        .iter()
        .map(|activation| (activation.wgsl("my_").unwrap(), vec![activation.info()]));
    for (text, infos) in of_each.chain([(all, Activation::list().iter().collect())]) {
        let module = parsed(&text);
        assert!(
            module.global_variables.is_empty()
                && module.entry_points.is_empty()
                && module.overrides.is_empty()
        );
        let arguments_of = |name: &str| -> Vec<_> {
            let function = module
                .functions
                .iter()
                .find(|(_, function)| function.name.as_deref() == Some(name));
            let (_, function) =
                function.unwrap_or_else(|| panic!("there is no {name} in:\n{text}"));
            function
                .arguments
                .iter()
                .filter_map(|argument| argument.name.clone())
                .collect()
        };
        let mut wanted = BTreeSet::from(["my_scaled".to_owned()]);
        for info in &infos {
            for name in names_of(info) {
                let x = if name.ends_with("_from_output") {
                    "y"
                } else {
                    "x"
                };
                let parameters = info.parameters.iter().map(|parameter| parameter.name);
                let arguments: Vec<_> = [x].into_iter().chain(parameters).collect();
                wanted.insert(["my_", &name].concat());
                assert_eq!(arguments_of(&["my_", &name].concat()), arguments, "{name}");
                if infos.len() == 1 {
                    let of_x = ["my_", &name.replacen(info.name, "activation", 1)].concat();
                    assert_eq!(arguments_of(&of_x), [x], "{of_x}");
                    wanted.insert(of_x);
                }
            }
        }
        let mut called = wanted;
        for (_, function) in module.functions.iter() {
            let calls =
                function
                    .expressions
                    .iter()
                    .filter_map(|(_, expression)| match expression {
                        Expression::CallResult(function) => {
                            module.functions[*function].name.clone()
                        }
                        _ => None,
                    });
            called.extend(calls);
        }
        let there = module
            .functions
            .iter()
            .filter_map(|(_, function)| function.name.clone());
        assert_eq!(there.collect::<BTreeSet<_>>(), called, "{text}");
    }
}

/// A set has each function once; sets with different prefixes, and kernels of the library, can be
/// one module.
#[test]
fn texts_live_side_by_side() {
    let [gelu, elu] = [Activation::Gelu, Activation::Elu { alpha: 1.0 }].map(Activation::info);
    let twice = functions([gelu, elu, gelu], "my_").unwrap();
    assert_eq!(
        parsed(&twice).functions.len(),
        parsed(&functions([gelu, elu], "my_").unwrap())
            .functions
            .len()
    );
    let all = ["a_", "b_"]
        .map(|prefix| functions(Activation::list(), prefix).unwrap())
        .concat();
    parsed(&[&all, parameters_are_constant(true), MATH].concat());
}

#[test]
fn bad_prefixes_are_refused() {
    for prefix in ["1", "__", "__my", "my-", "my ", "m.y", "é", "//"] {
        let error = functions([], prefix).unwrap_err();
        assert!(
            error.to_string().ends_with(&format!("got `{prefix}`")),
            "{error}"
        );
        assert_eq!(Activation::Relu.wgsl(prefix), Err(error));
    }
    let refused = Activation::Elu { alpha: f32::NAN }.wgsl("my_").unwrap_err();
    assert!(refused.to_string().contains("alpha"), "{refused}");
}

/// No accepted prefix makes a word of WGSL's own out of a name that is handed out.
#[test]
fn words_of_wgsl_stay_its_own() {
    let (_, declared) = vocabulary();
    let ours = Activation::list()
        .iter()
        .flat_map(names_of)
        .chain(declared.into_iter().map(str::to_owned));
    let ours: BTreeSet<_> = ours.collect();
    let mut found = 0;
    for word in RESERVED.iter().chain(BUILTIN_IDENTIFIERS) {
        for prefix in ours
            .iter()
            .filter_map(|name| word.strip_suffix(name.as_str()))
            .filter(|prefix| !prefix.is_empty())
        {
            assert!(
                functions(Activation::list(), prefix).is_err(),
                "{prefix} makes {word}"
            );
            found += 1;
        }
    }
    assert!(found > 0, "atanh at least");
}

#[test]
fn four_lanes_need_a_function_of_the_text() {
    let text = Activation::ELU.wgsl("my_").unwrap();
    let four = with_vec4(&text, ["my_elu", "my_activation_derivative_alpha"]).unwrap();
    let module = parsed(&four);
    let function = |name: &str| {
        let mut functions = module.functions.iter();
        functions.any(|(_, function)| function.name.as_deref() == Some(name))
    };
    assert!(function("my_elu_vec4") && function("my_activation_derivative_alpha_vec4"));
    let message = |text: &str, name: &str| with_vec4(text, [name]).unwrap_err().to_string();
    assert_eq!(
        message(&text, "elu"),
        "names: the text has no function `elu`"
    );
    let other = "fn f(x: f32) -> f32 { return acos(x); }";
    assert_eq!(
        message(other, "f"),
        "text: `f`, line 1: a call of `acos` cannot be vectorized"
    );
}

/// The functions of a text with the types of their arguments and results.
fn signatures(text: &str) -> BTreeSet<String> {
    let of_word = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let functions = text.lines().filter_map(|line| line.strip_prefix("fn "));
    functions
        .filter_map(|line| line.split_once(" {"))
        .map(|(line, _)| of_word(line))
        .collect()
}

#[test]
fn a_text_has_the_parts_that_it_is_asked_for() {
    let elu = |parts: &[Part]| {
        let export = Export::new("my_")
            .function(Activation::ELU)
            .function(Glu::SWIGLU);
        let export = parts.iter().fold(export, |export, &part| export.part(part));
        let text = export.text().unwrap();
        nameless(&text);
        let wanted = |line: &String| line.starts_with("my_elu") || line.starts_with("my_swiglu");
        signatures(&text)
            .into_iter()
            .filter(wanted)
            .filter(|line| !line.contains("inner"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        elu(&[Part::Forward]),
        [
            "my_elu(x: f32) -> f32",
            "my_swiglu(value: f32, gate: f32) -> f32"
        ]
    );
    assert_eq!(
        elu(&[Part::Derivative]),
        [
            "my_elu_derivative(x: f32) -> f32",
            "my_swiglu_gradient_gate(value: f32, gate: f32, grad_output: f32) -> f32",
            "my_swiglu_gradient_value(value: f32, gate: f32, grad_output: f32) -> f32",
        ]
    );
    assert_eq!(
        elu(&[Part::SecondDerivative, Part::ParameterDerivatives]),
        [
            "my_elu_derivative_alpha(x: f32) -> f32",
            "my_elu_second_derivative(x: f32) -> f32"
        ]
    );
    assert_eq!(elu(&[]), elu(Part::ALL));
}

/// Everything at once, for one and for four lanes, with any prefix or none.
#[test]
fn all_functions_can_be_one_text() {
    let expression: crate::Expression = "dropout(gelu(x + bias)) * gate".parse().unwrap();
    for prefix in ["", "my_", "a_", "un"] {
        let mut export = Export::new(prefix).vec4().function(Exported::Softmax);
        for &activation in Activation::ALL {
            export = export.function(activation);
        }
        for glu in [Glu::NAMED.as_slice(), &[Glu::With(Activation::ELU)]].concat() {
            export = export.function(glu);
        }
        let text = export
            .function(&expression)
            .function(Exported::Switch(Activation::ALL.to_vec()))
            .named("half_elu", Activation::Elu { alpha: 0.5 })
            .text()
            .unwrap();
        nameless(&text);
        assert!(
            !text.contains("{{") && !text.contains('#'),
            "templates and preprocessors"
        );
    }
}

#[test]
fn sixteen_bits_are_converted_at_the_edge() {
    let text = Export::new("my_")
        .part(Part::Forward)
        .vec4()
        .f16()
        .function(Activation::Silu);
    let text = text
        .function(Exported::Switch(vec![Activation::Relu]))
        .text()
        .unwrap();
    for part in [
        "fn my_silu_f16(x: f16) -> f16 {\n  return f16(my_silu(f32(x)));\n}",
        "fn my_silu_vec4_f16(x: vec4<f16>) -> vec4<f16> {\n  return vec4<f16>(my_silu_vec4(vec4<f32>(x)));\n}",
        "fn my_activate_f16(id: u32, x: f16) -> f16 {",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let module = parsed(&["enable f16;\n", &text].concat());
    let capabilities = Capabilities::SHADER_FLOAT16;
    let valid = Validator::new(ValidationFlags::all(), capabilities).validate(&module);
    assert!(valid.is_ok(), "{valid:?}");
}

#[test]
fn names_that_meet_are_refused() {
    let elu = Export::new("my_").function(Activation::ELU);
    let half = Activation::Elu { alpha: 0.5 };
    let twice = elu.clone().function(half).text().unwrap_err().to_string();
    assert!(
        twice.contains("two functions are called `my_elu`"),
        "{twice}"
    );
    nameless(&elu.clone().named("half_elu", half).text().unwrap());
    for name in ["", "for", "a-b", "__a", "1a"] {
        let refused = elu.clone().named(name, half).text().unwrap_err();
        assert!(refused.to_string().contains("got `"), "{refused}");
    }
}

/// People compile these in front of kernels of their own, and read them.
#[test]
fn texts_are_short() {
    let export = Export::new("my_").part(Part::Forward).without_comments();
    let five = ["tanh", "sigmoid", "silu", "softplus", "gelu"];
    let five = five.map(|name| name.parse::<Activation>().unwrap());
    let text = five.into_iter().fold(export, Export::function).text();
    assert!(text.unwrap().len() <= 5500);
}
