//! Requests of functions along an axis, and the checks that need no wgpu.

use std::ops::Range;

use super::Slice;
use super::causal::SeenKeys;
use super::dimensions::Dimensions;
use super::learned::Part;
use super::rate::rate;
use super::request::{
    Operand, Repeatable, check_overlaps, check_slices, check_training, unify_shapes,
};
use super::strided::{Repeat, StridedLayout};
use super::uniforms::{Divisor, Uniforms};
use crate::axis::Reduction;
use crate::wgsl::operand::Layout;
use crate::wgsl::{AxisOptions, Function, LOSS_WORDS, Op, axis_kernel};
use crate::{AxisFunction, AxisShape, CrossEntropy, Dtype, Error, TrainingMode};

/// A function along an axis, an op, and the operands.
#[derive(Clone, Debug)]
pub(super) struct AxisRequest<'a> {
    pub(super) function: AxisFunction,
    pub(super) op: Op,
    pub(super) shape: AxisShape,
    /// x, or the output of the forward pass.
    pub(super) x: Operand<'a>,
    pub(super) output: Operand<'a>,
    /// What else has the elements of x, and is read and written as x and the output are.
    pub(super) elements: Vec<Operand<'a>>,
    /// What is broadcast to x: masks and sinks.
    pub(super) broadcast: Vec<Operand<'a>>,
    /// What has an element for each row.
    pub(super) rows: Vec<Operand<'a>>,
    /// The index of the first element of x in the tensor that what is broadcast is laid out for.
    pub(super) first: u64,
    /// The pattern in which operands are repeated.
    pub(super) repeat: Repeat,
    pub(super) empty_is_zero: bool,
    pub(super) causal: Option<SeenKeys>,
    /// The number that caps logits.
    pub(super) softcap: Option<f32>,
    pub(super) has_noise: bool,
    /// The random numbers of noise and of dropout.
    pub(super) training: Option<TrainingMode>,
    /// The loss that takes the place of the function, and the number of classes.
    pub(super) loss: Option<(CrossEntropy, u64)>,
}

impl<'a> AxisRequest<'a> {
    /// A request of a function that needs nothing but x.
    pub(super) fn new(
        function: AxisFunction,
        op: Op,
        shape: AxisShape,
        x: Operand<'a>,
        output: Operand<'a>,
    ) -> Self {
        Self {
            function,
            op,
            shape,
            x,
            output,
            elements: Vec::new(),
            broadcast: Vec::new(),
            rows: Vec::new(),
            first: 0,
            repeat: Repeat::default(),
            empty_is_zero: false,
            causal: None,
            softcap: None,
            has_noise: false,
            training: None,
            loss: None,
        }
    }

