//! Calls of `Kernels`, with arguments that are mostly right.

use wgpu_activations::{
    Activation, AxisFunction, AxisShape, Dtype, Error, GluLayout, LearnedParam, MaskedInput,
    Operation, Saved, Slice, SliceArgs, SplitLayout,
};

use super::choices::Choices;
use super::predicted::Predicted;
use super::values;
use super::world::{Buffers, Flaw, Part, SIZE, View, World};

/// A slice of a call.
struct Argument {
    name: &'static str,
    part: Part,
    /// None if it is only read; true if it is written in place.
    writes: Option<bool>,
    /// Elements that it must have.
    wanted: u128,
    only_f32: bool,
    takes_views: bool,
}

/// A call that is being put together.
struct Call<'a, 'b> {
    choices: &'a mut Choices<'b>,
    buffers: &'a Buffers,
    arguments: Vec<Argument>,
    predicted: Predicted,
    /// The type of most arguments, since each mixture takes another kernel.
    dtype: Dtype,
    /// The argument that is added next must be f32.
    only_f32: bool,
    /// The argument that is added next may be a view.
    takes_views: bool,
}

impl Call<'_, '_> {
    /// A slice of about so many elements.
    fn part(&mut self, elements: u64) -> Part {
        let choices = &mut *self.choices;
        let is_flawed = choices.once_in(24);
        let sound = Buffers::COUNT - 3;
        // Buffers take turns, so that in most calls each argument has its own.
        let buffer = if is_flawed {
            sound + choices.below(3)
        } else if choices.once_in(12) {
            choices.below(sound)
        } else {
            self.arguments.len() % sound
        };
        let usual = if self.only_f32 {
            Dtype::F32
        } else {
            self.dtype
        };
        let dtype = if choices.once_in(24) {
            choices.of(&[Dtype::F16, Dtype::Bf16])
        } else {
            usual
        };
        let is_view = choices.once_in(if self.takes_views { 8 } else { 24 });
        let columns = choices.of(&[2, 4, 3, 1]);
        let view = (is_view && elements > 0 && elements.is_multiple_of(columns)).then(|| View {
            shape: [elements / columns, columns],
            strides: choices.of(&[
                [1, elements / columns],
                [0, 1],
                [columns + 1, 1],
                [columns, 1],
                [0, 0],
            ]),
        });
        let mut size = dtype.size() * view.map_or(elements, View::reach);
        let mut offset = [0, 4, 8, 16, 2, 252, 256][choices.below(7)] & !(dtype.size() - 1);
        if choices.once_in(16) {
            (offset, size) = match choices.below(7) {
                0 => (offset + 1, size),
                1 => (offset, size + 1),
                2 => (SIZE - dtype.size(), size.max(8)),
                3 => (u64::MAX - 3, size),
                4 => (offset, u64::MAX - 3),
                5 => (offset, size + dtype.size()),
                _ => (offset, size.saturating_sub(dtype.size())),
            };
        }
        let view = view.filter(|view| view.reach() <= size / dtype.size());
        Part {
            buffer,
            offset,
            size,
            dtype,
            view,
        }
    }

    fn add(&mut self, name: &'static str, wanted: u128, writes: Option<bool>) -> Part {
        let part = self.part(wanted.min(u128::from(SIZE / 4)) as u64);
        self.arguments.push(Argument {
            name,
            part,
            writes,
            wanted,
            only_f32: self.only_f32,
            takes_views: self.takes_views,
        });
        part
    }

    fn read(&mut self, name: &'static str, wanted: u128) -> Part {
        self.add(name, wanted, None)
    }

    fn write(&mut self, name: &'static str, wanted: u128) -> Part {
        self.takes_views = false;
        self.add(name, wanted, Some(false))
    }

    /// The argument whose number of elements decides those of the others.
    fn first(&mut self, name: &'static str, writes: Option<bool>) -> (Part, u128) {
        let elements = self.choices.of(&[0, 1, 3, 4, 8, 12, 17, 24, 60, 64]);
        let part = self.add(name, elements, writes);
        let elements = u128::from(part.elements());
        self.arguments[0].wanted = elements;
        (part, elements)
    }

