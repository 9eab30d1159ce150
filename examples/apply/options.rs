//! The options of a job.

use std::path::PathBuf;

use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use wgpu_activations::{Activation, Dtype, Error};

use crate::function::Function;
use crate::gated::Half;
use crate::input::Input;

#[derive(Args)]
pub struct Job {
    /// The function to apply, such as `relu`, `elu(alpha=0.5)`, `softmax`, `swiglu` or
    /// `gated(mish)`.
    #[arg(value_name = "FUNCTION")]
    pub function: Function,
    /// Read the tensor x from this file: float16, float32, float64, bfloat16, integers or bool.
    /// All types but floats of 16 and 32 bits are converted to float32.
    #[arg(long, value_name = "X.npy")]
    pub input: PathBuf,
    /// Write the result to this file: f(x), or with --grad the gradient with respect to x.
    #[arg(long, value_name = "Y.npy")]
    pub output: PathBuf,
    /// The type of the results. By default it is that of x, or of the gates for --grad-gate, if it
    /// is one of these, else f32; and f32 for --grad-weight. NumPy reads bf16 as `V2`: call
    /// `.view(ml_dtypes.bfloat16)` on it.
    #[arg(long)]
    pub dtype: Option<FileDtype>,
    /// Read the gradient with respect to f(x) from this file. It has the shape of f(x).
    #[arg(long, value_name = "DY.npy")]
    pub grad: Option<PathBuf>,
    /// Read the values of a learned parameter from this file: one number, one for each channel, or
    /// values of any shape that broadcasts to that of x.
    #[arg(long, value_name = "W.npy")]
    pub weight: Option<PathBuf>,
    /// Write the gradient with respect to the learned parameter to this file. Without --weight it
    /// is one number. Since it is a sum, x must fit in memory.
    #[arg(long, value_name = "DW.npy", requires = "grad")]
    pub grad_weight: Option<PathBuf>,
    /// The name of the parameter for --weight and --grad-weight. By default it is the first that
    /// can be learned.
    #[arg(long, value_name = "NAME")]
    pub parameter: Option<String>,
    /// The dimension that softmax and the like go along or that a gated unit is split along, by
    /// default -1, or the dimension of the channels of --weight, by default 1 as in PyTorch. A
    /// negative number counts from the end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub axis: Option<isize>,
    /// Read a mask from this file and add it to x first, such as 0 and -inf. A boolean mask says
    /// which elements count. Its shape broadcasts to that of x. Softmax, log_softmax and softmin
    /// take one.
    #[arg(long, value_name = "M.npy")]
    pub mask: Option<PathBuf>,
    /// Read the gates of a gated unit from this file; --input then holds the values. Without this
    /// option --input holds both.
    #[arg(long, value_name = "G.npy", conflicts_with = "axis")]
    pub gate: Option<PathBuf>,
    /// Write the gradient with respect to the gates to this file; --output gets the gradient with
    /// respect to the values.
    #[arg(long, value_name = "DG.npy", requires = "grad", requires = "gate")]
    pub grad_gate: Option<PathBuf>,
    /// The layout of values and gates in --input [default: value-gate]
    #[arg(long, conflicts_with = "gate")]
    pub halves: Option<Half>,
    /// Compare the results with f64 math on the CPU, and print the worst one.
    #[arg(long)]
    pub check: bool,
}

/// The types that are written.
#[derive(Clone, Copy, ValueEnum)]
pub enum FileDtype {
    F32,
    F16,
    Bf16,
}

impl From<FileDtype> for Dtype {
    fn from(dtype: FileDtype) -> Self {
        match dtype {
            FileDtype::F32 => Self::F32,
            FileDtype::F16 => Self::F16,
            FileDtype::Bf16 => Self::Bf16,
        }
    }
}

impl Job {
    /// The type of a result that belongs to this input.
    pub fn dtype(&self, input: &Input) -> Dtype {
        self.dtype.map_or(input.header.number.dtype(), Dtype::from)
    }

    /// Names the learned parameter. If there is none, the name is no parameter's.
    pub fn learned(&self, activation: Activation) -> &str {
        let mut parameters = activation.info().parameters.iter();
        let first = parameters.find(|parameter| parameter.is_learnable());
        let first = first.map_or("learned", |parameter| parameter.name);
        self.parameter.as_deref().unwrap_or(first)
    }

    /// Refuses options that the function does not have.
    pub fn check_options(&self) -> Result<()> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let options = [
            ("--weight", path(&self.weight)),
            ("--grad-weight", path(&self.grad_weight)),
            ("--parameter", self.parameter.clone()),
            ("--mask", path(&self.mask)),
            ("--gate", path(&self.gate)),
            (
                "--halves",
                self.halves
                    .and_then(|halves| halves.to_possible_value())
                    .map(|halves| halves.get_name().to_owned()),
            ),
            ("--axis", self.axis.map(|axis| axis.to_string())),
        ];
        for (option, value) in options {
            let Some(value) = value else { continue };
            let owner = match (option, self.function) {
                ("--axis", Function::Activation(_)) if self.weight.is_none() => {
                    "activations have an axis only with a --weight"
                }
                ("--weight" | "--grad-weight" | "--parameter", kind)
                    if !matches!(kind, Function::Activation(_)) =>
                {
                    "only activations have parameters that can be learned"
                }
                ("--mask", Function::Activation(_) | Function::Glu(_)) => {
                    "only softmax, log_softmax and softmin take a mask"
                }
                ("--gate" | "--halves", kind) if !matches!(kind, Function::Glu(_)) => {
                    "only gated units, such as glu, have gates"
                }
                _ => continue,
            };
            return Err(anyhow!(
                "{option} {value}: {owner}, but this is {}",
                self.function
            ));
        }
        Ok(())
    }

    /// Names the command-line option that an error is about.
    pub fn blame(&self, error: Error) -> anyhow::Error {
        let Error::Argument { argument, message } = &error else {
            return error.into();
        };
        let path = |option, path: &Option<PathBuf>| {
            path.as_ref()
                .map(|path| format!("{option} {}", path.display()))
        };
        let option = match (argument.as_ref(), self.function) {
            ("axis", _) => Some(format!("--axis {}", self.axis.unwrap_or(-1))),
            // Only the split of a gated unit refuses x, for its length along the axis.
            ("x", Function::Glu(_)) => Some(format!("--axis {}", self.axis.unwrap_or(-1))),
            ("grad_output", _) => path("--grad", &self.grad),
            ("gate", _) => path("--gate", &self.gate),
            ("mask", _) => path("--mask", &self.mask),
            (name, Function::Activation(activation)) if name == self.learned(activation) => {
                let mut known = activation.info().parameters.iter();
                let is_known = known.any(|known| known.name == name && known.is_learnable());
                let unknown = self.parameter.as_ref().filter(|_| !is_known);
                unknown
                    .map(|name| format!("--parameter {name}"))
                    .or_else(|| path("--weight", &self.weight))
                    .or_else(|| path("--grad-weight", &self.grad_weight))
            }
            _ => None,
        };
        match option {
            Some(option) => anyhow!("{option}: {message}"),
            None => error.into(),
        }
    }
}
