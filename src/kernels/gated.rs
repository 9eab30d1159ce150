//! Gated units: of two tensors, or of one that is split in two.

use super::call::{Call, Divisor};
use super::job::{GATE, GRAD_GATE, GRAD_OUTPUT, OUTPUT, Operand, X};
use super::operation::grid;
use super::plan::{Dispatch, pieces};
use super::slice::ELEMENT;
use super::{Kernels, Operation, Slice};
use crate::wgsl::{Module, Pass, WORKGROUP};
use crate::{Error, Gated};

/// Which half of a split tensor is what, along the axis that it is split along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Halves {
    /// The values, then the gates: PyTorch's `glu`.
    #[default]
    ValueGate,
    /// The gates, then the values: LLaMA's fused projection.
    GateValue,
    /// A gate, a value, a gate, a value, …: gpt-oss.
    Alternating,
}

/// How values and gates lie in one tensor: in runs of so many elements, in turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    run: u64,
    is_gate_first: bool,
}

impl Split {
    /// Of a tensor of shape `[outer, axis, inner]` that is split along `axis`, which must be even.
    #[must_use]
    pub fn new(axis: u64, inner: u64, halves: Halves) -> Self {
        let run = if halves == Halves::Alternating { inner } else { axis / 2 * inner };
        Self { run, is_gate_first: halves != Halves::ValueGate }
    }
}

/// What a gated kernel works on.
struct Job<'a> {
    gated: Gated,
    pass: Pass,
    /// Of one tensor, or of two.
    split: Option<Split>,
    operands: Vec<Operand<'a>>,
}

impl Kernels {
    /// `output = value * activation(gate)`, of two slices of the same length.
    ///
    /// # Errors
    /// As [`Kernels::forward`].
    pub fn gated<'a>(
        &self,
        gated: Gated,
        value: impl Into<Slice<'a>>,
        gate: impl Into<Slice<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let operands = vec![
            Operand::new("value", X, value.into()),
            Operand::new("gate", GATE, gate.into()),
            Operand::new("output", OUTPUT, output.into()),
        ];
        self.run(&Job { gated, pass: Pass::Gated, split: None, operands })
    }

    /// The gradients with respect to the value and to the gate, in one pass. It needs five storage buffers in a shader stage:
    /// wgpu's default limits have eight, its downlevel limits four.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the two gradients share a buffer.
    pub fn gated_backward<'a>(
        &self,
        gated: Gated,
        value: impl Into<Slice<'a>>,
        gate: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_value: impl Into<Slice<'a>>,
        grad_gate: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let operands = vec![
            Operand::new("value", X, value.into()),
            Operand::new("gate", GATE, gate.into()),
            Operand::new("grad_output", GRAD_OUTPUT, grad_output.into()),
            Operand::new("grad_value", OUTPUT, grad_value.into()),
            Operand::new("grad_gate", GRAD_GATE, grad_gate.into()),
        ];
        self.run(&Job { gated, pass: Pass::GatedBackward, split: None, operands })
    }

    /// [`Kernels::gated`] of one slice that holds values and gates; the output is half as long.
    ///
    /// # Errors
    /// As [`Kernels::forward`]; also if x is not made of whole runs.
    pub fn gated_split<'a>(
        &self,
        gated: Gated,
        x: impl Into<Slice<'a>>,
        split: Split,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let operands = vec![Operand::new("x", X, x.into()), Operand::new("output", OUTPUT, output.into())];
        self.run(&Job { gated, pass: Pass::Gated, split: Some(split), operands })
    }

    /// The gradient with respect to x, in which gradients of values and gates lie as these do in x.
    ///
    /// # Errors
    /// As [`Kernels::gated_split`].
    pub fn gated_split_backward<'a>(
        &self,
        gated: Gated,
        x: impl Into<Slice<'a>>,
        split: Split,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let operands = vec![
            Operand::new("x", X, x.into()),
            Operand::new("grad_output", GRAD_OUTPUT, grad_output.into()),
            Operand::new("grad_x", OUTPUT, grad_x.into()),
        ];
        self.run(&Job { gated, pass: Pass::GatedBackward, split: Some(split), operands })
    }

    fn run(&self, job: &Job<'_>) -> Result<Operation, Error> {
        let Job { gated, pass, split, operands } = job;
        let module = Module::of_gated(gated.checked()?, *pass);
        let elements = job.check()?;
        if elements == 0 {
            return Ok(Operation { label: module.label(), steps: vec![] });
        }
        let run = split.map_or(u64::from(u32::MAX), |split| split.run);
        let is_aligned = |operand: &Operand<'_>| operand.slice.offset.is_multiple_of(4 * ELEMENT);
        let by_vectors = operands.iter().all(is_aligned) && (split.is_none() || run.is_multiple_of(4));
        let whole = if by_vectors { elements / 4 * 4 } else { 0 };
        // Of a split tensor a piece is made of whole runs, and twice as long in x.
        let most = self.elements_in_binding() / 8 * 4;
        let most = if split.is_some() { most / run * run } else { most };
        if most == 0 {
            let bytes = 2 * run * ELEMENT;
            return Err(Error::TooLarge { argument: "x", bytes, most: self.elements_in_binding() * ELEMENT });
        }

        let mut steps = Vec::new();
        for (width, range) in [(4, 0..whole), (1, whole..elements)] {
            for piece in pieces(range, most) {
                let count = ((piece.end - piece.start) / width) as u32;
                let workgroups = grid(count.div_ceil(WORKGROUP), self.limits.max_compute_workgroups_per_dimension);
                let call = Call {
                    count,
                    row: workgroups.0 * WORKGROUP,
                    first: u32::from(split.is_some_and(|split| split.is_gate_first)),
                    run: Divisor::new((run / width) as u32),
                    parameters: gated.values(),
                    ..Call::default()
                };
                let parts = operands.iter().map(|operand| {
                    let factor = job.factor(operand);
                    operand.part(&(factor * piece.start..factor * piece.end))
                });
                let parts = parts.collect();
                let entry_point = match (width, split) {
                    (4, None) => "vectors",
                    (4, Some(_)) => "vectors_split",
                    (_, None) => "elements",
                    (_, Some(_)) => "elements_split",
                };
                steps.push(self.step(Dispatch {
                    module,
                    entry_point,
                    call,
                    parts,
                    unit: width * ELEMENT,
                    workgroups,
                })?);
            }
        }
        Ok(Operation { label: module.label(), steps })
    }
}

