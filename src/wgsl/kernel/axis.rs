//! The text of kernels of functions along an axis. `shaders/axis/README.md` describes the functions
//! that they are made of.

use super::super::linker::Library;
use super::super::shader;
use super::super::vectorize::{LaneOrder, Untranslatable, vectorize};
use super::key::{AxisStage, Function, HeldLanes, KernelKey, Op, RowFit, RowMapping};
use super::operand::{Access, Slot};
use super::{COMMON, WORKGROUP, axis_elements, held};
use crate::axis::{Kernel, Reduction};
use crate::{AxisFunction, AxisInfo, Dtype};

/// The texts that a kernel is linked from, in the order in which they override each other.
pub(super) fn texts(
    key: &KernelKey,
    stage: AxisStage,
    mapping: RowMapping,
    operands: &str,
) -> Result<Vec<String>, Untranslatable> {
    let Kernel {
        reduction,
        shader: function,
    } = kernel(key);
    let mut texts = vec![constants(stage, mapping), stats(key, *reduction)];
    let mut add = |files: &[&str]| texts.extend(files.iter().map(|&file| file.to_owned()));
    if stage == AxisStage::Apply {
        add(&[shader!("axis/apply")]);
    }
    if stage.reads_blocks() {
        add(of_blocks(*reduction));
    }
    add(&[
        &of_rows(key, *reduction),
        function,
        &axis_elements::text(key, *reduction),
    ]);
    let (gradient_sum, sum) = (
        shader!("axis/gradient_sum"),
        shader!("axis/compensated_sum"),
    );
    add(&match reduction {
        Reduction::Exponentials => vec![shader!("axis/exponential_sum"), sum],
        Reduction::Maxima => vec![shader!("axis/largest")],
        Reduction::Threshold => vec![
            shader!("axis/threshold"),
            shader!("axis/threshold_of_workgroup"),
        ],
        Reduction::WeightedMean => vec![
            shader!("axis/weighted_mean"),
            shader!("axis/two_gradient_sums"),
        ],
        Reduction::Gradients => vec![gradient_sum, sum],
        Reduction::Tangents => vec![shader!("axis/log_softmax_tangent_sum"), gradient_sum, sum],
        Reduction::TwoSums => vec![shader!("axis/two_gradient_sums")],
        Reduction::Nothing => vec![shader!("axis/no_reduction")],
    });
    add(&[
        shader!("axis/logits"),
        shader!("activations/softcap"),
        shader!("axis/random"),
        shader!("kernels/philox"),
    ]);
    let is_16_bit = key.operands[0].dtype != Dtype::F32;
    let mut stores = match is_16_bit {
        true => shader!("axis/store_packed16"),
        false => shader!("axis/store_f32"),
    }
    .to_owned();
    match stage {
        _ if stage.writes_stats() => {
            add(&[
                shader!("axis/finish_stats"),
                shader!("axis/registers_reduced"),
            ]);
        }
        AxisStage::Reduce | AxisStage::ReduceBlocks => {
            add(&[
                shader!("axis/finish_reduced"),
                shader!("axis/registers_reduced"),
            ]);
        }
        AxisStage::Elementwise => {}
        _ => add(&[shader!("axis/registers_results")]),
    }
    let entry_point = match mapping {
        RowMapping::Held(held) => held::text(
            held,
            stage,
            *reduction,
            is_16_bit,
            key.has_operand("dropped"),
        ),
        RowMapping::Workgroup if stage.reads_blocks() => {
            shader!("axis/row_per_workgroup").to_owned()
        }
        RowMapping::Workgroup => {
            concat!(shader!("axis/row_in_memory"), shader!("axis/row_in_spans")).to_owned()
        }
        RowMapping::Registers { fit, .. } => {
            stores += match fit {
                RowFit::Unaligned => shader!("axis/registers_unaligned"),
                _ => shader!("axis/registers_aligned"),
            };
            shader!("axis/registers").to_owned()
        }
    };
    // A second result is stored as the first one is.
    if key.has_operand("dropped") {
        add(&[&stores.replace("output", "dropped")]);
    }
    if key.operands[0].accumulates {
        add(&[shader!("axis/store_accumulated")]);
        stores = stores.replace("fn store_output(", "fn set_output(");
    }
    add(&[
        &stores,
        shader!("axis/workgroup_merge"),
        shader!("axis/place"),
        shader!("axis/defaults"),
    ]);
    texts.push(entry_point);
    // Kernels call `NAME_vec4` for four elements at once. Threads of a workgroup hold so much of a
    // row that they gain nothing from another order of lanes.
    let lane_order = match mapping {
        RowMapping::Held(_) => key.driver.lane_order,
        _ => LaneOrder::default(),
    };
    let given = texts.iter().map(String::as_str);
    let library = Library::new(given.chain([operands]).chain(COMMON));
    texts.push(vectorize(&library, &texts.concat(), lane_order)?);
    Ok(texts)
}

