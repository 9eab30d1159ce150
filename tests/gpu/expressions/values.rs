//! Results and gradients, for all ways in which operands are broadcast.

use wgpu_activations::{Gpu, Tensor};

use super::case::Case;
use crate::support::{DOWNLEVEL_BUFFERS, bits, gpu, gpu_with, small_buffers, tiny};

/// Computes an expression and all of its gradients, and compares them with f64.
fn check(text: &str, shapes: &[(&str, &[usize])]) {
    check_on(gpu(), text, shapes);
}

pub fn check_on(gpu: &Gpu, text: &str, shapes: &[(&str, &[usize])]) {
    check_within(gpu, text, shapes, 1.0);
}

/// The same with a bound that is this many times as large, for an expression that multiplies the
/// errors of its steps.
pub fn check_within(gpu: &Gpu, text: &str, shapes: &[(&str, &[usize])], factor: f64) {
    let read = |tensor: &Tensor| gpu.read_blocking(tensor).expect("a result");
    let case = Case::new(text, shapes, factor);
    let (operands, what) = (&case.operands, &case.what);
    let tensors = case.upload(gpu).expect("tensors");
    case.check_values(read(&case.evaluate(gpu, &tensors)));

    let grad_output = gpu.upload(&case.grads, &case.shape).expect("a tensor");
    for operand in operands {
        let [gradient] = case.gradients(gpu, &tensors, &grad_output, [&operand.name]);
        assert_eq!(gradient.shape(), operand.shape, "{what}: {}", operand.name);
        case.check_gradient(operand, read(&gradient));
    }
    // All gradients in one go have the same bits as each by itself.
    if let [first, second, ..] = &operands[..] {
        let of = [first, second].map(|operand| operand.name.as_str());
        for (name, both) in of
            .into_iter()
            .zip(&case.gradients(gpu, &tensors, &grad_output, of))
        {
            let [one] = case.gradients(gpu, &tensors, &grad_output, [name]);
            assert_eq!(bits(&read(both)), bits(&read(&one)), "{what}: {name}");
        }
    }
}

#[test]
fn every_kind_of_broadcast() {
    // Rows of channels, planes of channels, and all others; multiples of vectors and not.
    for [x, other] in [
        [&[16, 64][..], &[64][..]],
        [&[37, 20], &[20]],
        [&[37, 19], &[19]],
        [&[9, 8, 16, 4], &[8, 1, 1]],
        [&[9, 8, 7, 7], &[8, 1, 1]],
        [&[3, 5, 196], &[5, 1]],
        [&[2, 3, 1000], &[3, 1]],
        [&[3, 2, 53], &[1, 2, 1]],
        [&[64, 36], &[64, 1]],
        [&[6, 5, 4, 3], &[6, 1, 4, 1]],
        [&[6, 5, 4, 3], &[1, 5, 1, 3]],
        [&[1000], &[]],
        [&[4096], &[1]],
        [&[4099], &[1]],
        [&[40, 50], &[1, 1]],
        [&[8, 8], &[8, 8]],
        [&[1, 9], &[7, 1]],
        [&[5], &[3, 1]],
        [&[], &[]],
        [&[4, 1, 6], &[1, 5, 6]],
    ] {
        check("gelu(x + bias) * 1.5", &[("x", x), ("bias", other)]);
    }
}

#[test]
fn many_operands() {
    let (x, row, column) = (&[24, 32][..], &[32][..], &[24, 1][..]);
    check(
        "gelu(x + bias) * gate + residual",
        &[("x", x), ("bias", row), ("gate", x), ("residual", x)],
    );
    check(
        "gamma * tanh(alpha * x) + beta",
        &[("gamma", row), ("alpha", &[]), ("x", x), ("beta", row)],
    );
    check(
        "dropout(silu(x + bias), p=0.1) + residual",
        &[("x", x), ("bias", row), ("residual", x)],
    );
    check(
        "elu(x, alpha=a) * scale / (1 + gate ^ 2)",
        &[("x", x), ("a", &[1]), ("scale", column), ("gate", x)],
    );
    check(
        "max(x, a) - min(x, b) + select(x > a, x * b, -a)",
        &[("x", x), ("a", row), ("b", column)],
    );
}

/// More operands than a kernel can bind: the expression is cut.
#[test]
fn any_number_of_operands() {
    let (x, row, column): (&[usize], &[usize], &[usize]) = (&[8, 36], &[36], &[8, 1]);
    let shapes = [x, row, x, column, &[], x];
    let names: Vec<String> = (0..25).map(|k| format!("a{k}")).collect();
    let shaped: Vec<(&str, &[usize])> = names
        .iter()
        .enumerate()
        .map(|(k, name)| (name.as_str(), shapes[k % 6]))
        .collect();
    check(&names.join(" + "), &shaped);
    let products: Vec<_> = names.chunks(2).map(|pair| pair.join(" * ")).collect();
    check(&format!("tanh({})", products.join(") + tanh(")), &shaped);
    check(
        &format!("dropout({}, p=0.2)", products.join(" - ")),
        &shaped,
    );
}

/// With bindings of 448 elements, and with four of them.
#[test]
fn any_limits() {
    let tiny = tiny(DOWNLEVEL_BUFFERS);
    for [x, other] in [
        [&[50, 40][..], &[40][..]],
        [&[50, 40], &[50, 1]],
        [&[2, 1000], &[1, 1000]],
        [&[2, 1000], &[2, 1]],
        [&[2, 600, 2], &[600, 1]],
        [&[5, 30, 9], &[5, 1, 9]],
        [&[3000], &[]],
    ] {
        let shapes = [("x", x), ("bias", other), ("gate", x), ("residual", x)];
        check_on(&tiny, "gelu(x + bias) * gate + residual", &shapes);
        let shapes = [("x", x), ("a", other), ("b", other), ("c", &[1])];
        check_on(&tiny, "dropout(a * tanh(c * x) + b, p=0.3)", &shapes);
    }
}

/// Tensors in several buffers of 64 KiB.
#[test]
fn tensors_in_several_buffers() {
    let small = gpu_with(small_buffers());
    for [x, other] in [
        [&[20, 1500][..], &[1500][..]],
        [&[20, 1500], &[20, 1]],
        [&[20, 1500], &[1]],
        [&[20, 1500], &[20, 1500]],
        [&[7, 3, 1500], &[3, 1]],
        [&[7, 3, 1500], &[7, 1, 1500]],
    ] {
        let shapes = [("x", x), ("bias", other), ("gate", x)];
        check_on(&small, "gelu(x + bias) * gate", &shapes);
        check_on(&small, "dropout(x * bias, p=0.3)", &shapes[..2]);
    }
}
