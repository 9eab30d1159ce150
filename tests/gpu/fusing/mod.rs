//! The WGSL functions that the crate exports for other people's kernels, and the kernels of the
//! guide docs/fusing.md.

#[path = "../../../docs/fusing/dense.rs"]
mod guide;

use wgpu_activations::wgpu::{self, BufferUsages, util::DeviceExt};
use wgpu_activations::{Activation, Expression, Operands, TensorArgs, wgsl};

use crate::common::{Random, is_asked_for, specials};
use crate::support::{apart, gpu, read, upload};

/// Runs a kernel whose last binding is its output of so many values, and reads that.
fn run(module: &wgpu::ShaderModule, inputs: &[&[f32]], outputs: usize) -> Vec<f32> {
    let device = gpu().device();
    let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("fusing"),
        layout: None,
        module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    let y = upload(&vec![0.0; outputs]).unwrap();
    let buffers = inputs.iter().map(|values| {
        let (contents, usage) = (bytemuck::cast_slice(values), BufferUsages::STORAGE);
        device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("fusing"),
            contents,
            usage,
        })
    });
    let buffers: Vec<_> = buffers.collect();
    let resources = buffers.iter().map(wgpu::Buffer::as_entire_binding).chain([y
        .slice()
        .unwrap()
        .buffer
        .as_entire_binding()]);
    let entry = |(binding, resource)| wgpu::BindGroupEntry { binding, resource };
    let bind_group = device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("fusing"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &(0..).zip(resources).map(entry).collect::<Vec<_>>(),
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
        label: Some("fusing"),
    });
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    pass.set_pipeline(&pipeline);
    pass.set_bind_group(0, &bind_group, &[]);
    pass.dispatch_workgroups((outputs as u32).div_ceil(64), 1, 1);
    drop(pass);
    gpu().submit().unwrap(); // The values of y are uploaded first.
    gpu().queue().submit([encoder.finish()]);
    read(&y)
}

/// Loads input k of a user's kernel: an element, or four neighbours, of which the one at `lane` is
/// that element.
const OF_ONE: &str = "input_K[id.x]";
const OF_FOUR: &str = "vec4<f32>(input_K[(id.x + count - lane) % count], input_K[(id.x + count + 1u - lane) % count], input_K[(id.x + count + 2u - lane) % count], input_K[(id.x + count + 3u - lane) % count])";

/// A user's kernel that calls a function of a text, for one or for four lanes. Its arguments are
/// the inputs.
fn kernel(
    text: String,
    function: &str,
    inputs: usize,
    is_scaled: bool,
    lanes: u32,
) -> wgpu::ShaderModule {
    let binding =
        |k: usize| format!("@group(0) @binding({k}) var<storage, read> input_{k}: array<f32>;\n");
    let bindings: String = (0..inputs).map(binding).collect();
    let load = if lanes == 4 { OF_FOUR } else { OF_ONE };
    let arguments: Vec<_> = (0..inputs)
        .map(|k| load.replace('K', &k.to_string()))
        .collect();
    let (text, suffix, one, result) = match lanes {
        4 => {
            let scaled = is_scaled.then_some("my_scaled");
            let names = [function].into_iter().chain(scaled);
            (
                wgsl::with_vec4(&text, names).unwrap(),
                "_vec4",
                "vec4<f32>(1.0)",
                "[lane]",
            )
        }
        _ => (text, "", "1.0", ""),
    };
    let call = format!("{function}{suffix}({})", arguments.join(", "));
    let value = match is_scaled {
        true => format!("my_scaled{suffix}({call}, {one})"),
        false => call,
    };
    let code = format!(
        "{text}
{bindings}@group(0) @binding({inputs}) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
  let count = arrayLength(&y);
  let lane = id.x % 4u;
  if (id.x < count) {{
    let value = {value};
    y[id.x] = value{result};
  }}
}}
"
    );
    let source = wgpu::ShaderSource::Wgsl(code.into());
    gpu()
        .device()
        .create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("exported"),
            source,
        })
}

/// Inputs for derivatives with respect to parameters, each of which takes a workgroup with its
/// barriers.
const FEW: usize = 500;

