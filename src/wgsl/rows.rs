//! From a function along an axis to the text of a WGSL module, put together from the files in `shaders/rows/`.

use super::linker::Library;
use super::storage::{conversions, reads_of_rows, writes_of_rows};
use super::{MATH, WORKGROUP};
use crate::axis::{Kernel, Reduction as Gather};
use crate::{AxisFunction, Dtype};

/// The bindings of a kernel, all in group 0.
pub(crate) mod bindings {
    pub(crate) const CALL: u32 = 0;
    pub(crate) const X: u32 = 1;
    pub(crate) const SECOND: u32 = 2;
    pub(crate) const OUTPUT: u32 = 3;
    pub(crate) const STATISTICS: u32 = 4;
}

const CALL: &str = include_str!("../../shaders/rows/call.wgsl");
const FOLD: &str = include_str!("../../shaders/rows/fold.wgsl");
const THREADS: &str = include_str!("../../shaders/rows/threads.wgsl");
const WORKGROUPS: &str = include_str!("../../shaders/rows/workgroups.wgsl");
const TEAM: &str = include_str!("../../shaders/rows/team.wgsl");
const KNOWN_THREADS: &str = include_str!("../../shaders/rows/known_threads.wgsl");
const COLUMNS: &str = include_str!("../../shaders/rows/columns.wgsl");
const KNOWN_COLUMNS: &str = include_str!("../../shaders/rows/known_columns.wgsl");
const TWO_COLUMNS: &str = include_str!("../../shaders/rows/two_columns.wgsl");

const ELEMENTS: &str = include_str!("../../shaders/rows/elements.wgsl");
const HALVES: &str = include_str!("../../shaders/rows/halves.wgsl");

const FOUR: &str = include_str!("../../shaders/rows/held/four.wgsl");
const FULL: &str = include_str!("../../shaders/rows/held/full.wgsl");
const ALIGNED: &str = include_str!("../../shaders/rows/held/aligned.wgsl");
const UNALIGNED: &str = include_str!("../../shaders/rows/held/unaligned.wgsl");
const PARTIAL: &str = include_str!("../../shaders/rows/held/partial.wgsl");
const HELD: &str = include_str!("../../shaders/rows/held/held.wgsl");
const HELD_ONE: &str = include_str!("../../shaders/rows/held/one.wgsl");
const HELD_RESULTS: &str = include_str!("../../shaders/rows/held/results.wgsl");
const HELD_WHOLE: &str = include_str!("../../shaders/rows/held/whole.wgsl");
const HELD_KNOWN: &str = include_str!("../../shaders/rows/held/known.wgsl");

const STATISTICS: &str = include_str!("../../shaders/rows/stages/statistics.wgsl");
const WHOLE: &str = include_str!("../../shaders/rows/stages/whole.wgsl");
const WHOLE_ELEMENTS: &str = include_str!("../../shaders/rows/stages/elements.wgsl");
const WHOLE_HALVES: &str = include_str!("../../shaders/rows/stages/halves.wgsl");
const REDUCED: &str = include_str!("../../shaders/rows/stages/reduced.wgsl");
const KNOWN: &str = include_str!("../../shaders/rows/stages/known.wgsl");

const LOGITS: &str = include_str!("../../shaders/rows/gather/logits.wgsl");
const MASKED_LOGITS: &str = include_str!("../../shaders/rows/gather/masked_logits.wgsl");
const SUMS: &str = include_str!("../../shaders/rows/gather/sums.wgsl");
const FIRSTS: &str = include_str!("../../shaders/rows/gather/firsts.wgsl");
const EXPONENTS: &str = include_str!("../../shaders/rows/gather/exponents.wgsl");
const KNOWN_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/known_of_blocks.wgsl");
const EXPONENTIALS: &str = include_str!("../../shaders/rows/gather/exponentials.wgsl");
const EXPONENTIALS_OF_BLOCKS: &str =
    include_str!("../../shaders/rows/gather/exponentials_of_blocks.wgsl");
