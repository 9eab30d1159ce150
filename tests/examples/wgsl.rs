//! The example `wgsl`: functions for kernels of one's own.

use crate::Directory;

#[track_caller]
fn assert_has(arguments: &[&str], parts: &[&str]) -> String {
    let text = Directory::new().succeed("wgsl", arguments);
    for part in parts {
        assert!(text.contains(part), "{part}: {text}");
    }
    text
}

#[test]
fn functions_of_all_kinds_are_printed() {
    let parts = [
        "// x * sigmoid(1.5 * from): functions from ",
        "\n// cargo run --example wgsl -- 'x * sigmoid(1.5 * from)' --prefix own_\n",
        "// The argument from_ is the operand `from`.\nfn own_expression(x: f32, from_: f32) -> f32",
        "fn own_expression_gradient_x(x: f32, from_: f32, grad_output: f32) -> f32",
        "fn own_expression_gradient_from_(",
    ];
    assert_has(&["x * sigmoid(1.5 * from)", "--prefix", "own_"], &parts);
    assert_has(&["elu(alpha=0.5)"], &["fn my_elu_derivative_alpha(x: f32)"]);
    assert_has(
        &["elu", "--parameters-as-arguments"],
        &["fn my_elu_derivative_alpha(x: f32, alpha: f32)"],
    );
    assert_has(&["swiglu"], &["fn my_swiglu_gradient_gate(value: f32,"]);
    assert_has(&["softmax"], &["fn my_softmax_exp(x: f32, max: f32)"]);
    assert_has(
        &["relu", "tanh", "--switch"],
        &["fn my_activate(id: u32, x: f32)"],
    );
    let ids = assert_has(&["relu", "tanh", "--switch", "--list"], &[]);
    assert_eq!(ids, "{\"relu\":0,\"tanh\":1}\n");
    assert_has(&["--list"], &["elu(x, alpha=1.0) = "]);
    assert_has(&["--list", "--json"], &["{\"name\":\"elu\","]);
}

/// The second line of a text is the command that prints it.
#[test]
fn the_command_of_a_text_prints_it() {
    let arguments = [
        "relu",
        "silu",
        "softplus(beta=1, threshold=20)",
        "--prefix",
        "",
        "--name",
        "silu=silu_f32",
        "--forward",
        "--vec4",
        "--f16",
        "--no-comments",
    ];
    let text = assert_has(
        &arguments,
        &[
            "fn relu(x: f32)",
            "fn silu_f32_vec4(x: vec4<f32>)",
            "fn relu_vec4_f16(x: vec4<f16>)",
        ],
    );
    let quoted = arguments.map(|word| match word {
        "" => "''".to_owned(),
        word if word.contains('(') => format!("'{word}'"),
        word => word.to_owned(),
    });
    let command = format!("// cargo run --example wgsl -- {}", quoted.join(" "));
    assert_eq!(text.lines().nth(1), Some(&*command));
}

#[test]
fn what_is_no_function_is_refused() {
    for (arguments, message) in [
        (&["sparsemax"][..], "is a function along an axis"),
        (&["cross_entropy"], "is a loss of rows"),
        (&["x * sigmiod(x)"], "did you mean `sigmoid`"),
        (&["gleu"], "did you mean"),
        (&["elu", "elu(alpha=0.5)"], "or one is there twice"),
        (&["relu", "--name", "relu=for"], "reserved, got `for`"),
        (&["relu", "--name", "silu=f"], "there is no `silu` among"),
        (&["swiglu", "--switch"], "`swiglu` is none"),
    ] {
        Directory::new().fail("wgsl", arguments, &[message]);
    }
}
