//! Every module, through naga's validator and to every language that wgpu's backends speak.

use std::fs;
use std::mem::offset_of;
use std::path::PathBuf;

use naga::back::{glsl, hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

use super::super::vectorize::LaneOrder;
use super::super::{MATH, parameters_are_constant};
use super::WORKGROUP;
use super::axis::axis_kernel;
use super::expression::{INPUTS, OUTPUTS};
use super::key::{
    AxisOptions, AxisStage, Driver, Function, Held, HeldLanes, KernelKey, Mapping, NativeF16, Op,
    RowFit, RowMapping, SumsKept,
};
use super::operand::{Access, Lanes, Layout, SEARCHED_ROWS, Slot};
use crate::Dtype::{Bf16, F16, F32};
use crate::axis::Reduction;
use crate::glu::Unit;
use crate::kernels::uniforms::Uniforms;
use crate::{Activation, AxisFunction, Dtype, Error, Expression, Gpu};

/// The key of a kernel whose tensors are contiguous and f32.
fn key(function: Function, op: Op, mapping: Mapping, has_defaults: bool) -> KernelKey {
    let slot = |&(name, access): &_| Slot::new(name, F32, Layout::Contiguous, access);
    let mut operands: Vec<_> = op.tensors().iter().map(slot).collect();
    if mapping == Mapping::Elements {
        operands.retain(|slot| slot.name != "grad_gate");
    }
    KernelKey {
        function,
        op,
        mapping,
        has_defaults,
        driver: Driver::default(),
        operands,
    }
}

/// The same kernel with learned parameters.
fn with_learned(mut key: KernelKey) -> KernelKey {
    let learned = key
        .function
        .parameters()
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let slot = |name| Slot::new(name, F32, Layout::Repeated, Access::Read);
    key.operands
        .extend(learned.map(|parameter| slot(parameter.name)));
    KernelKey {
        has_defaults: false,
        ..key
    }
}

const MAPPINGS: [Mapping; 2] = [Mapping::Vectors, Mapping::Elements];

const ELEMENTWISE: [Op; 5] = [
    Op::Forward,
    Op::Backward,
    Op::DoubleBackward,
    Op::ForwardTraining,
    Op::BackwardTraining,
];
const GLU: [Op; 4] = [Op::Glu, Op::GluBackward, Op::GluSplit, Op::GluSplitBackward];

/// The keys of all elementwise kernels, for every activation and for every way in which tensors are
/// stored.
fn elementwise_keys() -> Vec<KernelKey> {
    let mut keys = Vec::new();
    for &activation in Activation::ALL {
        let (function, parameters) = (
            Function::Activation(activation.index()),
            activation.info().parameters,
        );
        for op in ELEMENTWISE {
            for mapping in MAPPINGS {
                keys.push(key(function.clone(), op, mapping, true));
                if !parameters.is_empty() {
                    keys.push(key(function.clone(), op, mapping, false));
                    keys.push(with_learned(key(function.clone(), op, mapping, false)));
                }
            }
        }
        if activation.info().from_output.is_some() {
            for mapping in MAPPINGS {
                for has_defaults in [true, parameters.is_empty()] {
                    let op = Op::BackwardFromOutput;
                    keys.push(key(function.clone(), op, mapping, has_defaults));
                }
            }
        }
        for op in GLU {
            keys.extend(MAPPINGS.map(|mapping| key(function.clone(), op, mapping, true)));
        }
    }
    for op in GLU {
        for has_defaults in [true, false] {
            for unit in Unit::ALL {
                let key = |mapping| key(Function::Unit(unit), op, mapping, has_defaults);
                keys.extend(MAPPINGS.map(key));
            }
        }
    }

    // The way in which tensors are stored does not depend on the activation.
    let prelu = Function::Activation(Activation::Prelu { weight: 0.25 }.index());
    for op in ELEMENTWISE.into_iter().chain(GLU) {
        for (input, output) in [(F16, F16), (Bf16, Bf16), (F16, F32), (F32, Bf16)] {
            for mapping in MAPPINGS {
                let key = key(prelu.clone(), op, mapping, true);
                let key = if GLU.contains(&op) {
                    key
                } else {
                    with_learned(key)
                };
                let stored = |layout: Layout| {
                    let mut key = key.clone();
                    for slot in &mut key.operands {
                        slot.dtype = match slot.access {
                            Access::Read => input,
                            _ => output,
                        };
                        if slot.access == Access::Read && slot.layout == Layout::Contiguous {
                            slot.layout = layout;
                        }
                    }
                    key
                };
                keys.push(stored(Layout::Contiguous));
                let is_split = matches!(op, Op::GluSplit | Op::GluSplitBackward);
                if mapping != Mapping::Vectors && !is_split {
                    keys.push(stored(Layout::Strided));
                }
                if input == output && matches!(op, Op::Forward | Op::Backward) {
                    let mut in_place = stored(Layout::Contiguous);
                    let last = op.tensors().len() - 1;
                    in_place.operands[last].layout = Layout::InPlace;
                    keys.push(in_place);
                }
            }
        }
    }
    for op in [Op::Forward, Op::DoubleBackward] {
        for mapping in MAPPINGS {
            for layout in [Layout::Contiguous, Layout::Strided] {
                for dtype in [F32, F16] {
                    let mut key = with_learned(key(prelu.clone(), op, mapping, true));
                    let weight = key.operands.last_mut().expect("a weight");
                    (weight.layout, weight.dtype) = (layout, dtype);
                    keys.push(key);
                }
            }
            let mut key = with_learned(key(prelu.clone(), op, mapping, true));
            let packed = key
                .operands
                .iter_mut()
                .filter(|slot| slot.layout == Layout::Repeated || slot.name == "tangent");
            packed.for_each(|slot| slot.is_packed = true);
            keys.push(key);
            let mut key = with_learned(self::key(prelu.clone(), op, mapping, true));
            let inputs = key.operands.iter_mut();
            inputs.for_each(|slot| slot.is_writable = true);
            keys.push(key);
        }
    }
    keys
}

/// Keys of kernels of expressions: every kind of node, and every way in which operands are stored.
fn expression_keys() -> Vec<KernelKey> {
    let stored = [
        (F32, Layout::Contiguous, Lanes::Any, false),
        (F16, Layout::Contiguous, Lanes::Any, false),
        (F32, Layout::Repeated, Lanes::Any, false),
        (Bf16, Layout::Repeated, Lanes::Neighbours, false),
        (F32, Layout::Repeated, Lanes::Same, false),
        (F32, Layout::Strided, Lanes::Any, false),
        (F32, Layout::Contiguous, Lanes::Any, true),
    ];
    let sums = |width, count, apart| Mapping::Sums {
        width,
        sums: SumsKept { count, apart },
        shares_repeated: true,
        steps: 16 * u32::from(count > 1),
    };
    let mut keys = vec![KernelKey::fold(1), KernelKey::fold(4), KernelKey::copy()];
    for text in [
        "gelu(x + bias) * gate + residual",
        "dropout(silu(x), p=0.1) - dropout(-bias / 30, p=0.2) / gate",
        "max(x, bias) * min(x, 1) + abs(gate) - clamp(x, bias, 2)",
        "select(x > bias, x <= gate, x == bias) + (x != gate) * stop_gradient(x)",
        "gate(x, elu(gate, alpha=bias)) + hardtanh(x, min_val=-inf) + x ^ 3",
    ] {
        let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
        let names = expression.operands().iter().map(String::as_str);
        let gradients = expression.fuse_gradients(names).expect("gradients");
        for fused in [expression.fuse(), gradients] {
            let all: Vec<_> = (0..fused.outputs().len()).collect();
            for outputs in [&all[..1], &all] {
                let program = fused.program(outputs);
                let last = program.operands().len().saturating_sub(1);
                for (first, _) in stored.iter().enumerate() {
                    let input = |(k, &name): (usize, &&'static str)| {
                        let (dtype, layout, lanes, is_packed) = stored[(first + k) % stored.len()];
                        Slot {
                            lanes,
                            is_packed,
                            ..Slot::new(name, dtype, layout, Access::Read)
                        }
                    };
                    // The last operand is a number of the host's.
                    let inputs = INPUTS.iter().take(last).enumerate().map(input);
                    let dtype = stored[first].0;
                    let output = |&name| Slot::new(name, dtype, Layout::Contiguous, Access::Write);
                    let outputs_of = OUTPUTS.iter().take(outputs.len()).map(output);
                    let operands: Vec<_> = outputs_of.chain(inputs).collect();
                    let key = |mapping| KernelKey {
                        function: Function::Expression(program.clone()),
                        op: Op::Evaluate,
                        mapping,
                        has_defaults: program.has_defaults(),
                        driver: Driver::default(),
                        operands: operands.clone(),
                    };
                    keys.push(key(Mapping::Vectors));
                    keys.push(key(sums(4, 0, 0)));
                    if outputs.len() == 1 {
                        keys.push(key(Mapping::Elements));
                    }
                    let count = outputs.len() as u8;
                    let of_sums = [sums(4, count, 1), sums(1, count, 0)];
                    // Sums are f32.
                    let sums = of_sums.map(|mapping| {
                        let mut key = key(mapping);
                        let written = key.operands.iter_mut().take(outputs.len());
                        written.for_each(|slot| slot.dtype = F32);
                        key
                    });
                    keys.extend(sums);
                    if outputs.len() > 1 {
                        let mut beside = key(sums_beside());
                        beside.operands[outputs.len() - 1].dtype = F32;
                        keys.push(beside);
                    }
                }
            }
        }
    }
    keys
}

/// One result is summed, and the others are stored.
fn sums_beside() -> Mapping {
    Mapping::Sums {
        width: 4,
        sums: SumsKept { count: 1, apart: 0 },
        shares_repeated: false,
        steps: 0,
    }
}

/// The keys of all kernels of functions along an axis.
fn axis_keys() -> Vec<KernelKey> {
    let mut keys = Vec::new();
    for &function in AxisFunction::ALL {
        let double_backward = [
            Op::DoubleBackwardTangent,
            Op::DoubleBackward,
            Op::DoubleBackwardGradOutput,
        ];
        let has_it = function.info().double_backward.is_some();
        let double_backward = double_backward.into_iter().filter(|_| has_it);
        for op in [Op::Forward, Op::Backward]
            .into_iter()
            .chain(double_backward)
        {
            for &stage in stages(function, op) {
                for mask in masks(function, op) {
                    for mapping in mappings_of(function, op, stage) {
                        let dtypes = row_dtypes(op, stage);
                        keys.extend(
                            dtypes
                                .map(|dtypes| axis_key(function, op, stage, mask, mapping, dtypes)),
                        );
                    }
                }
            }
        }
    }
    keys
}

/// The keys of kernels with what attention needs: everything at once, and noise with a sink.
fn attention_keys() -> Vec<KernelKey> {
    let with = |is_capped, has_noise, drops| AxisOptions {
        is_capped,
        is_causal: true,
        has_noise,
        drops,
    };
    let mut keys = Vec::new();
    for function in [
        AxisFunction::SOFTMAX,
        AxisFunction::LOG_SOFTMAX,
        AxisFunction::Hardmax,
    ] {
        let is_hardmax = function == AxisFunction::Hardmax;
        let ops = [Op::Forward, Op::Backward];
        for op in ops.into_iter().take(if is_hardmax { 1 } else { 2 }) {
            for &stage in stages(function, op) {
                let mask = masks(function, op).last().flatten();
                for &mapping in row_mappings(stage) {
                    for dtypes in row_dtypes(op, stage) {
                        let key = axis_key(function, op, stage, mask, mapping, dtypes);
                        let options = match (is_hardmax, op) {
                            (true, _) => vec![with(true, true, false)],
                            (_, Op::Forward) => {
                                vec![with(true, false, true), with(false, true, false)]
                            }
                            _ => vec![with(true, false, true)],
                        };
                        let keys_with = options.into_iter().map(|options| {
                            let mut key = key.clone();
                            key.function = Function::Axis(function.index(), options);
                            if !stage.reads_blocks() {
                                key.operands.extend(operands_of(&key, stage, is_hardmax));
                            }
                            key
                        });
                        keys.extend(keys_with);
                    }
                }
            }
        }
    }
    keys
}

/// What a kernel has for its options, and for a sink.
fn operands_of(key: &KernelKey, stage: AxisStage, is_hardmax: bool) -> Vec<Slot> {
    use Access::{Read, Write};
    let slot = |name, layout, access| Slot::new(name, F32, layout, access);
    let output = key.operands[0];
    let writes = !stage.writes_stats();
    let mut slots = Vec::new();
    if key.op == Op::Backward {
        slots.push(slot("input", Layout::Contiguous, Read));
        slots.push(slot("sink_output", Layout::Contiguous, Read));
        slots.extend(writes.then_some(slot("grad_sink", Layout::Contiguous, Write)));
    } else if writes && !is_hardmax {
        slots.push(slot("sink", Layout::Strided, Read));
        slots.push(slot("sink_output", Layout::Contiguous, Write));
        slots.push(slot("logsumexp", Layout::Contiguous, Write));
        let dropped = Slot::new("dropped", output.dtype, Layout::Contiguous, output.access);
        slots.extend(key.axis_options().drops.then_some(dropped));
    }
    slots
}

/// The names and the layouts of the masks that a function takes, beside none.
fn masks(function: AxisFunction, op: Op) -> impl Iterator<Item = Option<(&'static str, Layout)>> {
    let is_masked = op == Op::Forward && function.info().takes_mask();
    let masks = [
        ("mask", Layout::Contiguous),
        ("mask", Layout::Repeated),
        ("boolean_mask", Layout::Strided),
    ];
    let masks = masks.into_iter().filter(move |_| is_masked);
    std::iter::once(None).chain(masks.map(Some))
}

fn axis_key(
    function: AxisFunction,
    op: Op,
    stage: AxisStage,
    mask: Option<(&'static str, Layout)>,
    mapping: RowMapping,
    [x, second, output]: [Dtype; 3],
) -> KernelKey {
    use Access::{Read, Write, WriteAtomic};
    let saves_output = function.info().saved == crate::Saved::Output;
    let x_name = if op != Op::Forward && saves_output {
        "y"
    } else {
        "x"
    };
    let access = if output == F32 { Write } else { WriteAtomic };
    let output = Slot::new("output", output, Layout::Contiguous, access);
    let stats = |name, access| Slot::new(name, F32, Layout::RowStats, access);
    let mut operands = vec![if stage.writes_stats() {
        stats("stats", Write)
    } else {
        output
    }];
    if stage.reads_blocks() {
        operands.push(stats("block_stats", Read));
    } else {
        operands.push(Slot::new(x_name, x, Layout::Contiguous, Read));
        let grad_output = (op != Op::Forward).then_some(("grad_output", Layout::Contiguous));
        if let Some((name, layout)) = mask.or(grad_output) {
            operands.push(Slot::new(name, second, layout, Read));
        }
        if stage.writes_stats() && op == Op::DoubleBackward {
            operands.push(output);
        }
        operands.extend((stage == AxisStage::Apply).then_some(stats("stats", Read)));
        let is_search = stage == AxisStage::InSpans;
        operands.extend(is_search.then_some(stats(SEARCHED_ROWS, Write)));
    }
    let function = Function::Axis(function.index(), AxisOptions::default());
    KernelKey {
        function,
        op,
        mapping: Mapping::Rows(stage, mapping),
        has_defaults: false,
        driver: Driver::default(),
        operands,
    }
}

/// The keys of the kernels of cross-entropy: with everything that it may read and with nothing, in
/// place and not.
fn cross_entropy_keys() -> Vec<KernelKey> {
    use Access::{Read, Write, WriteAtomic};
    use AxisStage::{Apply, BlockStats, Elementwise, Reduce, ReduceBlocks, RowStats, Whole};
    let stages = [
        (
            Op::Forward,
            &[Elementwise, Reduce, BlockStats, ReduceBlocks][..],
        ),
        (Op::Backward, &[Whole, BlockStats, RowStats, Apply]),
    ];
    let mut keys = Vec::new();
    for (op, stage) in stages
        .iter()
        .flat_map(|(op, stages)| stages.iter().map(move |stage| (*op, *stage)))
    {
        let cases = [(false, F32), (true, F32), (true, F16), (false, Bf16)];
        for ((has_all, dtype), &mapping) in cases.into_iter().flat_map(|case| {
            row_mappings(stage)
                .iter()
                .map(move |mapping| (case, mapping))
        }) {
            let stats = |name, access| Slot::new(name, F32, Layout::RowStats, access);
            let access = |dtype| if dtype == F32 { Write } else { WriteAtomic };
            let writes_gradient = matches!(stage, Whole | Apply);
            let mut operands = vec![match stage {
                _ if stage.writes_stats() => stats("stats", Write),
                _ if writes_gradient => {
                    Slot::new("output", dtype, Layout::Contiguous, access(dtype))
                }
                _ => Slot::new("output", F32, Layout::Contiguous, Write),
            }];
            operands
                .extend(writes_gradient.then(|| Slot::new("loss", F32, Layout::Contiguous, Write)));
            operands.extend((stage == Apply).then(|| stats("stats", Read)));
            if stage != RowStats {
                operands.push(Slot::new("targets", F32, Layout::Words, Read));
            }
            if stage.reads_blocks() {
                operands.push(stats("block_stats", Read));
            } else if writes_gradient && has_all {
                operands.push(Slot::new("x", dtype, Layout::InPlace, access(dtype)));
            } else if stage != Elementwise {
                operands.push(Slot::new("x", dtype, Layout::Contiguous, Read));
            }
            if has_all && stage != RowStats {
                operands.push(Slot::new("weight", dtype, Layout::Repeated, Read));
                operands.push(Slot::new("total", F32, Layout::Repeated, Read));
            }
            if has_all && writes_gradient {
                operands.push(Slot::new("grad_output", F32, Layout::Contiguous, Read));
            }
            let options = AxisOptions {
                is_capped: has_all,
                ..AxisOptions::default()
            };
            keys.push(KernelKey {
                function: Function::CrossEntropy(options),
                op,
                mapping: Mapping::Rows(stage, mapping),
                has_defaults: false,
                driver: Driver::default(),
                operands,
            });
        }
    }
    keys
}

/// The types that tensors may have, each in each place.
fn row_dtypes(op: Op, stage: AxisStage) -> impl Iterator<Item = [Dtype; 3]> {
    let all = [
        [F32, F32, F32],
        [F16, Bf16, F16],
        [Bf16, F32, Bf16],
        [Bf16, F16, F32],
    ];
    all.into_iter().filter(move |&[_, _, output]| {
        let is_16_bit = output != F32;
        let has_16_bit = op != Op::DoubleBackward && !stage.writes_stats();
        has_16_bit || !is_16_bit
    })
}

fn stages(function: AxisFunction, op: Op) -> &'static [AxisStage] {
    use AxisStage::{
        Apply, BlockStats, Elementwise, InSpans, Reduce, ReduceBlocks, RowStats, Whole,
    };
    match (function, op) {
        (AxisFunction::Crelu, _) => &[Elementwise],
        (AxisFunction::Logsumexp | AxisFunction::Maxout { .. }, Op::Forward) => {
            &[Reduce, BlockStats, ReduceBlocks]
        }
        (AxisFunction::Sparsemax | AxisFunction::Entmax15, Op::Forward) => &[Whole, InSpans],
        _ => &[Whole, BlockStats, RowStats, Apply],
    }
}

/// Who reduces the rows of a function.
fn mappings_of(
    function: AxisFunction,
    op: Op,
    stage: AxisStage,
) -> impl Iterator<Item = RowMapping> {
    // A workgroup takes long rows that cannot be cut into blocks.
    let has_threshold = axis_kernel(function.info(), op).reduction == Reduction::Threshold;
    let long = has_threshold.then_some(RowMapping::Workgroup);
    row_mappings(stage).iter().copied().chain(long)
}

fn row_mappings(stage: AxisStage) -> &'static [RowMapping] {
    use RowMapping::{Registers, Workgroup};
    const fn held(lanes: HeldLanes, count: u8, is_even: bool) -> RowMapping {
        RowMapping::Held(Held {
            lanes,
            count,
            is_even,
        })
    }
    const NONE: RowMapping = held(HeldLanes::One, 0, true);
    const ONE: RowMapping = held(HeldLanes::One, 1, true);
    const SEVEN: RowMapping = held(HeldLanes::One, 7, false);
    const ROW: RowMapping = held(HeldLanes::Row, 3, true);
    const COLUMNS: RowMapping = held(HeldLanes::Columns, 5, true);
    const UNEVEN: RowMapping = held(HeldLanes::Columns, 8, false);
    const FULL: RowMapping = Registers {
        threads: 64,
        fit: RowFit::Full,
    };
    const ALIGNED: RowMapping = Registers {
        threads: 16,
        fit: RowFit::Aligned,
    };
    const UNALIGNED: RowMapping = Registers {
        threads: 256,
        fit: RowFit::Unaligned,
    };
    match stage {
        AxisStage::Elementwise => &[ONE],
        AxisStage::InSpans => &[],
        AxisStage::RowStats | AxisStage::ReduceBlocks => &[ONE, SEVEN, Workgroup],
        AxisStage::Reduce | AxisStage::BlockStats | AxisStage::Whole | AxisStage::Apply => &[
            NONE, ONE, SEVEN, ROW, COLUMNS, UNEVEN, FULL, ALIGNED, UNALIGNED,
        ],
    }
}

