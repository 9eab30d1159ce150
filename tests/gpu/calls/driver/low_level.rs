//! Calls of `Kernels`, with arguments that are mostly right.

use wgpu_activations::{
    AxisFunction, AxisInput, AxisShape, Causal, CrossEntropy, Dtype, Error, GluLayout, Kernels,
    LossInput, LossReduction, Operation, Saved, Slice, SplitLayout,
};

use super::arguments::{Again, Argument, Call};
use super::choices::Choices;
use super::values;
use super::world::{Buffers, Part, World};

/// Makes a call, checks the prediction, and runs the operation if there is one. Arguments that share
/// a buffer must give the bits that they give in buffers of their own, which are `apart`. Gradients
/// that are added must give the sums with what they are alone.
pub fn call(
    world: &World,
    buffers: &mut Buffers,
    apart: &mut Buffers,
    choices: &mut Choices<'_>,
) -> bool {
    let kernels = world.gpu.kernels();
    let [mut again, mut alone] = [(); 2].map(|()| Choices(choices.0));
    let which = choices.below(17);
    let mut call = Call::new(buffers, choices);
    let (name, got) = make(kernels, &mut call, which);
    call.predict();
    let Call {
        arguments,
        predicted,
        shared,
        ..
    } = call;
    let described = || {
        let arguments = arguments
            .iter()
            .map(|argument| format!("{}: {:?}", argument.name, argument.part));
        format!("{name}({})", arguments.collect::<Vec<_>>().join(", "))
    };
    world.is_quiet();
    let Some(operation) = predicted.check(&described(), got) else {
        return false;
    };
    let writes: Vec<_> = arguments
        .iter()
        .filter_map(|argument| Some((argument.part, argument.writes?)))
        .collect();
    if let Some(shared) = shared {
        apart.fill_from(world, buffers, shared);
    }
    let adds = |argument: &&Argument| argument.part.accumulates;
    let had: Vec<_> = arguments
        .iter()
        .filter(adds)
        .map(|argument| (argument, buffers.contents(argument.part).to_vec()))
        .collect();
    buffers.run(world, &operation, &writes);
    if shared.is_some() {
        let places = repeated(world, apart, &mut again, Again::Apart, &described);
        let pairs = arguments
            .iter()
            .filter(|argument| argument.writes.is_some());
        for (argument, part) in pairs.zip(places) {
            assert!(
                buffers.contents(argument.part) == apart.contents(part),
                "{}: {} differs where arguments share a buffer",
                described(),
                argument.name
            );
        }
    }
    if !had.is_empty() {
        apart.copy_from(world, buffers);
        repeated(world, apart, &mut alone, Again::Alone, &described);
        for (Argument { name, part, .. }, had) in had {
            // Numbers of 16 bits are rounded before they are compared.
            let is_sum = part.dtype != Dtype::F32
                || are_sums(buffers.contents(*part), &had, apart.contents(*part));
            assert!(is_sum, "{}: {name} is no sum", described());
        }
    }
    true
}

/// Makes a call again and runs it. Returns the places that it writes.
fn repeated(
    world: &World,
    buffers: &mut Buffers,
    choices: &mut Choices<'_>,
    again: Again,
    described: &impl Fn() -> String,
) -> Vec<Part> {
    let which = choices.below(17);
    let mut call = Call {
        again: Some(again),
        ..Call::new(buffers, choices)
    };
    let (_, got) = make(world.gpu.kernels(), &mut call, which);
    let operation = got.unwrap_or_else(|error| panic!("{}, again: {error}", described()));
    let written = call.arguments.iter().enumerate();
    let writes: Vec<_> = written
        .filter_map(|(k, argument)| Some((call.bound(k), argument.writes?)))
        .collect();
    buffers.run(world, &operation, &writes);
    writes.into_iter().map(|(part, _)| part).collect()
}

/// True if the f32 of the first slice are the sums of the others. A device may flush subnormal
/// numbers.
fn are_sums(sums: &[u8], a: &[u8], b: &[u8]) -> bool {
    let [sums, a, b] = [sums, a, b].map(|bytes| {
        let words = bytes.as_chunks::<4>().0.iter();
        words.map(|&word| f32::from_le_bytes(word))
    });
    sums.zip(a).zip(b).all(|((sum, a), b)| {
        let wanted = a + b;
        sum.to_bits() == wanted.to_bits()
            || sum.is_nan() && wanted.is_nan()
            || (sum - wanted).abs() < f32::MIN_POSITIVE
    })
}

fn make(kernels: &Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
    match which {
        0..8 => elementwise(kernels, call, which),
        8..12 => glu(kernels, call, which),
        12..15 => along_axis(kernels, call, which),
        15 => from_output(kernels, call),
        _ => cross_entropy(kernels, call),
    }
}

type Got = (String, Result<Operation, Error>);

