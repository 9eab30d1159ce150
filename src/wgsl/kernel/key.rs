//! The cache key of a compiled kernel. It has all that the kernel's text is made of.

use std::sync::Arc;

use super::super::vectorize::LaneOrder;
use super::operand::{Access, Layout, PACKED, STRIDES, Slot, UNIFORMS};
use super::{ELEMENTS_PER_THREAD, WORKGROUP};
use crate::expression::program::Program;
use crate::glu::Unit;
use crate::parameter::MOST_PARAMETERS;
use crate::{Activation, AxisFunction, Dtype, Glu, Parameter};

/// The op that a kernel computes of its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Forward,
    Backward,
    /// `Backward` from the output of `Forward` in place of x.
    BackwardFromOutput,
    /// The gradient of `Backward` with respect to x. For functions along an axis it is the second
    /// of two steps.
    DoubleBackward,
    /// The first step of `DoubleBackward` along an axis.
    DoubleBackwardTangent,
    /// The gradient of `Backward` along an axis with respect to `grad_output`.
    DoubleBackwardGradOutput,
    /// The gradient with respect to a parameter.
    BackwardParameter,
    /// The later dispatches of a reduction.
    Sum,
    /// Words as they are.
    Copy,
    ForwardTraining,
    BackwardTraining,
    Glu,
    GluBackward,
    /// A gated unit of one tensor that holds values and gates.
    GluSplit,
    GluSplitBackward,
    /// What the function itself says: an expression.
    Evaluate,
    /// No op of a function: whether the device converts f16 right.
    CheckF16,
}

impl Op {
    /// The tensors of the op, outputs first. Learned parameters come behind them.
    pub(crate) fn tensors(self) -> &'static [(&'static str, Access)] {
        use Access::{Read, Write};
        const OUTPUT: (&str, Access) = ("output", Write);
        const X: (&str, Access) = ("x", Read);
        const GRAD_OUTPUT: (&str, Access) = ("grad_output", Read);
        match self {
            Op::Forward | Op::ForwardTraining | Op::Sum | Op::Copy | Op::GluSplit => &[OUTPUT, X],
            Op::DoubleBackward => &[OUTPUT, X, GRAD_OUTPUT, ("tangent", Read)],
            Op::Glu => &[OUTPUT, ("value", Read), ("gate", Read)],
            Op::GluBackward => &[
                OUTPUT,
                ("grad_gate", Write),
                ("value", Read),
                ("gate", Read),
                GRAD_OUTPUT,
            ],
            Op::Evaluate => &[],
            Op::CheckF16 => &[OUTPUT],
            _ => &[OUTPUT, X, GRAD_OUTPUT],
        }
    }

    /// True if the outputs are gradients.
    pub(crate) fn is_gradient(self) -> bool {
        matches!(
            self,
            Op::Backward
                | Op::BackwardFromOutput
                | Op::BackwardParameter
                | Op::BackwardTraining
                | Op::DoubleBackward
                | Op::DoubleBackwardGradOutput
                | Op::GluBackward
                | Op::GluSplitBackward
        )
    }

    /// The name in labels.
    fn name(self) -> &'static str {
        match self {
            Op::Forward => "forward",
            Op::Backward => "backward",
            Op::BackwardFromOutput => "backward_from_output",
            Op::DoubleBackward => "double_backward",
            Op::DoubleBackwardTangent => "double_backward_tangent",
            Op::DoubleBackwardGradOutput => "double_backward_grad_output",
            Op::BackwardParameter => "backward_parameter",
            Op::Sum => "sum",
            Op::Copy => "copy",
            Op::ForwardTraining => "forward_training",
            Op::BackwardTraining => "backward_training",
            Op::Glu => "glu",
            Op::GluBackward => "glu_backward",
            Op::GluSplit => "glu_split",
            Op::GluSplitBackward => "glu_split_backward",
            Op::Evaluate => "evaluate",
            Op::CheckF16 => "check_f16",
        }
    }
}

