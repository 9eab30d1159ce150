//! A call of `Kernels` that is being put together: its arguments, and the prediction of those that
//! are wrong.

use wgpu_activations::{Activation, Dtype, LearnedParam, SliceArgs};

use super::choices::Choices;
use super::predicted::Predicted;
use super::world::{Buffers, Flaw, Part, SIZE, View};

/// A slice of a call.
pub struct Argument {
    pub name: &'static str,
    pub part: Part,
    /// None if it is only read; true if it is written in place, or added to.
    pub writes: Option<bool>,
    /// Elements that it must have.
    pub wanted: u128,
    pub only_f32: bool,
    pub takes_views: bool,
}

/// A call that is being put together.
pub struct Call<'a, 'b> {
    pub choices: &'a mut Choices<'b>,
    pub buffers: &'a Buffers,
    pub arguments: Vec<Argument>,
    pub predicted: Predicted,
    /// The type of most arguments, since each mixture takes another kernel.
    pub dtype: Dtype,
    /// The argument that is added next must be f32.
    pub only_f32: bool,
    /// The argument that is added next may be a view.
    pub takes_views: bool,
    /// The buffer in which all arguments follow each other, if they do.
    pub shared: Option<usize>,
    pub again: Option<Again>,
}

/// The difference of a call that is made again.
#[derive(Clone, Copy, PartialEq)]
pub enum Again {
    /// Arguments that share a buffer have buffers of their own, in the same places there.
    Apart,
    /// Gradients are not added.
    Alone,
}

impl<'a, 'b> Call<'a, 'b> {
    pub fn new(buffers: &'a Buffers, choices: &'a mut Choices<'b>) -> Self {
        let dtype = choices.of(&[Dtype::F32, Dtype::F32, Dtype::F32, Dtype::F16, Dtype::Bf16]);
        let sound = Buffers::COUNT - 3;
        let shared = choices.once_in(3).then(|| choices.below(sound));
        Self {
            choices,
            shared,
            again: None,
            dtype,
            buffers,
            arguments: Vec::new(),
            predicted: Predicted::default(),
            only_f32: false,
            takes_views: false,
        }
    }

    /// A slice of about so many elements.
    fn part(&mut self, elements: u64, is_gradient: bool) -> Part {
        let choices = &mut *self.choices;
        let is_flawed = choices.once_in(24);
        let sound = Buffers::COUNT - 3;
        // Buffers take turns, so that in most calls each argument has its own.
        let buffer = if is_flawed {
            sound + choices.below(3)
        } else if let Some(shared) = self.shared {
            shared
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
        if self.shared == Some(buffer) && !choices.once_in(24) {
            let before = self.arguments.iter().map(|argument| argument.part);
            let before = before.filter(|part| part.buffer == buffer);
            let end = before.map(|part| part.bytes().end).max().unwrap_or(0);
            offset = offset.saturating_add(end.min(SIZE).next_multiple_of(dtype.size()));
        }
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
            accumulates: choices.once_in(if is_gradient { 3 } else { 96 }),
        }
    }

    pub fn add(&mut self, name: &'static str, wanted: u128, writes: Option<bool>) -> Part {
        let is_gradient = writes == Some(false) && name.starts_with("grad_");
        let part = self.part(wanted.min(u128::from(SIZE / 4)) as u64, is_gradient);
        self.predicted
            .wrong_if(part.accumulates && !is_gradient, name);
        self.arguments.push(Argument {
            name,
            part,
            writes: writes.map(|is_in_place| is_in_place || part.accumulates),
            wanted,
            only_f32: self.only_f32,
            takes_views: self.takes_views,
        });
        self.bound(self.arguments.len() - 1)
    }

    /// The part that the call gets for an argument.
    pub fn bound(&self, number: usize) -> Part {
        let part = self.arguments[number].part;
        let part = Part {
            accumulates: part.accumulates && self.again != Some(Again::Alone),
            ..part
        };
        match self.shared {
            Some(shared) if self.again == Some(Again::Apart) && part.buffer == shared => Part {
                buffer: number,
                ..part
            },
            _ => part,
        }
    }

    pub fn read(&mut self, name: &'static str, wanted: u128) -> Part {
        self.add(name, wanted, None)
    }

    pub fn write(&mut self, name: &'static str, wanted: u128) -> Part {
        self.takes_views = false;
        self.add(name, wanted, Some(false))
    }

    /// The argument whose number of elements decides those of the others.
    pub fn first(&mut self, name: &'static str, writes: Option<bool>) -> (Part, u128) {
        let elements = self.choices.of(&[0, 1, 3, 4, 8, 12, 17, 24, 60, 64]);
        let part = self.add(name, elements, writes);
        let elements = u128::from(part.elements());
        self.arguments[0].wanted = elements;
        (part, elements)
    }

    /// An activation's inputs: x, and learned parameters.
    pub fn inputs(&mut self, activation: Activation, is_in_place: bool) -> (Inputs, u128) {
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
            let columns = self.choices.of(&[1, 2, 3, 4]);
            let x_shape = [elements as u64 / columns, columns];
            let shapes = [x_shape, [1, columns], [x_shape[0], 1]];
            let fits = |shape: &[u64; 2]| {
                values.view.is_none()
                    && x_shape.iter().product::<u64>() == elements as u64
                    && shape.iter().product::<u64>() == channels as u64
            };
            let broadcast = shapes.into_iter().find(fits);
            let broadcast = broadcast.filter(|_| self.choices.once_in(2));
            let turn = channels * u128::from(inner);
            let is_whole = match channels {
                1 => inner > 0,
                _ => turn > 0 && elements.is_multiple_of(turn) || elements == 0 && inner > 0,
            };
            self.predicted
                .wrong_if(broadcast.is_none() && !is_whole, argument);
            learned.push(Given {
                name,
                argument,
                part: values,
                channels,
                inner,
                broadcast: broadcast.map(|shape| (shape, x_shape)),
            });
        }
        // Parameters of different channels are taken, unless these and a view of x cut its elements
        // at different places.
        if let [first, second] = &learned[..] {
            self.predicted.perhaps_wrong(first.argument);
            self.predicted.perhaps_wrong(second.argument);
        }
        self.takes_views = true;
        (Inputs { x, learned }, elements)
    }

    /// Adds what is wrong with slices, and whether outputs overlap others.
    pub fn predict(&mut self) {
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
                offset,
                size,
                dtype,
                view,
                ..
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
            let overlaps = others.any(|(_, other)| other.part.overlaps(part));
            self.predicted.wrong_if(writes.is_some() && overlaps, name);
        }
    }
}

/// A learned parameter that is given.
#[derive(Debug)]
pub struct Given {
    pub name: Option<&'static str>,
    /// Its name in errors.
    pub argument: &'static str,
    pub part: Part,
    pub channels: u128,
    pub inner: u64,
    /// The shape of the values and that of x, if it is not given by channels.
    pub broadcast: Option<([u64; 2], [u64; 2])>,
}

pub struct Inputs {
    pub x: Part,
    pub learned: Vec<Given>,
}

impl Inputs {
    pub fn slices<'a>(&self, buffers: &'a Buffers) -> SliceArgs<'a> {
        let learned = |given: &Given| {
            let values = buffers.slice(given.part);
            let learned = match given.broadcast {
                None => LearnedParam::per_channel(values, given.inner),
                Some((shape, x_shape)) => {
                    LearnedParam::broadcast(values, &shape, &x_shape).expect("it fits")
                }
            };
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
