//! Prints the kernels that this crate runs, or writes all of them into a folder.
//!
//! `cargo run --example kernels -- "softmax backward f16 [1024, 1024]"`
//! `cargo run --example kernels -- --all target/kernels`

#[path = "common/exit.rs"]
mod exit;
#[path = "common/function.rs"]
mod function;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::{Parser, ValueEnum};
use function::Function;
use wgpu_activations::{
    Activation, AxisFunction, AxisShape, CrossEntropy, Dtype, Expression, Glu, GluLayout, Gpu,
    LossInput, LossReduction, Operation, Saved, Slice, SliceValue, SplitLayout, TrainingMode, wgpu,
};

/// Prints the kernels that this crate runs.
#[derive(Parser)]
struct Options {
    /// A call on this device, such as "softmax backward f16 [1024, 1024]": a function, an operation
    /// of --list, a type, and the shape of x. Functions along an axis go along the last one.
    #[arg(required_unless_present_any = ["list", "all"])]
    call: Option<String>,
    /// Prints the kernels that add gradients to what there is.
    #[arg(long, requires = "call")]
    accumulate: bool,
    /// Lists all functions with their operations.
    #[arg(long)]
    list: bool,
    /// Writes the kernels of all calls of --list, and of some expressions, into this folder, as they
    /// are for large tensors of each type. Runs each call once, so that the driver has to take every
    /// kernel.
    #[arg(long, value_name = "FOLDER", conflicts_with = "call")]
    all: Option<PathBuf>,
    /// Has --all write the kernels of a device whose own conversions of f16 are known to be right,
    /// whatever this device does.
    #[arg(long, requires = "all")]
    native_f16: Option<NativeF16>,
}

#[derive(Clone, Copy, ValueEnum)]
enum NativeF16 {
    /// Those from f16 to f32.
    Loads,
    /// Both.
    All,
}

fn main() -> ExitCode {
    exit::exit(run(&Options::parse()))
}

fn run(options: &Options) -> Result<()> {
    if options.list {
        for (function, operation) in list_kernels() {
            println!("{function} {operation} f32|f16|bf16 [shape]");
        }
    }
    if let Some(call) = &options.call {
        let operation = kernel(&Gpu::new_blocking()?, call, options.accumulate)?;
        for (label, text) in operation.kernels() {
            println!("// {label}\n{text}");
        }
    }
    if let Some(folder) = &options.all {
        all_kernels(folder, options.native_f16)?;
    }
    Ok(())
}

const OF_ACTIVATIONS: [&str; 6] = [
    "forward",
    "backward",
    "double_backward",
    "forward_training",
    "backward_training",
    FROM_OUTPUT,
];
/// Not all activations have it.
const FROM_OUTPUT: &str = "backward_from_output";
const OF_GLUS: [&str; 4] = ["forward", "backward", "split", "split_backward"];
const OF_AXIS_FUNCTIONS: [&str; 3] = ["forward", "backward", "double_backward"];
const OF_LOSSES: [&str; 2] = ["forward", "backward"];
const DTYPES: [Dtype; 3] = [Dtype::F32, Dtype::F16, Dtype::Bf16];

/// All functions with their operations.
fn list_kernels() -> Vec<(Function, String)> {
    let mut list = Vec::new();
    let mut add = |function, operations: &[&str]| {
        list.extend(
            operations
                .iter()
                .map(|&operation| (function, operation.to_owned())),
        );
    };
    for &activation in Activation::ALL {
        let function = Function::Activation(activation);
        let is_told = activation.info().from_output.is_some();
        let count = OF_ACTIVATIONS.len() - usize::from(!is_told);
        add(function, &OF_ACTIVATIONS[..count]);
        for (parameter, _) in activation.parameters() {
            if parameter.is_learnable() {
                add(
                    function,
                    &[&format!("backward_parameter:{}", parameter.name)],
                );
            }
        }
    }
    for glu in Glu::NAMED {
        add(Function::Glu(glu), &OF_GLUS);
    }
    for &function in AxisFunction::ALL {
        let has_double_backward = function.info().has_double_backward();
        let count = if has_double_backward { 3 } else { 2 };
        add(Function::AlongAxis(function), &OF_AXIS_FUNCTIONS[..count]);
    }
    add(Function::Loss(CrossEntropy::default()), &OF_LOSSES);
    list
}

