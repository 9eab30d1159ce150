//! Sums over dimensions, in a fixed order: gradients of what is broadcast.
//!
//! A thread adds the terms of up to 16 elements, or vectors, one after the other. Their sums are
//! added in pairs, 16 in a dispatch, until one is left. So the error grows with the logarithm of
//! the number of terms, and the same terms give the same bits on each run.

use std::ops::Range;

use super::chunks::ranges;
use super::dispatch::Dispatch;
use super::elementwise_request::Request;
use super::operation::{RecordedDispatch, grid};
use super::request::Operand;
use super::slice::ELEMENT;
use super::strided::StridedLayout;
use super::sums_plan::{Group, Piece, Plan, is_permuted};
use super::sums_threads::{ThreadPass, Threads};
use super::uniforms::{Divisor, Uniforms};
use super::{Kernels, Slice};
use crate::Error;
use crate::wgsl::expression::OUTPUTS;
use crate::wgsl::operand::Access;
use crate::wgsl::{Function, Mapping, Op, SumsKept, WORKGROUP};

/// The partial sums that one thread of `shaders/kernels/fold.wgsl` adds.
const FOLDED: u64 = 16;

/// Where the sums of a result go, and which elements belong to which sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) output: Operand<'a>,
    /// The layout of the sums, seen from the elements.
    pub(super) layout: StridedLayout,
    /// The layout that decides the order in which terms are added: a sum of all elements may follow
    /// that of others, so that one kernel makes both.
    pub(super) order: StridedLayout,
}

impl Target<'_> {
    pub(super) fn has_one_value(&self) -> bool {
        self.output.slice.elements() == 1
    }
}

