//! The operands of a request, and the checks that need no wgpu.

use std::ops::Range;

use super::Slice;
use super::dimensions::Dimensions;
use super::strided::{Repeat, StridedLayout};
use crate::wgsl::Op;
use crate::wgsl::operand::{Access, Lanes, Layout, Slot};
use crate::{Error, TrainingMode};

/// A slice that a kernel reads or writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand<'a> {
    /// The caller's name of the argument.
    pub(super) argument: &'a str,
    /// The kernel's name of the operand.
    pub(super) name: &'static str,
    pub(super) slice: Slice<'a>,
    pub(super) layout: Layout,
    pub(super) access: Access,
    /// The elements of a unit in which the kernel counts its offset.
    pub(super) unit: u64,
    /// What a vector has of an operand that repeats elements.
    pub(super) lanes: Lanes,
    /// True if it is an input that lies in the same buffer as an output, and is bound as that is.
    pub(super) is_beside_output: bool,
    /// True if results are added to what the output has.
    pub(super) accumulates: bool,
}

impl<'a> Operand<'a> {
    pub(super) fn input(argument: &'static str, slice: Slice<'a>) -> Self {
        let (layout, access) = (Layout::Contiguous, Access::Read);
        Self {
            argument,
            name: argument,
            slice,
            layout,
            access,
            unit: 1,
            lanes: Lanes::Any,
            is_beside_output: false,
            accumulates: false,
        }
    }

    pub(super) fn output(argument: &'static str, slice: Slice<'a>) -> Self {
        Self {
            name: "output",
            access: Access::Write,
            ..Self::input(argument, slice)
        }
    }

    /// An output that is a gradient, which may be added to what the slice has.
    pub(super) fn gradient(argument: &'static str, slice: Slice<'a>) -> Self {
        let Slice { accumulates, .. } = slice;
        let slice = Slice {
            accumulates: false,
            ..slice
        };
        Self {
            accumulates,
            ..Self::output(argument, slice)
        }
    }

    /// The same operand under the kernel's name.
    pub(super) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    pub(super) fn laid_out(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// The operands of an op, from the caller's arguments in the order of [`Op::tensors`].
    pub(super) fn of_op(
        op: Op,
        arguments: impl IntoIterator<Item = (&'static str, Slice<'a>)>,
    ) -> Vec<Self> {
        let tensors = arguments.into_iter().zip(op.tensors());
        let operands = tensors.map(|((argument, slice), &(name, access))| {
            let operand = match access {
                Access::Read => Self::input(argument, slice),
                _ if op.is_gradient() => Self::gradient(argument, slice),
                _ => Self::output(argument, slice),
            };
            operand.named(name)
        });
        operands.collect()
    }

    /// The same operands, of which the last input is read from where the output is written.
    pub(super) fn of_op_in_place(
        op: Op,
        arguments: impl IntoIterator<Item = (&'static str, Slice<'a>)>,
    ) -> Vec<Self> {
        let mut operands = Self::of_op(op, arguments);
        if let Some(last) = operands.last_mut() {
            last.layout = Layout::InPlace;
        }
        operands
    }

    pub(super) fn is_output(&self) -> bool {
        self.access != Access::Read
    }

    /// True if the operand has an element for each of the result, or as many as a split tensor.
    pub(super) fn is_tensor(&self) -> bool {
        matches!(self.layout, Layout::Contiguous | Layout::Words)
    }

    /// The elements of a range. Views and parameters stay whole: a kernel finds their elements by
    /// itself.
    pub(super) fn part(self, range: &Range<u64>) -> Self {
        if self.slice.layout.is_some() || !self.is_tensor() {
            return self;
        }
        Self {
            slice: self.slice.part(range),
            ..self
        }
    }

    /// The same operand, read from a copy. A copy of a view has the elements of one dispatch.
    pub(super) fn copied<'b>(self, slice: Slice<'b>, unit: u64) -> Operand<'b>
    where
        'a: 'b,
    {
        let layout = match self.layout {
            Layout::Strided => Layout::Contiguous,
            layout => layout,
        };
        Operand {
            slice,
            layout,
            unit,
            ..self
        }
    }

    /// The operand as the kernel sees it.
    pub(super) fn slot(&self) -> Slot {
        let layout = if self.slice.layout.is_some() {
            Layout::Strided
        } else {
            self.layout
        };
        Slot {
            lanes: self.lanes,
            is_writable: self.is_output() || self.is_beside_output,
            accumulates: self.accumulates,
            ..Slot::new(self.name, self.slice.dtype, layout, self.access)
        }
    }

    /// The same operand for kernels that compute vectors, if `width` is 4. All inputs that repeat
    /// elements do so in this pattern. `first` is the index of the first element of x.
    pub(super) fn in_units(self, width: u64, first: u64, repeat: Repeat) -> Self {
        let is_next = self.is_tensor() && self.slice.layout.is_none();
        let unit = if is_next { width } else { 1 };
        let lies_between = self.slice.elements() > 1 && !first.is_multiple_of(4);
        if width == 1 || self.layout != Layout::Repeated || lies_between {
            return Self { unit, ..self };
        }
        let lanes = match (self.slice.elements(), repeat) {
            (1, _) => Lanes::Same,
            (_, Repeat { inner, .. }) if inner.is_multiple_of(4) => Lanes::Same,
            (_, Repeat { period, inner: 1 })
                if period.is_multiple_of(4) && self.slice.is_aligned() =>
            {
                Lanes::Neighbours
            }
            _ => Lanes::Any,
        };
        Self {
            lanes,
            unit,
            ..self
        }
    }
}

