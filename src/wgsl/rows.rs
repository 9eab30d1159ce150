//! From a function along an axis to the text of a WGSL module, put together from the files in `shaders/rows/`.

use super::source::Source;
use super::{MATH, WORKGROUP};
use crate::AxisFunction;
use crate::axis::{Gather, Kernel};

const CALL: &str = include_str!("../../shaders/rows/call.wgsl");
const FOLD: &str = include_str!("../../shaders/rows/fold.wgsl");
const THREADS: &str = include_str!("../../shaders/rows/threads.wgsl");
const WORKGROUPS: &str = include_str!("../../shaders/rows/workgroups.wgsl");

const STATISTICS: &str = include_str!("../../shaders/rows/stages/statistics.wgsl");
const WHOLE: &str = include_str!("../../shaders/rows/stages/whole.wgsl");
const REDUCED: &str = include_str!("../../shaders/rows/stages/reduced.wgsl");
const KNOWN: &str = include_str!("../../shaders/rows/stages/known.wgsl");

const LOGITS: &str = include_str!("../../shaders/rows/gather/logits.wgsl");
const MASKED_LOGITS: &str = include_str!("../../shaders/rows/gather/masked_logits.wgsl");
const SUMS: &str = include_str!("../../shaders/rows/gather/sums.wgsl");
const FIRSTS: &str = include_str!("../../shaders/rows/gather/firsts.wgsl");
const EXPONENTS: &str = include_str!("../../shaders/rows/gather/exponents.wgsl");
const EXPONENTIALS: &str = include_str!("../../shaders/rows/gather/exponentials.wgsl");
const EXPONENTIALS_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/exponentials_of_blocks.wgsl");
const MAXIMA: &str = include_str!("../../shaders/rows/gather/maxima.wgsl");
const MAXIMA_OF_ELEMENTS: &str = include_str!("../../shaders/rows/gather/maxima_of_elements.wgsl");
const MAXIMA_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/maxima_of_blocks.wgsl");
const GRADIENTS: &str = include_str!("../../shaders/rows/gather/gradients.wgsl");
const GRADIENTS_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/gradients_of_blocks.wgsl");
const GRADIENTS_OF_ELEMENTS: &str = include_str!("../../shaders/rows/gather/gradients_of_elements.wgsl");
const TANGENTS: &str = include_str!("../../shaders/rows/gather/log_softmax_tangents.wgsl");
const TWO_SUMS: &str = include_str!("../../shaders/rows/gather/two_sums.wgsl");
const TWO_SUMS_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/two_sums_of_blocks.wgsl");
const NOTHING: &str = include_str!("../../shaders/rows/gather/nothing.wgsl");

/// Threads that share a row: few, so that a row of some hundred elements is worth their barriers.
const TEAM: u32 = 64;

/// Which gradient, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pass {
    Forward,
    Backward,
    /// The first step of the gradient of `Backward` with respect to x.
    Tangent,
    /// The second one, in place.
    DoubleBackward,
    /// The gradient of `Backward` with respect to `grad_output`.
    GradOutput,
}

impl Pass {
    /// For labels.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
            Pass::Tangent => "double_backward_tangent",
            Pass::DoubleBackward => "double_backward",
            Pass::GradOutput => "double_backward_grad_output",
        }
    }
}

/// What one dispatch takes rows, or blocks of rows, from and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// From elements to results, one for each.
    Whole,
    /// From elements to one result for each row.
    Reduced,
    /// From elements to what is known of each block.
    Statistics,
    /// From what is known of blocks to what is known of rows.
    StatisticsOfBlocks,
    /// From what is known of blocks to one result for each row.
    ReducedOfBlocks,
    /// From elements and what is known of their rows to results.
    Known,
    /// From elements to results, each by itself.
    Elements,
}

impl Stage {
    /// Whether it reads what an earlier dispatch has found out of blocks.
    pub(crate) fn of_blocks(self) -> bool {
        matches!(self, Stage::StatisticsOfBlocks | Stage::ReducedOfBlocks)
    }

    /// Whether it writes results.
    pub(crate) fn has_output(self) -> bool {
        !matches!(self, Stage::Statistics | Stage::StatisticsOfBlocks)
    }

    /// Whether statistics are bound: written unless results are.
    pub(crate) fn has_statistics(self) -> bool {
        matches!(self, Stage::Statistics | Stage::StatisticsOfBlocks | Stage::Known)
    }
}