    /// An activation's inputs: x, and learned parameters.
    fn inputs(&mut self, activation: Activation, is_in_place: bool) -> (Inputs, u128) {
        self.takes_views = !is_in_place;
        let (x, elements) = self.first("x", is_in_place.then_some(true));
        self.takes_views = false;
        let mut learned: Vec<Given> = Vec::new();
        let names: Vec<_> = activation
            .info()
            .parameters
            .iter()
            .filter(|p| p.is_learnable())
            .map(|p| p.name)
            .collect();
        let count = if names.is_empty() && !self.choices.once_in(12) {
            0
        } else {
            self.choices.of(&[0, 0, 1, 2])
        };
        for number in 0..count {
            let (name, argument) = match (self.choices.below(8), names.first()) {
                (0, _) => (Some("slope of the roof"), "slope of the roof"),
                (1..4, Some(&first)) if number == 0 => (None, first),
                (_, None) => (None, "learned"),
                (_, Some(_)) => {
                    let name = self.choices.of(&names);
                    (Some(name), name)
                }
            };
            let (channels, inner) = self.choices.of(&[
                (1, 1),
                (1, 1),
                (3, 1),
                (4, 3),
                (2, 4),
                (0, 1),
                (3, 0),
                (4, u64::MAX / 8),
            ]);
            self.predicted
                .wrong_if(!names.contains(&argument), argument);
            self.predicted.wrong_if(
                learned.iter().any(|other| other.argument == argument),
                argument,
            );
            let values = self.read(argument, channels);
            let channels = u128::from(values.elements());
            self.arguments.last_mut().expect("one").wanted = channels;
            let turn = if channels == 1 {
                1
            } else {
                channels * u128::from(inner)
            };
            let fits = turn > 0 && turn < 1 << 31 && elements.is_multiple_of(turn);
            self.predicted.wrong_if(!fits, argument);
            learned.push(Given {
                name,
                argument,
                part: values,
                channels,
                inner,
            });
        }
        let per_channel: Vec<_> = learned
            .iter()
            .filter(|given| given.channels > 1 && given.inner > 0)
            .collect();
        if let [first, second] = per_channel[..] {
            let differ = (first.channels, first.inner) != (second.channels, second.inner);
            // Both are wrong. The error names the second in the order of the activation's
            // parameters.
            let position = |given: &Given| names.iter().position(|&name| name == given.argument);
            let named = if position(first) < position(second) {
                second
            } else {
                first
            };
            self.predicted.wrong_if(differ, named.argument);
        }
        self.takes_views = true;
        (Inputs { x, learned }, elements)
    }

    /// Adds what is wrong with slices, and whether outputs share a buffer.
    fn predict(&mut self) {
        let is_empty = self.arguments[0].part.elements() == 0;
        let views = self
            .arguments
            .iter()
            .filter_map(|argument| argument.part.view.filter(|view| !view.is_contiguous()));
        let shapes: Vec<_> = views.map(|view| view.shape).collect();
        for (number, argument) in self.arguments.iter().enumerate() {
            let &Argument {
                name,
                part,
                wanted,
                writes,
                ..
            } = argument;
            let Part {
                buffer,
                offset,
                size,
                dtype,
                view,
            } = part;
            let wrong = !offset.is_multiple_of(dtype.size())
                || !size.is_multiple_of(dtype.size())
                || (u128::from(offset) + u128::from(size)).next_multiple_of(4) > SIZE.into()
                || self.buffers.flaw(part) == Flaw::Usage
                || u128::from(part.elements()) != wanted
                || argument.only_f32 && dtype != Dtype::F32
                || view.is_some() && !argument.takes_views;
            self.predicted.wrong_if(wrong, name);
            // All views of one operation have one shape.
            let differs = view.is_some_and(|view| {
                !view.is_contiguous() && shapes.iter().any(|&shape| shape != view.shape)
            });
            self.predicted.wrong_if(differs, name);
            if matches!(self.buffers.flaw(part), Flaw::Destroyed | Flaw::OtherDevice) {
                if is_empty || size == 0 {
                    self.predicted.perhaps_wrong(name);
                } else {
                    self.predicted.wrong_if(true, name);
                }
            }
            let mut others = self
                .arguments
                .iter()
                .enumerate()
                .filter(|&(other, _)| other != number);
            self.predicted.wrong_if(
                writes.is_some() && others.any(|(_, other)| other.part.buffer == buffer),
                name,
            );
        }
    }
}