/// The activation with other values of its parameters: 0 where that is allowed, as compilers
/// simplify most there.
fn other(activation: Activation) -> Activation {
    activation
        .parameters()
        .fold(activation, |other, (parameter, default)| {
            let value = [0.0, 0.2]
                .into_iter()
                .find(|value| parameter.range.contains(value));
            other
                .with(parameter.name, value.unwrap_or(default))
                .unwrap()
        })
}

/// Every exported function gives in another kernel the bits that it gives in the library's.
/// Compilers may treat two kernels differently: where one does, that is a reason to look whether
/// the bounds still hold.
#[test]
fn exported_functions_have_the_librarys_bits() {
    let mut random = Random(5);
    let x: Vec<f32> = specials()
        .into_iter()
        .chain((0..20_000).map(|_| random.between(-20.0, 20.0)))
        .collect();
    let tensors =
        |n: usize| [&x[..n], &vec![1.0; n]].map(|values| gpu().upload(values, [1, n]).unwrap());
    let [x_tensor, ones] = tensors(x.len());
    let [few_x, few_ones] = tensors(FEW);
    let mut tried: Vec<_> = Activation::ALL
        .iter()
        .flat_map(|&activation| [activation, other(activation)])
        .collect();
    tried.dedup();
    for activation in tried
        .into_iter()
        .filter(|activation| is_asked_for(activation.info()))
    {
        let [second, _] = gpu()
            .double_backward(activation, &x_tensor, &ones, &ones)
            .unwrap();
        let mut wanted = vec![
            (String::new(), gpu().forward(activation, &x_tensor).unwrap()),
            (
                "_derivative".to_owned(),
                gpu().backward(activation, &x_tensor, &ones).unwrap(),
            ),
            ("_second_derivative".to_owned(), second),
        ];
        for (parameter, value) in activation
            .parameters()
            .filter(|(parameter, _)| parameter.is_learnable())
        {
            // With a channel for each x, each gradient is a sum of one term and of zeros.
            let values = upload(&vec![value; FEW]).unwrap();
            let inputs = TensorArgs::from((&few_x, [(parameter.name, &values)]));
            let gradient = gpu()
                .backward_parameter(activation, parameter.name, inputs, &few_ones)
                .unwrap();
            wanted.push((format!("_derivative_{}", parameter.name), gradient));
        }
        for (k, (suffix, wanted)) in wanted.iter().enumerate() {
            let wanted = read(wanted);
            let name = format!("my_activation{suffix}");
            // All NaN count as one. The zeros of a sum make -0 a +0.
            let bits = |y: f32| match y {
                _ if y.is_nan() => f32::NAN.to_bits(),
                _ if k > 2 && y == 0.0 => 0,
                _ => y.to_bits(),
            };
            // The bound of the other derivatives is 16 ulp.
            let most = if k < 2 { apart() } else { 4 * apart() };
            for lanes in [1, 4] {
                let text = activation.wgsl("my_").unwrap();
                let module = kernel(text, &name, 1, k > 0, lanes);
                let got = run(&module, &[&x], wanted.len());
                let is_off = |&i: &usize| bits(got[i]).abs_diff(bits(wanted[i])) > most;
                let off = (0..wanted.len())
                    .find(is_off)
                    .map(|i| (x[i], got[i], wanted[i]));
                assert_eq!(
                    off, None,
                    "{activation}{suffix}, {lanes} lanes: x, what the kernel made of it, and the library's result"
                );
            }
        }
    }
}