/// What is done to the elements of rows besides a function along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct AxisOptions {
    /// Logits are capped.
    pub(crate) is_capped: bool,
    /// Only those elements count that a query may see.
    pub(crate) is_causal: bool,
    /// Numbers of the Gumbel distribution are added.
    pub(crate) has_noise: bool,
    /// Results pass through dropout.
    pub(crate) drops: bool,
}

/// The function of a kernel: a position in a list, without the values of parameters, or a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Activation(usize),
    Unit(Unit),
    Axis(usize, AxisOptions),
    CrossEntropy(AxisOptions),
    Expression(Arc<Program>),
}

impl Function {
    /// The function of a gated unit: its activation, if it has one.
    pub(crate) fn of_glu(glu: Glu) -> Self {
        match glu.kind() {
            Ok(activation) => Self::Activation(activation.index()),
            Err(unit) => Self::Unit(unit),
        }
    }

    pub(super) fn parameters(&self) -> &'static [Parameter] {
        match self {
            Function::Activation(index) => Activation::list()[*index].parameters,
            Function::Unit(unit) => unit.parameters(),
            Function::Axis(index, _) => AxisFunction::list()[*index].parameters,
            Function::CrossEntropy(_) | Function::Expression(_) => &[],
        }
    }

    /// True if these values are the defaults.
    pub(crate) fn has_defaults(&self, values: [f32; MOST_PARAMETERS]) -> bool {
        match self {
            Function::Expression(program) => program.has_defaults(),
            _ => Parameter::are_defaults(self.parameters(), values),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Function::Activation(index) => Activation::list()[*index].name,
            Function::Unit(unit) => unit.name(),
            Function::Axis(index, _) => AxisFunction::list()[*index].name,
            Function::CrossEntropy(_) => "cross_entropy",
            Function::Expression(_) => "expression",
        }
    }
}

/// The way in which elements are shared out to threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mapping {
    /// Two vectors of four elements a thread.
    Vectors,
    /// One element a thread, or one word of two 16-bit elements.
    Elements,
    /// Some vectors or elements a thread, which adds some of their results.
    Sums {
        /// 4 for vectors, 1 for elements.
        width: u32,
        sums: SumsKept,
        /// True if all elements of a thread share what operands repeat.
        shares_repeated: bool,
        /// The elements of a thread, or 0 if the uniforms have their number. Compilers unroll a loop
        /// whose number of steps they know.
        steps: u32,
    },
    /// 16 partial sums a thread, or vectors of them.
    Fold {
        /// 4 for vectors, 1 for elements.
        width: u32,
    },
    /// A word a thread.
    Copy,
    Rows(AxisStage, RowMapping),
}

/// The results of a kernel that are summed: the last ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SumsKept {
    pub(crate) count: u8,
    /// Bit k is set if the lanes of a vector belong to different values of the k-th sum.
    pub(crate) apart: u16,
}

impl SumsKept {
    pub(super) fn is_apart(self, position: usize) -> bool {
        self.apart >> position & 1 == 1
    }
}

/// The step of a function along an axis that one dispatch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AxisStage {
    /// From elements to one result for each.
    Whole,
    /// From elements to one result for each row.
    Reduce,
    /// From elements to the statistics of each block.
    BlockStats,
    /// From the statistics of blocks to those of each row.
    RowStats,
    /// From the statistics of blocks to one result for each row.
    ReduceBlocks,
    /// From elements and the statistics of their rows to results.
    Apply,
    /// From a span of each row to a step of a search, or to results: for rows that no binding takes.
    InSpans,
    /// From elements to results, each by itself.
    Elementwise,
}

impl AxisStage {
    /// True if the stage reads the statistics of blocks, and no elements.
    pub(crate) fn reads_blocks(self) -> bool {
        matches!(self, AxisStage::RowStats | AxisStage::ReduceBlocks)
    }

    /// True if the stage writes statistics, and no results.
    pub(crate) fn writes_stats(self) -> bool {
        matches!(self, AxisStage::BlockStats | AxisStage::RowStats)
    }
}

