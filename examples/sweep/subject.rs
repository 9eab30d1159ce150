//! The subject of a sweep is an activation, or an expression of one operand, in one of its
//! directions.

use std::fmt;

use anyhow::{Result, bail};
use clap::ValueEnum;
use wgpu_activations::{Activation, Expression, Gpu, Tensor};

use crate::function::Function;
use crate::inputs::Inputs;
use crate::ulp::Truth;

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Direction {
    Forward,
    Backward,
    /// Backward from the output in place of x.
    FromOutput,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::FromOutput => "from-output",
        })
    }
}

#[derive(Clone)]
pub enum Subject {
    Activation(Activation),
    Expression {
        expression: &'static Expression,
        gradient: Expression,
    },
}

impl Subject {
    /// Takes a function that `of_one_operand` has read.
    pub fn of(function: Function) -> Result<Self> {
        match function {
            Function::Activation(activation) => Ok(Self::Activation(activation)),
            Function::Expression(expression) => Ok(Self::Expression {
                expression,
                gradient: expression.gradient(&expression.operands()[0])?,
            }),
            other => bail!("{other} is no function of one operand"),
        }
    }

    /// Returns the directions that it has.
    pub fn directions(&self) -> Vec<Direction> {
        let is_told = match self {
            Self::Activation(activation) => activation.derivative_from_output(0.0).is_some(),
            Self::Expression { .. } => false,
        };
        [Direction::Forward, Direction::Backward]
            .into_iter()
            .chain(is_told.then_some(Direction::FromOutput))
            .collect()
    }

    /// Returns f(x), or f'(x) as the gradient for a `grad_output` of 1, in f64. From the output,
    /// x is that.
    pub fn truth(&self, direction: Direction, x: f64) -> Truth {
        match (self, direction) {
            (Self::Activation(activation), Direction::Forward) => Truth::forward(*activation, x),
            (Self::Activation(activation), Direction::Backward) => {
                Truth::backward(*activation, x, 1.0)
            }
            (Self::Activation(activation), Direction::FromOutput) => {
                let gradient = activation.backward_from_output(x, 1.0);
                gradient.expect("the direction is one of its own").into()
            }
            (Self::Expression { expression, .. }, Direction::Forward) => {
                expression.evaluate(|_| x).into()
            }
            (
                Self::Expression {
                    expression,
                    gradient,
                },
                _,
            ) => {
                let operand = &expression.operands()[0];
                let value = |name: &str| if name == operand { x } else { 1.0 };
                gradient.evaluate(value).into()
            }
        }
    }

    /// Returns the inputs of a sweep in this direction: around zeros and jumps of the derivative,
    /// which from the output is a function of that.
    pub fn inputs(&self, direction: Direction, stride: u64) -> Inputs {
        let of = match direction {
            Direction::FromOutput => direction,
            _ => Direction::Backward,
        };
        Inputs::new(|x| self.truth(of, x).value, stride)
    }

    /// Returns the bound in ulps. A chain of functions has none.
    pub fn bound(&self, direction: Direction) -> Option<f64> {
        match self {
            Self::Activation(activation) => match direction {
                Direction::FromOutput => {
                    activation.info().from_output.as_ref().map(|told| told.ulps)
                }
                _ => Some(activation.info().ulps[direction as usize]),
            },
            Self::Expression { .. } => None,
        }
    }

    /// Computes the same as `truth` on the GPU.
    pub fn compute(&self, gpu: &Gpu, direction: Direction, x: &[f32]) -> Result<Tensor> {
        let shape = [x.len()];
        let x = gpu.upload(x, shape)?;
        let ones = || gpu.upload(&vec![1.0; shape[0]], shape);
        Ok(match (self, direction) {
            (Self::Activation(activation), Direction::Forward) => gpu.forward(*activation, &x)?,
            (Self::Activation(activation), Direction::Backward) => {
                gpu.backward(*activation, &x, &ones()?)?
            }
            (Self::Activation(activation), Direction::FromOutput) => {
                gpu.backward_from_output(*activation, &x, &ones()?)?
            }
            (Self::Expression { expression, .. }, direction) => {
                let operand = expression.operands()[0].as_str();
                match direction {
                    Direction::Forward => gpu.evaluate(expression, [(operand, &x)])?,
                    _ => {
                        let [gradient] =
                            gpu.gradients(expression, [(operand, &x)], &ones()?, [operand])?;
                        gradient
                    }
                }
            }
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Activation(activation) => activation.fmt(f),
            Self::Expression { expression, .. } => expression.fmt(f),
        }
    }
}