fn elementwise(kernels: &Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
    let activation = values::activation(call.choices, &mut call.predicted);
    let buffers = call.buffers;
    let slice = |part| -> Slice<'_> { buffers.slice(part) };
    let (inputs, n) = call.inputs(activation, which == 1);
    let learned = inputs.slices(buffers);
    let (name, result) = match which {
        0 => ("forward", {
            let y = call.write("output", n);
            kernels.forward(activation, learned, slice(y))
        }),
        1 => (
            "forward_in_place",
            kernels.forward_in_place(activation, learned),
        ),
        2 => {
            let (grad, output) = (call.read("grad_output", n), call.write("grad_x", n));
            (
                "backward",
                kernels.backward(activation, learned, slice(grad), slice(output)),
            )
        }
        3 => {
            call.takes_views = false;
            let grad = call.add("grad", n, Some(true));
            (
                "backward_in_place",
                kernels.backward_in_place(activation, learned, slice(grad)),
            )
        }
        4 => {
            let all: Vec<_> = activation
                .info()
                .parameters
                .iter()
                .map(|parameter| parameter.name)
                .collect();
            let parameter = if all.is_empty() || call.choices.once_in(12) {
                "slope"
            } else {
                call.choices.of(&all)
            };
            let is_learned = activation
                .info()
                .parameters
                .iter()
                .any(|p| p.name == parameter && p.is_learnable());
            call.predicted.wrong_if(!is_learned, parameter);
            let given = inputs
                .learned
                .iter()
                .find(|given| given.argument == parameter);
            let length = given.map_or(1, |given| given.channels);
            let grad = call.read("grad_output", n);
            call.only_f32 = true;
            let output = call.write("grad_parameter", length);
            (
                "backward_parameter",
                kernels.backward_parameter(
                    activation,
                    parameter,
                    learned,
                    slice(grad),
                    slice(output),
                ),
            )
        }
        5 => {
            let training = values::training(call.choices, &mut call.predicted);
            let y = call.write("output", n);
            (
                "forward_training",
                kernels.forward_training(activation, training, learned, slice(y)),
            )
        }
        6 => {
            let training = values::training(call.choices, &mut call.predicted);
            let (grad, output) = (call.read("grad_output", n), call.write("grad_x", n));
            (
                "backward_training",
                kernels.backward_training(
                    activation,
                    training,
                    learned,
                    slice(grad),
                    slice(output),
                ),
            )
        }
        _ => {
            let (grad, tangent) = (call.read("grad_output", n), call.read("tangent", n));
            let outputs = [call.write("grad_x", n), call.write("grad_grad_output", n)];
            let [of_x, of_grad] = outputs.map(slice);
            let (grad, tangent) = (slice(grad), slice(tangent));
            (
                "double_backward",
                kernels.double_backward(activation, learned, grad, tangent, of_x, of_grad),
            )
        }
    };
    (
        format!("{name} of {activation}, learned {:?}", inputs.learned),
        result,
    )
}

fn from_output(kernels: &Kernels, call: &mut Call<'_, '_>) -> Got {
    let activation = values::activation(call.choices, &mut call.predicted);
    let buffers = call.buffers;
    let slice = |part| -> Slice<'_> { buffers.slice(part) };
    match &activation.info().from_output {
        None => call.predicted.wrong_if(true, "activation"),
        Some(told) => {
            for (name, _) in told.ranges {
                let is_told = activation.derivative_from_output(0.0).is_some();
                call.predicted.wrong_if(!is_told, name);
            }
        }
    }
    call.takes_views = true;
    let (y, n) = call.first("y", None);
    let (name, result) = if call.choices.once_in(2) {
        call.takes_views = false;
        let grad = call.add("grad", n, Some(true));
        (
            "backward_from_output_in_place",
            kernels.backward_from_output_in_place(activation, slice(y), slice(grad)),
        )
    } else {
        let (grad, output) = (call.read("grad_output", n), call.write("grad_x", n));
        (
            "backward_from_output",
            kernels.backward_from_output(activation, slice(y), slice(grad), slice(output)),
        )
    };
    (format!("{name} of {activation}"), result)
}

