//! What a caller asks for, and all that can be checked before wgpu is asked.

use std::ops::Range;

use super::call::{Call, Divisor};
use super::operation::Step;
use super::slice::ELEMENT;
use super::{Learned, Operation, Slice};
use crate::activation::MOST_PARAMETERS;
use crate::wgsl::{Module, Pass, learned_binding};
use crate::{Activation, Error, Training};

/// The bindings of `shaders/kernels/`.
pub(super) const CALL: u32 = 0;
pub(super) const X: u32 = 1;
pub(super) const GRAD_OUTPUT: u32 = 2;
pub(super) const OUTPUT: u32 = 3;
pub(super) const TANGENT: u32 = 4;
pub(super) const GATE: u32 = 5;
pub(super) const GRAD_GATE: u32 = 6;

/// A slice, and which argument of the caller's it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a> {
    pub(super) argument: &'static str,
    pub(super) binding: u32,
    pub(super) slice: Slice<'a>,
}

impl<'a> Operand<'a> {
    pub(super) fn new(argument: &'static str, binding: u32, slice: Slice<'a>) -> Self {
        Self { argument, binding, slice }
    }

    pub(super) fn x(slice: Slice<'a>) -> Self {
        Self { argument: "x", binding: X, slice }
    }

    pub(super) fn grad_output(slice: Slice<'a>) -> Self {
        Self { argument: "grad_output", binding: GRAD_OUTPUT, slice }
    }

    pub(super) fn output(argument: &'static str, slice: Slice<'a>) -> Self {
        Self { argument, binding: OUTPUT, slice }
    }

    pub(super) fn tangent(slice: Slice<'a>) -> Self {
        Self { argument: "tangent", binding: TANGENT, slice }
    }

    fn learned(activation: Activation, position: usize, learned: Learned<'a>) -> Self {
        let argument = activation.info().parameters[position].name;
        Self { argument, binding: learned_binding(position), slice: learned.values }
    }

    /// The elements of a range.
    pub(super) fn part(self, range: &Range<u64>) -> Self {
        let Slice { buffer, offset, .. } = self.slice;
        Self { slice: Slice::new(buffer, offset + range.start * ELEMENT, (range.end - range.start) * ELEMENT), ..self }
    }
}

/// What a caller asks for.
pub(super) struct Job<'a> {
    pub(super) activation: Activation,
    pub(super) pass: Pass,
    pub(super) reads: Vec<Operand<'a>>,
    pub(super) output: Operand<'a>,
    /// By the positions of the parameters.
    pub(super) learned: [Option<Learned<'a>>; MOST_PARAMETERS],
    pub(super) training: Option<Training>,
}

impl<'a> Job<'a> {
    /// Checks all that can be checked before wgpu is asked. In place there are no reads: the output is x.
    pub(super) fn new(
        activation: Activation,
        pass: Pass,
        learned: &[Learned<'a>],
        reads: Vec<Operand<'a>>,
        output: Operand<'a>,
    ) -> Result<Self, Error> {
        let learned = by_position(activation.checked()?, learned)?;
        let job = Self { activation, pass, reads, output, learned, training: None };
        let parameters: Vec<_> = job.parameters().collect();
        for operand in job.reads.iter().chain([&job.output]).chain(&parameters) {
            operand.slice.check(operand.argument)?;
        }
        let mut inputs = job.reads.iter().chain(&parameters);
        if let Some(input) = inputs.find(|input| input.slice.buffer == output.slice.buffer) {
            return Err(Error::SameBuffer { output: output.argument, input: input.argument });
        }
        let x = job.x().elements();
        if let Some(other) = job.reads.iter().find(|operand| operand.slice.elements() != x) {
            return Err(Error::Length { argument: other.argument, actual: other.slice.elements(), expected: x });
        }
        let mut first: Option<Learned<'_>> = None;
        for (learned, Operand { argument, .. }) in job.learned.iter().flatten().zip(parameters) {
            learned.check(argument, job.x())?;
            if learned.turn() > 1 {
                let Learned { values, inner, .. } = *first.get_or_insert(*learned);
                if (values.elements(), inner) != (learned.values.elements(), learned.inner) {
                    let (actual, channels) = (learned.values.elements(), values.elements());
                    return Err(Error::LearnedLength { argument: argument.to_owned(), actual, channels });
                }
            }
        }
        Ok(job)
    }

    /// The same in training mode.
    pub(super) fn with(self, training: Training) -> Result<Self, Error> {
        if (0.0..=1.0).contains(&training.dropout) {
            Ok(Self { training: Some(training), ..self })
        } else {
            Err(Error::Dropout { dropout: training.dropout })
        }
    }

    /// The learned parameters.
    pub(super) fn parameters(&self) -> impl Iterator<Item = Operand<'a>> {
        let learned = self.learned.into_iter().enumerate();
        let activation = self.activation;
        learned.filter_map(move |(position, learned)| Some(Operand::learned(activation, position, learned?)))
    }

