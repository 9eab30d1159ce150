//! What a caller asks for, and all that can be checked before wgpu is asked.

use std::ops::Range;

use super::call::{Call, Divisor};
use super::operation::Step;
use super::slice::ELEMENT;
use super::{Learned, Operation, Slice};
use crate::wgsl::Pass;
use crate::{Activation, Error};

/// The bindings of `shaders/kernels/`.
pub(super) const CALL: u32 = 0;
pub(super) const X: u32 = 1;
pub(super) const GRAD_OUTPUT: u32 = 2;
pub(super) const OUTPUT: u32 = 3;
const LEARNED: u32 = 4;

/// A slice, and which argument of the caller's it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a> {
    argument: &'static str,
    pub(super) binding: u32,
    pub(super) slice: Slice<'a>,
}

impl<'a> Operand<'a> {
    pub(super) fn x(slice: Slice<'a>) -> Self {
        Self { argument: "x", binding: X, slice }
    }

    pub(super) fn grad_output(slice: Slice<'a>) -> Self {
        Self { argument: "grad_output", binding: GRAD_OUTPUT, slice }
    }

    pub(super) fn output(argument: &'static str, slice: Slice<'a>) -> Self {
        Self { argument, binding: OUTPUT, slice }
    }

    pub(super) fn learned(learned: Learned<'a>) -> Self {
        Self { argument: "weight", binding: LEARNED, slice: learned.values }
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
    pub(super) learned: Option<Learned<'a>>,
    pub(super) reads: Vec<Operand<'a>>,
    pub(super) output: Operand<'a>,
}

impl<'a> Job<'a> {
    /// Checks all that can be checked before wgpu is asked.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.activation.checked()?;
        let wanted = self.learned.is_some() || self.pass == Pass::BackwardParameter;
        if wanted && self.activation.learnable().is_none() {
            return Err(Error::NotLearned { activation: self.activation.info().name });
        }
        let parameter = self.learned.map(Operand::learned);
        for operand in self.reads.iter().chain([&self.output]).chain(&parameter) {
            operand.slice.check(operand.argument)?;
        }
        if let Some(input) =
            self.reads.iter().chain(&parameter).find(|input| input.slice.buffer == self.output.slice.buffer)
        {
            return Err(Error::SameBuffer { output: self.output.argument, input: input.argument });
        }
        let x = self.x().elements();
        if let Some(other) = self.reads.iter().find(|operand| operand.slice.elements() != x) {
            return Err(Error::Length { argument: other.argument, actual: other.slice.elements(), expected: x });
        }
        self.learned.map_or(Ok(()), |learned| learned.check(self.x()))
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
        Operation { label: super::label(self.activation, self.pass), steps }
    }

    /// The call that all dispatches of this job start from.
    pub(super) fn call(&self) -> Call {
        let learned = self.learned.map_or((1, 1), |learned| (learned.inner, learned.values.elements()));
        Call {
            inner: Divisor::new(learned.0 as u32),
            channels: Divisor::new(learned.1 as u32),
            parameters: self.activation.values(),
            ..Call::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CALL, GRAD_OUTPUT, LEARNED, OUTPUT, X};
    use crate::Activation;
    use crate::wgsl::{Pass, module};

    #[test]
    fn bindings_are_numbered_as_in_wgsl() {
        let info = Activation::Prelu { weight: 0.25 }.info();
        for pass in [Pass::Forward, Pass::Backward, Pass::BackwardParameter, Pass::Sum] {
            let module = naga::front::wgsl::parse_str(&module(info, pass, Some(0))).expect("a module");
            for (_, variable) in module.global_variables.iter() {
                let (Some(name), Some(binding)) = (&variable.name, &variable.binding) else { continue };
                let (name, _) = name.rsplit_once('_').unwrap_or((name, ""));
                let wanted = match name {
                    "call" => CALL,
                    "x" => X,
                    "grad_output" => GRAD_OUTPUT,
                    "output" => OUTPUT,
                    "learned" => LEARNED,
                    _ => panic!("{name} has no number in Rust"),
                };
                assert_eq!((binding.group, binding.binding), (0, wanted), "{name} of {}", pass.name());
            }
        }
    }
}