/// The module of one stage of one pass.
pub(crate) fn module(function: AxisFunction, pass: Pass, masked: bool, stage: Stage) -> String {
    let Kernel { gather, shader } = kernel(function, pass);
    let (needs_top, needs_terms) = match gather {
        Gather::Exponentials | Gather::Maxima => (true, true),
        Gather::Gradients | Gather::Tangents | Gather::TwoSums => (false, true),
        Gather::Nothing => (false, false),
    };
    let constants = format!(
        "const WORKGROUP = {WORKGROUP}u;\nconst TEAM = {TEAM}u;\nconst NEEDS_TOP = {needs_top};\nconst NEEDS_TERMS = {needs_terms};"
    );
    let math = Source::new([MATH]);
    let mut parts = vec![&constants, CALL];
    if stage == Stage::Elements {
        parts.push(shader);
        return math.in_front_of(&parts.join("\n"));
    }

    let reads_elements = !stage.of_blocks();
    let either = |of_elements, of_blocks| if reads_elements { of_elements } else { of_blocks };
    match gather {
        Gather::Exponentials => parts.extend([SUMS, EXPONENTS, either(EXPONENTIALS, EXPONENTIALS_OF_BLOCKS)]),
        Gather::Maxima => parts.extend([FIRSTS, MAXIMA, either(MAXIMA_OF_ELEMENTS, MAXIMA_OF_BLOCKS)]),
        Gather::Gradients => parts.extend([SUMS, GRADIENTS, either(GRADIENTS_OF_ELEMENTS, GRADIENTS_OF_BLOCKS)]),
        Gather::Tangents => {
            parts.extend([SUMS, GRADIENTS]);
            parts.extend(if reads_elements { &[GRADIENTS_OF_ELEMENTS, TANGENTS][..] } else { &[GRADIENTS_OF_BLOCKS] });
        }
        Gather::TwoSums => parts.extend([TWO_SUMS, either(GRADIENTS_OF_ELEMENTS, TWO_SUMS_OF_BLOCKS)]),
        Gather::Nothing => parts.push(NOTHING),
    }
    if reads_elements && matches!(gather, Gather::Exponentials | Gather::Maxima) {
        parts.push(if masked { MASKED_LOGITS } else { LOGITS });
    }
    // `shader` has the terms of gradients as well as the results.
    let has_terms = matches!(gather, Gather::Gradients | Gather::TwoSums);
    if stage.has_output() || (has_terms && reads_elements) {
        parts.push(shader);
    }
    parts.extend(match stage {
        Stage::Whole => &[WHOLE, FOLD][..],
        Stage::Known => &[WHOLE, KNOWN],
        Stage::Reduced | Stage::ReducedOfBlocks => &[REDUCED, FOLD],
        Stage::Statistics | Stage::StatisticsOfBlocks | Stage::Elements => &[STATISTICS, FOLD],
    });
    if stage != Stage::Known {
        parts.extend([THREADS, WORKGROUPS]);
    }
    math.in_front_of(&parts.join("\n"))
}

/// What a pass of a function is made of; those of double backward, of functions that have it.
fn kernel(function: AxisFunction, pass: Pass) -> &'static Kernel {
    let info = function.info();
    let [tangent, in_place, grad_output] =
        info.double_backward.as_ref().map_or([&info.backward; 3], |kernels| kernels.each_ref());
    match pass {
        Pass::Forward => &info.forward,
        Pass::Backward => &info.backward,
        Pass::Tangent => tangent,
        Pass::DoubleBackward => in_place,
        Pass::GradOutput => grad_output,
    }
}

/// Every module there is, with a name for it.
#[cfg(test)]
pub(super) fn modules() -> Vec<(String, String)> {
    let mut modules = Vec::new();
    for &function in AxisFunction::ALL {
        let twice = [Pass::Tangent, Pass::DoubleBackward, Pass::GradOutput];
        let twice = twice.into_iter().filter(|_| function.info().double_backward.is_some());
        for pass in [Pass::Forward, Pass::Backward].into_iter().chain(twice) {
            for &stage in stages(function, pass) {
                for masked in [false, true].into_iter().take(if pass == Pass::Forward { 2 } else { 1 }) {
                    let mask = if masked { " masked" } else { "" };
                    let name = format!("{} {} {stage:?}{mask}", function.info().name, pass.name());
                    modules.push((name, module(function, pass, masked, stage)));
                }
            }
        }
    }
    modules
}

/// The stages that a pass of a function may have.
#[cfg(test)]
fn stages(function: AxisFunction, pass: Pass) -> &'static [Stage] {
    match (function, pass) {
        (AxisFunction::Crelu, _) => &[Stage::Elements],
        (AxisFunction::Logsumexp | AxisFunction::Maxout { .. }, Pass::Forward) => {
            &[Stage::Reduced, Stage::Statistics, Stage::ReducedOfBlocks]
        }
        _ => &[Stage::Whole, Stage::Statistics, Stage::StatisticsOfBlocks, Stage::Known],
    }
}