/// Large enough for the kernels of large tensors.
const LARGE: &str = "[64, 1024]";
/// Rows that a thread holds, that a workgroup holds, and that several workgroups share.
const ROWS: [&str; 3] = ["[8192, 8]", "[1024, 1024]", "[1, 1048576]"];
/// Chains of functions, as models have them, that are one kernel each.
const EXPRESSIONS: [&str; 3] = [
    "gelu(x + bias) * scale",
    "silu(gate) * value",
    "x + softplus(x * scale)",
];

/// Writes all kernels as `FOLDER/CALL ENTRY_POINT.wgsl`, each once, and runs them.
fn all_kernels(folder: &Path, native_f16: Option<NativeF16>) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let gpu = Gpu::new_blocking()?;
    // What the check of the conversions finds on such a device.
    match native_f16 {
        None => {}
        Some(NativeF16::Loads) => gpu.kernels().use_native_f16(3.0),
        Some(NativeF16::All) => gpu.kernels().use_native_f16(1.0),
    }
    let mut calls = list_kernels();
    for text in EXPRESSIONS {
        let function: Function = text.parse()?;
        calls.extend(["forward", "backward"].map(|operation| (function, operation.to_owned())));
    }
    let (mut texts, mut names) = (HashSet::new(), HashSet::new());
    for (function, operation) in &calls {
        let has_rows = matches!(function, Function::AlongAxis(_) | Function::Loss(_));
        let shapes: &[&str] = if has_rows { &ROWS } else { &[LARGE] };
        for (dtype, shape) in DTYPES
            .iter()
            .flat_map(|dtype| shapes.iter().map(move |shape| (dtype, shape)))
        {
            let call = format!("{function} {operation} {dtype}");
            let made = kernel(&gpu, &format!("{call} {shape}"), false)?;
            let mut encoder = gpu
                .device()
                .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            made.encode(&mut encoder);
            gpu.queue().submit([encoder.finish()]);
            let call = if has_rows {
                format!("{call} {shape}")
            } else {
                call
            };
            for (label, text) in made.kernels() {
                if !texts.insert(text.clone()) {
                    continue;
                }
                let point =
                    entry_point(&text).with_context(|| format!("{label} has no entry point"))?;
                let name = format!("{call} {point}");
                // A long row has the same entry point for its blocks and for what is known of them.
                let mut unique = name.clone();
                let mut count = 1;
                while !names.insert(unique.clone()) {
                    count += 1;
                    unique = format!("{name} {count}");
                }
                std::fs::write(folder.join(format!("{unique}.wgsl")), text)?;
            }
        }
        // The buffers of what has run are freed.
        gpu.device().poll(wgpu::PollType::wait_indefinitely())?;
    }
    let adapter = gpu.device().adapter_info().name;
    println!(
        "{} kernels of {} calls ran on {adapter}: {}",
        names.len(),
        calls.len(),
        folder.display()
    );
    Ok(())
}

/// The name of the function after `@compute`.
fn entry_point(text: &str) -> Option<&str> {
    let (_, point) = text.split_once("@compute")?;
    let (_, point) = point.split_once("fn ")?;
    let (name, _) = point.split_once('(')?;
    Some(name)
}

