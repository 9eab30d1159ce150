//! The functions and their gradients on Burn's tensors, against the references in f64.

mod common;

use burn::tensor::{DType, Device, FloatDType, Tensor};
use wgpu_activations_burn::wgpu_activations::{
    Activation, AxisFunction, AxisShape, Expression, Glu,
};
use wgpu_activations_burn::{apply, apply_learned, expression, gelu, glu, softmax, swiglu};

use common::{device, tensor};

/// The bound of every activation and of its gradient.
const ULPS: f64 = 4.0;

/// Numbers on both sides of every kink.
fn inputs(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| ((i as f32 + 0.5) * 0.37).sin() * 6.0)
        .collect()
}

/// Powers of two: products with them round nothing.
fn weights(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| [0.5, 2.0, -1.0, 4.0, 0.25][i % 5])
        .collect()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .expect("f32")
}

/// Checks that values are within so many ulps of the true ones, or of `scale` where that is larger: it
/// is the largest of the terms that a true value is the sum of.
fn assert_within(ulps: f64, what: &str, got: &[f32], wanted: &[f64], scale: impl Fn(usize) -> f64) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
        let ulp = wanted.abs().max(scale(i)).max(f32::MIN_POSITIVE.into()) * 2f64.powi(-23);
        let error = (f64::from(got) - wanted).abs() / ulp;
        assert!(
            error <= ulps,
            "{what}[{i}] is {got}, {error:.2} ulp from {wanted}"
        );
    }
}

fn training_device() -> Device {
    device().autodiff()
}

/// The result, and the gradients of the sum of the result times [`weights`].
fn differentiated<const D: usize, const N: usize>(
    inputs: [(&[f32], [usize; D]); N],
    function: impl Fn([Tensor<D>; N]) -> Tensor<D>,
) -> (Vec<f32>, [Vec<f32>; N]) {
    let device = training_device();
    let inputs = inputs.map(|(values, shape)| tensor(values, shape, &device).require_grad());
    let y = function(inputs.clone());
    let grad_output = tensor(&weights(y.shape().num_elements()), y.dims(), &device);
    let gradients = (y.clone() * grad_output).backward();
    (
        values(y),
        inputs.map(|input| values(input.grad(&gradients).expect("a gradient"))),
    )
}

#[test]
fn activations_are_within_their_bounds() {
    let (x, weights) = (inputs(999), weights(999));
    for text in [
        "gelu",
        "softplus",
        "mish",
        "silu",
        "elu(alpha=0.5)",
        "tanh",
        "snake",
        "leaky_relu",
        "logsigmoid",
    ] {
        let activation: Activation = text.parse().expect("an activation");
        let (y, [grad_x]) = differentiated([(&x, [27, 37])], |[x]| apply(activation, x));
        let wanted: Vec<_> = x.iter().map(|&x| activation.forward(x.into())).collect();
        let scale = |i: usize| activation.error_scale(x[i].into());
        assert_within(ULPS, text, &y, &wanted, |i| scale(i).forward);
        let wanted = x
            .iter()
            .zip(&weights)
            .map(|(&x, &weight)| activation.backward(x.into(), weight.into()));
        let scale = |i: usize| scale(i).derivative * f64::from(weights[i].abs());
        assert_within(ULPS, text, &grad_x, &wanted.collect::<Vec<_>>(), scale);
    }
    let x = tensor(&x, [999], &device());
    assert_eq!(values(gelu(x.clone())), values(apply(Activation::Gelu, x)));
}

#[test]
fn softmax_goes_along_any_dimension() {
    let (shape, x) = ([5, 12, 7], inputs(420));
    let in_f64: Vec<_> = x.iter().map(|&x| f64::from(x)).collect();
    let weights: Vec<_> = weights(420)
        .iter()
        .map(|&weight| f64::from(weight))
        .collect();
    for dim in [0, 1, -1] {
        let (y, [grad_x]) = differentiated([(&x, shape)], |[x]| softmax(x, dim));
        let rows = AxisShape::along(&shape, dim).expect("rows");
        let softmax = AxisFunction::SOFTMAX;
        let wanted = softmax.forward(rows, &in_f64).expect("rows");
        // exp has 4 ulp; the sum of so few terms and the division add less than 2.
        assert_within(6.0, "softmax", &y, &wanted, |_| 0.0);
        // Each is y times a difference of numbers up to the largest weight.
        let gradients = softmax.backward(rows, &wanted, &weights).expect("rows");
        assert_within(12.0, "its gradient", &grad_x, &gradients, |i| {
            4.0 * wanted[i]
        });
    }
}

