//! Lists what can be measured: functions, passes, storage types and sizes.

use std::fmt;
use std::str::FromStr;

use anyhow::{Result, anyhow, bail, ensure};
use clap::ValueEnum;
use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{
    Activation, AxisFunction, AxisShape, Dtype, Glu, Kernels, Operation, Slice, SliceValue,
};

pub use crate::function::Function;

/// The length of a row of functions along an axis.
const ROW: u64 = 1024;

/// Gated units and functions along an axis that are measured besides the activations.
const GATED: [Glu; 2] = [Glu::SWIGLU, Glu::GEGLU];
const ROWS: [AxisFunction; 2] = [
    AxisFunction::SOFTMAX,
    AxisFunction::LogSoftmax { temperature: 1.0 },
];

/// The direction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Pass {
    Forward,
    Backward,
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
        })
    }
}

/// Returns values as they are stored.
pub fn stored(dtype: Dtype, values: &[f32]) -> Vec<u8> {
    let halves = |half: fn(f32) -> u16| {
        values
            .iter()
            .flat_map(|&value| half(value).to_ne_bytes())
            .collect()
    };
    match dtype {
        Dtype::F16 => halves(|value| f16::from_f32(value).to_bits()),
        Dtype::Bf16 => halves(|value| bf16::from_f32(value).to_bits()),
        _ => bytemuck::cast_slice(values).to_vec(),
    }
}

/// The number of tensors that a kernel reads and writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    pub reads: usize,
    pub writes: usize,
}

impl Function {
    /// Returns all functions that are measured by default.
    pub fn all() -> Vec<Self> {
        let elementwise = Activation::ALL.iter().copied().map(Self::Activation);
        elementwise
            .chain(GATED.map(Self::Glu))
            .chain(ROWS.map(Self::AlongAxis))
            .collect()
    }

    /// Returns its name, with its parameters if they are not the defaults.
    pub fn name(self) -> String {
        match self {
            Self::Activation(activation) if Activation::ALL.contains(&activation) => {
                activation.info().name.to_owned()
            }
            Self::Activation(activation) => activation.to_string(),
            Self::Glu(gated) => gated.to_string(),
            Self::AlongAxis(function) if AxisFunction::ALL.contains(&function) => {
                function.info().name.to_owned()
            }
            Self::AlongAxis(function) => function.to_string(),
            Self::Loss(loss) => loss.to_string(),
            Self::Expression(expression) => expression.to_string(),
        }
    }

    pub fn shape(self, pass: Pass) -> Shape {
        match (self, pass) {
            (Self::Glu(_), Pass::Backward) => Shape {
                reads: 3,
                writes: 2,
            },
            (Self::Expression(expression), _) => Shape {
                reads: expression.operands().len() + usize::from(pass == Pass::Backward),
                writes: 1,
            },
            (Self::Glu(_), Pass::Forward) | (_, Pass::Backward) => Shape {
                reads: 2,
                writes: 1,
            },
            (_, Pass::Forward) => Shape {
                reads: 1,
                writes: 1,
            },
        }
    }

    /// Makes the operation on as many slices as its shape has.
    pub fn operation(
        self,
        kernels: &Kernels,
        pass: Pass,
        [x, second, third]: [Slice<'_>; 3],
        [output, other]: [Slice<'_>; 2],
        elements: u64,
    ) -> Result<Operation> {
        let length = ROW.min(elements);
        let rows = AxisShape::new(elements / length, length, 1);
        Ok(match (self, pass) {
            (Self::Activation(activation), Pass::Forward) => {
                kernels.forward(activation, x, output)?
            }
            (Self::Activation(activation), Pass::Backward) => {
                kernels.backward(activation, x, second, output)?
            }
            (Self::Glu(gated), Pass::Forward) => kernels.glu(gated, x, second, output)?,
            (Self::Glu(gated), Pass::Backward) => {
                kernels.glu_backward(gated, x, second, third, output, other)?
            }
            (Self::AlongAxis(function), Pass::Forward) => {
                kernels.forward_axis(function, rows, x, output)?
            }
            (Self::AlongAxis(function), Pass::Backward) => {
                kernels.backward_axis(function, rows, x, second, output)?
            }
            (Self::Loss(loss), _) => bail!("{loss}: losses have no row in this table"),
            // Tensors of the same shape, and the gradient of the first one.
            (Self::Expression(expression), _) => {
                let operands = expression.operands();
                let fused = match pass {
                    Pass::Forward => expression.fuse(),
                    Pass::Backward => {
                        expression.fuse_gradients(operands.first().map(String::as_str))?
                    }
                };
                let (shape, slices) = ([elements], [x, second, third]);
                let names = fused.operands();
                ensure!(
                    names.len() <= slices.len(),
                    "{expression}: it has too many operands"
                );
                let values: Vec<_> = names
                    .iter()
                    .zip(slices)
                    .map(|(name, slice)| (name.as_str(), SliceValue::from((slice, &shape))))
                    .collect();
                kernels.evaluate(&fused, &values, None, &[output])?
            }
        })
    }
}

/// A range of sizes as powers of two: `20`, or `10-25`.
#[derive(Clone)]
pub struct Exponents(Vec<u32>);

impl Exponents {
    pub fn of(all: &[Self]) -> Vec<u64> {
        let mut exponents: Vec<_> = all.iter().flat_map(|one| one.0.iter().copied()).collect();
        exponents.sort_unstable();
        exponents.dedup();
        exponents
            .into_iter()
            .map(|exponent| 1 << exponent)
            .collect()
    }
}

impl FromStr for Exponents {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = first.parse()?..=last.parse()?;
        // Each thread copies four elements, and workgroups of 256 threads are whole.
        let is_allowed =
            !range.is_empty() && (10..=34).contains(range.start()) && *range.end() <= 34;
        is_allowed
            .then(|| Self(range.collect()))
            .ok_or_else(|| anyhow!("exponents are 10 to 34, as `20` or `10-25`"))
    }
}
