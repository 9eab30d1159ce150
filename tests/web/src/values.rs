//! Every function, forward and backward, against its f64 reference and within its bounds, in all
//! three types.

use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{Activation, AxisShape, Dtype, Error, Glu, Gpu, Saved, Tensor};

use crate::common::{Random, Truth, Truths, Worst, activations, axis_functions, inputs, specials};
use crate::expressions::Case;
use crate::measure::{ForwardBackward, compare, logits};
use crate::support::{Half, all, failures_of_glu, may_be_rounded, misrounded, units};
use crate::{Outcome, ensure, say};

pub async fn activations_in_f32() -> Outcome {
    let gpu = Gpu::new().await?;
    let inputs = inputs(32);
    let x = gpu.upload(&inputs, [inputs.len()])?;
    let ones = gpu.upload(&vec![1.0; inputs.len()], [inputs.len()])?;
    let mut worst = [0.0f64; 2];
    for activation in activations() {
        let forward = gpu.forward(activation, &x)?;
        let backward = gpu.backward(activation, &x, &ones)?;
        let [forward, backward] = gpu.read([&forward, &backward]).await?;
        let of_forward = Truths::new(&inputs, |x| Truth::forward(activation, x));
        let of_backward = Truths::new(&inputs, |x| Truth::backward(activation, x, 1.0));
        let found = [
            Worst::of(of_forward.errors(&forward)),
            Worst::of(of_backward.errors(&backward)),
        ];
        for (k, found) in found.into_iter().enumerate() {
            let bound = activation.info().ulps[k];
            ensure!(
                found.error <= bound,
                "{activation}, {}: {} ulp are allowed, but {}",
                ["forward", "backward"][k],
                bound,
                found.report
            );
            worst[k] = worst[k].max(found.error);
        }
    }
    say(&format!("{} inputs: {worst:.2?} ulp at most", inputs.len()));
    Ok(())
}

async fn halves<T: Half>() -> Outcome {
    let gpu = Gpu::new().await?;
    let inputs: Vec<T> = all();
    let x = gpu.upload(&inputs, [inputs.len()])?;
    let ones = gpu.upload(&vec![T::rounded(1.0); inputs.len()], [inputs.len()])?;
    for activation in activations() {
        let forward = gpu.forward(activation, &x)?;
        let backward = gpu.backward(activation, &x, &ones)?;
        let dtypes = [forward.dtype(), backward.dtype()];
        ensure!(dtypes == [T::DTYPE; 2], "{activation}: {dtypes:?}");
        let [forward, backward] = gpu.read([&forward, &backward]).await?;
        let name = activation.to_string();
        misrounded(&name, &inputs, &forward, |x| Truth::forward(activation, x));
        let name = format!("{name}, backward,");
        misrounded(&name, &inputs, &backward, |x| {
            Truth::backward(activation, x, 1.0)
        });
    }
    Ok(())
}

pub async fn activations_in_f16() -> Outcome {
    halves::<f16>().await
}

pub async fn activations_in_bf16() -> Outcome {
    halves::<bf16>().await
}

pub async fn gated_units() -> Outcome {
    let gpu = Gpu::new().await?;
    let mut random = Random(11);
    let mut inputs: Vec<[f32; 3]> = specials()
        .into_iter()
        .filter(|gate| !gate.is_subnormal())
        .map(|gate| [1.5, gate, -0.75])
        .collect();
    inputs.extend((0..1500).map(|_| [8.0, 20.0, 4.0].map(|most| random.between(-most, most))));
    let upload = |k: usize| {
        let values: Vec<f32> = inputs.iter().map(|inputs| inputs[k]).collect();
        gpu.upload(&values, [values.len()])
    };
    let [value, gate, grad] = [upload(0)?, upload(1)?, upload(2)?];
    for glu in units() {
        let y = gpu.glu(glu, &value, &gate)?;
        let [of_value, of_gate] = gpu.glu_backward(glu, &value, &gate, &grad)?;
        let [y, of_value, of_gate] = gpu.read([&y, &of_value, &of_gate]).await?;
        for (k, &inputs) in inputs.iter().enumerate() {
            let failure = failures_of_glu(glu, inputs, [y[k], of_value[k], of_gate[k]]).next();
            ensure!(failure.is_none(), "{}", failure.unwrap_or_default());
        }
    }
    Ok(())
}

/// Results of a 16-bit type are those of f32, rounded within the bound. NaN may have any bits, and a
/// subnormal result may be a zero.
fn is_rounded(dtype: Dtype, got: f32, wanted: f32) -> bool {
    let is_within = match dtype {
        Dtype::F16 => may_be_rounded::<f16>(got, wanted),
        Dtype::Bf16 => may_be_rounded::<bf16>(got, wanted),
        _ => got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan(),
    };
    is_within || got == 0.0 && (wanted == 0.0 || wanted.is_subnormal())
}