/// The operation of a call, on buffers of its own.
fn kernel(gpu: &Gpu, call: &str, accumulates: bool) -> Result<Operation> {
    let form = || format!("`{call}`: write a call as \"softmax backward f16 [1024, 1024]\"");
    let (words, shape) = call.split_once('[').with_context(form)?;
    let shape = shape
        .trim_end()
        .strip_suffix(']')
        .with_context(form)?
        .split(',');
    let shape = shape
        .map(|size| size.trim().parse::<usize>())
        .collect::<Result<Vec<_>, _>>()
        .with_context(form)?;
    let (words, dtype) = words.trim_end().rsplit_once(' ').with_context(form)?;
    let (function, operation) = words.trim_end().rsplit_once(' ').with_context(form)?;
    let dtype = *DTYPES
        .iter()
        .find(|known| known.to_string() == dtype)
        .with_context(form)?;
    // `crelu` has twice as many elements in y as in x, of up to 4 bytes each.
    let most = gpu.device().limits().max_buffer_size / 8;
    let elements = shape
        .iter()
        .try_fold(1, |product: u64, &size| product.checked_mul(size as u64))
        .filter(|&elements| elements <= most)
        .with_context(|| {
            format!("`{call}`: the shape may have at most {most} elements on this device")
        })?;
    let buffers = Buffers {
        gpu,
        dtype,
        elements,
        accumulates,
    };
    match function.parse()? {
        Function::Activation(activation) => buffers.of_activation(activation, operation),
        Function::AlongAxis(function) => buffers.of_axis(function, operation, &shape),
        Function::Glu(glu) => buffers.of_glu(glu, operation, &shape),
        Function::Loss(loss) => buffers.of_loss(loss, operation, &shape),
        Function::Expression(expression) => buffers.of_expression(expression, operation),
    }
}

/// Makes the buffers of an operation.
struct Buffers<'a> {
    gpu: &'a Gpu,
    dtype: Dtype,
    /// The elements of x.
    elements: u64,
    /// True if gradients are added to what there is.
    accumulates: bool,
}

