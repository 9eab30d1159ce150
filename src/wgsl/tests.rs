//! Every module, through naga's validator and to every language that wgpu's backends speak.

use std::fs;
use std::path::PathBuf;

use naga::back::{glsl, hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

use super::storage::{GATE, GRAD_OUTPUT, LEARNED, OUTPUT, Storages, TANGENT, X};
use super::{IsLearned, MATH, Module, Pass, WORKGROUP, parameters_are_constant};
use crate::Dtype::{Bf16, F16, F32};
use crate::kernels::call::Call;
use crate::{Activation, Error, Glu, Gpu};

/// Every module there is, with a name for it.
fn modules() -> Vec<(String, String)> {
    let mut modules = super::rows::modules();
    let mut add = |module: Module| {
        let parameter = match module.pass {
            Pass::BackwardParameter(position) => {
                format!(" {}", module.function.parameters()[position].name)
            }
            _ => String::new(),
        };
        let learned = if module.is_learned == IsLearned::default() {
            ""
        } else {
            " learned"
        };
        let defaults = if module.has_defaults {
            ""
        } else {
            " with_parameters"
        };
        let strided = if module.storages[X as usize].is_strided {
            " strided"
        } else {
            ""
        };
        let in_place = if module.in_place { " in_place" } else { "" };
        let gathered = if module.storages[LEARNED as usize].is_gathered {
            " gathered"
        } else {
            ""
        };
        let name = module.label().replace("wgpu-activations ", "");
        let name = format!("{name}{parameter}{learned}{defaults}{strided}{in_place}{gathered}");
        for (entry_point, _) in module.entry_points() {
            modules.push((format!("{name} {entry_point}"), module.text(entry_point)));
        }
    };
    use Pass::{
        Backward, BackwardParameter, BackwardTraining, DoubleBackward, Forward, ForwardTraining,
        GatedBackward, GatedSplit, GatedSplitBackward, Glu as Gate, Sum,
    };
    let gated = [Gate, GatedSplit, GatedBackward, GatedSplitBackward];
    for &activation in Activation::ALL {
        let parameters = activation.info().parameters;
        let positions =
            || (0..parameters.len()).filter(|&position| parameters[position].is_learnable());
        let mut is_learned = IsLearned::default();
        positions().for_each(|position| is_learned[position] = true);
        let elementwise = [
            Forward,
            Backward,
            DoubleBackward,
            ForwardTraining,
            BackwardTraining,
        ];
        for pass in elementwise
            .into_iter()
            .chain(positions().map(BackwardParameter))
        {
            add(Module::new(activation, pass));
            if !parameters.is_empty() {
                let module = Module::new(activation, pass);
                add(Module {
                    has_defaults: false,
                    ..module
                });
            }
            if positions().next().is_some() {
                add(Module::new(activation, pass).learning(is_learned));
            }
        }
        gated
            .into_iter()
            .chain([Sum])
            .for_each(|pass| add(Module::new(activation, pass)));
    }
    for pass in gated {
        add(Module::of_gated(Glu::SWIGLU_OAI, pass));
        add(Module::of_gated(
            Glu::SwigluOai {
                alpha: 1.0,
                limit: 7.0,
            },
            pass,
        ));
    }

    // How tensors are stored has nothing to do with the activation.
    let prelu = Activation::Prelu { weight: 0.25 };
    let learned = IsLearned::from([true, false, false, false]);
    let elementwise = [
        Forward,
        Backward,
        DoubleBackward,
        ForwardTraining,
        BackwardTraining,
        BackwardParameter(0),
    ];
    for pass in elementwise.into_iter().chain(gated) {
        let is_learned = if gated.contains(&pass) {
            IsLearned::default()
        } else {
            learned
        };
        for (input, output) in [(F16, F16), (Bf16, Bf16), (F16, F32), (F32, Bf16)] {
            let mut storages = Storages::default();
            storages
                .iter_mut()
                .for_each(|storage| storage.dtype = input);
            storages[OUTPUT as usize].dtype = if pass.reduces() { F32 } else { output };
            add(Module {
                storages,
                ..Module::new(prelu, pass).learning(is_learned)
            });
            if input == output && matches!(pass, Forward | Backward) {
                add(Module {
                    storages,
                    in_place: true,
                    ..Module::new(prelu, pass).learning(is_learned)
                });
            }
            [X, GRAD_OUTPUT, TANGENT, GATE]
                .iter()
                .for_each(|&read| storages[read as usize].is_strided = true);
            add(Module {
                storages,
                ..Module::new(prelu, pass).learning(is_learned)
            });
        }
    }
    for pass in [Forward, DoubleBackward, BackwardParameter(0)] {
        let mut storages = Storages::default();
        [TANGENT, LEARNED]
            .iter()
            .for_each(|&read| storages[read as usize].is_gathered = true);
        add(Module {
            storages,
            ..Module::new(prelu, pass).learning(learned)
        });
    }
    for activation in Activation::ALL {
        let text = activation.wgsl("my_").expect("a prefix")
            + include_str!("../../docs/fusing/dense.wgsl");
        modules.push((format!("{} handed out", activation.info().name), text));
    }
    modules
}

fn validated(name: &str, text: &str) -> (naga::Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module);
    let info = info.unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    (module, info)
}