/// Compares results of 16-bit numbers with those of the same numbers in f32. A sum is f32 itself.
async fn check_rounded(gpu: &Gpu, what: &str, narrow: &[&Tensor], wide: &[&Tensor]) -> Outcome {
    let (narrow_values, wide) = (gpu.read(narrow).await?, gpu.read(wide).await?);
    for ((tensor, got), wanted) in narrow.iter().zip(narrow_values).zip(wide) {
        let dtype = tensor.dtype();
        ensure!(got.len() == wanted.len(), "{what}: {} elements", got.len());
        for (k, (got, wanted)) in got.into_iter().zip(wanted).enumerate() {
            let is_rounded = is_rounded(dtype, got, wanted);
            ensure!(
                is_rounded,
                "{what} in {dtype}: element {k} is {got:e}, not {wanted:e}"
            );
        }
    }
    Ok(())
}

/// The tensor in another type, and the same numbers as f32.
fn narrow_and_wide(gpu: &Gpu, tensor: &Tensor, dtype: Dtype) -> Result<[Tensor; 2], Error> {
    let narrow = gpu.to_dtype(tensor, dtype)?;
    let wide = gpu.to_dtype(&narrow, Dtype::F32)?;
    Ok([narrow, wide])
}

pub async fn gated_units_in_16_bits() -> Outcome {
    let gpu = Gpu::new().await?;
    let mut random = Random(12);
    let mut tensor = || gpu.upload(&random.vector(999), [999]);
    let tensors = [tensor()?, tensor()?, tensor()?];
    for dtype in [Dtype::F16, Dtype::Bf16] {
        let mut both = [vec![], vec![]];
        for tensor in &tensors {
            let [narrow, wide] = narrow_and_wide(&gpu, tensor, dtype)?;
            both[0].push(narrow);
            both[1].push(wide);
        }
        let units = Activation::ALL.iter().copied().map(Glu::With);
        for glu in units.chain([Glu::SWIGLU_OAI]) {
            let outcome = |tensors: &[Tensor]| {
                let y = gpu.glu(glu, &tensors[0], &tensors[1])?;
                let [of_value, of_gate] =
                    gpu.glu_backward(glu, &tensors[0], &tensors[1], &tensors[2])?;
                Ok::<_, Error>([y, of_value, of_gate])
            };
            let [narrow, wide] = [outcome(&both[0])?, outcome(&both[1])?];
            let [narrow, wide] = [narrow.each_ref(), wide.each_ref()];
            check_rounded(&gpu, &glu.to_string(), &narrow, &wide).await?;
        }
    }
    Ok(())
}

/// Rows that are short and long, strided and not, of whole vectors and not.
const SHAPES: [(&[usize], isize); 11] = [
    (&[6, 2], 1),
    (&[500, 8], -1),
    (&[3, 34], 1),
    (&[2, 254], -1),
    (&[7, 1000], -1),
    (&[2, 4098], -1),
    (&[1, 20_002], -1),
    (&[2, 8, 3], 1),
    (&[2, 300, 70], 1),
    (&[1000, 37], 0),
    (&[20_000, 2], 0),
];

/// Larger shapes are tried in f32 only, to save time.
const MOST_IN_16_BITS: usize = 2000;

pub async fn functions_along_an_axis() -> Outcome {
    let gpu = Gpu::new().await?;
    let mut random = Random(20);
    for (shape, axis) in SHAPES {
        let rows = AxisShape::along(shape, axis)?;
        let elements = shape.iter().product::<usize>();
        for function in axis_functions() {
            let values = logits(&mut random, elements);
            // The numbers of groups must divide the lengths.
            let Ok(outputs) = function.forward(rows, &vec![0.0; elements]) else {
                continue;
            };
            let grads = random.vector(outputs.len());
            let x = gpu.upload(&values, shape)?;
            let y = gpu.forward_axis(function, axis, &x)?;
            let grad = gpu.upload(&grads, y.shape())?;
            let saved = match function.info().saved {
                Saved::Output => &y,
                _ => &x,
            };
            let grad_x = gpu.backward_axis(function, axis, saved, &grad)?;
            let [y_values, saved, of_x] = gpu.read([&y, saved, &grad_x]).await?;
            let results = ForwardBackward {
                y: y_values,
                saved,
                grad_x: of_x,
            };
            compare(function, shape, axis, &values, &grads, &results)?;

            if elements > MOST_IN_16_BITS {
                continue;
            }
            for dtype in [Dtype::F16, Dtype::Bf16] {
                let [x, wide_x] = narrow_and_wide(&gpu, &x, dtype)?;
                let [grad, wide_grad] = narrow_and_wide(&gpu, &grad, dtype)?;
                let what = format!("{function} of {shape:?} along {axis}");
                let narrow = gpu.forward_axis(function, axis, &x)?;
                let wide = gpu.forward_axis(function, axis, &wide_x)?;
                check_rounded(&gpu, &what, &[&narrow], &[&wide]).await?;
                // Both take the same saved numbers.
                let [saved, wide_saved] = match function.info().saved {
                    Saved::Output => {
                        let wide = gpu.to_dtype(&narrow, Dtype::F32)?;
                        [narrow, wide]
                    }
                    _ => [x, wide_x],
                };
                let narrow = gpu.backward_axis(function, axis, &saved, &grad)?;
                let wide = gpu.backward_axis(function, axis, &wide_saved, &wide_grad)?;
                let what = format!("{what}, backward,");
                check_rounded(&gpu, &what, &[&narrow], &[&wide]).await?;
            }
        }
    }
    Ok(())
}