fn text(key: &KernelKey) -> String {
    key.text()
        .unwrap_or_else(|error| panic!("{}: {error}", key.label()))
}

/// Kernels that convert f16 by the device's own instructions, and the check of these.
fn native_f16_keys() -> Vec<KernelKey> {
    let silu = Function::Activation(Activation::Silu.index());
    let mut keys = vec![key(silu.clone(), Op::CheckF16, Mapping::Elements, true)];
    for mapping in MAPPINGS {
        let mut key = key(silu.clone(), Op::Backward, mapping, true);
        key.operands.iter_mut().for_each(|slot| slot.dtype = F16);
        key.driver.native_f16 = NativeF16::of_check(1.0);
        keys.push(key);
    }
    keys
}

/// Some of these kernels, and all that add partial sums, with gradients that are added to what
/// there is.
fn accumulating(keys: &[KernelKey]) -> Vec<KernelKey> {
    let is_in_place = |slot: &Slot| slot.layout == Layout::InPlace;
    let writes_gradients = |key: &&KernelKey| {
        (key.op.is_gradient() || key.op == Op::Evaluate) && !key.operands.iter().any(is_in_place)
    };
    let some = keys.iter().filter(writes_gradients).step_by(7).cloned();
    let mut keys: Vec<_> = some.chain([1, 4].map(KernelKey::fold)).collect();
    for slot in keys.iter_mut().flat_map(|key| &mut key.operands) {
        let is_gradient = slot.name.starts_with("output") || slot.name.starts_with("grad_");
        slot.accumulates = is_gradient && slot.access != Access::Read;
    }
    keys
}

