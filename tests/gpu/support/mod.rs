//! Devices, buffers, and calls whose results are read back, for all GPU tests.

mod devices;
mod glu;
mod guarded;
mod half;

pub use devices::*;
pub use glu::*;
pub use guarded::Guarded;
pub use half::*;
use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{Activation, Dtype, Error, Operation, Tensor, wgpu};

/// The number of ulp by which results of two kernels may differ that compute one function within 4
/// ulp. They have the same bits, but on GL: its compiler may regroup the operations of each kernel
/// in another way.
pub fn apart() -> u32 {
    if gpu().device().adapter_info().backend == wgpu::Backend::Gl {
        8
    } else {
        0
    }
}

/// The values of a tensor of the shared GPU.
pub fn read(tensor: &Tensor) -> Vec<f32> {
    let [values] = gpu().read_blocking([tensor]).expect("a result");
    values
}

/// A tensor of one dimension on the shared GPU.
pub fn upload(values: &[f32]) -> Result<Tensor, Error> {
    gpu().upload(values, [values.len()])
}

/// f(x), computed by the shared GPU.
pub fn forward(activation: Activation, x: &[f32]) -> Result<Vec<f32>, Error> {
    Ok(read(&gpu().forward(activation, &upload(x)?)?))
}

/// The gradients with respect to x, computed by the shared GPU.
pub fn backward(activation: Activation, x: &[f32], grad_output: &[f32]) -> Result<Vec<f32>, Error> {
    Ok(read(&gpu().backward(
        activation,
        &upload(x)?,
        &upload(grad_output)?,
    )?))
}

/// The bits of values, for comparisons in which 0 and -0 differ. All NaN are the same, since a
/// compiler may choose the sign and the payload of each anew in every kernel.
pub fn bits(values: &[f32]) -> Vec<u32> {
    let one_nan = |&value: &f32| if value.is_nan() { f32::NAN } else { value };
    values
        .iter()
        .map(|value| one_nan(value).to_bits())
        .collect()
}

/// The text of an error, of a call that must be refused.
pub fn refusal<T>(result: Result<T, Error>) -> String {
    result.err().expect("this must be refused").to_string()
}

/// Records an operation alone and submits it to the shared GPU.
pub fn run(operation: &Operation) {
    let mut encoder = gpu().device().create_command_encoder(&Default::default());
    operation.encode(&mut encoder);
    gpu().queue().submit([encoder.finish()]);
}

/// A number rounded to a type, as f32.
pub fn rounded(dtype: Dtype, value: f32) -> f32 {
    match dtype {
        Dtype::F32 => value,
        dtype => widened(dtype, &packed(dtype, &[value]))[0],
    }
}

/// The bits of numbers that are rounded to a 16-bit type.
pub fn packed(dtype: Dtype, values: &[f32]) -> Vec<u16> {
    let bits = |&value| match dtype {
        Dtype::F16 => f16::from_f32(value).to_bits(),
        _ => bf16::from_f32(value).to_bits(),
    };
    values.iter().map(bits).collect()
}

/// The numbers that bits of a 16-bit type stand for.
pub fn widened(dtype: Dtype, bits: &[u16]) -> Vec<f32> {
    let value = |&bits| match dtype {
        Dtype::F16 => f16::from_bits(bits).to_f32(),
        _ => bf16::from_bits(bits).to_f32(),
    };
    bits.iter().map(value).collect()
}
