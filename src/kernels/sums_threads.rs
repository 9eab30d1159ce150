//! How the elements of a sum are shared out to threads.

use super::elementwise_request::Request;
use super::request::Operand;
use super::strided::Repeat;
use super::sums_plan::Piece;
use crate::wgsl::operand::Layout;

/// The rows of a tensor that a thread adds.
pub(super) const ROWS: u64 = 8;

/// A thread adds as many rows of a small tensor: a second dispatch would take longer.
const ROWS_IF_SMALL: u64 = 64;
const SMALL: u64 = 1 << 15;

/// The elements of a run that a thread adds, if there are many.
pub(super) const MOST_IN_RUN: u64 = 16;

/// How the elements of a piece are shared out to threads. All counts are of vectors, or of elements
/// if the width is 1.
pub(super) struct Threads {
    pub(super) width: u64,
    /// True if neighbouring elements belong to different sums. Then threads go from row to row.
    /// Else they go along a run.
    pub(super) is_apart: bool,
    /// What a thread shares: the same operands that are repeated.
    pub(super) shares_repeated: bool,
    /// The groups of neighbouring threads: one for each run, or for some rows.
    pub(super) groups: u64,
    /// The partial sums of a group.
    pub(super) block: u64,
    /// The elements of a run, or of a row.
    pub(super) run: u64,
    /// The elements that a thread adds.
    pub(super) length: u64,
    /// The rows, if sums are apart.
    pub(super) rows: u64,
}

/// One dispatch of threads that all add the same number of elements.
pub(super) struct ThreadPass {
    pub(super) groups: u64,
    /// The threads of a group, and the distance of a thread's elements.
    pub(super) run: u64,
    pub(super) length: u64,
    pub(super) stride: u64,
    pub(super) start: u64,
    /// The place of the first partial sum.
    pub(super) first_sum: u64,
}

impl Threads {
    /// 4 if a thread can take vectors, else 1.
    pub(super) fn width(part: &Request<'_>, piece: &Piece<'_>) -> u64 {
        let is_apart = piece.run == 1 && piece.rows > 1;
        let unit = if is_apart { piece.rows } else { piece.run };
        let first = part.part.first + piece.element;
        // The four elements of a vector share one call of the random number generator.
        let offset = part.training.map_or(0, |training| training.offset);
        let in_step = first.is_multiple_of(4) && offset.is_multiple_of(4);
        // The elements of views are read one by one.
        let mut tensors = piece.operands.iter().filter(|operand| operand.is_tensor());
        let fits =
            |operand: &Operand<'_>| operand.slice.layout.is_some() || operand.slice.is_aligned();
        if unit.is_multiple_of(4) && in_step && tensors.all(fits) {
            4
        } else {
            1
        }
    }

    pub(super) fn new(part: &Request<'_>, piece: &Piece<'_>) -> Self {
        let width = Self::width(part, piece);
        let is_apart = piece.run == 1 && piece.rows > 1;
        let Repeat { period, inner } = part.repeat;
        let all_share = match is_apart {
            true => inner == 1 && period == piece.rows,
            false => inner.is_multiple_of(piece.run) && period > 1,
        };
        let repeats = |operand: &&Operand<'_>| {
            operand.layout == Layout::Repeated && operand.slice.elements() > 1
        };
        let shares_repeated = all_share || !piece.operands.iter().any(|operand| repeats(&operand));
        let units = piece.elements / width;
        if is_apart {
            let run = piece.rows / width;
            let rows = units / run;
            let most = if piece.elements <= SMALL {
                ROWS_IF_SMALL
            } else {
                ROWS
            };
            let length = rows.min(most);
            return Self {
                width,
                is_apart,
                shares_repeated,
                groups: rows.div_ceil(length),
                block: run,
                run,
                length,
                rows,
            };
        }
        let run = piece.run / width;
        let length = length_in_run(run);
        Self {
            width,
            is_apart,
            shares_repeated,
            groups: units / run,
            block: run / length + run % length,
            run,
            length,
            rows: 0,
        }
    }

    /// The number of a thread's elements if it is the usual one, else 0: there are few kernels.
    pub(super) fn known_steps(&self, length: u64) -> u32 {
        let usual = if self.is_apart { ROWS } else { MOST_IN_RUN };
        if length == usual { length as u32 } else { 0 }
    }

    /// The dispatches: one for threads that have as many elements as they should, and one for what
    /// is left.
    pub(super) fn passes(&self) -> Vec<ThreadPass> {
        let &Self {
            run,
            length,
            groups,
            ..
        } = self;
        let passes = if self.is_apart {
            let (whole, rest) = (self.rows / length, self.rows % length);
            let of_rows = |groups, length, first: u64| ThreadPass {
                groups,
                run,
                length,
                stride: self.length * run,
                start: first * self.length * run,
                first_sum: first * run,
            };
            let last = (rest > 0).then(|| of_rows(1, rest, whole));
            [Some(of_rows(whole, length, 0)), last]
        } else {
            let (threads, rest) = (run / length, run % length);
            let of_runs = |threads, length, start, first_sum| ThreadPass {
                groups,
                run: threads,
                length,
                stride: run,
                start,
                first_sum,
            };
            let last = (rest > 0).then(|| of_runs(rest, 1, threads * length, threads));
            [Some(of_runs(threads, length, 0, 0)), last]
        };
        passes.into_iter().flatten().collect()
    }
}

/// The elements of a run that a thread adds. If possible they divide it, so that no others are left;
/// and neighbouring threads have neighbouring elements.
fn length_in_run(run: u64) -> u64 {
    let divides = |length: &u64| run.is_multiple_of(*length);
    match (6..=MOST_IN_RUN).rev().find(divides) {
        Some(length) => length,
        None if run < 64 => run,
        None => MOST_IN_RUN,
    }
}