/// Some of these kernels, which compute one lane after the other.
fn one_by_one(keys: &[KernelKey]) -> Vec<KernelKey> {
    let depends = |key: &&KernelKey| {
        matches!(
            key.mapping,
            Mapping::Vectors | Mapping::Sums { .. } | Mapping::Rows(_, RowMapping::Held(_))
        )
    };
    let mut keys: Vec<_> = keys.iter().filter(depends).step_by(19).cloned().collect();
    for key in &mut keys {
        key.driver.lane_order = LaneOrder::OneByOne;
    }
    keys
}

/// Every kernel's text, and the text that is handed out, with a name for each.
fn modules() -> Vec<(String, String)> {
    let mut keys = [
        elementwise_keys(),
        expression_keys(),
        axis_keys(),
        attention_keys(),
        cross_entropy_keys(),
        native_f16_keys(),
    ]
    .concat();
    keys.extend(accumulating(&keys));
    keys.extend(one_by_one(&keys));
    let keys = keys.into_iter().enumerate();
    let name = |(k, key): (usize, &KernelKey)| {
        format!(
            "{} {} {k}",
            key.label().replace("wgpu-activations ", ""),
            key.entry_point()
        )
    };
    let mut modules: Vec<_> = keys.map(|(k, key)| (name((k, &key)), text(&key))).collect();
    for activation in Activation::ALL {
        let text = activation.wgsl("my_").expect("a prefix")
            + include_str!("../../../docs/fusing/dense.wgsl");
        modules.push((format!("{} handed out", activation.info().name), text));
    }
    modules
}

