//! The example `wgsl`: functions for kernels of one's own.

use crate::Directory;

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
}