#[test]
fn gated_units_are_split_along_any_dimension() {
    let (x, shape) = (inputs(480), [5, 16, 6]);
    for (dim, unit) in [(1, Glu::SWIGLU), (-1, Glu::GEGLU)] {
        let function = |[x]: [Tensor<3>; 1]| {
            if dim == 1 {
                swiglu(x, dim)
            } else {
                glu(unit, x, dim)
            }
        };
        let (y, [grad_x]) = differentiated([(&x, shape)], function);
        let rows = AxisShape::along(&shape, dim).expect("rows");
        let (half, inner) = ((rows.length / 2 * rows.inner) as usize, weights(240));
        let (mut wanted, mut gradients) = (vec![], vec![0.0; 480]);
        for (i, &weight) in inner.iter().enumerate() {
            let place = i / half * 2 * half + i % half;
            let [value, gate] = [x[place], x[place + half]].map(f64::from);
            wanted.push(unit.forward(value, gate));
            [gradients[place], gradients[place + half]] = unit.backward(value, gate, weight.into());
        }
        // The activation's, and a product; the gradient of the gate has two.
        assert_within(ULPS + 1.0, "the gated unit", &y, &wanted, |_| 0.0);
        assert_within(ULPS + 1.5, "its gradient", &grad_x, &gradients, |_| 0.0);
    }
}

#[test]
fn parameters_are_learned_for_each_channel_or_for_all() {
    let (x, shape, weights) = (inputs(60), [3, 4, 5], weights(60));
    let cases = [
        (Activation::PRELU, "weight", vec![0.25, -0.5, 1.5, 3.0]),
        (Activation::PRELU, "weight", vec![0.25]),
        (Activation::SNAKE, "alpha", vec![0.5, 1.0, 2.0, 0.75]),
    ];
    for (activation, parameter, learned) in cases {
        let device = training_device();
        let x_tensor = tensor(&x, shape, &device).require_grad();
        let learned_tensor = tensor(&learned, [learned.len()], &device).require_grad();
        let y = apply_learned(
            activation,
            x_tensor.clone(),
            [(parameter, learned_tensor.clone())],
        );
        let gradients = (y.clone() * tensor(&weights, shape, &device)).backward();

        let (mut wanted, mut grad_x, mut scales, mut grad_learned) =
            (vec![], vec![], vec![], vec![0.0; learned.len()]);
        for (i, &x) in x.iter().enumerate() {
            let channel = (i / 5 % 4) % learned.len();
            let at = activation
                .with(parameter, learned[channel])
                .expect("a parameter");
            wanted.push(at.forward(x.into()));
            grad_x.push(at.backward(x.into(), weights[i].into()));
            let scale = at.error_scale(x.into());
            scales.push([
                scale.forward,
                scale.derivative * f64::from(weights[i].abs()),
            ]);
            let derivative = at
                .parameter_derivative(parameter, x.into())
                .expect("it can be learned");
            grad_learned[channel] += derivative * f64::from(weights[i]);
        }
        assert_within(ULPS, parameter, &values(y), &wanted, |i| scales[i][0]);
        let got = values(x_tensor.grad(&gradients).expect("a gradient"));
        assert_within(ULPS, "grad_x", &got, &grad_x, |i| scales[i][1]);
        let got = values(learned_tensor.grad(&gradients).expect("a gradient"));
        // A sum of 60 terms of at most 24: the bound of a term, and the rounding of sums.
        assert_within(16.0, "its gradient", &got, &grad_learned, |_| 24.0);
    }
}