impl Kernels {
    /// Computes a program whose last results are summed. The requests have the operands of its
    /// other results and its inputs; they are parts of one tensor that lie in buffers of their own.
    /// All sums are added in the same order.
    pub(super) fn sums(
        &self,
        parts: Vec<Request<'_>>,
        targets: &[Target<'_>],
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let mut dispatches = Vec::new();
        let layout = targets[0].order;
        let parts: Vec<_> = match is_permuted(layout) {
            true => parts.into_iter().map(Request::without_repeats).collect(),
            false => parts,
        };
        let elements = parts.iter().map(|part| part.elements).sum();
        if elements == 0 {
            for target in targets {
                dispatches.extend(self.zeros(target.output)?);
            }
            return Ok(dispatches);
        }
        let plan = self.sums_plan(&parts[0], elements, targets)?;
        if let [target] = targets
            && target.order != target.layout
            && plan.groups().len() > 1
        {
            // Groups have sums of their own, but this one is of all elements.
            let order = target.layout;
            return self.sums(parts, &[Target { order, ..*target }]);
        }
        for Group { rows, chunks } in plan.groups() {
            let chunks = within_parts(&parts, chunks, &plan)?;
            let pieces = chunks
                .iter()
                .map(|(part, range)| Ok((*part, plan.piece(part, range)?)));
            let pieces = pieces.collect::<Result<Vec<_>, Error>>()?;
            dispatches.extend(self.sums_of_group(&pieces, targets, &rows)?);
        }
        Ok(dispatches)
    }

    fn sums_plan(
        &self,
        request: &Request<'_>,
        elements: u64,
        targets: &[Target<'_>],
    ) -> Result<Plan, Error> {
        let layout = targets[0].order;
        let sums = targets.iter().map(|target| target.output);
        let operands: Vec<_> = sums.chain(request.operands.iter().copied()).collect();
        let most = self.most_elements(&operands);
        let most_sums = self.elements_in_binding();
        Plan::new(request, elements, layout, most, most_sums)
    }

    /// True if one kernel can store results and add others: all elements go by vectors, and each
    /// sum's elements are in one group.
    pub(super) fn stores_beside_sums(
        &self,
        request: &Request<'_>,
        targets: &[Target<'_>],
    ) -> Result<bool, Error> {
        let bindings = request.operands.len() + targets.len();
        let fits = bindings <= self.limits.max_storage_buffers_per_shader_stage as usize;
        if !fits || is_permuted(targets[0].order) || request.elements == 0 {
            return Ok(false);
        }
        let plan = self.sums_plan(request, request.elements, targets)?;
        let groups = plan.groups();
        let [Group { chunks, .. }] = groups.as_slice() else {
            return Ok(false);
        };
        for range in chunks {
            if Threads::width(request, &plan.piece(request, range)?) != 4 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The sums of one group, which are these rows of the outputs.
    fn sums_of_group(
        &self,
        pieces: &[(&Request<'_>, Piece<'_>)],
        targets: &[Target<'_>],
        rows: &Range<u64>,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let mut dispatches = Vec::new();
        let outputs: Vec<_> = targets
            .iter()
            .map(|target| match target.has_one_value() {
                true => target.output,
                false => target.output.part(rows),
            })
            .collect();
        // Each piece makes a row of every sum. More than one piece makes rows of partial sums.
        let values = |output: &Operand<'_>| output.slice.elements();
        let sizes: Vec<_> = outputs
            .iter()
            .map(|output| pieces.len() as u64 * values(output))
            .collect();
        let needed = self.regions(&sizes);
        let rows_of_pieces = self.reuse_or_create(&self.sums_of_pieces, needed.1)?;
        let regions = |buffer| {
            let regions = needed.0.iter().zip(&sizes);
            regions.map(move |(&start, &size)| partial_sums(buffer, start, size))
        };
        let of_pieces: Vec<_> = regions(&rows_of_pieces[0]).collect();
        for (number, (part, piece)) in (0..).zip(pieces) {
            let to: Vec<_> = match pieces.len() {
                1 => outputs.clone(),
                _ => of_pieces
                    .iter()
                    .zip(&outputs)
                    .map(|(region, output)| {
                        let values = values(output);
                        region.part(&(number * values..(number + 1) * values))
                    })
                    .collect(),
            };
            dispatches.extend(self.sums_of_piece(part, piece, targets, &to)?);
        }
        if pieces.len() > 1 {
            for (region, output) in of_pieces.into_iter().zip(outputs) {
                let terms = Terms {
                    rows: 1,
                    length: pieces.len() as u64,
                    inner: values(&output),
                };
                dispatches.extend(self.fold(region, terms, output)?);
            }
        }
        Ok(dispatches)
    }

    /// The sums of a piece, each a row of its output.
    fn sums_of_piece(
        &self,
        part: &Request<'_>,
        piece: &Piece<'_>,
        targets: &[Target<'_>],
        to: &[Operand<'_>],
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let mut dispatches = Vec::new();
        let threads = Threads::new(part, piece);
        let Threads {
            width, is_apart, ..
        } = threads;
        // In both cases the partial sums are an array [groups, block] of all threads. Of sums whose
        // values are apart, each of them stands for the values of a vector.
        let count = threads.groups * threads.block;
        let apart = |target: &Target<'_>| is_apart && !target.has_one_value();
        let sizes: Vec<_> = targets
            .iter()
            .map(|target| count * if apart(target) { width } else { 1 })
            .collect();
        let (starts, all) = self.regions(&sizes);
        let [partial, _] = self.scratch(all)?;
        let is_done = |k: usize| {
            let fits = !apart(&targets[k]) || to[k].slice.is_aligned();
            sizes[k] == to[k].slice.elements() && fits
        };
        let regions: Vec<_> = (0..targets.len())
            .map(|k| match is_done(k) {
                true => to[k],
                false => partial_sums(&partial, starts[k], sizes[k]),
            })
            .collect();
        let mut kept = SumsKept {
            count: targets.len() as u8,
            apart: 0,
        };
        for (k, target) in targets.iter().enumerate() {
            kept.apart |= u16::from(apart(target)) << k;
        }
        for pass in threads.passes() {
            dispatches.extend(self.sums_dispatch(part, piece, &threads, &pass, kept, &regions)?);
        }
        for (k, target) in targets.iter().enumerate() {
            if is_done(k) {
                continue;
            }
            let (rows, length) = (threads.groups, threads.block);
            let from = regions[k];
            if target.has_one_value() {
                let terms = Terms {
                    rows: 1,
                    length: count * if apart(target) { width } else { 1 },
                    inner: 1,
                };
                dispatches.extend(self.fold(from, terms, to[k])?);
            } else if is_apart {
                let terms = Terms {
                    rows: 1,
                    length: rows,
                    inner: piece.rows,
                };
                dispatches.extend(self.fold(from, terms, to[k])?);
            } else {
                // First the partial sums of each run, then those of all runs of a value.
                let runs = Terms {
                    rows,
                    length,
                    inner: 1,
                };
                let outer = Terms {
                    rows: 1,
                    length: rows / piece.rows,
                    inner: piece.rows,
                };
                if outer.length == 1 {
                    dispatches.extend(self.fold(from, runs, to[k])?);
                } else if length == 1 {
                    dispatches.extend(self.fold(from, outer, to[k])?);
                } else {
                    let [of_runs] = self.reuse_or_create(&self.sums_of_runs, rows)?;
                    let of_runs = partial_sums(&of_runs, 0, rows);
                    dispatches.extend(self.fold(from, runs, of_runs)?);
                    dispatches.extend(self.fold(of_runs, outer, to[k])?);
                }
            }
        }
        Ok(dispatches)
    }

    /// A dispatch that stores results and partial sums.
    fn sums_dispatch(
        &self,
        part: &Request<'_>,
        piece: &Piece<'_>,
        threads: &Threads,
        pass: &ThreadPass,
        sums: SumsKept,
        regions: &[Operand<'_>],
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let &Threads { width, .. } = threads;
        let first = part.part.first + piece.element;
        let (stored, inputs): (Vec<_>, Vec<_>) = piece
            .operands
            .iter()
            .map(|operand| operand.in_units(width, first, part.repeat))
            .partition(Operand::is_output);
        let regions = regions.iter().enumerate().map(|(k, region)| {
            let is_apart = sums.apart >> k & 1 == 1;
            let lanes = if is_apart { width } else { 1 };
            let region = region.part(&(pass.first_sum * lanes..region.slice.elements()));
            Operand {
                unit: lanes,
                name: OUTPUTS[stored.len() + k],
                ..region
            }
        });
        let operands: Vec<_> = stored
            .iter()
            .copied()
            .chain(regions)
            .chain(inputs)
            .collect();
        let count = (pass.groups * pass.run) as u32;
        let workgroups = self.grid(count);
        let uniforms = Uniforms {
            count,
            row_width: workgroups.0 * WORKGROUP,
            elements: piece.elements as u32,
            length: pass.length as u32,
            stride: pass.stride as u32,
            start: pass.start as u32,
            block: threads.block as u32,
            run: Divisor::new(pass.run as u32),
            ..part.uniforms(piece.element)
        };
        self.dispatch(Dispatch {
            function: part.function.clone(),
            op: part.op,
            mapping: Mapping::Sums {
                width: width as u32,
                sums,
                shares_repeated: threads.shares_repeated,
                steps: threads.known_steps(pass.length),
            },
            has_defaults: part.has_defaults(),
            operands,
            uniforms,
            start: piece.start,
            workgroups,
        })
    }

    /// Adds terms until one is left in each row.
    fn fold(
        &self,
        from: Operand<'_>,
        terms: Terms,
        to: Operand<'_>,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let (mut dispatches, mut terms) = (Vec::new(), terms);
        let next = |terms: Terms| terms.length.div_ceil(FOLDED).max(1);
        let needed = terms.rows * next(terms) * terms.inner;
        let between = self.reuse_or_create(&self.folded, needed)?;
        let (mut from, mut step) = (from, 0);
        loop {
            let blocks = next(terms);
            let size = terms.rows * blocks * terms.inner;
            let into = match blocks {
                1 => to,
                _ => partial_sums(&between[step % 2], 0, size),
            };
            let goes_by_vectors =
                terms.inner.is_multiple_of(4) && from.slice.is_aligned() && into.slice.is_aligned();
            let width = if goes_by_vectors { 4 } else { 1 };
            let count = (size / width) as u32;
            let workgroups = self.grid(count);
            let uniforms = Uniforms {
                count,
                row_width: workgroups.0 * WORKGROUP,
                elements: size as u32,
                length: terms.length as u32,
                run: Divisor::new((terms.inner / width) as u32),
                period: Divisor::new(blocks as u32),
                ..Uniforms::default()
            };
            let x = Operand {
                access: Access::Read,
                unit: width,
                ..from.named("x")
            };
            let output = Operand {
                unit: width,
                ..into.named("output")
            };
            dispatches.push(self.bind(
                Dispatch {
                    function: Function::Activation(0),
                    op: Op::Sum,
                    mapping: Mapping::Fold {
                        width: width as u32,
                    },
                    has_defaults: true,
                    operands: vec![output, x],
                    uniforms,
                    start: 0,
                    workgroups,
                },
                None,
            )?);
            if blocks == 1 {
                return Ok(dispatches);
            }
            (from, terms.length, step) = (into, blocks, step + 1);
        }
    }

    /// Sums of no terms.
    fn zeros(&self, output: Operand<'_>) -> Result<Vec<RecordedDispatch>, Error> {
        let mut dispatches = Vec::new();
        for range in ranges(0..output.slice.elements(), self.elements_in_binding()) {
            // Kernels bind a vector, although they read none.
            let none = self.scratch(4)?;
            let terms = Terms {
                rows: 1,
                length: 0,
                inner: range.end - range.start,
            };
            let from = partial_sums(&none[0], 0, 4);
            dispatches.extend(self.fold(from, terms, output.part(&range))?);
        }
        Ok(dispatches)
    }

    fn grid(&self, threads: u32) -> (u32, u32) {
        let limit = self.limits.max_compute_workgroups_per_dimension;
        grid(threads.div_ceil(WORKGROUP), limit)
    }

    /// Where each of these regions begins in a buffer for all, and its size. No two share what the
    /// device aligns bindings to.
    fn regions(&self, sizes: &[u64]) -> (Vec<u64>, u64) {
        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment) / ELEMENT;
        let mut end = 0;
        let starts = sizes.iter().map(|size| {
            let start = end;
            end += size.next_multiple_of(alignment.max(4));
            start
        });
        (starts.collect(), end)
    }
}

/// An array of partial sums, of which the dimension in the middle is summed.
#[derive(Clone, Copy)]
struct Terms {
    rows: u64,
    length: u64,
    inner: u64,
}

fn partial_sums<'a>(buffer: &'a wgpu::Buffer, start: u64, elements: u64) -> Operand<'a> {
    let slice = Slice::new(buffer, start * ELEMENT, elements * ELEMENT);
    Operand::output("partial sums", slice)
}

/// The chunks in their parts of x. A chunk that lies in two parts is cut, if it can be.
fn within_parts<'a, 'b>(
    parts: &'b [Request<'a>],
    chunks: Vec<Range<u64>>,
    plan: &Plan,
) -> Result<Vec<(&'b Request<'a>, Range<u64>)>, Error> {
    let mut within = Vec::new();
    let first = parts.first().map_or(0, |part| part.part.first);
    for range in chunks {
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