impl Buffers<'_> {
    fn of(&self, elements: u64) -> wgpu::Buffer {
        self.gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("kernels"),
            size: (elements * 4).max(4),
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        })
    }

    fn of_activation(&self, activation: Activation, operation: &str) -> Result<Operation> {
        let (kernels, training) = (self.gpu.kernels(), TrainingMode::default());
        let [a, b, c, d, e, sum] = [(); 6].map(|()| self.of(self.elements));
        let slice = |buffer| self.slice(buffer, self.elements);
        let gradient = |slice| self.gradient(slice);
        let [x, grad_output, tangent, output, second] = [&a, &b, &c, &d, &e].map(slice);
        Ok(match operation {
            "forward" => kernels.forward(activation, x, output)?,
            "backward" => kernels.backward(activation, x, grad_output, gradient(output))?,
            "double_backward" => {
                let [output, second] = [output, second].map(gradient);
                kernels.double_backward(activation, x, grad_output, tangent, output, second)?
            }
            "forward_training" => kernels.forward_training(activation, training, x, output)?,
            "backward_training" => {
                let output = gradient(output);
                kernels.backward_training(activation, training, x, grad_output, output)?
            }
            FROM_OUTPUT => kernels.backward_from_output(activation, x, grad_output, output)?,
            other => {
                let parameter = other
                    .strip_prefix("backward_parameter:")
                    .ok_or_else(|| unknown(other, &OF_ACTIVATIONS))?;
                let sum = gradient(Slice::new(&sum, 0, 4));
                kernels.backward_parameter(activation, parameter, x, grad_output, sum)?
            }
        })
    }

    fn of_glu(&self, glu: Glu, operation: &str, shape: &[usize]) -> Result<Operation> {
        let kernels = self.gpu.kernels();
        let [a, b, c, d, e] = [(); 5].map(|()| self.of(self.elements));
        let slice = |buffer| self.slice(buffer, self.elements);
        let half = |buffer| self.slice(buffer, self.elements / 2);
        let axis = shape.last().map_or(1, |&size| size as u64);
        let split = SplitLayout::new(axis, 1, GluLayout::ValueGate);
        Ok(match operation {
            "forward" => kernels.glu(glu, slice(&a), slice(&b), slice(&c))?,
            "backward" => {
                let [of_value, of_gate] = [&d, &e].map(|buffer| self.gradient(slice(buffer)));
                kernels.glu_backward(glu, slice(&a), slice(&b), slice(&c), of_value, of_gate)?
            }
            "split" => kernels.glu_split(glu, split, slice(&a), half(&b))?,
            "split_backward" => {
                let of_x = self.gradient(slice(&c));
                kernels.glu_split_backward(glu, split, slice(&a), half(&b), of_x)?
            }
            other => return Err(unknown(other, &OF_GLUS)),
        })
    }

    /// All operands are tensors of the shape of x.
    fn of_expression(&self, expression: &Expression, operation: &str) -> Result<Operation> {
        let fused = match operation {
            "forward" => expression.fuse(),
            "backward" => {
                expression.fuse_gradients(expression.operands().iter().map(String::as_str))?
            }
            other => return Err(unknown(other, &["forward", "backward"])),
        };
        let shape = [self.elements];
        let inputs: Vec<_> = fused
            .operands()
            .iter()
            .map(|_| self.of(self.elements))
            .collect();
        let outputs: Vec<_> = fused
            .outputs()
            .iter()
            .map(|_| self.of(self.elements))
            .collect();
        let operands = fused.operands().iter().zip(&inputs).map(|(name, buffer)| {
            let slice = self.slice(buffer, self.elements);
            (name.as_str(), SliceValue::from((slice, &shape)))
        });
        let operands: Vec<_> = operands.collect();
        let outputs = outputs
            .iter()
            .map(|buffer| self.slice(buffer, self.elements));
        let outputs: Vec<_> = match operation {
            "backward" => outputs.map(|slice| self.gradient(slice)).collect(),
            _ => outputs.collect(),
        };
        let kernels = self.gpu.kernels();
        Ok(kernels.evaluate(&fused, &operands, None, &outputs)?)
    }

    fn of_axis(
        &self,
        function: AxisFunction,
        operation: &str,
        shape: &[usize],
    ) -> Result<Operation> {
        let kernels = self.gpu.kernels();
        let rows = AxisShape::along(shape, -1)?;
        let AxisShape {
            outer,
            length,
            inner,
        } = rows.of_output(function)?;
        let output = outer * length * inner;
        let [a, b, c, d] = [(); 4].map(|()| self.of(self.elements));
        let of_output = [(); 2].map(|()| self.of(output));
        let slice = |buffer| self.slice(buffer, self.elements);
        let [y, grad_output] = of_output
            .each_ref()
            .map(|buffer| self.slice(buffer, output));
        let saved = if function.info().saved == Saved::Output {
            y
        } else {
            slice(&a)
        };
        Ok(match operation {
            "forward" => kernels.forward_axis(function, rows, slice(&a), y)?,
            "backward" => {
                let of_x = self.gradient(slice(&b));
                kernels.backward_axis(function, rows, saved, grad_output, of_x)?
            }
            "double_backward" => kernels.double_backward_axis(
                function,
                rows,
                y,
                grad_output,
                slice(&b),
                self.gradient(slice(&c)),
                self.gradient(slice(&d)),
            )?,
            other => return Err(unknown(other, &OF_AXIS_FUNCTIONS)),
        })
    }

    fn of_loss(&self, loss: CrossEntropy, operation: &str, shape: &[usize]) -> Result<Operation> {
        let kernels = self.gpu.kernels();
        let rows = AxisShape::along(shape, -1)?;
        let count = rows.outer * rows.inner;
        let [x, grad, targets, losses] =
            [self.elements, self.elements, count, count].map(|elements| self.of(elements));
        let words = |buffer, elements: u64| Slice::new(buffer, 0, elements * 4);
        let losses = match loss.reduction {
            LossReduction::None => words(&losses, count),
            _ => words(&losses, 1),
        };
        let logits = self.slice(&x, self.elements);
        let input = LossInput::new(logits, words(&targets, count));
        Ok(match operation {
            "forward" => kernels.cross_entropy(loss, rows, input, losses)?,
            "backward" => {
                let grad = self.gradient(self.slice(&grad, self.elements));
                kernels.cross_entropy_with_gradient(loss, rows, input, losses, grad)?
            }
            other => return Err(unknown(other, &["forward", "backward"])),
        })
    }

    fn slice<'a>(&self, buffer: &'a wgpu::Buffer, elements: u64) -> Slice<'a> {
        Slice::new(buffer, 0, elements * self.dtype.size()).with_dtype(self.dtype)
    }

    fn gradient<'a>(&self, slice: Slice<'a>) -> Slice<'a> {
        match self.accumulates {
            true => slice.accumulate(),
            false => slice,
        }
    }
}

fn unknown(operation: &str, known: &[&str]) -> anyhow::Error {
    anyhow!(
        "there is no operation `{operation}`: it can be {}",
        known.join(", ")
    )
}
