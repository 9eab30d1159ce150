//! The exported text of expressions, through naga.

use naga::keywords::wgsl::{BUILTIN_IDENTIFIERS, RESERVED};
use proptest::prelude::*;

use super::tests::{nameless, parsed, treacherous};
use crate::{Activation, Error, Expression, WgslFunction};

const EXPRESSIONS: [&str; 12] = [
    "gelu(x + bias) * gate + residual",
    "30 * tanh(x / 30)",
    "x * sigmoid(1.5 * x)",
    "dropout(silu(x + bias), p=0.1) + dropout(residual, p=0.5)",
    "gamma * tanh(alpha * x) + beta",
    "elu(x, alpha=a) * scale",
    "elu(x, alpha=0.3) + elu(y)",
    "max(x, a) - min(x, -a) + select(x >= a, x / a, x ^ -3)",
    "gate(x, mish) - stop_gradient(x - x)",
    "max(x, -0.0) + min(x, inf) * 1e-45 - select(x != y, 3.4e38, 2)",
    "max_derivative(1, 2)",
    "x",
];

fn expression(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The functions of a text with their arguments.
fn functions(text: &str) -> Vec<(String, Vec<String>)> {
    let module = parsed(text);
    assert!(
        module.global_variables.is_empty()
            && module.entry_points.is_empty()
            && module.overrides.is_empty()
    );
    let functions = module.functions.iter().map(|(_, function)| {
        let arguments = function.arguments.iter();
        let arguments = arguments.filter_map(|argument| argument.name.clone());
        (
            function.name.clone().unwrap_or_default(),
            arguments.collect(),
        )
    });
    functions.collect()
}

#[track_caller]
fn assert_has(text: &str, name: &str, arguments: &[&str]) {
    let functions = functions(text);
    let found = functions.iter().find(|(other, _)| other == name);
    let found = found.unwrap_or_else(|| panic!("there is no {name} in:\n{text}"));
    assert_eq!(found.1, arguments, "{name}");
}

#[test]
fn each_operand_has_its_gradient() {
    let text = expression("gelu(x + bias) * gate").wgsl("my_").unwrap();
    assert!(
        text.starts_with("// gelu(x + bias) * gate: functions from "),
        "{text}"
    );
    assert_has(&text, "my_expression", &["x", "bias", "gate"]);
    for operand in ["x", "bias", "gate"] {
        let name = format!("my_expression_gradient_{operand}");
        assert_has(&text, &name, &["x", "bias", "gate", "grad_output"]);
    }
    let text = expression("dropout(x) * dropout(y)").wgsl("my_").unwrap();
    assert_has(&text, "my_expression", &["x", "y", "w0", "w1"]);
    let arguments = ["x", "y", "w0", "w1", "grad_output"];
    assert_has(&text, "my_expression_gradient_y", &arguments);

    // A second derivative has none, and neither has a gradient, which has `grad_output` already.
    let text = expression("mish_second_derivative(x) * y")
        .wgsl("my_")
        .unwrap();
    assert!(
        !text.contains("gradient_x") && text.contains("gradient_y"),
        "{text}"
    );
    let gradient = expression("silu(x)").gradient("x").unwrap();
    assert_has(
        &gradient.wgsl("my_").unwrap(),
        "my_expression",
        &["x", "grad_output"],
    );
}

#[test]
fn activations_are_expressions() {
    for &activation in Activation::ALL {
        let text = Expression::from(activation).wgsl("my_").unwrap();
        nameless(&text);
        assert_has(&text, "my_expression", &["x"]);
        assert_has(&text, "my_expression_gradient_x", &["x", "grad_output"]);
    }
}

/// With any prefix it is the same module but for the names, which all begin with the prefix.
#[test]
fn prefixes_change_names_and_nothing_else() {
    let others = [
        "x",
        "_",
        "E",
        "v",
        "w",
        "expression",
        "my_expression_",
        "grad_",
    ];
    let prefixes: Vec<_> = treacherous().into_iter().collect();
    // Each expression has some of the prefixes.
    for (k, text) in EXPRESSIONS.into_iter().enumerate() {
        let expression = expression(text);
        let expected = nameless(&expression.wgsl("some_").unwrap());
        let prefixes = prefixes.iter().skip(k).step_by(EXPRESSIONS.len());
        let prefixes = prefixes.map(String::as_str);
        for prefix in prefixes.chain(others) {
            let Ok(text) = expression.wgsl(prefix) else {
                assert_eq!(prefix, "a", "atanh is WGSL's");
                continue;
            };
            assert_eq!(
                nameless(&text),
                expected,
                "{expression} with {prefix}:\n{text}"
            );
            for (name, _) in functions(&text) {
                assert!(
                    name.starts_with(prefix),
                    "{expression} with {prefix}: {name}"
                );
            }
        }
    }
    for prefix in ["1", "__", "__my", "my-", "é", "//"] {
        let error = expression("x + 1").wgsl(prefix).unwrap_err();
        assert!(matches!(error, Error::Argument { .. }), "{error}");
    }
}

#[test]
fn operands_may_have_any_name() {
    let own = "fenced hidden unknown_zero zero v0 v1 w0 w1 expression my_fenced my_expression \
        my_expression_gradient_x SIGN_BIT my_SIGN_BIT Pair scaled gelu from_ layer.bias layer_bias \
        layer._bias __x _._ _ __ a_x bits";
    let words = RESERVED.iter().chain(BUILTIN_IDENTIFIERS).copied();
    let names: Vec<_> = words
        .chain(own.split_whitespace())
        .filter(|name| *name != "inf")
        .collect();
    let terms = |names: &[&str]| {
        let terms = names.iter().map(|name| format!("tanh({name})"));
        terms.collect::<Vec<_>>().join(" + ")
    };
    // All at once are told apart, and each gives the same module by itself.
    for some in names.chunks(40) {
        nameless(&expression(&terms(some)).wgsl("my_").unwrap());
    }
    let expected = nameless(&expression("gelu(x) * x - 0.5").wgsl("my_").unwrap());
    for name in &names {
        let text = format!("gelu({name}) * {name} - 0.5");
        let text = expression(&text).wgsl("my_").unwrap();
        // A built-in function of this name may be called, so that other functions stay apart.
        let nameless = nameless(&text);
        if !BUILTIN_IDENTIFIERS.contains(name) {
            assert_eq!(nameless, expected, "{text}");
        }
        parsed(
            &expression(&format!("dropout({name}) + {name}.y"))
                .wgsl("my_")
                .unwrap(),
        );
    }
    let text = expression("from * layer.bias + x").wgsl("my_").unwrap();
    assert_has(&text, "my_expression", &["from_", "layer_bias", "x"]);
    assert!(
        text.contains("// The argument from_ is the operand `from`.\n"),
        "{text}"
    );
    assert!(
        text.contains("fn my_expression_gradient_layer_bias("),
        "{text}"
    );
}

/// A text from the bytes of a random generator: a sum of calls.
fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[a-z_.]{1,3}".prop_filter("a number", |name| name != "inf" && name != "."),
        any::<f32>()
            .prop_filter("finite", |x| x.is_finite())
            .prop_map(|x| format!("({x:?})")),
    ];
    let leaf = leaf.prop_filter("a name", |text| text.parse::<Expression>().is_ok());
    leaf.prop_recursive(4, 24, 3, |inner| {
        let at = 0..Activation::ALL.len();
        prop_oneof![
            (inner.clone(), inner.clone(), "[-+*/]")
                .prop_map(|(a, b, mark)| format!("({a} {mark} {b})")),
            (inner.clone(), at)
                .prop_map(|(a, at)| format!("{}({a})", Activation::ALL[at].info().name)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("select({a} < {b}, {c}, {b})")),
            inner.clone().prop_map(|a| format!("dropout({a}, 0.25)")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_expression_is_valid(text in any_expression(), prefix in "[a-z_]{1,2}") {
        if let Ok(expression) = text.parse::<Expression>()
            && let Ok(exported) = expression.wgsl(&prefix)
        {
            nameless(&exported);
        }
    }
}

#[test]
fn functions_of_the_callers_are_in_the_text() {
    let function = WgslFunction::new(
        "relu",
        "const ZERO = 0.0; fn relu(x: f32) -> f32 { return max(x, ZERO); }",
        "fn relu_derivative(x: f32) -> f32 { return 1.0; }",
    );
    let function = function.expect("a function");
    let expression = Expression::parse_with("relu(x * ZERO) + relu(relu6(x))", [&function]);
    let text = expression.expect("an expression").wgsl("my_").unwrap();
    nameless(&text);
    for declared in ["const my_own0_ZERO =", "fn my_own0_relu("] {
        assert!(text.contains(declared), "{declared}: {text}");
    }
    assert_has(&text, "my_expression", &["x", "ZERO"]);
}