/// An input that may repeat elements: a learned parameter, or a mask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeatable<'a> {
    pub(super) operand: Operand<'a>,
    /// The pattern in which elements are repeated, if the layout is [`Layout::Repeated`].
    pub(super) repeat: Repeat,
}

impl<'a> Repeatable<'a> {
    /// An input that has the layout of its slice.
    pub(super) fn laid_out(operand: Operand<'a>) -> Self {
        let (layout, repeat) = match operand.slice.layout {
            None => (Layout::Contiguous, None),
            // Nothing is read, but a parameter may still have values, and a gradient of zeros.
            Some(layout) if layout.elements() == 0 => (Layout::Strided, None),
            Some(layout) if layout.is_contiguous() => (Layout::Contiguous, None),
            Some(layout) => match layout.repeat() {
                Some(repeat) => (Layout::Repeated, Some(repeat)),
                None => (Layout::Strided, None),
            },
        };
        let elements = repeat.map_or(operand.slice.elements(), |repeat| repeat.period);
        let slice = if layout == Layout::Strided {
            operand.slice
        } else {
            // The slice may have more elements than the view.
            Slice {
                layout: None,
                ..operand.slice.part(&(0..elements))
            }
        };
        Self {
            operand: Operand {
                slice,
                layout,
                ..operand
            },
            repeat: repeat.unwrap_or_default(),
        }
    }

    /// The same input of x with so many elements, repeated as the kernel repeats all of its inputs.
    /// If it must be repeated in another way, or if a binding takes fewer elements, it is strided.
    /// The first input whose elements differ decides.
    pub(super) fn joined(
        self,
        joint: &mut Option<Repeat>,
        elements: u64,
        most: u64,
    ) -> Operand<'a> {
        let Self { operand, repeat } = self;
        if operand.layout != Layout::Repeated || repeat.period == 1 {
            return operand;
        }
        // Kernels add an index in the turn to one in a binding, which stays below 2^31.
        let fits = repeat.turn() < 1 << 31 && repeat.period <= most;
        if fits && *joint.get_or_insert(repeat) == repeat {
            return operand;
        }
        let layout = Some(StridedLayout::repeated(repeat, elements));
        Operand {
            slice: Slice {
                layout,
                ..operand.slice
            },
            ..operand.laid_out(Layout::Strided)
        }
    }
}

/// The dimensions that the strided operands share, or `None` if there are no such.
pub(super) fn dimensions(operands: &[Operand<'_>]) -> Option<Dimensions> {
    let layouts: Vec<_> = operands
        .iter()
        .map(|operand| operand.slice.layout)
        .collect();
    Dimensions::of(&layouts)
}

/// Checks each slice by itself. Only inputs of kernels that read views may be views.
pub(super) fn check_slices(operands: &[Operand<'_>], reads_views: bool) -> Result<(), Error> {
    operands.iter().try_for_each(|operand| {
        if reads_views && operand.is_tensor() && !operand.is_output() {
            operand.slice.check(operand.argument)
        } else {
            operand.slice.check_contiguous(operand.argument)
        }
    })
}

/// Refuses a dropout that is no probability.
pub(super) fn check_training(training: Option<TrainingMode>) -> Result<(), Error> {
    match training {
        Some(TrainingMode { dropout, .. }) if !(0.0..=1.0).contains(&dropout) => {
            let message = format!("it must be from 0 to 1, got {dropout:?}");
            Err(Error::argument("dropout", message))
        }
        _ => Ok(()),
    }
}

/// Refuses outputs that overlap another operand. An operand that is read in place is the output.
pub(super) fn check_overlaps(operands: &[Operand<'_>]) -> Result<(), Error> {
    let is_bound = |operand: &Operand<'_>| operand.layout != Layout::InPlace;
    let numbered = || operands.iter().enumerate();
    for (k, output) in numbered().filter(|(_, operand)| operand.is_output()) {
        let mut others = numbered().filter(|&(other, operand)| other != k && is_bound(operand));
        if let Some((_, other)) = others.find(|(_, other)| output.slice.overlaps(other.slice)) {
            return Err(Error::Overlap {
                output: output.argument.to_owned(),
                other: other.argument.to_owned(),
            });
        }
    }
    Ok(())
}

/// Refuses views of different shapes, and makes those contiguous that are.
pub(super) fn unify_shapes(operands: &mut [Operand<'_>]) -> Result<(), Error> {
    for operand in operands.iter_mut() {
        if let Some(layout) = operand.slice.layout.filter(StridedLayout::is_contiguous) {
            // The slice may have more elements than the view.
            operand.slice = Slice {
                layout: None,
                ..operand.slice.part(&(0..layout.elements()))
            };
        }
    }
    let Some(first) = operands.iter().find_map(|operand| operand.slice.layout) else {
        return Ok(());
    };
    // Kernels count the elements of views in u32.
    if first.elements() > u64::from(u32::MAX) {
        return Err(Error::shape_overflow(&first.sizes()));
    }
    let views = operands
        .iter()
        .filter_map(|operand| Some((operand.argument, operand.slice.layout?)));
    for (argument, layout) in views {
        if layout.shape() != first.shape() {
            return Err(Error::shape(argument, &layout.sizes(), &first.sizes()));
        }
    }
    Ok(())
}
