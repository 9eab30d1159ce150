//! The gradient with respect to a parameter: for each of its values a sum over the elements of x
//! that have it. Sums of blocks of terms come first, then sums of blocks of those sums.

use std::ops::Range;
use std::sync::Mutex;

use super::chunks::ranges;
use super::dispatch::Dispatch;
use super::elementwise_request::Request;
use super::error_scope::with_error_scope;
use super::operation::{RecordedDispatch, grid};
use super::request::Operand;
use super::slice::ELEMENT;
use super::strided::{Dimensions, Repeat, StridedLayout, too_many_dimensions};
use super::uniforms::{Divisor, Uniforms};
use super::{Kernels, Operation, Slice, lock};
use crate::Error;
use crate::wgsl::operand::Layout;
use crate::wgsl::{Mapping, Op, TERMS};

/// The dimensions of x, and the chunks into which it is cut.
struct Plan {
    dimensions: Dimensions,
    /// The dimension that is cut into steps. Those outside of it are gone through one by one.
    cut: usize,
    step: u64,
}

/// Elements of x that follow each other: some steps of the dimension that is cut.
struct Chunk {
    range: Range<u64>,
}

/// Some values of the parameter, and the chunks of x that have them.
struct Group {
    rows: Range<u64>,
    chunks: Vec<Chunk>,
}

/// The parameter takes the place of the output, which is never strided.
const PARAMETER: usize = 0;

impl Plan {
    /// Cuts the outermost dimension of which a dispatch takes an index, which is `most` elements, and
    /// of whose values a dispatch takes the partial sums.
    fn new(
        request: &Request<'_>,
        elements: u64,
        learned: Option<&Operand<'_>>,
        most: u64,
        most_sums: u64,
    ) -> Result<Self, Error> {
        let one = StridedLayout::repeated(Repeat::default(), elements);
        let of_parameter = Some(match learned {
            None => one,
            Some(learned) if learned.is_tensor() => StridedLayout::contiguous(elements),
            Some(learned) => request.layout(learned),
        });
        let mut layouts: Vec<_> = request
            .operands
            .iter()
            .map(|operand| match is_permuted(learned) {
                true => Some(request.layout(operand)),
                false => operand.slice.layout,
            })
            .collect();
        layouts[PARAMETER] = of_parameter;
        // Operands that are not permuted have dimensions of their own, if they must.
        let own = || Dimensions::of(&[of_parameter]).filter(|_| !is_permuted(learned));
        let dimensions = Dimensions::of(&layouts).or_else(own);
        let mut plan = Self {
            dimensions: dimensions.ok_or_else(too_many_dimensions)?,
            cut: 0,
            step: 1,
        };
        for cut in (0..plan.dimensions.0.len()).rev() {
            let block = plan.dimensions.block(cut);
            if block > most {
                continue;
            }
            let end = (most / block).min(plan.dimensions.0[cut].size) * block;
            (plan.cut, plan.step) = (cut, plan.dimensions.cut(&(0..end), most) / block);
            if plan.step == 0 {
                continue;
            }
            let sums = plan.rows_within() * plan.partial_sums();
            if plan.is_of_parameter(cut) {
                plan.step = plan.step.min(most_sums / sums);
            }
            if plan.step > 0 && (sums <= most_sums || plan.rows_within() == 1) {
                return Ok(plan);
            }
        }
        plan.step = plan.step.max(1);
        Ok(plan)
    }

    /// True if the parameter has this dimension. Its gradient is summed over the others.
    fn is_of_parameter(&self, position: usize) -> bool {
        self.dimensions.0[position].strides[PARAMETER] > 0
    }

    /// The elements of one index of the dimension that is cut.
    fn block(&self) -> u64 {
        self.dimensions.block(self.cut)
    }

    /// The values of the parameter in one index of the dimension that is cut.
    fn rows_within(&self) -> u64 {
        let inner = (0..self.cut).filter(|&inner| self.is_of_parameter(inner));
        inner.map(|inner| self.dimensions.0[inner].size).product()
    }

    /// The values of the parameter in a chunk.
    fn rows(&self, range: &Range<u64>) -> u64 {
        let steps = (range.end - range.start) / self.block().max(1);
        let is_cut = self.cut < self.dimensions.0.len() && self.is_of_parameter(self.cut);
        self.rows_within() * if is_cut { steps } else { 1 }
    }

    /// The terms of each value in a chunk.
    fn terms(&self, range: &Range<u64>) -> u64 {
        (range.end - range.start) / self.rows(range)
    }

    /// The partial sums of each value.
    fn partial_sums(&self) -> u64 {
        let chunks = self.groups().into_iter().next().map(|group| group.chunks);
        let blocks = chunks
            .into_iter()
            .flatten()
            .map(|chunk| blocks(self.terms(&chunk.range)));
        blocks.sum()
    }

