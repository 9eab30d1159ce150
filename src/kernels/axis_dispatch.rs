//! One dispatch of a function along an axis: who reduces a row, and with which operands.

use super::Kernels;
use super::Slice;
use super::axis_request::AxisRequest;
use super::dispatch::Dispatch;
use super::operation::{RecordedDispatch, grid};
use super::request::Operand;
use super::uniforms::{Divisor, Uniforms};
use crate::wgsl::operand::{Access, Layout, SEARCHED_ROWS};
use crate::wgsl::{
    AxisStage, ELEMENTS_PER_THREAD, Held, HeldLanes, Mapping, Op, RowMapping, WORKGROUP,
};
use crate::{AxisShape, Dtype, Error};

/// The elements of a vector.
pub(super) const VECTOR: u64 = 4;

/// The most elements of a row, or of a block of one, that a thread holds in registers.
const MOST_HELD: u64 = 32;

/// As `MOST_HELD`, if logits are capped, or if there are random numbers. Kernels have the code for
/// each element, and drivers would take minutes to compile so much.
const MOST_HELD_OF_COSTLY: u64 = 8;

pub(super) fn most_held(request: &AxisRequest<'_>) -> u64 {
    if request.softcap.is_some() || request.training.is_some() {
        MOST_HELD_OF_COSTLY
    } else {
        MOST_HELD
    }
}

/// The most elements that a workgroup holds in registers.
pub(super) const MOST_IN_REGISTERS: u64 = ELEMENTS_PER_THREAD * WORKGROUP as u64;

/// The words that the search for the threshold of a row takes.
pub(super) const SEARCH_WORDS: u64 = 8;

/// The most vectors that a thread of a GPU holds, whose registers other threads need, too. Software
/// drivers take more, but not those of masks: they would compile for minutes.
const MOST_VECTORS: u64 = 8;

/// One dispatch: the rows in its bindings, and its slices.
pub(super) struct AxisDispatch<'a> {
    pub(super) stage: AxisStage,
    pub(super) shape: AxisShape,
    pub(super) block: u64,
    /// The index along the axis of the first element.
    pub(super) start: u64,
    /// The index of the first element, as the mask counts it.
    pub(super) first: u64,
    /// The index of the first row, as queries are counted.
    pub(super) first_row: u64,
    pub(super) x: Operand<'a>,
    pub(super) output: Operand<'a>,
    pub(super) elements: Vec<Operand<'a>>,
    pub(super) broadcast: Vec<Operand<'a>>,
    pub(super) rows: Vec<Operand<'a>>,
    pub(super) stats: Option<Slice<'a>>,
    /// The phase of the search for rows in spans, as in `shaders/axis/row_in_spans.wgsl`.
    pub(super) phase: u32,
}

impl<'a> AxisDispatch<'a> {
    /// True if all blocks begin and end where vectors do.
    fn is_aligned(&self, request: &AxisRequest<'_>) -> bool {
        self.shape.length.is_multiple_of(VECTOR)
            && self.block.is_multiple_of(VECTOR)
            && self.are_vectors(request)
    }

    /// True if every slice begins where a vector may, and so do random numbers. What is broadcast, and
    /// what is read once for each row, are read by elements.
    fn are_vectors(&self, request: &AxisRequest<'_>) -> bool {
        let mut operands = [self.x, self.output]
            .into_iter()
            .chain(self.elements.iter().copied());
        let position = request
            .training
            .map_or(0, |training| training.offset.wrapping_add(self.first));
        position.is_multiple_of(VECTOR) && operands.all(|operand| operand.slice.is_aligned())
    }

    /// Who reduces each block. `fills` if no workgroup of a dispatch is one too many.
    fn mapping(&self, request: &AxisRequest<'_>, fills: bool, is_software: bool) -> RowMapping {
        if self.stage == AxisStage::InSpans {
            return RowMapping::Workgroup;
        }
        let AxisShape { length, inner, .. } = self.shape;
        let block = self.block.min(length);
        let is_even = block == 0 || length.is_multiple_of(block);
        if self.stage.reads_blocks() && block > MOST_HELD {
            return RowMapping::Workgroup;
        }
        if !self.stage.reads_blocks() && block > most_held(request) {
            let is_long = inner > 1 || block > MOST_IN_REGISTERS;
            if request.has_threshold() && is_long {
                return RowMapping::Workgroup;
            }
            return RowMapping::registers(block, self.is_aligned(request), is_even && fills);
        }
        let reads_elements =
            block > 0 && !self.stage.reads_blocks() && self.stage != AxisStage::Elementwise;
        let has_columns = inner.is_multiple_of(VECTOR)
            && self.are_vectors(request)
            && (is_software && self.broadcast.is_empty() || block <= MOST_VECTORS);
        let (lanes, count) = if reads_elements && inner > 1 && has_columns {
            (HeldLanes::Columns, block)
        } else if reads_elements && inner == 1 && is_even && self.is_aligned(request) {
            (HeldLanes::Row, block / VECTOR)
        } else {
            (HeldLanes::One, block)
        };
        RowMapping::Held(Held {
            lanes,
            count: count as u8,
            is_even,
        })
    }