fn glu(kernels: &Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
    let glu = values::glu(call.choices, &mut call.predicted);
    let buffers = call.buffers;
    let slice = |part| -> Slice<'_> { buffers.slice(part) };
    let (name, result) = match which {
        8 => {
            call.takes_views = true;
            let (value, n) = call.first("value", None);
            let (gate, output) = (call.read("gate", n), call.write("output", n));
            (
                "glu".to_owned(),
                kernels.glu(glu, slice(value), slice(gate), slice(output)),
            )
        }
        9 => {
            call.takes_views = true;
            let (value, n) = call.first("value", None);
            let (gate, grad) = (call.read("gate", n), call.read("grad_output", n));
            let outputs = (call.write("grad_value", n), call.write("grad_gate", n));
            let slices = (slice(outputs.0), slice(outputs.1));
            let result = kernels.glu_backward(
                glu,
                slice(value),
                slice(gate),
                slice(grad),
                slices.0,
                slices.1,
            );
            ("glu_backward".to_owned(), result)
        }
        _ => {
            let (x, n) = call.first("x", None);
            let axis = call.choices.of(&[2, 4, 8, 6, 24, 1, 0, u64::MAX]);
            let inner = call.choices.of(&[1, 1, 2, 4, 0, u64::MAX / 2]);
            let layout = call.choices.of(&[
                GluLayout::ValueGate,
                GluLayout::GateValue,
                GluLayout::Interleaved,
            ]);
            let half = u128::from(axis / 2) * u128::from(inner);
            call.predicted.wrong_if(!axis.is_multiple_of(2), "split");
            call.predicted
                .wrong_if(n > 0 && (half == 0 || !n.is_multiple_of(2 * half)), "x");
            let split = SplitLayout::new(axis, inner, layout);
            let (name, result) = if which == 10 {
                let output = call.write("output", n / 2);
                (
                    "glu_split",
                    kernels.glu_split(glu, split, slice(x), slice(output)),
                )
            } else {
                let (grad, output) = (
                    call.read("grad_output", n / 2),
                    call.write("grad_x", n / 2 * 2),
                );
                (
                    "glu_split_backward",
                    kernels.glu_split_backward(glu, split, slice(x), slice(grad), slice(output)),
                )
            };
            (
                format!("{name} of axis {axis}, inner {inner}, {layout:?}"),
                result,
            )
        }
    };
    (format!("{name} of {glu}"), result)
}

fn cross_entropy(kernels: &Kernels, call: &mut Call<'_, '_>) -> Got {
    let rows = AxisShape::new(
        call.choices.of(&[1, 1, 2, 3, 0]),
        call.choices.of(&[1, 2, 4, 6, 12, 40, 0]),
        call.choices.of(&[1, 1, 2, 3, 0]),
    );
    let function = CrossEntropy {
        reduction: call
            .choices
            .of(&[LossReduction::Mean, LossReduction::Sum, LossReduction::None]),
        ignore_index: 0,
        label_smoothing: call.choices.of(&[0.0, 0.0, 0.5, 1.5]),
        z_loss: call.choices.of(&[0.0, 0.0, 1.0, f32::NAN]),
        softcap: call.choices.of(&[None, None, Some(9.0), Some(-9.0)]),
    };
    let is_wrong = function.checked().is_err();
    call.predicted.wrong_if(is_wrong, "cross_entropy");
    let (count, classes) = (u128::from(rows.outer * rows.inner), u128::from(rows.length));
    let losses = match function.reduction {
        LossReduction::None => count,
        _ => 1,
    };
    let is_empty = classes == 0 || count == 0 && function.reduction != LossReduction::None;
    call.predicted.wrong_if(is_empty, "logits");
    let buffers = call.buffers;
    let slice = |part| -> Slice<'_> { buffers.slice(part) };
    let which = call.choices.below(3);
    call.takes_views = which != 2;
    let logits = call.add("logits", count * classes, (which == 2).then_some(true));
    call.takes_views = false;
    let weight = call
        .choices
        .once_in(2)
        .then(|| call.read("weight", classes));
    call.only_f32 = true;
    let targets = call.read("targets", count);
    let loss = call.write("loss", losses);
    let mut input = LossInput::new(slice(logits), slice(targets));
    if let Some(weight) = weight {
        input = input.weight(slice(weight));
    }
    let result = match which {
        0 => kernels.cross_entropy(function, rows, input, slice(loss)),
        1 => {
            call.only_f32 = false;
            let grad = call.write("grad_logits", count * classes);
            kernels.cross_entropy_with_gradient(function, rows, input, slice(loss), slice(grad))
        }
        _ => kernels.cross_entropy_in_place(function, rows, input, slice(loss)),
    };
    (format!("{function} along {rows:?}"), result)
}

