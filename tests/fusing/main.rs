//! Functions that are handed out to other people's kernels, in such kernels; and the guide in docs/fusing.md, as it stands.

#[path = "../common/mod.rs"]
mod common;
#[path = "../../docs/fusing/dense.rs"]
mod guide;

use common::{Random, apart, gpu, is_asked_for, specials};
use wgpu_activations::wgpu::{self, BufferUsages, util::DeviceExt};
use wgpu_activations::{Activation, TensorArgs};

/// What a kernel makes of some buffers, in a last one of so many values.
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
    let y = gpu().upload(&vec![0.0; outputs], [outputs]).unwrap();
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
    gpu().submit().unwrap(); // what is uploaded
    gpu().queue().submit([encoder.finish()]);
    let [y] = gpu().read_blocking([&y]).unwrap();
    y
}

/// A kernel of the user's with a function of an activation, by what follows its name.
fn kernel(activation: Activation, suffix: &str) -> wgpu::ShaderModule {
    let call = format!("my_activation{suffix}(x)");
    let value = if suffix.is_empty() {
        call
    } else {
        format!("my_scaled({call}, 1.0)")
    };
    let code = format!(
        "{}
@group(0) @binding(0) var<storage, read> inputs: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {{
  let x = inputs[id.x];
  if (id.x < arrayLength(&y)) {{
    y[id.x] = {value};
  }}
}}
",
        activation.wgsl("my_").unwrap()
    );
    let source = wgpu::ShaderSource::Wgsl(code.into());
    gpu()
        .device()
        .create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("handed out"),
            source,
        })
}

/// Inputs for derivatives with respect to parameters: special ones and some hundred others.
const FEW: usize = 500;

/// With other values of its parameters: 0 where that is allowed, which compilers like to make more of than they should.
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

/// Every function of every activation, in a kernel of ours and in the library's. The same bits, although compilers may treat two
/// kernels differently: where one does, that is a reason to look whether the bounds still hold.
#[test]
fn handed_out_functions_have_the_librarys_bits() {
    let mut random = Random(5);
    let x: Vec<f32> = specials()
        .into_iter()
        .chain((0..20_000).map(|_| random.between(-20.0, 20.0)))
        .collect();
    let tensors =
        |n: usize| [&x[..n], &vec![1.0; n]].map(|values| gpu().upload(values, [1, n]).unwrap());
    let [x_tensor, ones] = tensors(x.len());
    // Each takes a workgroup with its barriers.
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
            // A channel for each x: sums of one term and of zeros.
            let values = gpu().upload(&vec![value; FEW], [FEW]).unwrap();
            let inputs = TensorArgs::from((&few_x, [(parameter.name, &values)]));
            let gradient = gpu()
                .backward_parameter(activation, parameter.name, inputs, &few_ones)
                .unwrap();
            wanted.push((format!("_derivative_{}", parameter.name), gradient));
        }
        for (k, (suffix, wanted)) in wanted.iter().enumerate() {
            let [wanted] = gpu().read_blocking([wanted]).unwrap();
            let got = run(&kernel(activation, suffix), &[&x], wanted.len());
            // All NaN are one, and other zeros make -0 in a sum +0.
            let bits = |y: f32| match y {
                _ if y.is_nan() => f32::NAN.to_bits(),
                _ if k > 2 && y == 0.0 => 0,
                _ => y.to_bits(),
            };
            // The bound of the other derivatives is 16 ulp.
            let most = if k < 2 { apart() } else { 4 * apart() };
            let is_off = |&i: &usize| bits(got[i]).abs_diff(bits(wanted[i])) > most;
            let off = (0..wanted.len())
                .find(is_off)
                .map(|i| (x[i], got[i], wanted[i]));
            assert_eq!(
                off, None,
                "{activation}{suffix}: x, what the kernel made of it, and the library's result"
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
        // A rounding for each product and each sum, times the slope of gelu, which is at most 1.13; and gelu's own 4 ulp.
        let tolerance = 1.13 * (inputs + 1) as f64 * size * 2f64.powi(-24)
            + 4.0 * wanted.abs() * 2f64.powi(-23);
        let error = (f64::from(got) - wanted).abs();
        assert!(error <= tolerance, "y[{i}] is {got}, {error:e} off");
    }
}

/// The files that are run, here and by `make tint` and `make test-burn`, are those that the guide shows.
#[test]
fn the_guide_shows_what_is_run() {
    let guide = include_str!("../../docs/fusing.md");
    for (language, text) in [
        ("wgsl", include_str!("../../docs/fusing/dense.wgsl")),
        ("rust", include_str!("../../docs/fusing/dense.rs")),
        ("js", include_str!("../../docs/fusing/dense.mjs")),
        ("rust", include_str!("../../docs/fusing/burn.rs")),
    ] {
        assert!(
            guide.contains(&format!("```{language}\n{text}```\n")),
            "docs/fusing.md does not show\n{text}"
        );
    }
}