impl Job<'_> {
    /// Elements of an operand for each of the output.
    fn factor(&self, operand: &Operand<'_>) -> u64 {
        let is_x = operand.binding == X || (self.pass == Pass::GatedBackward && operand.binding == OUTPUT);
        if self.split.is_some() && is_x { 2 } else { 1 }
    }

    /// Checks all that can be checked before wgpu is asked, and tells the number of elements of the output.
    fn check(&self) -> Result<u64, Error> {
        for operand in &self.operands {
            operand.slice.check(operand.argument)?;
        }
        let is_written = |operand: &&Operand<'_>| [OUTPUT, GRAD_GATE].contains(&operand.binding);
        for output in self.operands.iter().filter(is_written) {
            let mut others = self.operands.iter().filter(|other| other.binding != output.binding);
            if let Some(input) = others.find(|other| other.slice.buffer == output.slice.buffer) {
                return Err(Error::SameBuffer { output: output.argument, input: input.argument });
            }
        }
        let x = self.operands[0];
        let elements = x.slice.elements() / self.factor(&x);
        if let Some(Split { run, .. }) = self.split {
            let is_whole = run > 0 && x.slice.elements().is_multiple_of(run.saturating_mul(2));
            if x.slice.elements() > 0 && !is_whole {
                return Err(Error::Runs { elements: x.slice.elements(), run });
            }
        }
        for operand in &self.operands {
            let (actual, expected) = (operand.slice.elements(), elements * self.factor(operand));
            if actual != expected {
                return Err(Error::Length { argument: operand.argument, actual, expected });
            }
        }
        Ok(elements)
    }
}