/// The GLSL of wgpu's GL backend, in browsers and on desktops.
const GLSL_VERSIONS: [glsl::Version; 2] =
    [glsl::Version::new_gles(310), glsl::Version::Desktop(430)];

/// For `make validate`: SPIR-V and GLSL are also written to the folder that `COMPILED_OUT` names.
#[test]
fn every_module_compiles_for_every_backend() {
    let folder = std::env::var_os("COMPILED_OUT").map(PathBuf::from);
    let write = |name: &str, bytes: &[u8]| {
        folder
            .iter()
            .for_each(|folder| fs::write(folder.join(name), bytes).expect("a folder to write to"));
    };
    // As wgpu has it for a Vulkan 1.1 without robust buffers.
    let policies = BoundsCheckPolicies {
        index: BoundsCheckPolicy::Restrict,
        buffer: BoundsCheckPolicy::Restrict,
        ..Default::default()
    };
    let vulkan = spv::Options {
        lang_version: (1, 3),
        bounds_check_policies: policies,
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::Polyfill,
        ..Default::default()
    };
    for (name, text) in modules() {
        let (module, info) = validated(&name, &text);
        assert!(!module.entry_points.is_empty(), "{name}");

        let options = msl::Options {
            fake_missing_bindings: true,
            ..Default::default()
        };
        let text = msl::write_string(&module, &info, &options, &msl::PipelineOptions::default());
        assert!(
            text.unwrap_or_else(|error| panic!("{name} to MSL: {error}"))
                .0
                .contains("kernel void")
        );

        let mut text = String::new();
        let options = hlsl::Options {
            fake_missing_bindings: true,
            ..Default::default()
        };
        let pipeline = hlsl::PipelineOptions::default();
        let written = hlsl::Writer::new(&mut text, &options, &pipeline).write(&module, &info, None);
        assert!(
            written
                .unwrap_or_else(|error| panic!("{name} to HLSL: {error}"))
                .entry_point_names
                .iter()
                .all(Result::is_ok)
        );

        for entry_point in &module.entry_points {
            let (shader_stage, entry_point) =
                (naga::ShaderStage::Compute, entry_point.name.clone());
            let file = format!("{name} {entry_point}");
            let pipeline = spv::PipelineOptions {
                shader_stage,
                entry_point: entry_point.clone(),
            };
            let words = spv::write_vec(&module, &info, &vulkan, Some(&pipeline));
            let words = words.unwrap_or_else(|error| panic!("{name} to SPIR-V: {error}"));
            write(&format!("{file}.spv"), bytemuck::cast_slice(&words));

            let pipeline = glsl::PipelineOptions {
                shader_stage,
                entry_point,
                multiview: None,
            };
            for version in GLSL_VERSIONS {
                let mut text = String::new();
                let options = glsl::Options {
                    version,
                    ..Default::default()
                };
                let writer = glsl::Writer::new(
                    &mut text,
                    &module,
                    &info,
                    &options,
                    &pipeline,
                    BoundsCheckPolicies::default(),
                );
                writer
                    .and_then(|mut writer| writer.write())
                    .unwrap_or_else(|error| panic!("{name} to GLSL: {error}"));
                assert!(text.contains("void main()"));
                let version = if version.is_es() { "es" } else { "desktop" };
                write(&format!("{file}.{version}.comp"), text.as_bytes());
            }
        }
    }
}

/// A shader file has the functions that the list promises, with the arguments that its parameters ask for, and the
/// functions of `MATH` are all they need: the two are a module.
#[test]
fn shader_files_have_their_functions() {
    for activation in Activation::ALL {
        let info = activation.info();
        let (module, _) = validated(
            info.name,
            &[parameters_are_constant(true), MATH, info.shader].concat(),
        );
        let mut wanted = vec![info.name.to_owned(), format!("{}_derivative", info.name)];
        wanted.extend(
            info.is_smooth()
                .then(|| format!("{}_second_derivative", info.name)),
        );
        let learnable = info
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable());
        wanted.extend(
            learnable.map(|parameter| format!("{}_derivative_{}", info.name, parameter.name)),
        );
        for wanted in wanted {
            let function = module
                .functions
                .iter()
                .find(|(_, function)| function.name.as_ref() == Some(&wanted));
            let (_, function) = function.unwrap_or_else(|| {
                panic!("shaders/activations/{}.wgsl has no {wanted}", info.name)
            });
            let arguments: Vec<_> = function
                .arguments
                .iter()
                .map(|argument| argument.name.as_deref().unwrap_or(""))
                .collect();
            let parameters = info.parameters.iter().map(|parameter| parameter.name);
            assert_eq!(
                arguments,
                ["x"].into_iter().chain(parameters).collect::<Vec<_>>(),
                "{wanted}"
            );
        }
    }
}