/// The gradients of what is broadcast are summed.
#[test]
fn expressions_have_gradients_to_all_operands() {
    let text = "gelu(x + bias) * gate + residual";
    let expression_of_text: Expression = text.parse().expect("an expression");
    let (names, shapes) = (
        ["x", "bias", "gate", "residual"],
        [[6, 8], [1, 8], [6, 1], [6, 8]],
    );
    let all: Vec<_> = shapes
        .iter()
        .enumerate()
        .map(|(k, [rows, columns])| {
            let values = inputs(rows * columns);
            values
                .into_iter()
                .map(|value| value / (1.0 + k as f32))
                .collect::<Vec<_>>()
        })
        .collect();
    let tensors: [_; 4] = std::array::from_fn(|k| (all[k].as_slice(), shapes[k]));
    let (y, gradients) = differentiated(tensors, |tensors| {
        // The order of the operands is free.
        expression(&expression_of_text, names.into_iter().zip(tensors).rev())
    });

    let place = |k: usize, i: usize| {
        let [rows, columns] = shapes[k];
        (i / 8 % rows) * columns + i % 8 % columns
    };
    let value = |name: &str, i: usize| match names.iter().position(|&other| other == name) {
        Some(k) => all[k][place(k, i)].into(),
        None => weights(48)[i].into(),
    };
    let wanted: Vec<_> = (0..48)
        .map(|i| expression_of_text.evaluate(|name| value(name, i)))
        .collect();
    // Each function has its bound; the results are differences of numbers up to 36.
    assert_within(ULPS, text, &y, &wanted, |_| 36.0);
    for (k, name) in names.iter().enumerate() {
        let gradient = expression_of_text
            .gradient(name)
            .expect("it is differentiable");
        let mut wanted = vec![0.0; all[k].len()];
        for i in 0..48 {
            wanted[place(k, i)] += gradient.evaluate(|name| value(name, i));
        }
        assert_within(ULPS, name, &gradients[k], &wanted, |_| 36.0);
    }
}

#[test]
fn views_are_read_in_their_order() {
    let x = inputs(60);
    let (y, [grad_x]) = differentiated([(&x, [4, 15])], |[x]| apply(Activation::Mish, x));
    let device = training_device();
    // The same elements, moved to their places by Burn without a copy.
    let transposed: Vec<_> = (0..60).map(|i| x[i % 4 * 15 + i / 4]).collect();
    let x_tensor = tensor(&transposed, [15, 4], &device).require_grad();
    let of_view = apply(Activation::Mish, x_tensor.clone().transpose());
    let weights = tensor(&weights(60), [15, 4], &device).reshape([4, 15]);
    assert_eq!(values(of_view.clone()), y);
    // The gradient of the result is a view, too.
    let gradients = (of_view.transpose() * weights.transpose()).backward();
    let got = values(x_tensor.grad(&gradients).expect("a gradient").transpose());
    assert_eq!(got, grad_x);

    let part = tensor(&x, [4, 15], &device).slice([1..3, 2..9]);
    let wanted: Vec<_> = (0..14).map(|i| y[(1 + i / 7) * 15 + 2 + i % 7]).collect();
    assert_eq!(values(apply(Activation::Mish, part)), wanted);
}

/// Burn's own operations before and after come in their order, from other threads, too.
#[test]
fn work_is_in_order_with_burns_own() {
    const ROUNDS: usize = 30;
    let length = 1 << 14;
    let tanh = |mut x: f64| {
        for _ in 0..ROUNDS {
            x = x.tanh() * 1.5 + 0.125;
        }
        x
    };
    let x = inputs(length);
    let wanted: Vec<_> = x.iter().map(|&x| tanh(x.into())).collect();
    let steps = |mut x: Tensor<1>| {
        for _ in 0..ROUNDS {
            x = apply(Activation::Tanh, x) * 1.5 + 0.125;
        }
        x
    };
    let device = device();
    let alone = values(steps(tensor(&x, [length], &device)));
    // Each round adds its errors to those that it contracts or, near the unstable points, doubles.
    assert_within(256.0, "30 rounds", &alone, &wanted, |_| 1.0);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            // Made here, computed there, and read here.
            let x = tensor(&x, [length], &device) + 0.0;
            std::thread::spawn(move || steps(x))
        })
        .collect();
    for thread in threads {
        assert_eq!(values(thread.join().expect("no panic") + 0.0), alone);
    }
}

