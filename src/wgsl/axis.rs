//! The text of kernels of functions along an axis. `shaders/axis/README.md` describes the functions
//! that they are made of.

use super::key::{AxisStage, Function, HeldLanes, KernelKey, Op, RowFit, RowMapping};
use super::linker::Library;
use super::vectorize::{Untranslatable, vectorize};
use super::{COMMON, held, shader};
use crate::axis::{Kernel, Reduction};
use crate::{AxisFunction, Dtype};

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
    let mut texts = vec![constants(mapping)];
    let mut add = |files: &[&str]| texts.extend(files.iter().map(|&file| file.to_owned()));
    if stage == AxisStage::Apply {
        add(&[shader!("axis/apply")]);
    }
    if stage.reads_blocks() {
        add(of_blocks(*reduction));
    }
    add(&[function]);
    let read_x = if key.has_operand("mask") {
        concat!(shader!("axis/read_masked_x"), shader!("axis/add_mask"))
    } else if key.has_operand("boolean_mask") {
        concat!(shader!("axis/read_masked_x"), shader!("axis/boolean_mask"))
    } else {
        shader!("axis/read_x")
    };
    let read_y = match key.op {
        Op::DoubleBackward => shader!("axis/read_y_grad_tangent"),
        _ => shader!("axis/read_y_grad"),
    };
    let (gradient_sum, sum) = (
        shader!("axis/gradient_sum"),
        shader!("axis/compensated_sum"),
    );
    add(&match reduction {
        Reduction::Exponentials => [shader!("axis/exponential_sum"), sum, read_x, ""],
        Reduction::Maxima => [shader!("axis/largest"), read_x, "", ""],
        Reduction::Gradients => [gradient_sum, sum, read_y, ""],
        Reduction::Tangents => [
            shader!("axis/log_softmax_tangent_sum"),
            gradient_sum,
            sum,
            read_y,
        ],
        Reduction::TwoSums => [shader!("axis/two_gradient_sums"), read_y, "", ""],
        Reduction::Nothing => [shader!("axis/no_reduction"), "", "", ""],
    });
    let is_16_bit = key.operands[0].dtype != Dtype::F32;
    if is_16_bit {
        add(&[shader!("axis/store_packed16")]);
    }
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
        _ => add(&[shader!("axis/registers_results")]),
    }
    let entry_point = match mapping {
        RowMapping::Held(held) => held::text(held, stage, is_16_bit),
        RowMapping::Workgroup => shader!("axis/row_per_workgroup").to_owned(),
        RowMapping::Registers { fit, .. } => {
            add(&[match fit {
                RowFit::Unaligned => shader!("axis/registers_unaligned"),
                _ => shader!("axis/registers_aligned"),
            }]);
            shader!("axis/registers").to_owned()
        }
    };
    add(&[
        shader!("axis/store_f32"),
        shader!("axis/workgroup_merge"),
        shader!("axis/place"),
        shader!("axis/defaults"),
    ]);
    texts.push(entry_point);
    // Kernels call `NAME_vec4` for four elements at once.
    let given = texts.iter().map(String::as_str);
    let library = Library::new(given.chain([operands]).chain(COMMON));
    texts.push(vectorize(&library, &texts.concat())?);
    Ok(texts)
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
        Reduction::Nothing => &[],
    }
}

fn constants(mapping: RowMapping) -> String {
    let (threads, fills_workgroup) = match mapping {
        RowMapping::Registers { threads, fit } => (threads, fit == RowFit::Full),
        _ => (64, false),
    };
    let has_columns = matches!(mapping, RowMapping::Held(held) if held.lanes == HeldLanes::Columns);
    let columns = if has_columns { 4 } else { 1 };
    format!(
        "const TEAM = {threads}u;\nconst FILLS_WORKGROUP = {fills_workgroup};\nconst COLUMNS = {columns}u;\n"
    )
}

/// The reduction and the file of an op. Double backward is only asked of functions that have it.
fn kernel(key: &KernelKey) -> &'static Kernel {
    let index = if let Function::Axis(index) = key.function {
        index
    } else {
        0
    };
    let info = &AxisFunction::list()[index];
    let [tangent, second, grad_output] = info
        .double_backward
        .as_ref()
        .map_or([&info.backward; 3], |kernels| kernels.each_ref());
    match key.op {
        Op::Forward => &info.forward,
        Op::DoubleBackwardTangent => tangent,
        Op::DoubleBackward => second,
        Op::DoubleBackwardGradOutput => grad_output,
        _ => &info.backward,
    }
}