    /// Checks the request, and returns the rows that kernels see: for maxout they are its groups.
    pub(super) fn check(&self) -> Result<AxisShape, Error> {
        self.function.checked()?;
        let of_output = match self.loss {
            Some(_) => AxisShape {
                length: 1,
                ..self.shape
            },
            None => self.shape.of_output(self.function)?,
        };
        // More elements than any buffer has are refused by their number.
        let [of_x, of_output] =
            [self.shape, of_output].map(|shape| shape.elements().unwrap_or(u64::MAX));
        let is_forward = self.op == Op::Forward;
        let check = |operand: &Operand<'_>, expected, reads_views| {
            check_slices(&[*operand], reads_views)?;
            Error::check_length(operand.argument, operand.slice.elements(), expected)
        };
        check(&self.x, of_x, true)?;
        check(
            &self.output,
            if is_forward { of_output } else { of_x },
            false,
        )?;
        for operand in &self.elements {
            let expected = match operand.name {
                "grad_output" => of_output,
                _ => of_x,
            };
            // A kernel goes through all views in one order: that of the elements of x.
            check(operand, expected, expected == of_x)?;
        }
        let AxisShape {
            outer,
            length,
            inner,
        } = self.shape;
        for operand in &self.rows {
            let expected = match operand.name {
                "grad_output" => of_output,
                _ => outer.saturating_mul(inner),
            };
            check(operand, expected, false)?;
            // Results of rows are f32, whatever their elements are.
            if operand.name != "grad_output" && operand.slice.dtype != Dtype::F32 {
                let message = format!("the elements are {}, but must be f32", operand.slice.dtype);
                return Err(Error::argument(operand.argument.to_owned(), message));
            }
            if length == 0 && operand.is_output() {
                let message = "rows without elements have no such result";
                return Err(Error::argument(operand.argument.to_owned(), message));
            }
        }
        check_training(self.training)?;
        check_overlaps(&self.operands().copied().collect::<Vec<_>>())?;
        Ok(match self.function {
            AxisFunction::Maxout { groups } => {
                let groups = u64::from(groups);
                AxisShape::new(outer.saturating_mul(length / groups), groups, inner)
            }
            _ => self.shape,
        })
    }

    fn operands(&self) -> impl Iterator<Item = &Operand<'a>> {
        let others = self
            .elements
            .iter()
            .chain(&self.broadcast)
            .chain(&self.rows);
        [&self.output, &self.x].into_iter().chain(others)
    }

    /// The operands as the kernels of most bindings have them: outputs, statistics, inputs.
    pub(super) fn bound(&self) -> Vec<Operand<'a>> {
        let (mut outputs, inputs): (Vec<_>, Vec<_>) =
            self.operands().copied().partition(Operand::is_output);
        // The statistics are bound as the result is.
        outputs.push(self.output);
        [outputs, inputs].concat()
    }

    /// The same request once for each output besides the result.
    pub(super) fn of_one_extra(&self) -> Vec<Self> {
        let others = self.elements.iter().chain(&self.rows);
        let extras = others.filter(|operand| operand.is_output());
        let with_one = |extra: &Operand<'a>| {
            let keeps = |operand: &Operand<'a>| !operand.is_output() || operand.name == extra.name;
            let mut request = self.clone();
            request.elements.retain(keeps);
            request.rows.retain(keeps);
            request
        };
        extras.map(with_one).collect()
    }

    /// The same request, of which no view is contiguous. Refuses views that a kernel cannot go
    /// through in one order.
    pub(super) fn unified(mut self) -> Result<Self, Error> {
        // What is broadcast is laid out already.
        self.elements.insert(0, self.x);
        unify_shapes(&mut self.elements)?;
        self.x = self.elements.remove(0);
        Ok(self)
    }

    /// The same request for some slabs, with another output.
    pub(super) fn of_slabs(&self, slabs: &Range<u64>, output: Slice<'a>) -> Self {
        let slab = self.shape.length * self.shape.inner;
        let range = slabs.start * slab..slabs.end * slab;
        let elements = self.elements.iter().map(|operand| operand.part(&range));
        Self {
            shape: AxisShape {
                outer: slabs.end - slabs.start,
                ..self.shape
            },
            x: self.x.part(&range),
            elements: elements.collect(),
            output: Operand {
                slice: output,
                accumulates: false,
                ..self.output
            },
            first: self.first + range.start,
            ..self.clone()
        }
    }

    /// So many slabs or columns in ranges: so many at once, or as many as a binding takes of what
    /// is strided. Each has so many elements.
    pub(super) fn ranges(
        &self,
        count: u64,
        elements: u64,
        at_once: u64,
        most: u64,
    ) -> impl Iterator<Item = Range<u64>> {
        let layouts: Vec<_> = self
            .operands()
            .map(|operand| operand.slice.layout)
            .collect();
        let strided = layouts.iter().any(Option::is_some);
        let strided = strided.then(|| Dimensions::of(&layouts)).flatten();
        let first = self.first;
        let next = move |before: &Range<u64>| {
            let start = before.end;
            let end = count.min(start + at_once);
            let cut = |strided: &Dimensions| {
                let all = first + start * elements..first + end * elements;
                ((strided.cut(&all, most) - first) / elements).max(start + 1)
            };
            (start < count).then(|| start..strided.as_ref().map_or(end, cut))
        };
        std::iter::successors(next(&(0..0)), next)
    }

    /// True if the function gives one result for each row, and not for each element.
    pub(super) fn reduces(&self) -> bool {
        self.loss.is_some()
            || matches!(
                self.function,
                AxisFunction::Logsumexp | AxisFunction::Maxout { .. }
            )
    }

    fn reduction(&self) -> Reduction {
        axis_kernel(self.function.info(), self.op).reduction
    }

    /// True if rows cannot be cut into blocks: the threshold of a row does not follow from those of
    /// its blocks.
    pub(super) fn has_threshold(&self) -> bool {
        self.reduction() == Reduction::Threshold
    }

    /// The function of kernels.
    pub(super) fn kernel_function(&self) -> Function {
        let options = AxisOptions {
            is_capped: self.softcap.is_some(),
            is_causal: self.causal.is_some(),
            has_noise: self.has_noise,
            drops: self.training.is_some() && !self.has_noise,
        };
        match self.loss {
            Some(_) => Function::CrossEntropy(options),
            None => Function::Axis(self.function.index(), options),
        }
    }

    /// The words that the statistics of a block or of a row take.
    pub(super) fn stats(&self) -> u64 {
        match self.loss {
            Some(_) => LOSS_WORDS.len() as u64,
            None => self.reduction().stats_words().len() as u64,
        }
    }

    /// The uniforms of a dispatch from this element, and from this row, on.
    pub(super) fn uniforms(&self, element: u64, row: u64) -> Uniforms {
        let negated = matches!(self.function, AxisFunction::Softmin { .. });
        let sign = if negated { -1.0 } else { 1.0 };
        let Repeat { period, inner } = self.repeat;
        let causal = self.causal.unwrap_or_default();
        let queries = causal.queries.max(1);
        let (loss, classes) = self.loss.unwrap_or_default();
        let rest = f64::from(loss.label_smoothing) / classes.max(1) as f64;
        let of_target = 1.0 - f64::from(loss.label_smoothing) + rest;
        Uniforms {
            inner: Divisor::new(inner as u32),
            period: Divisor::new(period as u32),
            first: (element % (period * inner)) as u32,
            parameters: [
                self.softcap.unwrap_or_default(),
                rest as f32,
                of_target as f32,
                loss.z_loss,
            ],
            classes: classes as u32,
            ignore_index: loss.ignore_index,
            negate: u32::from(negated) << 31,
            empty_is_zero: self.empty_is_zero.into(),
            rate: rate(self.function.temperature(), sign),
            queries: Divisor::new(queries as u32),
            first_row: (row % queries) as u32,
            first_key: causal.first_key,
            key_end: causal.key_end,
            ..Uniforms::random(self.training.unwrap_or_default(), element)
        }
    }
}