/// For `make tint`: writes every module, and what kernels have to compute, to the folder that `WGSL_OUT` names.
#[test]
fn modules_are_written_out() {
    let Some(folder) = std::env::var_os("WGSL_OUT").map(PathBuf::from) else {
        return;
    };
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).expect("a folder to write to")
    };
    for (name, text) in modules() {
        write(&format!("{name}.wgsl"), text.as_bytes());
    }

    // The zeros first: what a subnormal x may be taken for. Then bits of every kind.
    let bits = (0..=u32::MAX).step_by(65_521).map(f32::from_bits);
    let x: Vec<f32> = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY]
        .into_iter()
        .chain(bits)
        .collect();
    write("x.f32", bytemuck::cast_slice(&x));
    let mut kernels = Vec::new();
    for &activation in Activation::ALL {
        let error_scale = |x| activation.error_scale(x);
        let forward: Vec<_> = x
            .iter()
            .map(|&x| [activation.forward(x.into()), error_scale(x.into()).forward])
            .collect();
        let backward: Vec<_> = x
            .iter()
            .map(|&x| {
                [
                    activation.backward(x.into(), 1.0),
                    error_scale(x.into()).derivative,
                ]
            })
            .collect();
        for (pass, wanted) in [(Pass::Forward, forward), (Pass::Backward, backward)] {
            let name = Module::new(activation, pass)
                .label()
                .replace("wgpu-activations ", "");
            write(&format!("{name}.f64"), bytemuck::cast_slice(&wanted));
            kernels.push(format!("{name:?}: {:?}", activation.values()));
        }
    }
    let words = size_of::<Call>() / 4;
    let kernels = kernels.join(",\n");
    write(
        "kernels.json",
        format!(
            "{{\"workgroup\": {WORKGROUP}, \"words\": {words}, \"kernels\": {{\n{kernels}\n}}}}\n"
        )
        .as_bytes(),
    );
}

#[test]
fn defaults_are_told_by_their_bits() {
    let threshold = |value| {
        Module::new(
            Activation::Threshold {
                threshold: 0.0,
                value,
            },
            Pass::Forward,
        )
    };
    assert!(threshold(0.0).has_defaults);
    assert!(!threshold(-0.0).has_defaults);
    // What comes from a buffer has no default.
    assert!(
        !threshold(0.0)
            .learning([false, true, false, false])
            .has_defaults
    );
}

/// For `make tint`: what the same kernels compute through naga, on the same driver, for the same x.
#[test]
fn results_are_written_out() -> Result<(), Error> {
    let Some(folder) = std::env::var_os("RESULTS_OUT").map(PathBuf::from) else {
        return Ok(());
    };
    let x: Vec<f32> = bytemuck::pod_collect_to_vec(
        &fs::read(folder.join("x.f32")).expect("`modules_are_written_out`"),
    );
    let gpu = Gpu::new_blocking()?;
    // From the second element of a tensor on kernels go by elements.
    for (entry_point, skipped) in [("vectors", 0), ("elements", 1)] {
        let tensor = |values: &[f32]| {
            let values: Vec<_> = vec![0.0; skipped]
                .into_iter()
                .chain(values.iter().copied())
                .collect();
            gpu.upload(&values, [values.len()])
        };
        let (x_tensor, ones, output) = (tensor(&x)?, tensor(&vec![1.0; x.len()])?, tensor(&x)?);
        let range = skipped as u64..(skipped + x.len()) as u64;
        let [x_slice, ones, to] = [&x_tensor, &ones, &output]
            .map(|tensor| tensor.slice().map(|slice| slice.part(&range)));
        let (x_slice, ones, to) = (x_slice?, ones?, to?);
        for &activation in Activation::ALL {
            let forward = gpu.kernels().forward(activation, x_slice, to)?;
            let backward = gpu.kernels().backward(activation, x_slice, ones, to)?;
            for (pass, operation) in [(Pass::Forward, forward), (Pass::Backward, backward)] {
                gpu.submit()?;
                let mut encoder = gpu
                    .device()
                    .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                operation.encode(&mut encoder);
                gpu.queue().submit([encoder.finish()]);
                let [values] = gpu.read_blocking([&output])?;
                let name = Module::new(activation, pass)
                    .label()
                    .replace("wgpu-activations ", "");
                let file = folder.join(format!("{name} {entry_point}.naga"));
                fs::write(file, bytemuck::cast_slice(&values[skipped..])).expect("a folder");
            }
        }
    }
    Ok(())
}