/// A learned parameter that is given.
#[derive(Debug)]
struct Given {
    name: Option<&'static str>,
    /// Its name in errors.
    argument: &'static str,
    part: Part,
    channels: u128,
    inner: u64,
}

struct Inputs {
    x: Part,
    learned: Vec<Given>,
}

impl Inputs {
    fn slices<'a>(&self, buffers: &'a Buffers) -> SliceArgs<'a> {
        let learned = |given: &Given| {
            let learned = LearnedParam::per_channel(buffers.slice(given.part), given.inner);
            given.name.map_or(learned, |name| learned.named(name))
        };
        let x = buffers.slice(self.x);
        match self.learned.iter().map(learned).collect::<Vec<_>>()[..] {
            [] => x.into(),
            [one] => (x, one).into(),
            [one, two, ..] => (x, [one, two]).into(),
        }
    }
}

/// Makes a call, checks the prediction, and runs the operation if there is one.
pub fn call(world: &World, buffers: &mut Buffers, choices: &mut Choices<'_>) -> bool {
    let kernels = world.gpu.kernels();
    let which = choices.below(15);
    let dtype = choices.of(&[Dtype::F32, Dtype::F32, Dtype::F32, Dtype::F16, Dtype::Bf16]);
    let mut call = Call {
        choices,
        dtype,
        buffers,
        arguments: Vec::new(),
        predicted: Predicted::default(),
        only_f32: false,
        takes_views: false,
    };
    let (name, got) = if which < 8 {
        elementwise(kernels, &mut call, which)
    } else if which < 12 {
        glu(kernels, &mut call, which)
    } else {
        along_axis(kernels, &mut call, which)
    };
    call.predict();
    let Call {
        arguments,
        predicted,
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
    buffers.run(world, &operation, &writes);
    true
}

type Got = (String, Result<Operation, Error>);

fn elementwise(kernels: &wgpu_activations::Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
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
            let (grad, output) = (call.read("grad_output", n), call.write("grad_input", n));
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
            let (grad, output) = (call.read("grad_output", n), call.write("grad_input", n));
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

fn glu(kernels: &wgpu_activations::Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
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
            let run = if layout == GluLayout::Interleaved {
                inner.into()
            } else {
                u128::from(axis / 2) * u128::from(inner)
            };
            call.predicted
                .wrong_if(n > 0 && (run == 0 || !n.is_multiple_of(2 * run)), "x");
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

fn along_axis(kernels: &wgpu_activations::Kernels, call: &mut Call<'_, '_>, which: usize) -> Got {
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
    let (name, result) = match which {
        12 => {
            let x = call.read("x", of_x);
            let mask = call.choices.once_in(3).then(|| {
                let wanted = call
                    .choices
                    .of(&[of_x, of_x, (length * inner).min(of_x), 3]);
                let mask = call.read("mask", wanted);
                let (actual, slab) = (u128::from(mask.elements()), length * inner);
                call.arguments.last_mut().expect("one").wanted = actual;
                let fits = of_x == 0 && actual == 0
                    || actual > 0
                        && slab > 0
                        && of_x.is_multiple_of(actual)
                        && actual.is_multiple_of(slab);
                call.predicted.wrong_if(!fits || !is_double, "mask");
                slice(mask)
            });
            let output = call.write("output", of_output);
            let inputs = mask.map_or_else(
                || MaskedInput::unmasked(slice(x)),
                |mask| MaskedInput::new(slice(x), mask),
            );
            let inputs = if call.choices.once_in(2) {
                inputs.empty_rows_as_zeros()
            } else {
                inputs
            };
            (
                "forward_axis",
                kernels.forward_axis(function, rows, inputs, slice(output)),
            )
        }
        13 => {
            let saved = call.read(
                if function.info().saved == Saved::Input {
                    "x"
                } else {
                    "y"
                },
                of_x,
            );
            let (grad, output) = (
                call.read("grad_output", of_output),
                call.write("grad_input", of_x),
            );
            (
                "backward_axis",
                kernels.backward_axis(function, rows, slice(saved), slice(grad), slice(output)),
            )
        }
        _ => {
            call.predicted.wrong_if(!is_double, "function");
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