/// Expressions with operands that are broadcast in several ways.
const EXPRESSIONS: [(&str, &[(&str, &[usize])]); 10] = [
    ("gelu(x + bias) * 1.5", &[("x", &[16, 64]), ("bias", &[64])]),
    (
        "gelu(x + bias) * 1.5",
        &[("x", &[9, 8, 7, 7]), ("bias", &[8, 1, 1])],
    ),
    (
        "gelu(x + bias) * 1.5",
        &[("x", &[4, 1, 6]), ("bias", &[1, 5, 6])],
    ),
    (
        "gelu(x + bias) * gate + residual",
        &[
            ("x", &[24, 32]),
            ("bias", &[32]),
            ("gate", &[24, 32]),
            ("residual", &[24, 32]),
        ],
    ),
    (
        "gamma * tanh(alpha * x) + beta",
        &[
            ("gamma", &[32]),
            ("alpha", &[]),
            ("x", &[24, 32]),
            ("beta", &[32]),
        ],
    ),
    (
        "dropout(silu(x + bias), p=0.1) + residual",
        &[("x", &[24, 32]), ("bias", &[32]), ("residual", &[24, 32])],
    ),
    (
        "elu(x, alpha=a) * scale / (1 + gate ^ 2)",
        &[
            ("x", &[24, 32]),
            ("a", &[1]),
            ("scale", &[24, 1]),
            ("gate", &[24, 32]),
        ],
    ),
    (
        "max(x, a) - min(x, b) + select(x > a, x * b, -a)",
        &[("x", &[24, 31]), ("a", &[31]), ("b", &[24, 1])],
    ),
    (
        "mish(x) * sigmoid(y) + x * y",
        &[("x", &[4099]), ("y", &[4099])],
    ),
    (
        "tanh(a + b * c) + tanh(d * e - f) + tanh(g + h * i) * (j - k)",
        &[
            ("a", &[8, 36]),
            ("b", &[36]),
            ("c", &[8, 36]),
            ("d", &[8, 1]),
            ("e", &[]),
            ("f", &[8, 36]),
            ("g", &[36]),
            ("h", &[8, 36]),
            ("i", &[8, 1]),
            ("j", &[8, 36]),
            ("k", &[36]),
        ],
    ),
];

pub async fn expressions() -> Outcome {
    let gpu = Gpu::new().await?;
    for (text, shapes) in EXPRESSIONS {
        let case = Case::new(text, shapes, 1.0);
        let tensors = case.upload(&gpu)?;
        case.check_values(gpu.read(&case.evaluate(&gpu, &tensors)).await?);
        let grad_output = gpu.upload(&case.grads, &case.shape)?;
        for operand in &case.operands {
            let [gradient] = case.gradients(&gpu, &tensors, &grad_output, [&operand.name]);
            case.check_gradient(operand, gpu.read(&gradient).await?);
        }
    }
    Ok(())
}

/// Results that are rounded to 16 bits, of the same numbers.
pub async fn expressions_in_16_bits() -> Outcome {
    let gpu = Gpu::new().await?;
    for (text, shapes) in EXPRESSIONS {
        let case = Case::new(text, shapes, 1.0);
        let tensors = case.upload(&gpu)?;
        let grad_output = gpu.upload(&case.grads, &case.shape)?;
        for dtype in [Dtype::F16, Dtype::Bf16] {
            let (mut narrow, mut wide) = (vec![], vec![]);
            for tensor in tensors.iter().chain([&grad_output]) {
                let both = narrow_and_wide(&gpu, tensor, dtype)?;
                let [one, other] = both;
                narrow.push(one);
                wide.push(other);
            }
            let (grad, wide_grad) = (narrow.pop().unwrap(), wide.pop().unwrap());
            let [y, wide_y] = [case.evaluate(&gpu, &narrow), case.evaluate(&gpu, &wide)];
            check_rounded(&gpu, &case.what, &[&y], &[&wide_y]).await?;
            for operand in &case.operands {
                let of = [operand.name.as_str()];
                let [gradient] = case.gradients(&gpu, &narrow, &grad, of);
                let [wanted] = case.gradients(&gpu, &wide, &wide_grad, of);
                let what = format!("{}, gradient of {}", case.what, operand.name);
                check_rounded(&gpu, &what, &[&gradient], &[&wanted]).await?;
            }
        }
    }
    Ok(())
}
