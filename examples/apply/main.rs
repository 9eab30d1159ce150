//! An activation, or its gradient, over a tensor in NumPy's file format.
//!
//! `cargo run --example apply -- "elu(alpha=0.5)" --input x.npy --output y.npy`
//!
//! `cargo run --example apply -- elu --input x.npy --grad dy.npy --output dx.npy --check`
//!
//! `cargo run --example apply -- softmax --input x.npy --output y.npy --axis -1`
//!
//! `cargo run --example apply -- glu --input x.npy --output y.npy --axis 1`

mod along;
#[path = "../common/beside.rs"]
mod beside;
mod check;
mod function;
mod gated;
mod list;
mod npy;
#[path = "../common/ulp.rs"]
mod ulp;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use beside::directory;
use check::{Case, Worst};
use clap::{Args, Parser};
use function::Function;
use npy::Npy;
use npyz::Order;
use wgpu_activations::{Activation, Dtype, Error, Gpu, TensorArgs};

/// Applies an activation, or its gradient, to a float32 or float16 tensor in an npy file, on the GPU.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    /// List the activations
    #[arg(long, exclusive = true)]
    list: bool,
    #[command(flatten)]
    job: Option<Job>,
}

#[derive(Args)]
struct Job {
    /// What to apply, such as `relu`, `elu(alpha=0.5)`, `softmax`, `swiglu` or `gated(mish)`
    activation: Function,
    /// The tensor x, of float32 or of float16, which the result then is, too
    #[arg(long, value_name = "X.npy")]
    input: PathBuf,
    /// The result: f(x), or with --grad the gradient with respect to x
    #[arg(long, value_name = "Y.npy")]
    output: PathBuf,
    /// The gradient with respect to f(x), of the shape of f(x)
    #[arg(long, value_name = "DY.npy")]
    grad: Option<PathBuf>,
    /// A learned parameter: one number, or one for each channel
    #[arg(long, value_name = "W.npy")]
    weight: Option<PathBuf>,
    /// Where to write the gradient with respect to the learned parameter; without --weight it is one number
    #[arg(long, value_name = "DW.npy", requires = "grad")]
    grad_weight: Option<PathBuf>,
    /// Which parameter these two are about: by default the first that can be learned
    #[arg(long, value_name = "NAME")]
    parameter: Option<String>,
    /// The dimension, from the end if negative: of the channels of --weight, by default 1, as in PyTorch; or the one that softmax
    /// and the like go along, or that a gated unit is split along, by default -1
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    axis: Option<isize>,
    /// What is added to x first, as 0 and -inf: of the shape of x or of its last dimensions; for softmax, log_softmax and softmin
    #[arg(long, value_name = "M.npy")]
    mask: Option<PathBuf>,
    /// The gates of a gated unit, of the shape of --input, which then holds the values; without, --input holds both
    #[arg(long, value_name = "G.npy")]
    gate: Option<PathBuf>,
    /// Where to write the gradient with respect to the gates; --output takes that with respect to the values
    #[arg(long, value_name = "DG.npy", requires = "grad", requires = "gate")]
    grad_gate: Option<PathBuf>,
    /// Which half of --input is what [default: value-gate]
    #[arg(long, conflicts_with = "gate")]
    halves: Option<gated::Half>,
    /// Compare with the same in f64 on the CPU, and print the worst result
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let result = Arguments::parse()
        .job
        .map_or_else(list::list, |job| run(&job));
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    // Some of wgpu's messages have several lines.
    eprintln!(
        "error: {}",
        format!("{error:#}")
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" ")
    );
    ExitCode::FAILURE
}

fn run(job: &Job) -> Result<()> {
    let x = read("--input", &job.input)?;
    let grad = job
        .grad
        .as_ref()
        .map(|path| read("--grad", path))
        .transpose()?;
    let is_gated = matches!(job.activation, Function::Glu(_));
    if let Some(path) = job.gate.as_ref().filter(|_| !is_gated) {
        bail!(
            "--gate {}: only gated units take one, as glu",
            path.display()
        );
    }
    ensure!(
        is_gated || job.halves.is_none(),
        "--halves: only gated units have them, as glu"
    );
    match job.activation {
        Function::AlongAxis(function) => along::run(job, function, x, grad),
        Function::Glu(unit) => gated::run(job, unit, x, grad),
        Function::Activation(activation) => by_element(job, activation, x, grad),
    }
}

