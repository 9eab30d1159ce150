//! What a caller asks for, and all that can be checked before wgpu is asked.

use std::ops::Range;

use super::call::{Call, Divisor};
use super::layout::Layout;
use super::{LearnedParam, Slice};
use crate::activation::MOST_PARAMETERS;
use crate::wgsl::storage::{GRAD_OUTPUT, LEARNED, OUTPUT, Storage, TANGENT, X};
use crate::wgsl::{Module, Pass};
use crate::{Activation, Error, TrainingMode};

/// A slice, and which argument of the caller's it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a> {
    pub(super) argument: &'static str,
    pub(super) binding: u32,
    pub(super) slice: Slice<'a>,
}

impl<'a> Operand<'a> {
    pub(super) fn new(argument: &'static str, binding: u32, slice: Slice<'a>) -> Self {
        Self {
            argument,
            binding,
            slice,
        }
    }

    pub(super) fn x(slice: Slice<'a>) -> Self {
        Self {
            argument: "x",
            binding: X,
            slice,
        }
    }

    pub(super) fn grad_output(slice: Slice<'a>) -> Self {
        Self {
            argument: "grad_output",
            binding: GRAD_OUTPUT,
            slice,
        }
    }

    pub(super) fn output(argument: &'static str, slice: Slice<'a>) -> Self {
        Self {
            argument,
            binding: OUTPUT,
            slice,
        }
    }

    pub(super) fn tangent(slice: Slice<'a>) -> Self {
        Self {
            argument: "tangent",
            binding: TANGENT,
            slice,
        }
    }

    fn learned(activation: Activation, position: usize, learned: LearnedParam<'a>) -> Self {
        let argument = activation.info().parameters[position].name;
        Self {
            argument,
            binding: LEARNED + position as u32,
            slice: learned.values,
        }
    }

    /// The elements of a range; a view stays whole.
    pub(super) fn part(self, range: &Range<u64>) -> Self {
        if self.slice.layout.is_some() {
            self
        } else {
            Self {
                slice: self.slice.part(range),
                ..self
            }
        }
    }

    /// How a kernel is told to find it.
    pub(super) fn storage(&self) -> Storage {
        Storage {
            dtype: self.slice.dtype,
            is_strided: self.slice.layout.is_some(),
            is_gathered: false,
        }
    }
}