/// The key of the f32 kernel that has an activation's values as constants or in its uniforms.
fn of_activation(activation: Activation, op: Op, mapping: Mapping) -> KernelKey {
    let function = Function::Activation(activation.index());
    let has_defaults = function.has_defaults(activation.values());
    key(function, op, mapping, has_defaults)
}

fn validated(name: &str, text: &str) -> (naga::Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    let info = Validator::new(
        ValidationFlags::all(),
        Capabilities::SHADER_FLOAT16_IN_FLOAT32,
    )
    .validate(&module);
    let info = info.unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(text)));
    (module, info)
}

/// The GLSL of wgpu's GL backend, in browsers and on desktops.
const GLSL_VERSIONS: [glsl::Version; 2] =
    [glsl::Version::new_gles(310), glsl::Version::Desktop(430)];

/// For `make validate`: SPIR-V and GLSL are also written to the folder that `COMPILED_OUT` names.
#[test]
fn every_module_compiles_for_every_backend() {
    let folder = std::env::var_os("COMPILED_OUT").map(PathBuf::from);
    let write = |name: &str, bytes: &[u8]| {
        folder
            .iter()
            .for_each(|folder| fs::write(folder.join(name), bytes).expect("a folder to write to"));
    };
    // As wgpu has it for a Vulkan 1.1 without robust buffers.
    let policies = BoundsCheckPolicies {
        index: BoundsCheckPolicy::Restrict,
        buffer: BoundsCheckPolicy::Restrict,
        ..Default::default()
    };
    let vulkan = spv::Options {
        lang_version: (1, 3),
        bounds_check_policies: policies,
        zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::Polyfill,
        ..Default::default()
    };
    for (name, text) in modules() {
        let (module, info) = validated(&name, &text);
        assert!(!module.entry_points.is_empty(), "{name}");

        let options = msl::Options {
            fake_missing_bindings: true,
            ..Default::default()
        };
        let text = msl::write_string(&module, &info, &options, &msl::PipelineOptions::default());
        assert!(
            text.unwrap_or_else(|error| panic!("{name} to MSL: {error}"))
                .0
                .contains("kernel void")
        );

        let mut text = String::new();
        let options = hlsl::Options {
            fake_missing_bindings: true,
            ..Default::default()
        };
        let pipeline = hlsl::PipelineOptions::default();
        let written = hlsl::Writer::new(&mut text, &options, &pipeline).write(&module, &info, None);
        assert!(
            written
                .unwrap_or_else(|error| panic!("{name} to HLSL: {error}"))
                .entry_point_names
                .iter()
                .all(Result::is_ok)
        );

        for entry_point in &module.entry_points {
            let (shader_stage, entry_point) =
                (naga::ShaderStage::Compute, entry_point.name.clone());
            let file = format!("{name} {entry_point}");
            let pipeline = spv::PipelineOptions {
                shader_stage,
                entry_point: entry_point.clone(),
            };
            let words = spv::write_vec(&module, &info, &vulkan, Some(&pipeline));
            let words = words.unwrap_or_else(|error| panic!("{name} to SPIR-V: {error}"));
            write(&format!("{file}.spv"), bytemuck::cast_slice(&words));

            let pipeline = glsl::PipelineOptions {
                shader_stage,
                entry_point,
                multiview: None,
            };
            for version in GLSL_VERSIONS {
                let mut text = String::new();
                let options = glsl::Options {
                    version,
                    ..Default::default()
                };
                let writer = glsl::Writer::new(
                    &mut text,
                    &module,
                    &info,
                    &options,
                    &pipeline,
                    BoundsCheckPolicies::default(),
                );
                writer
                    .and_then(|mut writer| writer.write())
                    .unwrap_or_else(|error| panic!("{name} to GLSL: {error}"));
                assert!(text.contains("void main()"));
                let version = if version.is_es() { "es" } else { "desktop" };
                write(&format!("{file}.{version}.comp"), text.as_bytes());
            }
        }
    }
}

