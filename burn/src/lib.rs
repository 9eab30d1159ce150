#![doc = include_str!("../README.md")]

mod device;
mod extension;
mod function;
mod tensors;

use std::fmt::Display;

use burn::backend::Dispatch;
use burn::tensor::{AsIndex, Tensor};
use wgpu_activations::{Activation, Expression, Glu};

pub use device::register;
pub use wgpu_activations;

use extension::Forward;
use function::Function;
use tensors::{MOST, Tensors};

/// Computes `gelu(x)`, in the form with erf: `apply(Activation::Gelu, x)`.
///
/// # Panics
/// As [`apply`].
#[must_use]
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    apply(Activation::Gelu, x)
}

/// Computes `f(x)` for each element. The parameters of f are numbers; [`apply_learned`] takes tensors.
///
/// # Panics
/// If x is not on a device that is [registered](register), or has elements of another type than f32,
/// f16 and bf16; if a parameter is out of its range; if there is no memory for the result. Burn's own
/// functions panic in such cases, too.
#[must_use]
pub fn apply<const D: usize>(activation: Activation, x: Tensor<D>) -> Tensor<D> {
    call(Function::Activation(checked(activation.checked())), vec![x])
}

/// Computes `f(x)`, of which these parameters are learned, as the `weight` of `prelu` or the `alpha`
/// of `snake`. Each has one value, or one for each channel, which are along dimension 1 of x, as in
/// Burn's `prelu`. The parameters that are not named have the values of `activation`.
///
/// # Panics
/// As [`apply`], and if the activation has no such parameter, if that cannot be learned, or if it has
/// neither one value nor as many as there are channels.
#[must_use]
pub fn apply_learned<const D: usize, const N: usize>(
    activation: Activation,
    x: Tensor<D>,
    parameters: [(&str, Tensor<1>); N],
) -> Tensor<D> {
    let channels = if D > 1 { x.dims()[1] } else { 1 };
    let operands = parameters
        .each_ref()
        .map(|(name, _)| (*name, Expression::operand(name)));
    let x_operand = Expression::operand(X);
    let of_x = checked(x_operand.apply_with(checked(activation.checked()), operands));
    let parameters = parameters.map(|(name, values)| {
        let [length] = values.dims();
        assert!(
            length == 1 || length == channels,
            "{name} has {length} values, but it must have 1, or {channels}, one for each channel of x"
        );
        let mut shape = [1; D];
        if length > 1 {
            shape[1] = length;
        }
        (name, values.reshape(shape))
    });
    let mut operands = vec![(X, x)];
    operands.extend(parameters);
    expression(&of_x, operands)
}

/// The name of the tensor that an activation is applied to.
const X: &str = "x";

/// Computes `value * silu(gate)`, where the first half of x along `dim` are the values, and the second
/// half the gates: `glu(Glu::SWIGLU, x, dim)`.
///
/// # Panics
/// As [`glu`].
#[must_use]
pub fn swiglu<const D: usize>(x: Tensor<D>, dim: impl AsIndex) -> Tensor<D> {
    glu(Glu::SWIGLU, x, dim)
}

/// Computes `value * f(gate)`, where the first half of x along `dim` are the values, and the second
/// half the gates, as in PyTorch's and Burn's `glu`. A negative `dim` counts from the end.
///
/// # Panics
/// As [`apply`], and if x has no such dimension, or if its length is odd.
#[must_use]
pub fn glu<const D: usize>(glu: Glu, x: Tensor<D>, dim: impl AsIndex) -> Tensor<D> {
    let glu = checked(glu.checked());
    let dim = dim.expect_dim_index(D);
    let length = x.dims()[dim];
    assert!(
        length.is_multiple_of(2),
        "dimension {dim} of x has {length} elements, but values and gates are as many, so it must be even"
    );
    call(Function::Glu(glu, dim), vec![x])
}

/// Computes `exp(x) / sum(exp(x))` along a dimension. A negative `dim` counts from the end.
///
/// # Panics
/// As [`apply`], and if x has no such dimension.
#[must_use]
pub fn softmax<const D: usize>(x: Tensor<D>, dim: impl AsIndex) -> Tensor<D> {
    call(Function::Softmax(dim.expect_dim_index(D)), vec![x])
}

/// Computes an expression of tensors by one kernel, and its gradients with respect to those that
/// require one by one more. Each operand gets a tensor by its name. A dimension of length 1 is broadcast, as
/// everywhere in Burn.
///
/// ```no_run
/// use burn::tensor::Tensor;
/// use wgpu_activations_burn::{expression, wgpu_activations::Expression};
///
/// fn gated(x: Tensor<2>, bias: Tensor<1>, gate: Tensor<2>) -> Tensor<2> {
///     let gelu: Expression = "gelu(x + bias) * gate".parse().expect("an expression");
///     expression(&gelu, [("x", x), ("bias", bias.unsqueeze()), ("gate", gate)])
/// }
/// ```
///
/// # Panics
/// As [`apply`], and if an operand is missing or superfluous, if shapes do not broadcast, if the tensors
/// have different types, or if there are more than 8. The backward pass panics if a function of the
/// expression has no derivative with respect to an operand that requires one.
#[must_use]
pub fn expression<'a, const D: usize>(
    expression: &Expression,
    operands: impl IntoIterator<Item = (&'a str, Tensor<D>)>,
) -> Tensor<D> {
    let mut operands: Vec<_> = operands.into_iter().collect();
    let names = expression.operands();
    let of_name = names.iter().map(|name| {
        let place = operands.iter().position(|(other, _)| other == name);
        let place = place.unwrap_or_else(|| {
            panic!("`{expression}` has the operand {name}, but there is no tensor of this name")
        });
        operands.swap_remove(place).1
    });
    let tensors: Vec<_> = of_name.collect();
    if let Some((name, _)) = operands.first() {
        panic!(
            "there is a tensor {name}, but the operands of `{expression}` are {}",
            names.join(", ")
        );
    }
    call(Function::Expression(expression.clone()), tensors)
}

/// Panics with the message of an error, as Burn's functions do.
fn checked<T, E: Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

fn call<const D: usize>(function: Function, tensors: Vec<Tensor<D>>) -> Tensor<D> {
    let number = tensors.len();
    assert!(
        (1..=MOST).contains(&number),
        "there are {number} tensors, but there must be from 1 to {MOST}"
    );
    device::check_registered(&tensors[0].device());
    let dtype = tensors[0].dtype();
    assert!(
        device::dtype(dtype).is_some(),
        "the tensor has elements of {dtype:?}, but they must be F32, F16 or BF16"
    );
    assert!(
        tensors.iter().all(|tensor| tensor.dtype() == dtype),
        "all tensors must have elements of the same type"
    );
    for dim in 0..D {
        let lengths = tensors.iter().map(|tensor| tensor.dims()[dim]);
        let mut lengths = lengths.filter(|&length| length != 1);
        if let Some(length) = lengths.next()
            && let Some(other) = lengths.find(|&other| other != length)
        {
            panic!(
                "dimension {dim} is {length} long in one tensor and {other} in another, so they do not broadcast"
            );
        }
    }
    let tensors: Vec<_> = tensors.into_iter().map(Tensor::into_dispatch).collect();
    Tensor::from_dispatch(Dispatch::forward(Tensors::from(tensors), function))
}