    /// True if a chunk may be cut behind so many elements without a change of its values.
    fn can_cut(&self, elements: u64) -> bool {
        self.cut < self.dimensions.0.len()
            && !self.is_of_parameter(self.cut)
            && elements.is_multiple_of(self.block())
    }

    /// The groups of values, each with its chunks of x.
    fn groups(&self) -> Vec<Group> {
        let Dimensions(dimensions) = &self.dimensions;
        let Some(cut) = dimensions.get(self.cut) else {
            let chunks = vec![Chunk { range: 0..1 }];
            return vec![Group { rows: 0..1, chunks }];
        };
        let (block, within) = (self.block(), self.rows_within());
        // The first elements of all indices along the outer dimensions that the parameter has, or
        // along those that it has not.
        let starts = |of_parameter: bool| {
            let outer = (self.cut + 1..dimensions.len()).rev();
            let outer = outer.filter(|&outer| self.is_of_parameter(outer) == of_parameter);
            outer.fold(vec![0], |starts: Vec<u64>, outer| {
                let block = self.dimensions.block(outer);
                let indices = |start| (0..dimensions[outer].size).map(move |i| start + i * block);
                starts.into_iter().flat_map(indices).collect()
            })
        };
        let steps: Vec<_> = ranges(0..cut.size, self.step).collect();
        let others = starts(false);
        let chunks = |start: u64, steps: &[Range<u64>]| {
            let of_other = |other: &u64| {
                let start = start + other;
                let range =
                    move |step: &Range<u64>| start + step.start * block..start + step.end * block;
                steps.iter().map(move |step| Chunk { range: range(step) })
            };
            others.iter().flat_map(of_other).collect::<Vec<_>>()
        };
        let mut groups = Vec::new();
        for (number, start) in (0..).zip(starts(true)) {
            if self.is_of_parameter(self.cut) {
                groups.extend(steps.iter().map(|step| Group {
                    rows: (number * cut.size + step.start) * within
                        ..(number * cut.size + step.end) * within,
                    chunks: chunks(start, std::slice::from_ref(step)),
                }));
            } else {
                groups.push(Group {
                    rows: number * within..(number + 1) * within,
                    chunks: chunks(start, &steps),
                });
            }
        }
        groups
    }

    /// The dispatch that adds the terms of a chunk.
    fn sum<'a>(
        &self,
        part: &Request<'a>,
        to: Operand<'a>,
        range: &Range<u64>,
    ) -> Result<Sum<'a>, Error> {
        let local = range.start - part.part.first..range.end - part.part.first;
        let sum = |start, run, inputs: Vec<Operand<'a>>| Sum {
            op: part.op,
            operands: [to].into_iter().chain(inputs).collect(),
            start,
            element: local.start,
            rows: self.rows(range),
            run,
            length: self.terms(range),
            stride: 0,
        };
        let inputs = part.operands.iter().skip(1);
        if let Some(run) = self.run(range) {
            let inputs = inputs.map(|operand| operand.part(&local));
            return Ok(sum(range.start, run, inputs.collect()));
        }
        // The inputs are read with the parameter's dimensions first.
        let sizes = self.sizes(range);
        let (of_parameter, others): (Vec<_>, Vec<_>) = (0..sizes.len())
            .rev()
            .partition(|&position| self.is_of_parameter(position));
        let order = [of_parameter, others].concat();
        let (_, spans) = self.dimensions.spans(range);
        let permuted = |(k, operand): (usize, &Operand<'a>)| {
            let stride = |&position: &usize| self.dimensions.0[position].strides[k];
            let strides: Vec<_> = order.iter().map(stride).collect();
            let shape: Vec<_> = order.iter().map(|&position| sizes[position]).collect();
            let is_part = operand.layout == Layout::Contiguous && operand.slice.layout.is_none();
            let first = spans[k].start - if is_part { part.part.first } else { 0 };
            let slice = Slice {
                layout: None,
                ..operand.slice
            };
            let slice = slice.part(&(first..first + spans[k].end - spans[k].start));
            let layout = if operand.is_tensor() {
                Layout::Contiguous
            } else {
                Layout::Strided
            };
            Ok(Operand {
                slice: slice.strided(&shape, &strides)?,
                ..operand.laid_out(layout)
            })
        };
        let inputs = part.operands.iter().enumerate().skip(1).map(permuted);
        let run = self.terms(range);
        Ok(sum(0, run, inputs.collect::<Result<_, Error>>()?))
    }

    /// The sizes of the dimensions in a chunk, the innermost first.
    fn sizes(&self, range: &Range<u64>) -> Vec<u64> {
        let inner = self.dimensions.0[..self.cut].iter().map(|inner| inner.size);
        let steps = (range.end - range.start) / self.block();
        inner.chain([steps]).collect()
    }

    /// The elements of a chunk that follow each other and have the same value, if behind them come
    /// those of the next value, and behind all values perhaps the next elements of the first one.
    fn run(&self, range: &Range<u64>) -> Option<u64> {
        let sizes = self.sizes(range);
        let mut position = 0;
        let mut pass = |of_parameter: bool| {
            let first = position;
            let is_next = |at: usize| sizes[at] == 1 || self.is_of_parameter(at) == of_parameter;
            while position < sizes.len() && is_next(position) {
                position += 1;
            }
            sizes[first..position].iter().product()
        };
        let run = pass(false);
        let [_, _]: [u64; 2] = [pass(true), pass(false)];
        (position == sizes.len()).then_some(run)
    }
}