fn along_axis(kernels: &Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
    let function = values::function(call.choices, &mut call.predicted);
    let rows = if call.choices.once_in(24) {
        let huge = [0, 1, 2, 1 << 40, u64::MAX];
        AxisShape::new(
            call.choices.of(&huge),
            call.choices.of(&huge),
            call.choices.of(&huge),
        )
    } else {
        let outer = call.choices.of(&[1, 1, 2, 3, 0]);
        AxisShape::new(
            outer,
            call.choices.of(&[1, 2, 4, 6, 12, 40, 0]),
            call.choices.of(&[1, 1, 2, 3, 0]),
        )
    };
    let [outer, length, inner] = [rows.outer, rows.length, rows.inner].map(u128::from);
    // `u128` holds the product of two numbers only.
    let product = |length: u128| (outer * length).saturating_mul(inner);
    let of_x = product(length);
    let of_output = match function {
        AxisFunction::Logsumexp => product(1),
        AxisFunction::Maxout { groups } => {
            let groups = u128::from(groups.max(1));
            call.predicted
                .wrong_if(!length.is_multiple_of(groups), "groups");
            product(length / groups)
        }
        AxisFunction::Crelu => of_x.saturating_mul(2),
        _ => of_x,
    };
    let buffers = call.buffers;
    let slice = |part| -> Slice<'_> { buffers.slice(part) };
    let is_double = matches!(
        function,
        AxisFunction::Softmax { .. }
            | AxisFunction::LogSoftmax { .. }
            | AxisFunction::Softmin { .. }
    );
    let has_threshold = matches!(function, AxisFunction::Sparsemax | AxisFunction::Entmax15);
    let is_masked = is_double || has_threshold;
    let takes_masks = is_masked || function == AxisFunction::Hardmax;
    let (name, result) = match which {
        12 => {
            call.takes_views = true;
            let x = call.read("x", of_x);
            call.takes_views = false;
            let mask = call.choices.once_in(3).then(|| {
                let wanted = call
                    .choices
                    .of(&[of_x, of_x, (length * inner).min(of_x), 3]);
                call.takes_views = true;
                let mask = call.read("mask", wanted);
                call.takes_views = false;
                let (actual, slab) = (u128::from(mask.elements()), length * inner);
                call.arguments.last_mut().expect("one").wanted = actual;
                let fits = of_x == 0 && actual == 0
                    || actual > 0
                        && slab > 0
                        && of_x.is_multiple_of(actual)
                        && actual.is_multiple_of(slab);
                let fits = if mask.view.is_some() {
                    actual == of_x
                } else {
                    fits
                };
                call.predicted.wrong_if(!fits || !takes_masks, "mask");
                slice(mask)
            });
            let output = call.write("output", of_output);
            let inputs = mask.map_or_else(
                || AxisInput::new(slice(x)),
                |mask| match call.choices.once_in(2) {
                    true => AxisInput::new(slice(x)).mask(mask),
                    false => AxisInput::new(slice(x)).boolean_mask(mask),
                },
            );
            let inputs = if call.choices.once_in(2) {
                inputs.empty_rows_as_zeros()
            } else {
                inputs
            };
            let inputs = if call.choices.once_in(4) {
                let row_count = product(1);
                let of_rows = u64::try_from(row_count).unwrap_or(7);
                let causal = Causal {
                    queries: call.choices.of(&[Some(1), Some(2), Some(of_rows), None]),
                    offset: call.choices.of(&[None, Some(0), Some(-2), Some(i64::MAX)]),
                    window: call.choices.of(&[None, Some(1), Some(u64::MAX), Some(0)]),
                };
                let is_divided = causal.queries.is_some_and(|queries| match queries {
                    0 => of_x == 0,
                    queries => of_x == 0 || row_count.is_multiple_of(queries.into()),
                });
                let fits = takes_masks && is_divided && causal.window != Some(0);
                call.predicted.wrong_if(!fits, "causal");
                inputs.causal(causal)
            } else {
                inputs
            };
            let inputs = if call.choices.once_in(4) {
                let cap = call.choices.of(&[1.0, 50.0, 0.0, f32::NAN]);
                call.predicted
                    .wrong_if(!takes_masks || cap.is_nan() || cap == 0.0, "softcap");
                inputs.softcap(cap)
            } else {
                inputs
            };
            (
                "forward_axis",
                kernels.forward_axis(function, rows, inputs, slice(output)),
            )
        }
        13 => {
            call.takes_views = true;
            let saved = call.read(
                if function.info().saved == Saved::Input {
                    "x"
                } else {
                    "y"
                },
                of_x,
            );
            call.takes_views = of_output == of_x;
            let (grad, output) = (
                call.read("grad_output", of_output),
                call.write("grad_x", of_x),
            );
            (
                "backward_axis",
                kernels.backward_axis(function, rows, slice(saved), slice(grad), slice(output)),
            )
        }
        _ => {
            call.predicted.wrong_if(!is_double, "function");
            call.takes_views = true;
            let inputs = ["y", "grad_output", "tangent"].map(|name| call.read(name, of_x));
            let outputs = ["grad_x", "grad_grad_output"].map(|name| call.write(name, of_x));
            let ([y, grad, tangent], [of_x, of_grad]) = (inputs.map(slice), outputs.map(slice));
            (
                "double_backward_axis",
                kernels.double_backward_axis(function, rows, y, grad, tangent, of_x, of_grad),
            )
        }
    };
    (format!("{name} of {function} along {rows:?}"), result)
}