/// A shader file has the functions that the list promises, with the arguments that its parameters
/// ask for, and the functions of `MATH` are all they need: the two are a module.
#[test]
fn shader_files_have_their_functions() {
    for activation in Activation::ALL {
        let info = activation.info();
        let (module, _) = validated(
            info.name,
            &[parameters_are_constant(true), MATH, info.shader].concat(),
        );
        let mut wanted = vec![info.name.to_owned(), format!("{}_derivative", info.name)];
        wanted.extend(
            info.is_smooth()
                .then(|| format!("{}_second_derivative", info.name)),
        );
        let learnable = info
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable());
        wanted.extend(
            learnable.map(|parameter| format!("{}_derivative_{}", info.name, parameter.name)),
        );
        for wanted in wanted {
            let function = module
                .functions
                .iter()
                .find(|(_, function)| function.name.as_ref() == Some(&wanted));
            let (_, function) = function.unwrap_or_else(|| {
                panic!("shaders/activations/{}.wgsl has no {wanted}", info.name)
            });
            let arguments: Vec<_> = function
                .arguments
                .iter()
                .map(|argument| argument.name.as_deref().unwrap_or(""))
                .collect();
            let parameters = info.parameters.iter().map(|parameter| parameter.name);
            assert_eq!(
                arguments,
                ["x"].into_iter().chain(parameters).collect::<Vec<_>>(),
                "{wanted}"
            );
        }
    }
}

