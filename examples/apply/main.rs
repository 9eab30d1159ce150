//! Applies a function, or its gradient, to a tensor in NumPy's file format.
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
#[path = "../common/exit.rs"]
mod exit;
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

/// Applies an activation, a gated unit or a function along an axis, or its gradient, to a float32
/// or float16 tensor in an npy file, on the GPU.
#[derive(Parser)]
#[command(arg_required_else_help = true)]
struct Arguments {
    /// Describe all functions, and do nothing else.
    #[arg(long, exclusive = true)]
    list: bool,
    #[command(flatten)]
    job: Option<Job>,
}

#[derive(Args)]
struct Job {
    /// The function to apply, such as `relu`, `elu(alpha=0.5)`, `softmax`, `swiglu` or
    /// `gated(mish)`.
    activation: Function,
    /// Read the tensor x from this file. The result is of the same type, float32 or float16.
    #[arg(long, value_name = "X.npy")]
    input: PathBuf,
    /// Write the result to this file: f(x), or with --grad the gradient with respect to x.
    #[arg(long, value_name = "Y.npy")]
    output: PathBuf,
    /// Read the gradient with respect to f(x) from this file. It has the shape of f(x).
    #[arg(long, value_name = "DY.npy")]
    grad: Option<PathBuf>,
    /// Read the values of a learned parameter from this file: one number, or one for each channel.
    #[arg(long, value_name = "W.npy")]
    weight: Option<PathBuf>,
    /// Write the gradient with respect to the learned parameter to this file. Without --weight it
    /// is one number.
    #[arg(long, value_name = "DW.npy", requires = "grad")]
    grad_weight: Option<PathBuf>,
    /// The name of the parameter for --weight and --grad-weight. By default it is the first that
    /// can be learned.
    #[arg(long, value_name = "NAME")]
    parameter: Option<String>,
    /// The dimension that softmax and the like go along or that a gated unit is split along, by
    /// default -1, or the dimension of the channels of --weight, by default 1 as in PyTorch. A
    /// negative number counts from the end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    axis: Option<isize>,
    /// Read a mask from this file and add it to x first, such as 0 and -inf. It has the shape of x
    /// or of its last dimensions. Softmax, log_softmax and softmin take one.
    #[arg(long, value_name = "M.npy")]
    mask: Option<PathBuf>,
    /// Read the gates of a gated unit from this file; --input then holds the values. Without this
    /// option --input holds both.
    #[arg(long, value_name = "G.npy")]
    gate: Option<PathBuf>,
    /// Write the gradient with respect to the gates to this file; --output gets the gradient with
    /// respect to the values.
    #[arg(long, value_name = "DG.npy", requires = "grad", requires = "gate")]
    grad_gate: Option<PathBuf>,
    /// The layout of values and gates in --input [default: value-gate]
    #[arg(long, conflicts_with = "gate")]
    halves: Option<gated::Half>,
    /// Compare the results with f64 math on the CPU, and print the worst one.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    let job = Arguments::parse().job;
    exit::exit(job.map_or_else(list::list, |job| run(&job)))
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
    // Functions of each element work in any memory order, as long as all tensors have the same.
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
        let is_of_parameter =
            matches!(&error, Error::Argument { argument, .. } if argument == parameter);
        let mut parameters = activation.info().parameters.iter();
        let is_learnable = parameters.any(|known| known.name == parameter && known.is_learnable());
        let unknown = job.parameter.as_ref().filter(|_| !is_learnable);
        let option = match (unknown, &job.weight, &job.grad_weight) {
            _ if !is_of_parameter => return error.into(),
            (Some(name), ..) => format!("--parameter {name}"),
            (_, Some(path), _) => format!("--weight {}", path.display()),
            (_, _, Some(path)) => format!("--grad-weight {}", path.display()),
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

    let values = gpu.read_blocking(&output)?;
    let output = Npy {
        shape: x.shape.clone(),
        order: x.order,
        dtype: output.dtype(),
        values,
    };
    let mut results = vec![("--output", &job.output, output)];
    if let (Some(path), Some(grad_weight)) = (&job.grad_weight, &grad_weight) {
        let values = gpu.read_blocking(grad_weight)?;
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
    // A tensor of weights takes the place of the activation's own value.
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

/// Writes all results to temporary files first, and moves them into place only if all are written.
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

/// Tells whether two paths are the same place, even if there is no file yet.
fn is_same(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        Some((
            fs::canonicalize(directory(path)).ok()?,
            path.file_name()?.to_owned(),
        ))
    };
    a == b || place(a).is_some_and(|a| place(b) == Some(a))
}

/// Finds the dimension of the channels in the row-major shape. Returns `None` if x has fewer than
/// two dimensions and no axis was given.
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

/// Prints the worst element of each result.
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

/// Names the unit in which errors of a result are measured.
fn unit(npy: &Npy) -> &'static str {
    if npy.dtype == Dtype::F16 {
        "ulp of f16"
    } else {
        "ulp"
    }
}

/// Prints the worst element of one result, with its x if each element has one.
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