fn by_element(job: &Job, activation: Activation, x: Npy, grad: Option<Npy>) -> Result<()> {
    if let (Some(axis), None) = (job.axis, &job.weight) {
        bail!(
            "--axis {axis}: {} has no axis without a --weight",
            activation.info().name
        );
    }
    if let Some(path) = &job.mask {
        bail!(
            "--mask {}: {} takes no mask",
            path.display(),
            activation.info().name
        );
    }
    let weight = job
        .weight
        .as_ref()
        .map(|path| read("--weight", path))
        .transpose()?;
    if let (Some(path), Some(grad)) = (&job.grad, &grad) {
        let (own, expected) = (&grad.shape, &x.shape);
        ensure!(
            own == expected,
            "--grad {}: its shape is {own:?}, but --input has {expected:?}",
            path.display()
        );
    }
    if let Some(path) = job
        .grad_weight
        .as_ref()
        .filter(|path| is_same(path, &job.output))
    {
        bail!("--grad-weight {}: this is --output, too", path.display());
    }
    // Any order will do for what is computed element by element, but it must be the same for all.
    let grad = grad.map(|grad| grad.in_order(x.order));
    let weight = weight.map(|weight| weight.in_order(Order::C));
    let axis = channel_axis(job.axis, &x)?;

    let gpu = Gpu::new_blocking()?;
    let upload = |npy: &Npy| npy.upload(&gpu, &npy.row_major_shape());
    let x_tensor = upload(&x)?;
    let weight_tensor = weight.as_ref().map(upload).transpose()?;
    let parameter = job
        .parameter
        .as_deref()
        .or_else(|| check::learned(activation))
        .unwrap_or("learned");
    let inputs = match &weight_tensor {
        None => TensorArgs::from(&x_tensor),
        Some(weight) => (&x_tensor, [(parameter, weight)]).into(),
    };
    let inputs = axis.map_or(inputs.clone(), |axis| inputs.along(axis as isize));
    let blame = |error: Error| {
        let option = match (&error, &job.parameter, &job.weight, &job.grad_weight) {
            (Error::NotLearned { .. }, Some(name), ..) => format!("--parameter {name}"),
            (Error::NotLearned { .. } | Error::LearnedLength { .. }, _, Some(path), _) => {
                format!("--weight {}", path.display())
            }
            (Error::NotLearned { .. }, _, _, Some(path)) => {
                format!("--grad-weight {}", path.display())
            }
            _ => return error.into(),
        };
        anyhow::Error::new(error).context(option)
    };
    let (pass, output, grad_weight) = match &grad {
        None => (
            "forward",
            gpu.forward(activation, inputs).map_err(blame)?,
            None,
        ),
        Some(grad) => {
            let grad = upload(grad)?;
            let output = gpu
                .backward(activation, inputs.clone(), &grad)
                .map_err(blame)?;
            let grad_weight = job
                .grad_weight
                .as_ref()
                .map(|_| gpu.backward_parameter(activation, parameter, inputs.clone(), &grad));
            ("backward", output, grad_weight.transpose().map_err(blame)?)
        }
    };

    let [values] = gpu.read_blocking([&output])?;
    let output = Npy {
        shape: x.shape.clone(),
        order: x.order,
        dtype: output.dtype(),
        values,
    };
    let mut results = vec![("--output", &job.output, output)];
    if let (Some(path), Some(grad_weight)) = (&job.grad_weight, &grad_weight) {
        let [values] = gpu.read_blocking([grad_weight])?;
        results.push((
            "--grad-weight",
            path,
            Npy {
                shape: grad_weight.shape().to_vec(),
                order: Order::C,
                dtype: grad_weight.dtype(),
                values,
            },
        ));
    }

    if job.check {
        let case = Case {
            activation,
            parameter,
            x: &x.values,
            grad: grad.as_ref().map(|grad| grad.values.as_slice()),
            weight: weight.as_ref().map(|weight| weight.values.as_slice()),
            inner: axis.map_or(1, |axis| {
                x.row_major_shape()[axis + 1..]
                    .iter()
                    .product::<usize>()
                    .max(1)
            }),
        };
        check(&case, &results)?;
    }
    write(&results)?;
    // A weight that is given stands for the activation's own.
    let name = if weight.is_some() {
        activation.info().name.to_owned()
    } else {
        activation.to_string()
    };
    println!(
        "{pass} of {name}: {} elements on {}",
        x.values.len(),
        gpu.device().adapter_info().name
    );
    Ok(())
}