/// The exported functions of expressions give in another kernel the bits that they give in the
/// library's.
#[test]
fn exported_expressions_have_the_librarys_bits() {
    const COUNT: usize = 5000;
    for text in [
        "gelu(x + bias) * gate + x",
        "(x + bias) - bias + (x * gate + bias * gate)",
        "x * sigmoid(1.5 * x) - elu(x, alpha=0.3) / gate",
        "max(x, -0.0) - min(bias, gate) + select(x < bias, x ^ -3, x - x)",
        "snake(x, alpha=bias) * 1e-45 + tanh(inf * gate)",
    ] {
        let expression: Expression = text.parse().unwrap();
        let names = expression.operands();
        let mut random = Random(7);
        let mut values = || -> Vec<f32> {
            let mut values: Vec<f32> = (0..COUNT).map(|_| random.between(-8.0, 8.0)).collect();
            for special in specials() {
                values[random.bits() as usize % COUNT] = special;
            }
            values
        };
        let inputs: Vec<_> = (0..=names.len()).map(|_| values()).collect();
        let tensors: Vec<_> = inputs
            .iter()
            .map(|values| upload(values).unwrap())
            .collect();
        let operands = || -> Operands<'_> {
            let names = names.iter().map(String::as_str);
            names.zip(&tensors).collect()
        };
        let mut wanted = vec![(
            "expression".to_owned(),
            gpu().evaluate(&expression, operands()).unwrap(),
        )];
        for name in names {
            let grad_output = &tensors[names.len()];
            let gradients = gpu().gradients(&expression, operands(), grad_output, [name]);
            let [gradient] = gradients.unwrap();
            wanted.push((format!("expression_gradient_{name}"), gradient));
        }
        for (k, (function, wanted)) in wanted.iter().enumerate() {
            let count = names.len() + usize::from(k > 0);
            let inputs: Vec<&[f32]> = inputs[..count].iter().map(Vec::as_slice).collect();
            let (function, wanted) = (format!("my_{function}"), read(wanted));
            for lanes in [1, 4] {
                let module = kernel(
                    expression.wgsl("my_").unwrap(),
                    &function,
                    count,
                    false,
                    lanes,
                );
                let got = run(&module, &inputs, COUNT);
                for (i, (got, &wanted)) in got.into_iter().zip(&wanted).enumerate() {
                    let is_same = got.to_bits().abs_diff(wanted.to_bits()) <= apart();
                    assert!(
                        is_same || got.is_nan() && wanted.is_nan(),
                        "{function} of {text}, {lanes} lanes, {i}: {got:?}, not {wanted:?}"
                    );
                }
            }
        }
    }
}

/// A user's kernel of softmax with a thread for each row, which meets its elements one by one.
const ROWS: &str = "
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let count = arrayLength(&x);
  if (id.x < count / LENGTH) {
    let first = id.x * LENGTH;
    var largest = x[first];
    var sum = my_softmax_exp(largest, largest);
    for (var i = first + 1u; i < first + LENGTH; i++) {
      let next = my_softmax_max(largest, x[i]);
      sum = my_softmax_rescaled(sum, largest, next) + my_softmax_exp(x[i], next);
      largest = next;
    }
    var dot = 0.0;
    var all = 0.0;
    for (var i = first; i < first + LENGTH; i++) {
      y[i] = my_softmax_result(my_softmax_exp(x[i], largest), sum);
      y[count + i] = my_softmax_log_result(x[i], largest, sum);
      dot += y[i] * grad[i];
      all += grad[i];
    }
    for (var i = first; i < first + LENGTH; i++) {
      y[2u * count + i] = my_softmax_gradient(y[i], grad[i], dot);
      y[3u * count + i] = my_softmax_log_gradient(y[count + i], grad[i], all);
    }
  }
}
";

