//! The example `kernels`: what this crate runs.

use wgpu_activations::{Activation, AxisFunction, Glu};

use crate::Directory;

/// The label of each kernel that a call runs.
fn labels(call: &str) -> Vec<String> {
    let text = Directory::new().succeed("kernels", &[call]);
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

/// Kernels that add read what they write.
#[test]
fn gradients_are_added() {
    for call in [
        "gelu backward f32 [100]",
        "elu double_backward f16 [64]",
        "elu backward_parameter:alpha f32 [100]",
        "swiglu backward bf16 [64]",
        "swiglu split_backward f32 [8, 64]",
        "softmax backward f16 [64, 1024]",
        "softmax double_backward f32 [64, 8]",
        "cross_entropy backward f32 [4, 100]",
        "x * bias backward f32 [64]",
    ] {
        let alone = Directory::new().succeed("kernels", &[call]);
        let added = Directory::new().succeed("kernels", &[call, "--accumulate"]);
        let adds = |text: &str| text.contains("fn accumulated");
        assert!(!adds(&alone) && adds(&added), "{call}");
    }
}

#[test]
fn every_function_is_listed() {
    let list = Directory::new().succeed("kernels", &["--list"]);
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
        Directory::new().fail("kernels", &[call], &[message]);
    }
}

#[test]
fn gradients_are_one_kernel() {
    assert_eq!(labels("x * sigmoid(y) backward f32 [64]").len(), 1);
}