const MAXIMA: &str = include_str!("../../shaders/rows/gather/maxima.wgsl");
const MAXIMA_OF_ELEMENTS: &str = include_str!("../../shaders/rows/gather/maxima_of_elements.wgsl");
const MAXIMA_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/maxima_of_blocks.wgsl");
const GRADIENTS: &str = include_str!("../../shaders/rows/gather/gradients.wgsl");
const GRADIENTS_OF_BLOCKS: &str =
    include_str!("../../shaders/rows/gather/gradients_of_blocks.wgsl");
const GRADIENTS_OF_ELEMENTS: &str =
    include_str!("../../shaders/rows/gather/gradients_of_elements.wgsl");
const GRADIENTS_IN_PLACE: &str = include_str!("../../shaders/rows/gather/gradients_in_place.wgsl");
const TANGENTS: &str = include_str!("../../shaders/rows/gather/log_softmax_tangents.wgsl");
const TWO_SUMS: &str = include_str!("../../shaders/rows/gather/two_sums.wgsl");
const TWO_SUMS_OF_BLOCKS: &str = include_str!("../../shaders/rows/gather/two_sums_of_blocks.wgsl");
const FEW: &str = include_str!("../../shaders/rows/gather/few.wgsl");
const NOTHING: &str = include_str!("../../shaders/rows/gather/nothing.wgsl");

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
        matches!(
            self,
            Stage::Statistics | Stage::StatisticsOfBlocks | Stage::Known
        )
    }
}

/// How what a kernel reads and writes is stored, where it is bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Dtypes {
    pub(crate) x: Dtype,
    pub(crate) second: Dtype,
    pub(crate) output: Dtype,
}

/// Elements that each thread of a team holds.
pub(crate) const HELD_EACH: u64 = 16;

/// How rows, or blocks of them, are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Share {
    /// A thread for each.
    Threads,
    /// A thread for each, of which two share the words that they write.
    Columns,
    /// A workgroup for each, of any length.
    Workgroups,
    /// A workgroup of so many threads for each, which hold it.
    Held { team: u32, fit: Fit },
}

/// How blocks fit the vectors and the workgroups that hold them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fit {
    /// They are made of whole vectors, and fill their workgroups.
    Full,
    /// They are made of whole vectors.
    Aligned,
    Unaligned,
}

impl Share {
    /// A workgroup that holds so many elements. No fewer threads than software drivers work on at once, and no more than every
    /// device takes. `is_even` if all blocks are alike, and no workgroup is one too many.
    pub(crate) fn held(elements: u64, is_aligned: bool, is_even: bool) -> Self {
        let team = elements
            .div_ceil(HELD_EACH)
            .next_power_of_two()
            .clamp(16, u64::from(WORKGROUP));
        let fit = match is_aligned {
            true if is_even && elements == HELD_EACH * team => Fit::Full,
            true => Fit::Aligned,
            false => Fit::Unaligned,
        };
        Self::Held {
            team: team as u32,
            fit,
        }
    }

    pub(crate) fn entry_point(self) -> &'static str {
        match self {
            Share::Threads => "threads",
            Share::Columns => "columns",
            Share::Workgroups => "workgroups",
            Share::Held { .. } => "held",
        }
    }
}

