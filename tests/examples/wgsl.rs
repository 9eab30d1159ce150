//! The example `wgsl`: functions for other kernels, and the kernels of this crate.

use wgpu_activations::{Activation, AxisFunction, Glu};

use crate::Directory;

/// The label of each kernel that a call runs.
fn labels(call: &str) -> Vec<String> {
    let text = Directory::new().succeed("wgsl", &["--kernel", call]);
    let labels = text
        .lines()
        .filter_map(|line| line.strip_prefix("// wgpu-activations "));
    assert_eq!(
        text.matches("@compute").count(),
        labels.clone().count(),
        "{text}"
    );
    labels.map(str::to_owned).collect()
}

#[test]
fn kernels_are_those_of_the_call() {
    assert_eq!(
        labels("softmax backward f16 [64, 1024]"),
        ["softmax backward f16"]
    );
    assert_eq!(
        labels("elu(alpha=0.5) double_backward f32 [63]"),
        ["elu double_backward f32", "elu backward f32"]
    );
    assert_eq!(
        labels("elu backward_parameter:alpha bf16 [100]"),
        ["expression evaluate bf16 to f32"]
    );
    assert_eq!(labels("swiglu split f32 [8, 64]"), ["silu glu_split f32"]);
}

#[test]
fn every_function_is_listed() {
    let list = Directory::new().succeed("wgsl", &["--list-kernels"]);
    let has = |function: &str| list.lines().any(|line| line.starts_with(function));
    for activation in Activation::ALL {
        assert!(
            has(&format!("{activation} double_backward ")),
            "{activation}"
        );
    }
    for glu in Glu::NAMED {
        assert!(has(&format!("{glu} split_backward ")), "{glu}");
    }
    for function in AxisFunction::ALL {
        assert!(has(&format!("{function} backward ")), "{function}");
    }
}

#[test]
fn bad_calls_are_refused() {
    for (call, message) in [
        ("gelu", "write a call as"),
        ("gelu forwards f32 [8]", "there is no operation `forwards`"),
        ("gelu forward f64 [8]", "write a call as"),
        ("glu split f32 [3]", "split: the axis has 3 elements"),
        ("relu forward f32 [-1]", "write a call as"),
        ("relu forward f32 [1000000000000]", "may have at most"),
        (
            "softmax forward f32 [4294967296, 4294967296]",
            "may have at most",
        ),
    ] {
        Directory::new().fail("wgsl", &["--kernel", call], &[message]);
    }
}

#[test]
fn expressions_and_activations_are_printed() {
    let text = Directory::new().succeed("wgsl", &["x * sigmoid(1.5 * from)", "--prefix", "own_"]);
    for part in [
        "// x * sigmoid(1.5 * from): functions from ",
        "// The argument from_ is the operand `from`.\nfn own_expression(x: f32, from_: f32) -> f32",
        "fn own_expression_gradient_x(x: f32, from_: f32, grad_output: f32) -> f32",
        "fn own_expression_gradient_from_(",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = Directory::new().succeed("wgsl", &["elu(alpha=0.5)"]);
    assert!(
        text.contains("fn my_activation_derivative_alpha(x: f32)"),
        "{text}"
    );
    for (function, message) in [
        ("softmax", "is a function along an axis"),
        ("swiglu", "write it as an expression"),
        ("x * sigmiod(x)", "did you mean `sigmoid`"),
        ("gleu", "did you mean"),
    ] {
        Directory::new().fail("wgsl", &[function], &[message]);
    }
    assert_eq!(
        labels("x * sigmoid(y) backward f32 [64]").len(),
        1,
        "one kernel for all gradients"
    );
}