/// What a text has of softmax gives it in a kernel that goes through rows of any numbers in one
/// pass, masked ones and large ones among them.
#[test]
fn rows_have_their_softmax() {
    const LENGTH: usize = 8;
    let mut random = Random(8);
    let mut x: Vec<f32> = (0..200 * LENGTH)
        .map(|_| random.between(-40.0, 40.0))
        .collect();
    let masked = f32::NEG_INFINITY;
    x[..LENGTH].copy_from_slice(&[masked, masked, 1.0, 2.0, masked, 3.0, -90.0, -300.0]);
    x[LENGTH..2 * LENGTH].fill(masked);
    x[2 * LENGTH + 3] = f32::INFINITY;
    x[3 * LENGTH + 4] = f32::NAN;
    x[4 * LENGTH..5 * LENGTH].copy_from_slice(&[3e38, -3e38, 3e38, 0.0, 1.0, masked, 7.0, 3e38]);
    let grad = random.vector(x.len());
    let text = wgsl::Export::new("my_")
        .function(wgsl::Exported::Softmax)
        .text()
        .unwrap();
    let code = text + &ROWS.replace("LENGTH", &format!("{LENGTH}u"));
    let source = wgpu::ShaderSource::Wgsl(code.into());
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some("rows"),
        source,
    };
    let module = gpu().device().create_shader_module(descriptor);
    let got = run(&module, &[&x, &grad], 4 * x.len());
    let [y, log_y, gradient, log_gradient] = [0, 1, 2, 3].map(|k| &got[k * x.len()..][..x.len()]);
    for (i, &own) in x.iter().enumerate() {
        let row = i / LENGTH * LENGTH..(i / LENGTH + 1) * LENGTH;
        let wide: Vec<_> = x[row.clone()].iter().map(|&x| f64::from(x)).collect();
        let grad: Vec<_> = grad[row].iter().map(|&grad| f64::from(grad)).collect();
        let largest = wide.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = wide.iter().map(|x| (x - largest).exp()).sum();
        let results: Vec<_> = wide.iter().map(|x| (x - largest).exp() / sum).collect();
        let log = f64::from(own) - largest - sum.ln();
        let (k, ulp) = (i % LENGTH, 2f64.powi(-23));
        let dot: f64 = results.iter().zip(&grad).map(|(y, grad)| y * grad).sum();
        // The sum is rescaled up to 7 times, each by 2 ulp and 2 roundings; a device may flush results below
        // the least normal number. Gradients inherit the errors of what the kernel itself sums.
        let wanted = [
            (y[i], results[k], 32.0 * results[k] * ulp),
            (log_y[i], log, 2.0 * (log.abs() + 32.0) * ulp),
            (
                gradient[i],
                results[k] * (grad[k] - dot),
                64.0 * results[k] * 8.0 * ulp,
            ),
            (
                log_gradient[i],
                grad[k] - results[k] * grad.iter().sum::<f64>(),
                128.0 * 8.0 * ulp,
            ),
        ];
        for (got, wanted, tolerance) in wanted {
            let error = (f64::from(got) - wanted).abs();
            let is_right = error <= tolerance + 2f64.powi(-126) || got == wanted as f32;
            assert!(
                is_right || got.is_nan() && wanted.is_nan(),
                "{i}: {own} gives {got}, not {wanted}"
            );
        }
    }
}

/// The guide's kernel.
#[test]
fn a_dense_layer_has_its_activation() {
    let (rows, inputs, outputs) = (7, 48, 10);
    let mut random = Random(6);
    let [x, weights, bias] =
        [rows * inputs, inputs * outputs, outputs].map(|length| random.vector(length));
    let y = run(
        &guide::dense(gpu().device()).unwrap(),
        &[&x, &weights, &bias],
        rows * outputs,
    );
    for (i, got) in y.into_iter().enumerate() {
        let terms = (0..inputs).map(|k| {
            f64::from(x[i / outputs * inputs + k]) * f64::from(weights[k * outputs + i % outputs])
        });
        let start = f64::from(bias[i % outputs]);
        let (sum, size) = terms.fold((start, start.abs()), |(sum, size), term| {
            (sum + term, size + term.abs())
        });
        let wanted = Activation::Gelu.forward(sum);
        // Each product and each sum rounds once, the slope of gelu, at most 1.13, multiplies that,
        // and gelu has its own 4 ulp.
        let tolerance = 1.13 * (inputs + 1) as f64 * size * 2f64.powi(-24)
            + 4.0 * wanted.abs() * 2f64.powi(-23);
        let error = (f64::from(got) - wanted).abs();
        assert!(error <= tolerance, "y[{i}] is {got}, {error:e} off");
    }
}

/// The guide shows the files that run here, in `make tint` and in `make test-burn`.
#[test]
fn the_guide_shows_what_is_run() {
    let guide = include_str!("../../../docs/fusing.md");
    for (language, text) in [
        ("wgsl", include_str!("../../../docs/fusing/dense.wgsl")),
        ("rust", include_str!("../../../docs/fusing/dense.rs")),
        ("js", include_str!("../../../docs/fusing/dense.mjs")),
        ("rust", include_str!("../../../docs/fusing/burn.rs")),
    ] {
        assert!(
            guide.contains(&format!("```{language}\n{text}```\n")),
            "docs/fusing.md does not show\n{text}"
        );
    }
}