/// Makes the inputs of an operation, which have as many elements, tensors of one shape.
pub(super) fn in_one_shape(inputs: &mut [Operand<'_>]) -> Result<(), Error> {
    for input in inputs.iter_mut() {
        if let Some(layout) = input.slice.layout.filter(Layout::is_contiguous) {
            // The slice may have more elements than the view.
            input.slice = Slice {
                layout: None,
                ..input.slice.part(&(0..layout.elements()))
            };
        }
    }
    let Some(first) = inputs.iter().find_map(|input| input.slice.layout) else {
        return Ok(());
    };
    let shape = |layout: Layout| {
        layout
            .shape()
            .iter()
            .map(|&dimension| dimension as usize)
            .collect()
    };
    // Kernels count the elements of views in u32.
    if first.elements() > u64::from(u32::MAX) {
        return Err(Error::ShapeOverflow {
            shape: shape(first),
        });
    }
    for Operand {
        argument, slice, ..
    } in inputs
    {
        match slice.layout {
            Some(layout) if layout.shape() != first.shape() => {
                return Err(Error::Shape {
                    argument,
                    actual: shape(layout),
                    expected: shape(first),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a caller asks for.
pub(super) struct Job<'a> {
    pub(super) activation: Activation,
    pub(super) pass: Pass,
    pub(super) reads: Vec<Operand<'a>>,
    pub(super) output: Operand<'a>,
    /// By the positions of the parameters.
    pub(super) learned: [Option<LearnedParam<'a>>; MOST_PARAMETERS],
    pub(super) training: Option<TrainingMode>,
}

impl<'a> Job<'a> {
    /// Checks all that can be checked before wgpu is asked. In place there are no reads: the output is x.
    pub(super) fn new(
        activation: Activation,
        pass: Pass,
        learned: &[LearnedParam<'a>],
        mut reads: Vec<Operand<'a>>,
        output: Operand<'a>,
    ) -> Result<Self, Error> {
        let learned = by_position(activation.checked()?, learned)?;
        for read in &reads {
            read.slice.check(read.argument)?;
        }
        output.slice.check_contiguous(output.argument)?;
        in_one_shape(&mut reads)?;
        let job = Self {
            activation,
            pass,
            reads,
            output,
            learned,
            training: None,
        };
        let parameters: Vec<_> = job.parameters().collect();
        for parameter in &parameters {
            parameter.slice.check_contiguous(parameter.argument)?;
        }
        let mut inputs = job.reads.iter().chain(&parameters);
        if let Some(input) = inputs.find(|input| input.slice.buffer == output.slice.buffer) {
            return Err(Error::SameBuffer {
                output: output.argument,
                input: input.argument,
            });
        }
        let x = job.x().elements();
        if let Some(other) = job
            .reads
            .iter()
            .find(|operand| operand.slice.elements() != x)
        {
            return Err(Error::Length {
                argument: other.argument,
                actual: other.slice.elements(),
                expected: x,
            });
        }
        let mut first: Option<LearnedParam<'_>> = None;
        for (learned, Operand { argument, .. }) in job.learned.iter().flatten().zip(parameters) {
            learned.check(argument, job.x())?;
            if learned.turn() > 1 {
                let LearnedParam { values, inner, .. } = *first.get_or_insert(*learned);
                if (values.elements(), inner) != (learned.values.elements(), learned.inner) {
                    let (actual, channels) = (learned.values.elements(), values.elements());
                    return Err(Error::LearnedLength {
                        argument: argument.to_owned(),
                        actual,
                        channels,
                    });
                }
            }
        }
        Ok(job)
    }

    /// The same in training mode.
    pub(super) fn with(self, training: TrainingMode) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&training.dropout) {
            Ok(Self {
                training: Some(training),
                ..self
            })
        } else {
            Err(Error::Dropout {
                dropout: training.dropout,
            })
        }
    }

    /// The learned parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = Operand<'a>> {
        let learned = self.learned.into_iter().enumerate();
        let activation = self.activation;
        learned.filter_map(move |(position, learned)| {
            Some(Operand::learned(activation, position, learned?))
        })
    }

    /// The module that it needs.
    pub(super) fn module(&self) -> Module {
        let is_learned = self.learned.map(|learned| learned.is_some());
        let module = Module::new(self.activation, self.pass).learning(is_learned);
        let mut module = Module {
            in_place: self.in_place(),
            ..module
        };
        for operand in self
            .reads
            .iter()
            .copied()
            .chain([self.output])
            .chain(self.parameters())
        {
            module.storages[operand.binding as usize] = operand.storage();
        }
        module
    }

    /// Whether the output is read, too: it stands for what a pass reads last.
    fn in_place(&self) -> bool {
        let needed = match self.pass {
            Pass::Forward => 1,
            Pass::Backward => 2,
            _ => 0,
        };
        self.reads.len() < needed
    }

    /// The number of channels, and of elements of x from one to the next.
    pub(super) fn channels(&self) -> (u64, u64) {
        let per_channel = self
            .learned
            .iter()
            .flatten()
            .find(|learned| learned.turn() > 1);
        per_channel.map_or((1, 1), |learned| (learned.values.elements(), learned.inner))
    }

    pub(super) fn check_output(&self, expected: u64) -> Result<(), Error> {
        let actual = self.output.slice.elements();
        if actual == expected {
            Ok(())
        } else {
            Err(Error::Length {
                argument: self.output.argument,
                actual,
                expected,
            })
        }
    }

    /// The slice of x; in place that is the output.
    pub(super) fn x(&self) -> Slice<'a> {
        self.reads.first().unwrap_or(&self.output).slice
    }

    /// The call that all dispatches of this job start from, for elements from this one on.
    pub(super) fn call(&self, element: u64) -> Call {
        let (channels, inner) = self.channels();
        let training = self.training.unwrap_or_default();
        let position = training.offset.wrapping_add(element);
        let halves = |word: u64| [word as u32, (word >> 32) as u32];
        Call {
            inner: Divisor::new(inner as u32),
            channels: Divisor::new(channels as u32),
            first: (element % (channels * inner)) as u32,
            seed: halves(training.seed),
            counter: halves(position / 4),
            phase: (position % 4) as u32,
            dropped_below: training.dropped_below(),
            keep_scale: training.keep_scale(),
            learned_step: self
                .learned
                .map(|learned| learned.map_or(0, |learned| u32::from(learned.turn() > 1))),
            parameters: self.activation.values(),
            ..Call::default()
        }
    }
}

/// Each learned parameter at its position.
fn by_position<'a>(
    activation: Activation,
    learned: &[LearnedParam<'a>],
) -> Result<[Option<LearnedParam<'a>>; MOST_PARAMETERS], Error> {
    let mut positions = [None; MOST_PARAMETERS];
    for learned in learned {
        let position = match learned.parameter {
            Some(name) => position(activation, name)?,
            None => activation
                .first_learnable()
                .ok_or_else(|| not_learned(activation, "learned"))?,
        };
        if positions[position].replace(*learned).is_some() {
            return Err(Error::LearnedTwice {
                parameter: activation.info().parameters[position].name,
            });
        }
    }
    Ok(positions)
}

/// The position of a parameter that can be learned.
pub(super) fn position(activation: Activation, parameter: &str) -> Result<usize, Error> {
    activation
        .learnable(parameter)
        .ok_or_else(|| not_learned(activation, parameter))
}

fn not_learned(activation: Activation, parameter: &str) -> Error {
    Error::NotLearned {
        activation: activation.info().name,
        parameter: parameter.to_owned(),
    }
}