/// The results that a row may have, besides those of its elements, and the functions that give them.
const RESULTS_OF_ROWS: [(&str, &str); 4] = [
    ("loss", "loss_result"),
    ("logsumexp", "logsumexp_result"),
    ("sink_output", "sink_result"),
    ("grad_sink", "sink_gradient"),
];

/// What rows have besides their elements.
fn of_rows(key: &KernelKey, reduction: Reduction) -> String {
    let mut text = String::new();
    let output = |name: &str| {
        let mut slots = key.operands.iter();
        slots.find(|slot| slot.name == name && slot.access != Access::Read)
    };
    let results = RESULTS_OF_ROWS.iter();
    let written: Vec<_> = results
        .filter_map(|(name, function)| Some((output(name)?, function)))
        .collect();
    if key.axis_options().is_causal {
        // An element that does not count is -Inf, and may be the first of the largest.
        if matches!(reduction, Reduction::Maxima) {
            text += "fn counts_any(index: u32, own_row: OfRow) -> bool { return true; }\n";
        }
        // Dropout needs the random numbers of all elements.
        if key.has_operand("dropped") {
            text += "fn nearest_counted(p: Place, k: u32, own_row: OfRow) -> u32 { return k; }\n";
        }
        text += shader!("axis/causal");
    }
    if key.has_operand("sink") {
        text += shader!("axis/sink");
    }
    if key.has_operand("sink_output") && output("sink_output").is_none() {
        text += "fn row_value(row: u32) -> f32 { return sink_output_element(row); }\n";
    }
    if key.has_operand("targets") {
        text += "fn row_class(row: u32) -> u32 { return targets_word(row); }\n";
        let weight = match key.has_operand("weight") {
            true => "weight_element(index)",
            false => "1.0",
        };
        text += &format!("fn class_weight(index: u32) -> f32 {{ return {weight}; }}\n");
        let value = match key.has_operand("grad_output") {
            true => "grad_output_element(row)",
            false => "1.0",
        };
        text += &format!("fn row_value(row: u32) -> f32 {{ return {value}; }}\n");
        let scale = match key.has_operand("total") {
            true => "inverse(total_element(0u))",
            false => "1.0",
        };
        text += &format!("fn loss_scale() -> f32 {{ return {scale}; }}\n");
    }
    if axis_elements::has_slope(key) {
        // A gradient of 0 stays 0 where x does not count, and so may be anything: NaN, too.
        text += "fn output_of(e: Element, y: f32) -> f32 { return select(y * e.slope, y, y == 0.0); }\n";
    }
    if key.has_operand("dropped") {
        text += shader!("axis/dropped");
    }
    if !written.is_empty() {
        let stores = |(slot, function): &(&Slot, &&str)| {
            let result = format!("{function}(own_row, stats)");
            format!("  {}\n", slot.store("row", &result))
        };
        let stores_of_four = |(slot, function): &(&Slot, &&str)| {
            let name = slot.name;
            let lanes = held::LANES.iter().zip(0..).map(|(lane, k)| {
                let store = slot.store(&format!("row + {k}u"), &format!("{name}_lanes.{lane}"));
                format!("  {store}\n")
            });
            format!("  let {name}_lanes = {function}_vec4(own_row, stats);\n")
                + &lanes.collect::<String>()
        };
        let one: String = written.iter().map(stores).collect();
        let four: String = written.iter().map(stores_of_four).collect();
        text += &format!(
            "fn store_row(row: u32, own_row: OfRow, stats: Stats) {{\n{one}}}
fn store_four_rows(row: u32, own_row: OfRow_vec4, stats: Stats_vec4) {{\n{four}}}\n"
        );
    }
    text
}