/// True if the inputs are read in another order, in which the dimensions of the parameter come
/// first. Else each value has runs of elements, between which there are those of the others.
fn is_permuted(learned: Option<&Operand<'_>>) -> bool {
    learned
        .and_then(|learned| learned.slice.layout)
        .is_some_and(|layout| layout.repeat().is_none())
}

/// One dispatch of a reduction.
struct Sum<'a> {
    op: Op,
    operands: Vec<Operand<'a>>,
    /// The index of the first element, as strided operands count it.
    start: u64,
    /// The index of the first element in the request's part of x.
    element: u64,
    rows: u64,
    /// The terms of a row that follow each other in x.
    run: u64,
    /// The terms in one row.
    length: u64,
    /// The sums in one row of the output.
    stride: u64,
}

fn blocks(terms: u64) -> u64 {
    terms.div_ceil(u64::from(TERMS))
}

impl Kernels {
    /// Adds the terms of each value of a parameter. The requests are parts of one tensor that lie
    /// in buffers of their own.
    pub(super) fn reduction(
        &self,
        parts: Vec<Request<'_>>,
        parameter: &str,
    ) -> Result<Operation, Error> {
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| match is_permuted(part.learned(parameter).as_ref()) {
                true => part.without_repeats(),
                false => part,
            })
            .collect();
        let mut dispatches = Vec::new();
        let Some(first) = parts.first() else {
            return Ok(Operation { dispatches });
        };
        let output = first.operands[0];
        let elements = parts.iter().map(|part| part.elements).sum();
        let learned = first.learned(parameter);
        let values = learned.map_or(1, |learned| match learned.layout {
            Layout::Contiguous => elements,
            _ => learned.slice.capacity(),
        });
        output.slice.check_f32(output.argument)?;
        Error::check_length(output.argument, output.slice.elements(), values)?;
        // A workgroup makes a partial sum.
        let workgroups = u64::from(self.limits.max_compute_workgroups_per_dimension).pow(2);
        let most_sums = self.elements_in_binding().min(workgroups);
        if elements == 0 {
            for rows in ranges(0..values, most_sums) {
                let length = 0;
                let rows = rows.end - rows.start;
                dispatches.extend(self.sums_of_sums(first, output, rows, length)?);
            }
            return Ok(Operation { dispatches });
        }
        let plan = Plan::new(
            first,
            elements,
            learned.as_ref(),
            self.most_packed(&first.operands),
            most_sums,
        )?;
        for Group { rows, chunks } in plan.groups() {
            let chunks = within_parts(&parts, chunks, &plan)?;
            let output = output.part(&rows);
            let rows = rows.end - rows.start;
            let length = chunks
                .iter()
                .map(|(_, range)| blocks(plan.terms(range)))
                .sum();
            let sums = (length > 1)
                .then(|| self.scratch(rows * length))
                .transpose()?;
            let mut first_block = 0;
            for (part, range) in chunks {
                let blocks = blocks(plan.terms(&range));
                let end = (rows - 1) * length + first_block + blocks;
                let to = match &sums {
                    None => output,
                    Some([sums, _]) => partial_sums(sums, &(first_block..end)),
                };
                let sum = Sum {
                    stride: length,
                    ..plan.sum(part, to, &range)?
                };
                dispatches.extend(self.sum(part, sum)?);
                first_block += blocks;
            }
            if sums.is_some() {
                dispatches.extend(self.sums_of_sums(first, output, rows, length)?);
            }
        }
        Ok(Operation { dispatches })
    }

    /// Adds the partial sums of each row, until one sum is left. No terms at all make one sum, too.
    fn sums_of_sums(
        &self,
        request: &Request<'_>,
        output: Operand<'_>,
        rows: u64,
        mut length: u64,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let mut dispatches = Vec::new();
        let scratch = self.scratch(rows * length)?;
        let [mut from, mut to] = scratch.each_ref();
        while length != 1 {
            let terms = length;
            // A binding takes all rows, or there is only one, which may have to be cut into blocks.
            let (block, most) = match rows {
                1 => {
                    let most = self.elements_in_binding();
                    let block = most.min(u64::from(TERMS));
                    (block, most / block * block)
                }
                _ => (u64::from(TERMS), terms),
            };
            length = terms.div_ceil(block).max(1);
            for range in ranges(0..terms.max(1), most.max(1)) {
                let first_block = range.start / block;
                let of_range = rows * terms.min(range.end) - (rows - 1) * range.start;
                let input = partial_sums(from, &(range.start..of_range.max(range.start + 1)));
                let to = match length {
                    1 => output,
                    _ => partial_sums(to, &(first_block..rows * length)),
                };
                dispatches.extend(self.sum(
                    request,
                    Sum {
                        op: Op::Sum,
                        operands: vec![to, Operand::input("x", input.slice)],
                        start: 0,
                        element: 0,
                        rows,
                        run: 1,
                        length: terms.min(range.end) - range.start,
                        stride: length,
                    },
                )?);
            }
            (from, to) = (to, from);
        }
        Ok(dispatches)
    }

    fn sum(&self, request: &Request<'_>, sum: Sum<'_>) -> Result<Vec<RecordedDispatch>, Error> {
        let Sum {
            op,
            operands,
            start,
            element,
            rows,
            run,
            length,
            stride,
        } = sum;
        let count = (rows * blocks(length).max(1)) as u32;
        let workgroups = grid(count, self.limits.max_compute_workgroups_per_dimension);
        let uniforms = Uniforms {
            count,
            row_width: workgroups.0,
            elements: (rows * length) as u32,
            length: length as u32,
            stride: stride as u32,
            rows: rows as u32,
            run: Divisor::new(run as u32),
            ..request.uniforms(element)
        };
        self.dispatch(Dispatch {
            function: request.function,
            op,
            mapping: Mapping::Pairwise,
            has_defaults: op == Op::Sum || request.has_defaults(),
            operands,
            uniforms,
            start,
            workgroups,
        })
    }

    /// Two buffers of at least so many elements, for partial results between dispatches. All
    /// operations share them: a queue runs one after the other.
    pub(super) fn scratch(&self, elements: u64) -> Result<[wgpu::Buffer; 2], Error> {
        self.reuse_or_create(&self.scratch, elements)
    }

    /// The buffers that are there, if they are large enough, else new ones.
    pub(super) fn reuse_or_create<const N: usize>(
        &self,
        place: &Mutex<Option<[wgpu::Buffer; N]>>,
        elements: u64,
    ) -> Result<[wgpu::Buffer; N], Error> {
        let size = elements * ELEMENT;
        let rounded = size.next_power_of_two().max(1024);
        let size = size.max(rounded.min(self.limits.max_buffer_size));
        let descriptor = wgpu::BufferDescriptor {
            label: Some("wgpu-activations partial sums"),
            size,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        };
        let mut place = lock(place);
        let buffers = match place.take() {
            Some(buffers) if buffers[0].size() >= size => buffers,
            _ => {
                let make = || std::array::from_fn(|_| self.device.create_buffer(&descriptor));
                with_error_scope(
                    &self.device,
                    || format!("{size} bytes for partial sums"),
                    make,
                )?
            }
        };
        *place = Some(buffers.clone());
        Ok(buffers)
    }
}

fn partial_sums<'a>(buffer: &'a wgpu::Buffer, range: &Range<u64>) -> Operand<'a> {
    let slice = Slice::new(buffer, 0, range.end * ELEMENT);
    Operand::output("partial sums", slice).part(range)
}

/// The chunks in their parts of x. A chunk that lies in two parts is cut, if it can be.
fn within_parts<'a, 'b>(
    parts: &'b [Request<'a>],
    chunks: Vec<Chunk>,
    plan: &Plan,
) -> Result<Vec<(&'b Request<'a>, Range<u64>)>, Error> {
    let mut within = Vec::new();
    for Chunk { range } in chunks {
        let first = parts.first().map_or(0, |part| part.part.first);
        let range = first + range.start..first + range.end;
        let mut start = range.start;
        while start < range.end {
            let end_of = |part: &Request<'_>| part.part.first + part.elements;
            let part = parts.iter().find(|part| start < end_of(part));
            let Some(part) = part else { break };
            let end = end_of(part).min(range.end);
            if end < range.end && !plan.can_cut(end - range.start) {
                return Err(Error::several_buffers("x", parts.len()));
            }
            within.push((part, start..end));
            start = end;
        }
    }
    Ok(within)
}