/// Refuses what a function does not take. softmax and its relatives take all there is, and hardmax
/// what changes logits.
pub(super) fn check_takes(function: AxisFunction, argument: &'static str) -> Result<(), Error> {
    let is_of_exponentials = matches!(
        function,
        AxisFunction::Softmax { .. }
            | AxisFunction::LogSoftmax { .. }
            | AxisFunction::Softmin { .. }
    );
    let takes = match argument {
        "sink" | "sink_output" | "logsumexp" => is_of_exponentials,
        "mask" | "causal" | "softcap" | "gumbel_noise" if function == AxisFunction::Hardmax => true,
        _ => function.info().takes_mask(),
    };
    if takes {
        return Ok(());
    }
    let what = match argument {
        "causal" => "causal mask",
        "gumbel_noise" => "Gumbel noise",
        "dropped" => "dropout",
        "sink_output" => "sink",
        argument => argument,
    };
    let message = format!("{} takes no {what}", function.info().name);
    Err(Error::argument(argument, message))
}

/// The mask of a part of x, checked.
pub(super) fn mask<'a>(
    shape: AxisShape,
    values: Slice<'a>,
    part: Part,
) -> Result<Repeatable<'a>, Error> {
    values.check("mask")?;
    let mask = Operand::input("mask", values);
    let (actual, of_x) = (values.elements(), shape.elements().unwrap_or(u64::MAX));
    if values.layout.is_some() {
        Error::check_length("mask", actual, part.of)?;
        return Ok(Repeatable::laid_out(mask));
    }
    if actual == of_x {
        return Ok(Repeatable::laid_out(mask));
    }
    let slab = shape.length.saturating_mul(shape.inner);
    if actual > 0 && slab > 0 && of_x.is_multiple_of(actual) && actual.is_multiple_of(slab) {
        let (period, inner) = (actual, 1);
        return Ok(Repeatable {
            operand: mask.laid_out(Layout::Repeated),
            repeat: Repeat { period, inner },
        });
    }
    let message = format!(
        "there are {actual} elements, but there must be {of_x}, or as many as a part of its leading dimensions has"
    );
    Err(Error::argument("mask", message))
}

/// The sinks of a part of x, checked: one for all rows, one for each, or laid out as x is.
pub(super) fn sink<'a>(
    shape: AxisShape,
    values: Slice<'a>,
    part: Part,
) -> Result<Repeatable<'a>, Error> {
    values.check("sink")?;
    let sink = Operand::input("sink", values);
    let AxisShape {
        outer,
        length,
        inner,
    } = shape;
    let (actual, rows) = (values.elements(), outer.saturating_mul(inner));
    if values.layout.is_some() {
        Error::check_length("sink", actual, part.of)?;
        return Ok(Repeatable::laid_out(sink));
    }
    if actual == 1 {
        return Ok(Repeatable {
            operand: sink.laid_out(Layout::Repeated),
            repeat: Repeat::default(),
        });
    }
    if actual == rows && length == 1 {
        return Ok(Repeatable::laid_out(sink));
    }
    if actual == rows {
        let layout = StridedLayout::new(&[outer, length, inner], &[inner, 0, 1], actual)?;
        return Ok(Repeatable::laid_out(Operand {
            slice: Slice {
                layout: Some(layout),
                ..values
            },
            ..sink
        }));
    }
    let message =
        format!("there are {actual} elements, but there must be 1, or one for each of {rows} rows");
    Err(Error::argument("sink", message))
}