/// The overrides by which a reduction reads the statistics of blocks in place of elements.
fn of_blocks(reduction: Reduction) -> &'static [&'static str] {
    const READ: &str = shader!("axis/read_block_stats");
    match reduction {
        Reduction::Exponentials => &[shader!("axis/exponential_sum_of_blocks"), READ],
        Reduction::Maxima => &[shader!("axis/largest_of_blocks"), READ],
        Reduction::Gradients | Reduction::Tangents => {
            &[shader!("axis/gradient_sum_of_blocks"), READ]
        }
        Reduction::TwoSums => &[shader!("axis/two_gradient_sums_of_blocks"), READ],
        Reduction::WeightedMean => &[shader!("axis/weighted_mean_of_blocks"), READ],
        Reduction::Nothing | Reduction::Threshold => &[],
    }
}

fn constants(stage: AxisStage, mapping: RowMapping) -> String {
    let (threads, fills_workgroup) = match mapping {
        RowMapping::Registers { threads, fit } => (threads, fit == RowFit::Full),
        // Such a row is long.
        RowMapping::Workgroup if !stage.reads_blocks() => (WORKGROUP, false),
        _ => (64, false),
    };
    let has_columns = matches!(mapping, RowMapping::Held(held) if held.lanes == HeldLanes::Columns);
    let columns = if has_columns { 4 } else { 1 };
    format!(
        "const TEAM = {threads}u;\nconst FILLS_WORKGROUP = {fills_workgroup};\nconst COLUMNS = {columns}u;\n"
    )
}

/// The words that results of cross-entropy need of their row.
pub(crate) const LOSS_WORDS: [&str; 4] = ["first", "second", "weight", "distance"];

/// What results need of their row: words that are numbers by their bits, or an index.
fn stats(key: &KernelKey, reduction: Reduction) -> String {
    let members = match key.function {
        Function::CrossEntropy(_) => &LOSS_WORDS[..],
        _ => reduction.stats_words(),
    };
    let list = |of: &dyn Fn(&str) -> String| {
        let all = members.iter().map(|name| of(name));
        all.collect::<Vec<_>>().join(", ")
    };
    let declared = list(&|name| format!("{name}: u32"));
    let repeated = list(&|name| format!("vec4<u32>(stats.{name})"));
    let joined = list(&|name| format!("vec4<u32>(a.{name}, b.{name}, c.{name}, d.{name})"));
    let lane = list(&|name| format!("stats.{name}[lane]"));
    format!(
        "struct Stats {{ {declared} }}
fn in_all_lanes(stats: Stats) -> Stats_vec4 {{ return Stats_vec4({repeated}); }}
fn joined_stats(a: Stats, b: Stats, c: Stats, d: Stats) -> Stats_vec4 {{ return Stats_vec4({joined}); }}
fn stats_of_lane(stats: Stats_vec4, lane: u32) -> Stats {{ return Stats({lane}); }}
"
    )
}

/// The gradient of the loss, or the loss itself.
const CROSS_ENTROPY: Kernel = Kernel {
    reduction: Reduction::Exponentials,
    shader: shader!("axis/functions/cross_entropy"),
};

/// The weights by which mean losses are divided.
const TARGET_WEIGHTS: Kernel = Kernel {
    reduction: Reduction::Nothing,
    shader: shader!("axis/functions/target_weights"),
};

fn kernel(key: &KernelKey) -> &'static Kernel {
    let index = match key.function {
        Function::Axis(index, _) => index,
        Function::CrossEntropy(_) if key.entry_point() == "elementwise" => return &TARGET_WEIGHTS,
        _ => return &CROSS_ENTROPY,
    };
    axis_kernel(&AxisFunction::list()[index], key.op)
}

/// The reduction and the file of an op. Double backward is only asked of functions that have it.
pub(crate) fn axis_kernel(info: &AxisInfo, op: Op) -> &Kernel {
    let [tangent, second, grad_output] = info
        .double_backward
        .as_ref()
        .map_or([&info.backward; 3], |kernels| kernels.each_ref());
    match op {
        Op::Forward => &info.forward,
        Op::DoubleBackwardTangent => tangent,
        Op::DoubleBackward => second,
        Op::DoubleBackwardGradOutput => grad_output,
        _ => &info.backward,
    }
}