    /// The module with a pass that it needs.
    pub(super) fn module(&self, pass: Pass) -> Module {
        let is_learned = self.learned.map(|learned| learned.is_some());
        Module { is_learned, ..Module::new(self.activation, pass) }
    }

    /// The number of channels, and of elements of x from one to the next.
    pub(super) fn channels(&self) -> (u64, u64) {
        let per_channel = self.learned.iter().flatten().find(|learned| learned.turn() > 1);
        per_channel.map_or((1, 1), |learned| (learned.values.elements(), learned.inner))
    }

    pub(super) fn check_output(&self, expected: u64) -> Result<(), Error> {
        let actual = self.output.slice.elements();
        if actual == expected {
            Ok(())
        } else {
            Err(Error::Length { argument: self.output.argument, actual, expected })
        }
    }

    /// The slice of x; in place that is the output.
    pub(super) fn x(&self) -> Slice<'a> {
        self.reads.first().unwrap_or(&self.output).slice
    }

    pub(super) fn operation(&self, steps: Vec<Step>) -> Operation {
        Operation { label: self.module(self.pass).label(), steps }
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
            learned_step: self.learned.map(|learned| learned.map_or(0, |learned| u32::from(learned.turn() > 1))),
            parameters: self.activation.values(),
            ..Call::default()
        }
    }
}

/// Each learned parameter at its position.
fn by_position<'a>(
    activation: Activation,
    learned: &[Learned<'a>],
) -> Result<[Option<Learned<'a>>; MOST_PARAMETERS], Error> {
    let mut positions = [None; MOST_PARAMETERS];
    for learned in learned {
        let position = match learned.parameter {
            Some(name) => position(activation, name)?,
            None => activation.first_learnable().ok_or_else(|| not_learned(activation, "learned"))?,
        };
        if positions[position].replace(*learned).is_some() {
            return Err(Error::LearnedTwice { parameter: activation.info().parameters[position].name });
        }
    }
    Ok(positions)
}

/// The position of a parameter that can be learned.
pub(super) fn position(activation: Activation, parameter: &str) -> Result<usize, Error> {
    activation.learnable(parameter).ok_or_else(|| not_learned(activation, parameter))
}

fn not_learned(activation: Activation, parameter: &str) -> Error {
    Error::NotLearned { activation: activation.info().name, parameter: parameter.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{CALL, GATE, GRAD_GATE, GRAD_OUTPUT, OUTPUT, TANGENT, X};
    use crate::Activation;
    use crate::activation::MOST_PARAMETERS;
    use crate::wgsl::{Module, Pass, learned_binding};

    #[test]
    fn bindings_are_numbered_as_in_wgsl() {
        use Pass::{Backward, BackwardParameter, DoubleBackward, Forward, Gated, GatedBackward, Sum};
        for pass in [Forward, Backward, DoubleBackward, BackwardParameter(0), Sum, Gated, GatedBackward] {
            let is_learned = [true; MOST_PARAMETERS];
            let module = Module { is_learned, ..Module::new(Activation::Prelu { weight: 0.25 }, pass) };
            let module = naga::front::wgsl::parse_str(&module.text()).expect("a module");
            for (_, variable) in module.global_variables.iter() {
                let (Some(name), Some(binding)) = (&variable.name, &variable.binding) else { continue };
                let wanted = match name.trim_end_matches("_vectors").trim_end_matches("_elements") {
                    "call" => CALL,
                    "x" | "value" => X,
                    "grad_output" => GRAD_OUTPUT,
                    "output" => OUTPUT,
                    "tangent" => TANGENT,
                    "gate" => GATE,
                    "grad_gate" => GRAD_GATE,
                    "learned_weight" => learned_binding(0),
                    name => panic!("{name} has no number in Rust"),
                };
                assert_eq!((binding.group, binding.binding), (0, wanted), "{name} of {pass:?}");
            }
        }
    }
}