fn read(option: &str, path: &Path) -> Result<Npy> {
    Npy::read(path).with_context(|| format!("{option} {}", path.display()))
}

/// Writes all results, and only then puts them into their places.
fn write(results: &[(&str, &PathBuf, Npy)]) -> Result<()> {
    let mut written = Vec::new();
    for (option, path, npy) in results {
        let place = format!("{option} {}", path.display());
        written.push((npy.write(path).with_context(|| place.clone())?, path, place));
    }
    for (file, path, place) in written {
        file.persist(path)
            .map_err(|error| error.error)
            .context(place)?;
    }
    Ok(())
}

/// Whether two paths are one place, which need not hold a file yet.
fn is_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        Some((
            fs::canonicalize(directory(path)).ok()?,
            path.file_name()?.to_owned(),
        ))
    };
    a == b || place(a).is_some_and(|a| place(b) == Some(a))
}

/// The dimension of the channels among those of the row-major shape; `None` if x has fewer than two and none was given.
fn channel_axis(given: Option<isize>, x: &Npy) -> Result<Option<usize>> {
    let dimensions = x.shape.len();
    let axis = match given {
        None if dimensions < 2 => return Ok(None),
        None => 1,
        Some(axis) => {
            let from_start = if axis < 0 {
                axis.checked_add_unsigned(dimensions)
            } else {
                Some(axis)
            };
            let position = from_start
                .and_then(|axis| usize::try_from(axis).ok())
                .filter(|&axis| axis < dimensions);
            position
                .with_context(|| format!("--axis {axis}: --input has {dimensions} dimensions"))?
        }
    };
    Ok(Some(if x.order == Order::C {
        axis
    } else {
        dimensions - 1 - axis
    }))
}

/// Prints the worst of each result.
fn check(case: &Case, results: &[(&str, &PathBuf, Npy)]) -> Result<()> {
    for (option, _, npy) in results {
        let (worst, unit) = match *option {
            "--grad-weight" => (
                case.worst_of_weight(&npy.values),
                "times 2^-24 of the sum of its terms' absolute values",
            ),
            _ => (case.worst(npy), unit(npy)),
        };
        print_worst(
            option,
            worst,
            unit,
            npy,
            if *option == "--output" {
                Some(case.x)
            } else {
                None
            },
        );
    }
    Ok(())
}

/// What errors of a result are measured in.
fn unit(npy: &Npy) -> &'static str {
    if npy.dtype == Dtype::F16 {
        "ulp of f16"
    } else {
        "ulp"
    }
}

/// Prints the worst of one result, and the x it is for if there is one for each.
fn print_worst(option: &str, worst: Option<Worst>, unit: &str, npy: &Npy, x: Option<&[f32]>) {
    let Some(Worst {
        position,
        got,
        wanted,
        distance,
    }) = worst
    else {
        println!("check of {option}: it has no elements");
        return;
    };
    let x = x.map_or(String::new(), |x| format!(", x = {:?}", x[position]));
    let index = npy.index(position);
    println!(
        "check of {option}: at most {distance:.3} {unit} off, at {index:?}{x}: got {got:?}, wanted {wanted:?}"
    );
}