/// For `make tint`: writes every module, and the true values of some kernels, to the folder that
/// `WGSL_OUT` names.
#[test]
fn modules_are_written_out() {
    let Some(folder) = std::env::var_os("WGSL_OUT").map(PathBuf::from) else {
        return;
    };
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).expect("a folder to write to")
    };
    for (name, text) in modules() {
        write(&format!("{name}.wgsl"), text.as_bytes());
    }

    // The zeros come first: a subnormal x may be taken for one. Then come bits of every kind.
    let bits = (0..=u32::MAX).step_by(65_521).map(f32::from_bits);
    let x: Vec<f32> = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY]
        .into_iter()
        .chain(bits)
        .collect();
    write("x.f32", bytemuck::cast_slice(&x));
    let mut kernels = Vec::new();
    for &activation in Activation::ALL {
        let error_scale = |x| activation.error_scale(x);
        let forward: Vec<_> = x
            .iter()
            .map(|&x| [activation.forward(x.into()), error_scale(x.into()).forward])
            .collect();
        let backward: Vec<_> = x
            .iter()
            .map(|&x| {
                [
                    activation.backward(x.into(), 1.0),
                    error_scale(x.into()).derivative,
                ]
            })
            .collect();
        for (op, wanted) in [(Op::Forward, forward), (Op::Backward, backward)] {
            let name = short_label(activation, op);
            for mapping in [Mapping::Vectors, Mapping::Elements] {
                let key = of_activation(activation, op, mapping);
                write(
                    &format!("{name} {}.wgsl", key.entry_point()),
                    text(&key).as_bytes(),
                );
            }
            write(&format!("{name}.f64"), bytemuck::cast_slice(&wanted));
            kernels.push(format!("{name:?}: {:?}", activation.values()));
        }
    }
    let words = size_of::<Uniforms>() / 4;
    let parameters = offset_of!(Uniforms, parameters) / 4;
    let kernels = kernels.join(",\n");
    write(
        "kernels.json",
        format!(
            "{{\"workgroup\": {WORKGROUP}, \"words\": {words}, \"parameters\": {parameters}, \"kernels\": \
             {{\n{kernels}\n}}}}\n"
        )
        .as_bytes(),
    );
}