/// Who reduces a row, or a block of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowMapping {
    /// A thread that holds the row in registers.
    Held(Held),
    /// A workgroup, whatever the length: for the statistics of blocks.
    Workgroup,
    /// A workgroup of so many threads that hold the row in registers.
    Registers { threads: u32, fit: RowFit },
}

/// What a thread holds in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    pub(crate) lanes: HeldLanes,
    /// The elements of a row, or its vectors.
    pub(crate) count: u8,
    /// True if no block is shorter.
    pub(crate) is_even: bool,
}

/// What the lanes of the vectors are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HeldLanes {
    /// There are no vectors.
    One,
    /// Neighbours of a row.
    Row,
    /// Neighbouring columns.
    Columns,
}

/// The fit of blocks to vectors, and to the workgroups that hold them in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RowFit {
    /// Blocks are made of whole vectors and fill their workgroups.
    Full,
    /// Blocks are made of whole vectors.
    Aligned,
    Unaligned,
}

impl RowMapping {
    /// The workgroup that holds so many elements in registers. It has no fewer threads than
    /// software drivers execute at once, and no more than every device takes. `is_even` if all
    /// blocks are alike and no workgroup is one too many.
    pub(crate) fn registers(elements: u64, is_aligned: bool, is_even: bool) -> Self {
        let threads = elements.div_ceil(ELEMENTS_PER_THREAD).next_power_of_two();
        let threads = threads.clamp(16, u64::from(WORKGROUP));
        let fit = match is_aligned {
            true if is_even && elements == ELEMENTS_PER_THREAD * threads => RowFit::Full,
            true => RowFit::Aligned,
            false => RowFit::Unaligned,
        };
        Self::Registers {
            threads: threads as u32,
            fit,
        }
    }
}

/// The device's own conversions of f16 that a kernel uses. Each is right if the device has been seen
/// to compute it right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NativeF16 {
    pub(crate) loads: bool,
    pub(crate) stores: bool,
}

impl NativeF16 {
    /// From what `shaders/kernels/check_f16.wgsl` writes.
    pub(crate) fn of_check(found: f32) -> Self {
        Self {
            loads: found == 1.0 || found == 3.0,
            stores: found == 1.0 || found == 2.0,
        }
    }
}

/// The properties of a device that a kernel's text depends on. Results do not depend on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Driver {
    pub(crate) native_f16: NativeF16,
    pub(crate) lane_order: LaneOrder,
}

/// Cache key of a compiled kernel. Parameter values are not part of it, only whether all are
/// defaults.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct KernelKey {
    pub(crate) function: Function,
    pub(crate) op: Op,
    pub(crate) mapping: Mapping,
    /// True if parameters are constants. Then they have their defaults, and compilers fold what
    /// depends on them.
    pub(crate) has_defaults: bool,
    pub(crate) driver: Driver,
    /// The outputs first. Operand k has binding k + 1, unless it is packed or in place.
    pub(crate) operands: Vec<Slot>,
}

impl KernelKey {
    /// The kernel that adds partial sums, whatever they are sums of.
    pub(crate) fn fold(width: u32) -> Self {
        let slot = |name, access| Slot::new(name, Dtype::F32, Layout::Contiguous, access);
        Self {
            function: Function::Activation(0),
            op: Op::Sum,
            mapping: Mapping::Fold { width },
            has_defaults: true,
            driver: Driver::default(),
            operands: vec![slot("output", Access::Write), slot("x", Access::Read)],
        }
    }

    /// The kernel that copies words.
    pub(crate) fn copy() -> Self {
        let slot = |name, access| Slot::new(name, Dtype::F32, Layout::Words, access);
        Self {
            function: Function::Activation(0),
            op: Op::Copy,
            mapping: Mapping::Copy,
            has_defaults: true,
            driver: Driver::default(),
            operands: vec![slot("output", Access::Write), slot("x", Access::Read)],
        }
    }