#[test]
fn tensors_may_be_empty() {
    let (y, [grad_x]) = differentiated([(&[], [0, 4])], |[x]| gelu(x));
    assert_eq!((y.len(), grad_x.len()), (0, 0));
    let (y, _) = differentiated([(&[], [3, 0])], |[x]| softmax(x, 1));
    assert_eq!(y.len(), 0);
    let (y, _) = differentiated([(&[], [0, 4])], |[x]| swiglu(x, 1));
    assert_eq!(y.len(), 0);
    // Nothing is added to the gradient of what is broadcast.
    let biased: Expression = "gelu(x + bias)".parse().expect("an expression");
    let inputs: [(&[f32], _); 2] = [(&[], [0, 4]), (&[1.0; 4], [1, 4])];
    let (_, [_, grad_bias]) = differentiated(inputs, |[x, bias]| {
        expression(&biased, [("x", x), ("bias", bias)])
    });
    assert_eq!(grad_bias, [0.0; 4]);
}

/// Only where Burn's device has them.
#[test]
fn halves_are_rounded_once() {
    if !device().supports_dtype(DType::F16) {
        println!("SKIPPED: the device has no f16");
        return;
    }
    let x: Vec<_> = inputs(101)
        .into_iter()
        .map(|x| f32::from(half::f16::from_f32(x)))
        .collect();
    let device = training_device();
    let x_tensor = tensor(&x, [101, 1], &device)
        .cast(FloatDType::F16)
        .require_grad();
    let bias = tensor(&[0.5], [1, 1], &device)
        .cast(FloatDType::F16)
        .require_grad();
    let biased: Expression = "gelu(x + bias)".parse().expect("an expression");
    let y = expression(&biased, [("x", x_tensor), ("bias", bias.clone())]);
    assert_eq!(y.dtype(), DType::F16);
    let gradients = y.clone().backward();
    let wanted: Vec<_> = x
        .iter()
        .map(|&x| Activation::Gelu.forward(f64::from(x) + 0.5))
        .collect();
    // An f16 has 13 bits less.
    assert_within(0.6 * 8192.0, "gelu", &values(y), &wanted, |_| {
        2f64.powi(-14)
    });
    let grad_bias = bias.grad(&gradients).expect("a gradient");
    assert_eq!(grad_bias.dtype(), DType::F16);
    let wanted = x
        .iter()
        .map(|&x| Activation::Gelu.derivative(f64::from(x) + 0.5))
        .sum();
    assert_within(
        0.6 * 8192.0,
        "its gradient",
        &values(grad_bias),
        &[wanted],
        |_| 101.0,
    );
}

#[test]
#[should_panic(expected = "has the operand bias, but there is no tensor of this name")]
fn a_missing_operand_is_named() {
    let biased: Expression = "x + bias".parse().expect("an expression");
    let _ = expression(&biased, [("x", tensor(&[1.0], [1], &device()))]);
}

#[test]
#[should_panic(expected = "dimension 0 is 2 long in one tensor and 3 in another")]
fn shapes_must_broadcast() {
    let sum: Expression = "x + y".parse().expect("an expression");
    let [x, y] = [2, 3].map(|length| tensor(&vec![1.0; length], [length], &device()));
    let _ = expression(&sum, [("x", x), ("y", y)]);
}

#[test]
#[should_panic(expected = "weight has 3 values, but it must have 1, or 4")]
fn there_are_as_many_parameters_as_channels() {
    let device = device();
    let (x, weight) = (
        tensor(&inputs(8), [2, 4], &device),
        tensor(&[0.1; 3], [3], &device),
    );
    let _ = apply_learned(Activation::PRELU, x, [("weight", weight)]);
}

#[test]
#[should_panic(expected = "dimension 1 of x has 3 elements")]
fn an_odd_dimension_has_no_halves() {
    let _ = swiglu(tensor(&[1.0; 6], [2, 3], &device()), 1);
}