    /// The operands, what the stage writes first.
    fn operands(&self, request: &AxisRequest<'_>) -> Vec<Operand<'a>> {
        let unit = match self.stage {
            AxisStage::InSpans => SEARCH_WORDS,
            _ => request.stats(),
        };
        let stats = |access, name| {
            self.stats.map(|slice| {
                Operand {
                    access,
                    unit,
                    ..Operand::input(name, slice)
                }
                .laid_out(Layout::RowStats)
            })
        };
        // Two threads may write the same word of two 16-bit elements.
        let written = |operand: &Operand<'a>| Operand {
            access: match operand.slice.dtype {
                Dtype::F32 => Access::Write,
                _ => Access::WriteAtomic,
            },
            ..*operand
        };
        let others = [&self.elements, &self.broadcast, &self.rows];
        let others = others.into_iter().flatten().copied();
        let (outputs, inputs): (Vec<_>, Vec<Operand<'a>>) = others.partition(Operand::is_output);
        if self.stage.writes_stats() {
            let mut operands = Vec::from_iter(stats(Access::Write, "stats"));
            if self.stage.reads_blocks() {
                operands.push(self.block_stats(request));
                return operands;
            }
            operands.push(match self.x.layout {
                Layout::InPlace => Operand {
                    slice: self.output.slice,
                    ..self.x.laid_out(Layout::Contiguous)
                },
                _ => self.x,
            });
            // A sink counts once, when the statistics of a row are used.
            operands.extend(inputs.into_iter().filter(|operand| operand.name != "sink"));
            // The terms of the second step of double backward come from what the first step has left
            // in the output.
            if request.op == Op::DoubleBackward {
                operands.push(written(&self.output));
            }
            return operands;
        }
        let mut operands = vec![written(&self.output)];
        operands.extend(outputs.iter().map(written));
        if self.stage == AxisStage::Apply {
            operands.extend(stats(Access::Read, "stats"));
        }
        if self.stage == AxisStage::InSpans {
            operands.extend(stats(Access::Write, SEARCHED_ROWS));
        }
        let x = match self.x.layout {
            _ if self.stage.reads_blocks() => self.block_stats(request),
            Layout::InPlace => written(&self.x),
            _ => self.x,
        };
        operands.push(x);
        operands.extend(inputs);
        operands
    }

    fn block_stats(&self, request: &AxisRequest<'_>) -> Operand<'a> {
        let blocks = self.x.named("block_stats").laid_out(Layout::RowStats);
        Operand {
            unit: request.stats(),
            ..blocks
        }
    }
}

impl Kernels {
    pub(super) fn axis_dispatch(
        &self,
        request: &AxisRequest<'_>,
        dispatch: &AxisDispatch<'_>,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let AxisDispatch {
            stage,
            shape,
            block,
            phase,
            ..
        } = *dispatch;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        // A span is one block of a longer row.
        let (blocks, length) = match stage {
            AxisStage::InSpans => (1, request.shape.length),
            _ => (shape.length.div_ceil(block).max(1), shape.length),
        };
        let count = shape.outer * blocks * shape.inner;
        let mapping = dispatch.mapping(
            request,
            count <= u64::from(limit),
            self.pairing.is_software(),
        );
        let (columns, threads) = match mapping {
            RowMapping::Held(held) if held.lanes == HeldLanes::Columns => (VECTOR, WORKGROUP),
            RowMapping::Held(_) => (1, WORKGROUP),
            _ => (1, 1),
        };
        // What kernels by elements repeat they index themselves.
        let first = match stage {
            AxisStage::Elementwise => 0,
            _ => dispatch.first,
        };
        let count = (count / columns) as u32;
        let workgroups = grid(count.div_ceil(threads), limit);
        let uniforms = Uniforms {
            count,
            row_width: workgroups.0 * threads,
            length: length as u32,
            stride: shape.inner as u32,
            block: block as u32,
            run: Divisor::new((shape.inner / columns) as u32),
            blocks: Divisor::new(blocks as u32),
            start: dispatch.start as u32,
            gate: phase,
            elements: (shape.outer * shape.length * shape.inner) as u32,
            ..request.uniforms(first, dispatch.first_row)
        };
        self.dispatch(Dispatch {
            function: request.kernel_function(),
            op: request.op,
            mapping: Mapping::Rows(stage, mapping),
            has_defaults: false,
            operands: dispatch.operands(request),
            uniforms,
            start: dispatch.first,
            workgroups,
        })
    }
}