/// The module of one stage of one pass.
pub(crate) fn module(
    function: AxisFunction,
    pass: Pass,
    masked: bool,
    stage: Stage,
    share: Share,
    dtypes: Dtypes,
) -> String {
    let Kernel {
        reduction: gather,
        shader,
    } = kernel(function, pass);
    let (needs_top, needs_terms) = match gather {
        Gather::Exponentials | Gather::Maxima => (true, true),
        Gather::Gradients | Gather::Tangents | Gather::TwoSums => (false, true),
        Gather::Nothing => (false, false),
    };
    let team = if let Share::Held { team, .. } = share {
        team
    } else {
        64
    };
    let constants = format!(
        "const WORKGROUP = {WORKGROUP}u;\nconst TEAM = {team}u;\nconst NEEDS_TOP = {needs_top};\nconst NEEDS_TERMS = {needs_terms};"
    );
    let math = Library::new([MATH]);
    let tensors = tensors(*gather, pass, masked, stage, dtypes);
    let is_f32 = dtypes.output == Dtype::F32;
    let mut parts: Vec<&str> = vec![
        &constants,
        CALL,
        &tensors,
        if is_f32 { ELEMENTS } else { HALVES },
    ];
    if stage == Stage::Elements {
        parts.push(shader);
        return math.link(&parts.join("\n"));
    }

    let reads_elements = !stage.of_blocks();
    let either = |of_elements, of_blocks| {
        if reads_elements {
            of_elements
        } else {
            of_blocks
        }
    };
    let gradients = if pass == Pass::DoubleBackward {
        GRADIENTS_IN_PLACE
    } else {
        GRADIENTS_OF_ELEMENTS
    };
    let logits = if masked { MASKED_LOGITS } else { LOGITS };
    parts.push(match gather {
        Gather::Nothing => NOTHING,
        _ if !reads_elements => KNOWN_OF_BLOCKS,
        Gather::Exponentials | Gather::Maxima => logits,
        Gather::Gradients | Gather::Tangents | Gather::TwoSums => gradients,
    });
    match gather {
        Gather::Exponentials => parts.extend([
            SUMS,
            EXPONENTS,
            either(EXPONENTIALS, EXPONENTIALS_OF_BLOCKS),
        ]),
        Gather::Maxima => {
            parts.extend([FIRSTS, MAXIMA, either(MAXIMA_OF_ELEMENTS, MAXIMA_OF_BLOCKS)])
        }
        // Of elements, the terms of gradients are in `shader`.
        Gather::Gradients => parts.extend([SUMS, GRADIENTS, either(shader, GRADIENTS_OF_BLOCKS)]),
        Gather::Tangents => parts.extend([SUMS, GRADIENTS, either(TANGENTS, GRADIENTS_OF_BLOCKS)]),
        Gather::TwoSums => parts.extend([TWO_SUMS, either(shader, TWO_SUMS_OF_BLOCKS)]),
        Gather::Nothing => {}
    }
    if !matches!(gather, Gather::Exponentials) {
        parts.push(FEW);
    }
    if stage.has_output() && !parts.contains(shader) {
        parts.push(shader);
    }
    if reads_elements || matches!(gather, Gather::Nothing) {
        parts.push(FOUR);
    }
    match stage {
        Stage::Known => parts.push(KNOWN),
        Stage::Reduced | Stage::ReducedOfBlocks => parts.push(REDUCED),
        Stage::Statistics | Stage::StatisticsOfBlocks => parts.push(STATISTICS),
        Stage::Whole | Stage::Elements => {}
    }
    let whole = [WHOLE, if is_f32 { WHOLE_ELEMENTS } else { WHOLE_HALVES }];
    match (share, stage) {
        (Share::Held { fit, .. }, _) => {
            parts.extend(match fit {
                Fit::Full => &[FULL][..],
                Fit::Aligned => &[PARTIAL, ALIGNED],
                Fit::Unaligned => &[PARTIAL, UNALIGNED],
            });
            parts.extend([TEAM, HELD]);
            parts.extend(match stage {
                Stage::Whole => &[HELD_RESULTS, HELD_WHOLE][..],
                Stage::Known => &[HELD_RESULTS, HELD_KNOWN],
                _ => &[HELD_ONE],
            });
        }
        (Share::Columns, Stage::Known) => parts.extend([WHOLE, TWO_COLUMNS, KNOWN_COLUMNS]),
        (Share::Columns, _) => parts.extend([FOLD, WHOLE, TWO_COLUMNS, COLUMNS]),
        (_, Stage::Known) => parts.extend(whole.into_iter().chain([KNOWN_THREADS])),
        (Share::Threads, Stage::Whole) => parts.extend(whole.into_iter().chain([FOLD, THREADS])),
        (Share::Threads, _) => parts.extend([FOLD, THREADS]),
        (Share::Workgroups, _) => parts.extend([FOLD, TEAM, WORKGROUPS]),
    }
    math.link(&parts.join("\n"))
}

