//! Results and gradients, for all ways in which operands are broadcast.

use wgpu_activations::{Expression, Gpu, Operands, Tensor, TrainingMode, Value};

use crate::support::{DOWNLEVEL_BUFFERS, bits, gpu, gpu_with, small_buffers, tiny};

/// An operand: its name, its shape, and its values.
struct Operand {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Values whose sums and products are about 1.
fn values(seed: usize, length: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 400.0 - 2.5;
    (0..length).map(value).collect()
}

/// The shape to which all are broadcast.
fn joint(shapes: &[Vec<usize>]) -> Vec<usize> {
    let dimensions = shapes.iter().map(Vec::len).max().unwrap_or_default();
    let size = |position: usize| {
        let own = shapes.iter().map(|shape| {
            let missing = dimensions - shape.len();
            position.checked_sub(missing).map_or(1, |k| shape[k])
        });
        own.fold(1, |joint, size| if size == 1 { joint } else { size })
    };
    (0..dimensions).map(size).collect()
}

/// The place in a shape of element i of another one, to which it is broadcast.
fn place(shape: &[usize], to: &[usize], mut i: usize) -> usize {
    let (mut place, mut stride) = (0, 1);
    let missing = to.len() - shape.len();
    for (position, &size) in to.iter().enumerate().rev() {
        let own = position.checked_sub(missing).map_or(1, |k| shape[k]);
        place += i % size % own * stride;
        (i, stride) = (i / size, stride * own);
    }
    place
}

/// Computes an expression and all of its gradients, and compares them with f64. The bound of errors
/// is relative to the sum of the magnitudes of the terms.
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
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let operands: Vec<Operand> = shapes
        .iter()
        .enumerate()
        .map(|(seed, &(name, shape))| Operand {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: values(seed, shape.iter().product()),
        })
        .collect();
    let shapes: Vec<_> = operands
        .iter()
        .map(|operand| operand.shape.clone())
        .collect();
    let shape = joint(&shapes);
    let elements: usize = shape.iter().product();
    let what = format!("{text} {shapes:?}");

    let tensors: Vec<Tensor> = operands
        .iter()
        .map(|operand| {
            gpu.upload(&operand.values, operand.shape.clone())
                .expect("a tensor")
        })
        .collect();
    let named = || -> Operands<'_> {
        let values = operands.iter().zip(&tensors);
        let values: Operands<'_> = values
            .map(|(operand, tensor)| (operand.name.as_str(), Value::from(tensor)))
            .collect();
        values.random(42, 8)
    };
    let training = TrainingMode {
        seed: 42,
        offset: 8,
        dropout: 0.0,
    };
    let at = |expression: &Expression, i: usize, grad_output: f64| {
        let value = |name: &str| {
            if name == "grad_output" {
                return grad_output;
            }
            let operand = operands.iter().find(|operand| operand.name == name);
            let operand = operand.expect("an operand");
            f64::from(operand.values[place(&operand.shape, &shape, i)])
        };
        expression.evaluate_training(value, training, i as u64)
    };

    let y = gpu.evaluate(&expression, named());
    let y = y.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(y.shape(), shape, "{what}");
    for (i, y) in read(&y).into_iter().enumerate() {
        let wanted = at(&expression, i, 0.0);
        let error = (f64::from(y) - wanted).abs();
        assert!(
            error <= factor * 1e-5 * wanted.abs().max(1.0),
            "{what}, element {i}: {y}, not {wanted}"
        );
    }

    let grads: Vec<f32> = values(99, elements);
    let grad_output = gpu.upload(&grads, shape.clone()).expect("a tensor");
    for operand in &operands {
        let name = operand.name.as_str();
        let [gradient] = gpu
            .gradients(&expression, named(), &grad_output, [name])
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(gradient.shape(), operand.shape, "{what}: {name}");
        let of = expression.gradient(name).expect("a gradient");
        let mut sums = vec![(0.0, 0.0); operand.values.len()];
        for i in 0..elements {
            let term = at(&of, i, f64::from(grads[i]));
            let (sum, magnitude) = &mut sums[place(&operand.shape, &shape, i)];
            *sum += term;
            *magnitude += term.abs();
        }
        for (i, (gradient, (sum, magnitude))) in read(&gradient).into_iter().zip(sums).enumerate() {
            let error = (f64::from(gradient) - sum).abs();
            assert!(
                error <= factor * 2e-6 * magnitude.max(1.0),
                "{what}, gradient of {name}, {i}: {gradient}, not {sum} of {magnitude}"
            );
        }
    }
    // All gradients in one go have the same bits as each by itself.
    if let [first, second, ..] = &operands[..] {
        let of = [first, second].map(|operand| operand.name.as_str());
        let both = gpu.gradients(&expression, named(), &grad_output, of);
        let both = both.unwrap_or_else(|error| panic!("{what}: {error}"));
        for (name, both) in of.into_iter().zip(&both) {
            let [one] = gpu
                .gradients(&expression, named(), &grad_output, [name])
                .expect("a gradient");
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