fn short_label(activation: Activation, op: Op) -> String {
    of_activation(activation, op, Mapping::Vectors)
        .label()
        .replace("wgpu-activations ", "")
}

#[test]
fn defaults_are_compared_by_their_bits() {
    let threshold = |value| {
        of_activation(
            Activation::Threshold {
                threshold: 0.0,
                value,
            },
            Op::Forward,
            Mapping::Elements,
        )
    };
    assert!(threshold(0.0).has_defaults);
    assert!(!threshold(-0.0).has_defaults);
}

/// For `make tint`: the results of the same kernels through naga, on the same driver, for the same
/// x.
#[test]
fn results_are_written_out() -> Result<(), Error> {
    let Some(folder) = std::env::var_os("RESULTS_OUT").map(PathBuf::from) else {
        return Ok(());
    };
    let x: Vec<f32> = bytemuck::pod_collect_to_vec(
        &fs::read(folder.join("x.f32")).expect("`modules_are_written_out`"),
    );
    let gpu = Gpu::new_blocking()?;
    // A slice that begins at the second element of a tensor is not aligned: its kernel goes by
    // elements.
    for (entry_point, skipped) in [("vectors", 0), ("elements", 1)] {
        let tensor = |values: &[f32]| {
            let values: Vec<_> = vec![0.0; skipped]
                .into_iter()
                .chain(values.iter().copied())
                .collect();
            gpu.upload(&values, [values.len()])
        };
        let (x_tensor, ones, output) = (tensor(&x)?, tensor(&vec![1.0; x.len()])?, tensor(&x)?);
        let range = skipped as u64..(skipped + x.len()) as u64;
        let [x_slice, ones, to] = [&x_tensor, &ones, &output]
            .map(|tensor| tensor.slice().map(|slice| slice.part(&range)));
        let (x_slice, ones, to) = (x_slice?, ones?, to?);
        for &activation in Activation::ALL {
            let forward = gpu.kernels().forward(activation, x_slice, to)?;
            let backward = gpu.kernels().backward(activation, x_slice, ones, to)?;
            for (op, operation) in [(Op::Forward, forward), (Op::Backward, backward)] {
                gpu.submit()?;
                let mut encoder = gpu
                    .device()
                    .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                operation.encode(&mut encoder);
                gpu.queue().submit([encoder.finish()]);
                let [values] = gpu.read_blocking([&output])?;
                let name = short_label(activation, op);
                let file = folder.join(format!("{name} {entry_point}.naga"));
                fs::write(file, bytemuck::cast_slice(&values[skipped..])).expect("a folder");
            }
        }
    }
    Ok(())
}