    /// The label of everything that belongs to the kernel: `wgpu-activations gelu forward f16 to
    /// f32`.
    pub(crate) fn label(&self) -> String {
        let is_tensor = |slot: &&Slot| slot.layout != Layout::RowStats;
        let dtype_of = |access: fn(Access) -> bool| {
            let mut slots = self
                .operands
                .iter()
                .filter(is_tensor)
                .filter(|slot| access(slot.access));
            slots.next().map_or(Dtype::F32, |slot| slot.dtype)
        };
        let (x, output) = (
            dtype_of(|access| access == Access::Read),
            dtype_of(|access| access != Access::Read),
        );
        let dtypes = if x == output {
            output.to_string()
        } else {
            format!("{x} to {output}")
        };
        format!(
            "wgpu-activations {} {} {dtypes}",
            self.function.name(),
            self.op.name()
        )
    }

    /// The bindings of the kernel, whether or not it reads them.
    pub(crate) fn bindings(&self) -> Vec<u32> {
        let slots = || self.operands.iter();
        let bound = slots()
            .zip(1..)
            .filter(|(slot, _)| slot.is_bound())
            .map(|(_, binding)| binding);
        let strides = slots()
            .any(|slot| slot.layout == Layout::Strided)
            .then_some(STRIDES);
        let packed = slots().any(|slot| slot.is_packed).then_some(PACKED);
        bound
            .chain([UNIFORMS])
            .chain(strides)
            .chain(packed)
            .collect()
    }

    /// True if results of 16 bits are all that counts: then the kernel has the arithmetic of
    /// `shaders/math16.wgsl`. With inputs of f32, or with any parameter, a result may be nearer to a
    /// zero of its function than this arithmetic is made for. It rounds ties as is quickest, but
    /// sums with what an output has are often ties.
    pub(super) fn has_16_bits(&self) -> bool {
        let mut slots = self.operands.iter();
        let is_16_bits = |slot: &Slot| slot.dtype != Dtype::F32 && !slot.accumulates;
        self.has_defaults && slots.all(is_16_bits)
    }

    /// Makes it the kernel for this device. Those without f16 have no use for its conversions.
    pub(crate) fn set_driver(&mut self, driver: Driver) {
        let mut slots = self.operands.iter();
        let has_f16 = slots.any(|slot| slot.dtype == Dtype::F16);
        self.driver = Driver {
            native_f16: if has_f16 {
                driver.native_f16
            } else {
                NativeF16::default()
            },
            ..driver
        };
    }

    /// The name of the function that a dispatch runs.
    pub(crate) fn entry_point(&self) -> &'static str {
        match self.mapping {
            _ if self.op == Op::CheckF16 => "check_f16",
            Mapping::Sums { .. } => "sums",
            Mapping::Fold { .. } => "fold",
            Mapping::Copy => "copy",
            Mapping::Elements if self.operands[0].dtype == Dtype::F32 => "elements",
            Mapping::Elements => "packed16",
            Mapping::Vectors => match self.op {
                Op::GluBackward if self.writes_both_gradients() => "vectors_glu_backward",
                Op::GluSplitBackward => "vectors_glu_split_backward",
                Op::Evaluate => "vectors_results",
                _ => "vectors",
            },
            Mapping::Rows(AxisStage::Elementwise, _) => "elementwise",
            Mapping::Rows(AxisStage::InSpans, _) => "row_in_spans",
            Mapping::Rows(_, RowMapping::Held(_)) => "held",
            Mapping::Rows(stage, RowMapping::Workgroup) if stage.reads_blocks() => {
                "row_per_workgroup"
            }
            Mapping::Rows(_, RowMapping::Workgroup) => "row_in_memory",
            Mapping::Rows(_, RowMapping::Registers { .. }) => "registers",
        }
    }

    pub(super) fn axis_options(&self) -> AxisOptions {
        match self.function {
            Function::Axis(_, options) | Function::CrossEntropy(options) => options,
            _ => AxisOptions::default(),
        }
    }

    /// True if a result is added to what its output has.
    pub(super) fn accumulates(&self) -> bool {
        self.operands.iter().any(|slot| slot.accumulates)
    }

    pub(super) fn has_operand(&self, name: &str) -> bool {
        self.operands.iter().any(|slot| slot.name == name)
    }

    fn writes_both_gradients(&self) -> bool {
        self.has_operand("grad_gate")
    }
}