/// The tensors, and the functions that read and write them.
fn tensors(gather: Gather, pass: Pass, masked: bool, stage: Stage, dtypes: Dtypes) -> String {
    let Dtypes { x, second, output } = dtypes;
    let mut text = conversions([x, second, output].into_iter());
    if !stage.of_blocks() {
        let is_y = matches!(
            gather,
            Gather::Gradients | Gather::Tangents | Gather::TwoSums
        );
        text += &reads_of_rows(if is_y { "y" } else { "x" }, bindings::X, "x", x);
        if masked || pass != Pass::Forward {
            text += &reads_of_rows(
                if masked { "mask" } else { "grad_output" },
                bindings::SECOND,
                "second",
                second,
            );
        }
    }
    text + &writes_of_rows(bindings::OUTPUT, output)
}

/// What a pass of a function is made of; those of double backward, of functions that have it.
fn kernel(function: AxisFunction, pass: Pass) -> &'static Kernel {
    let info = function.info();
    let [tangent, in_place, grad_output] = info
        .double_backward
        .as_ref()
        .map_or([&info.backward; 3], |kernels| kernels.each_ref());
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
        let twice = twice
            .into_iter()
            .filter(|_| function.info().double_backward.is_some());
        for pass in [Pass::Forward, Pass::Backward].into_iter().chain(twice) {
            for &stage in stages(function, pass) {
                for masked in
                    [false, true]
                        .into_iter()
                        .take(if pass == Pass::Forward { 2 } else { 1 })
                {
                    for (share, dtypes) in shares(stage).iter().flat_map(|&share| {
                        mixtures(pass, stage, share).map(move |dtypes| (share, dtypes))
                    }) {
                        let mask = if masked { " masked" } else { "" };
                        let Dtypes { x, second, output } = dtypes;
                        let name = format!(
                            "{} {} {stage:?}{mask} {share:?}",
                            function.info().name,
                            pass.name()
                        );
                        let name = format!("{name} {x} {second} {output}");
                        modules.push((name, module(function, pass, masked, stage, share, dtypes)));
                    }
                }
            }
        }
    }
    modules
}

/// Types that tensors may have, each in each place.
#[cfg(test)]
fn mixtures(pass: Pass, stage: Stage, share: Share) -> impl Iterator<Item = Dtypes> {
    let all = [
        Dtypes::default(),
        Dtypes {
            x: Dtype::F16,
            second: Dtype::Bf16,
            output: Dtype::F16,
        },
        Dtypes {
            x: Dtype::Bf16,
            second: Dtype::F32,
            output: Dtype::Bf16,
        },
        Dtypes {
            x: Dtype::Bf16,
            second: Dtype::F16,
            output: Dtype::F32,
        },
    ];
    all.into_iter().filter(move |dtypes| {
        let is_half = dtypes.output != Dtype::F32;
        !(is_half && (pass == Pass::DoubleBackward || !stage.has_output())
            || share == Share::Columns && !is_half)
    })
}

/// The stages that a pass of a function may have.
#[cfg(test)]
fn stages(function: AxisFunction, pass: Pass) -> &'static [Stage] {
    match (function, pass) {
        (AxisFunction::Crelu, _) => &[Stage::Elements],
        (AxisFunction::Logsumexp | AxisFunction::Maxout { .. }, Pass::Forward) => {
            &[Stage::Reduced, Stage::Statistics, Stage::ReducedOfBlocks]
        }
        _ => &[
            Stage::Whole,
            Stage::Statistics,
            Stage::StatisticsOfBlocks,
            Stage::Known,
        ],
    }
}

/// How the rows of a stage may be shared out.
#[cfg(test)]
fn shares(stage: Stage) -> &'static [Share] {
    match stage {
        Stage::Elements => &[Share::Threads],
        Stage::StatisticsOfBlocks | Stage::ReducedOfBlocks => &[Share::Threads, Share::Workgroups],
        Stage::Reduced | Stage::Statistics => &[
            Share::Threads,
            Share::Held {
                team: 64,
                fit: Fit::Full,
            },
            Share::Held {
                team: 16,
                fit: Fit::Aligned,
            },
            Share::Held {
                team: 256,
                fit: Fit::Unaligned,
            },
        ],
        Stage::Whole | Stage::Known => &[
            Share::Threads,
            Share::Columns,
            Share::Held {
                team: 64,
                fit: Fit::Full,
            },
            Share::Held {
                team: 16,
                fit: Fit::Aligned,
            },
            Share::Held {
                team: 256,
                fit: Fit::Unaligned,
            },
        ],
    }
}
