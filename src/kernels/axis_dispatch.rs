//! One dispatch of a function along an axis: who reduces a row, and with which operands.

use super::Kernels;
use super::Slice;
use super::axis_request::AxisRequest;
use super::dispatch::Dispatch;
use super::operation::{RecordedDispatch, grid};
use super::request::Operand;
use super::slice::ELEMENT;
use super::strided::Repeat;
use super::uniforms::Uniforms;
use crate::wgsl::operand::{Access, Layout};
use crate::wgsl::{AxisStage, Function, Mapping, Op, RowMapping, WORKGROUP};
use crate::{AxisShape, Dtype, Error};

/// The f32 elements that the statistics of a block or of a row take.
pub(super) const STATS: u64 = 2;

/// The elements of a vector.
pub(super) const VECTOR: u64 = 4;

/// Rows of at most so many elements take one thread each.
const SHORT: u64 = 32;

/// One dispatch: the rows in its bindings, and its slices.
pub(super) struct AxisDispatch<'a> {
    pub(super) stage: AxisStage,
    pub(super) shape: AxisShape,
    pub(super) block: u64,
    /// The index along the axis of the first element.
    pub(super) start: u64,
    /// The index of the first element, as the mask counts it.
    pub(super) first: u64,
    pub(super) x: Operand<'a>,
    pub(super) second: Option<Operand<'a>>,
    pub(super) output: Operand<'a>,
    pub(super) stats: Option<Slice<'a>>,
}

impl<'a> AxisDispatch<'a> {
    /// True if all blocks begin and end where vectors do, in every slice.
    fn is_aligned(&self) -> bool {
        let operands = [Some(self.x), self.second, Some(self.output)];
        self.shape.length.is_multiple_of(VECTOR)
            && self.block.is_multiple_of(VECTOR)
            && operands
                .into_iter()
                .flatten()
                .all(|operand| operand.slice.is_aligned())
    }

    /// True if the results are 16-bit, and those of two neighbouring columns are a word.
    fn has_column_pairs(&self) -> bool {
        let output = self.output.slice;
        output.dtype != Dtype::F32
            && matches!(self.stage, AxisStage::Whole | AxisStage::Apply)
            && self.shape.inner.is_multiple_of(2)
            && output.offset.is_multiple_of(ELEMENT)
    }

    /// Who reduces each of `count` blocks.
    fn mapping(&self, count: u64, limit: u32) -> RowMapping {
        let by_threads = match self.stage.reads_blocks() {
            true => self.shape.length <= SHORT,
            false => is_strided_or_short(self.shape),
        };
        let by_threads = by_threads || count > u64::from(limit).pow(2);
        match self.stage {
            _ if by_threads && self.has_column_pairs() => RowMapping::ColumnPair,
            _ if by_threads => RowMapping::Thread,
            AxisStage::RowStats | AxisStage::ReduceBlocks => RowMapping::Workgroup,
            _ => {
                let block = self.block.min(self.shape.length);
                let is_even = self.shape.length.is_multiple_of(block) && count <= u64::from(limit);
                RowMapping::registers(block, self.is_aligned(), is_even)
            }
        }
    }

    /// The operands, what the stage writes first.
    fn operands(&self, op: Op) -> Vec<Operand<'a>> {
        let stats = |access, name| {
            self.stats.map(|slice| {
                Operand {
                    access,
                    unit: STATS,
                    ..Operand::input(name, slice)
                }
                .laid_out(Layout::RowStats)
            })
        };
        let access = if self.output.slice.dtype == Dtype::F32 {
            Access::Write
        } else {
            Access::WriteAtomic
        };
        let output = Operand {
            access,
            ..self.output
        };
        let mut operands = match self.stage.writes_stats() {
            true => Vec::from_iter(stats(Access::Write, "stats")),
            false => vec![output],
        };
        if self.stage.reads_blocks() {
            let blocks = self.x.named("block_stats").laid_out(Layout::RowStats);
            operands.push(Operand {
                unit: STATS,
                ..blocks
            });
            return operands;
        }
        operands.push(self.x);
        operands.extend(self.second);
        // The terms of the second step of double backward come from what the first step has left in
        // the output.
        if self.stage == AxisStage::BlockStats && op == Op::DoubleBackward {
            operands.push(output);
        }
        if self.stage == AxisStage::Apply {
            operands.extend(stats(Access::Read, "stats"));
        }
        operands
    }
}
/// True if rows take one thread each.
pub(super) fn is_strided_or_short(shape: AxisShape) -> bool {
    shape.inner > 1 || shape.length <= SHORT
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
            ..
        } = *dispatch;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        let blocks = shape.length.div_ceil(block).max(1);
        let count = shape.outer * blocks * shape.inner;
        let mapping = dispatch.mapping(count, limit);
        let count = count as u32;
        let by_threads = matches!(mapping, RowMapping::Thread | RowMapping::ColumnPair);
        let workgroups = grid(
            if by_threads {
                count.div_ceil(WORKGROUP)
            } else {
                count
            },
            limit,
        );
        let Repeat { period, inner } = request.repeat;
        let uniforms = Uniforms {
            count,
            row_width: if by_threads {
                workgroups.0 * WORKGROUP
            } else {
                workgroups.0
            },
            length: shape.length as u32,
            stride: shape.inner as u32,
            block: block as u32,
            blocks: blocks as u32,
            start: dispatch.start as u32,
            first: (dispatch.first % (period * inner)) as u32,
            elements: (shape.outer * shape.length * shape.inner) as u32,
            ..request.uniforms()
        };
        self.dispatch(Dispatch {
            function: Function::Axis(request.function.index()),
            op: request.op,
            mapping: Mapping::Rows(stage, mapping),
            has_defaults: false,
            operands: dispatch.operands(request.op),
            uniforms,
            start: dispatch.first,
            workgroups,
        })
    }
}
