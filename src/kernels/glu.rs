//! Gated units: of two tensors, or of one that is split in two.

use std::ops::Range;

use super::call::{Call, Divisor};
use super::job::{Operand, in_one_shape};
use super::plan::{Dispatch, Piece, cut};
use super::{Kernels, Operation, Slice};
use crate::wgsl::storage::{GATE, GRAD_GATE, OUTPUT, X};
use crate::wgsl::{Module, Pass};
use crate::{Error, Glu};

/// Which half of a split tensor is what, along the axis that it is split along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GluLayout {
    /// The values, then the gates: PyTorch's `glu`.
    #[default]
    ValueGate,
    /// The gates, then the values: LLaMA's fused projection.
    GateValue,
    /// A gate, a value, a gate, a value, …: gpt-oss.
    Interleaved,
}

/// How values and gates lie in one tensor: in runs of so many elements, in turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitLayout {
    run: u64,
    is_gate_first: bool,
}

impl SplitLayout {
    /// Of a tensor of shape `[outer, axis, inner]` that is split along `axis`, which must be even.
    #[must_use]
    pub fn new(axis: u64, inner: u64, halves: GluLayout) -> Self {
        let run = if halves == GluLayout::Interleaved {
            inner
        } else {
            (axis / 2).saturating_mul(inner)
        };
        Self {
            run,
            is_gate_first: halves != GluLayout::ValueGate,
        }
    }
}

/// What a gated kernel works on.
struct Job<'a> {
    gated: Glu,
    pass: Pass,
    /// Of one tensor, or of two.
    split: Option<SplitLayout>,
    reads: Vec<Operand<'a>>,
    outputs: Vec<Operand<'a>>,
}

/// One of the dispatches of a piece.
struct Part<'a> {
    entry_point: &'static str,
    /// What kernels are told in `call.first`.
    first: u32,
    outputs: Vec<Operand<'a>>,
}

impl Kernels {
    /// `output = value * activation(gate)`, of two slices of the same length.
    ///
    /// # Errors
    /// As [`Kernels::forward`].
    pub fn glu<'a>(
        &self,
        gated: Glu,
        value: impl Into<Slice<'a>>,
        gate: impl Into<Slice<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let reads = vec![
            Operand::new("value", X, value.into()),
            Operand::new("gate", GATE, gate.into()),
        ];
        let outputs = vec![Operand::output("output", output.into())];
        self.run(Job {
            gated,
            pass: Pass::Glu,
            split: None,
            reads,
            outputs,
        })
    }

    /// The gradients with respect to the value and to the gate, in one pass if slices are aligned to four elements and the device
    /// takes five storage buffers in a shader stage (wgpu's default limits have eight, its downlevel limits four), else in two.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the two gradients share a buffer.
    pub fn glu_backward<'a>(
        &self,
        gated: Glu,
        value: impl Into<Slice<'a>>,
        gate: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_value: impl Into<Slice<'a>>,
        grad_gate: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let reads = vec![
            Operand::new("value", X, value.into()),
            Operand::new("gate", GATE, gate.into()),
            Operand::grad_output(grad_output.into()),
        ];
        let outputs = vec![
            Operand::output("grad_value", grad_value.into()),
            Operand::new("grad_gate", GRAD_GATE, grad_gate.into()),
        ];
        self.run(Job {
            gated,
            pass: Pass::GatedBackward,
            split: None,
            reads,
            outputs,
        })
    }

    /// [`Kernels::glu`] of one slice that holds values and gates; the output is half as long.
    ///
    /// # Errors
    /// As [`Kernels::forward`]; also if x is not made of whole runs.
    pub fn glu_split<'a>(
        &self,
        gated: Glu,
        split: SplitLayout,
        x: impl Into<Slice<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let (reads, outputs) = (
            vec![Operand::x(x.into())],
            vec![Operand::output("output", output.into())],
        );
        self.run(Job {
            gated,
            pass: Pass::GatedSplit,
            split: Some(split),
            reads,
            outputs,
        })
    }

    /// The gradient with respect to x, in which gradients of values and gates lie as these do in x.
    ///
    /// # Errors
    /// As [`Kernels::glu_split`].
    pub fn glu_split_backward<'a>(
        &self,
        gated: Glu,
        split: SplitLayout,
        x: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let reads = vec![
            Operand::x(x.into()),
            Operand::grad_output(grad_output.into()),
        ];
        let outputs = vec![Operand::output("grad_x", grad_x.into())];
        self.run(Job {
            gated,
            pass: Pass::GatedSplitBackward,
            split: Some(split),
            reads,
            outputs,
        })
    }

    /// Whether a dispatch can write the gradients of value and gate at once.
    pub(super) fn takes_both_gradients(&self) -> bool {
        self.limits.max_storage_buffers_per_shader_stage >= 5
    }

    fn run(&self, mut job: Job<'_>) -> Result<Operation, Error> {
        let elements = job.check()?;
        if elements == 0 {
            return Ok(Operation { steps: vec![] });
        }
        let run = job.split.map_or(1, |split| split.run);
        let mut most = self.elements_in_binding() / 4 * 4;
        if job.split.is_some() {
            // Whole runs, of which x has twice as many.
            self.check_reach("x", 2 * run, job.reads[0].slice.dtype)?;
            most = self.elements_in_binding() / 2 / run * run;
        }
        let mut operands = job.reads.iter().chain(&job.outputs);
        // Vectors lie within runs, and pieces of whole runs are made of whole blocks.
        let is_in_blocks = |count: u64| count.is_multiple_of(self.pairs.block());
        let has_vectors = || {
            run.is_multiple_of(4)
                && is_in_blocks(elements)
                && (elements <= most || is_in_blocks(most))
        };
        let by_vectors = operands.all(|operand| operand.slice.is_aligned())
            && (job.split.is_none() || has_vectors());
        let mut steps = Vec::new();
        for Piece { width, range } in cut(elements, by_vectors, most, self.pairs) {
            for Part {
                entry_point,
                first,
                outputs,
            } in job.parts(width, self.takes_both_gradients())
            {
                // Without vectors, each element of a split gradient has a thread.
                let factor = if width == 1 {
                    job.factor(&outputs[0])
                } else {
                    1
                };
                let call = Call {
                    first,
                    run: Divisor::new((run / width).max(1) as u32),
                    parameters: job.gated.values(),
                    ..Call::default()
                };
                let of_output = factor * range.start..factor * range.end;
                let (workgroups, call) =
                    self.threads(&of_output, width, job.part(&outputs[0], &range).slice, call);
                steps.push(
                    self.step(Dispatch {
                        module: job.module(&outputs),
                        entry_point,
                        call,
                        parts: job
                            .reads
                            .iter()
                            .chain(&outputs)
                            .map(|operand| job.part(operand, &range))
                            .collect(),
                        width,
                        start: range.start,
                        workgroups,
                    })?,
                );
            }
        }
        Ok(Operation { steps })
    }
}

impl<'a> Job<'a> {
    /// Elements of an operand for each of the output, or of its gradient.
    fn factor(&self, operand: &Operand<'_>) -> u64 {
        let is_x = operand.binding == X
            || (self.pass == Pass::GatedSplitBackward && operand.binding == OUTPUT);
        if self.split.is_some() && is_x { 2 } else { 1 }
    }

    /// What a range of the output, or of its gradient, has to do with.
    fn part(&self, operand: &Operand<'a>, range: &Range<u64>) -> Operand<'a> {
        let factor = self.factor(operand);
        operand.part(&(factor * range.start..factor * range.end))
    }

    /// The module that writes these outputs.
    fn module(&self, outputs: &[Operand<'_>]) -> Module {
        let mut module = Module::of_gated(self.gated, self.pass);
        for operand in self.reads.iter().chain(outputs) {
            module.storages[operand.binding as usize] = operand.storage();
        }
        module
    }

    /// The dispatches of a piece.
    fn parts(&self, width: u64, takes_both: bool) -> Vec<Part<'a>> {
        let entry_point = if width == 4 { "vectors" } else { "elements" };
        let outputs = self.outputs.clone();
        match (self.split, outputs.as_slice()) {
            (Some(split), _) => vec![Part {
                entry_point,
                first: split.is_gate_first.into(),
                outputs,
            }],
            (None, [_, _]) if width == 4 && takes_both => {
                vec![Part {
                    entry_point: "vectors_of_both",
                    first: 0,
                    outputs,
                }]
            }
            _ => {
                let one = |(output, first)| Part {
                    entry_point,
                    first,
                    outputs: vec![Operand {
                        binding: OUTPUT,
                        ..output
                    }],
                };
                outputs.into_iter().zip(0..).map(one).collect()
            }
        }
    }

    /// Checks all that can be checked before wgpu is asked, and tells the number of elements of the output.
    fn check(&mut self) -> Result<u64, Error> {
        self.gated.checked()?;
        for read in &self.reads {
            match self.split {
                None => read.slice.check(read.argument)?,
                Some(_) => read.slice.check_contiguous(read.argument)?,
            }
        }
        for output in &self.outputs {
            output.slice.check_contiguous(output.argument)?;
            let mut others = self
                .reads
                .iter()
                .chain(&self.outputs)
                .filter(|other| other.binding != output.binding);
            if let Some(other) = others.find(|other| other.slice.buffer == output.slice.buffer) {
                return Err(Error::SameBuffer {
                    output: output.argument,
                    input: other.argument,
                });
            }
        }
        in_one_shape(&mut self.reads)?;
        let x = self.reads[0];
        let elements = x.slice.elements() / self.factor(&x);
        if let Some(SplitLayout { run, .. }) = self.split {
            let is_whole = run > 0 && x.slice.elements().is_multiple_of(run.saturating_mul(2));
            if x.slice.elements() > 0 && !is_whole {
                return Err(Error::Runs {
                    elements: x.slice.elements(),
                    run,
                });
            }
        }
        for operand in self.reads.iter().chain(&self.outputs) {
            let (actual, expected) = (operand.slice.elements(), elements * self.factor(operand));
            if actual != expected {
                return Err(Error::Length {
                    argument: operand.argument,
                    actual,
                    expected,
                });
            }
        }
        Ok(elements)
    }
}
