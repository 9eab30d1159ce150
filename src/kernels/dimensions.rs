//! The dimensions that the operands of a dispatch share, and the ranges of elements that fit a
//! binding.

use std::array::from_fn;
use std::ops::Range;

use super::strided::{StridedLayout, too_many_dimensions};
use super::uniforms::{Divisor, MOST_DIMENSIONS, Strides};
use crate::Error;
use crate::wgsl::operand::MOST_OPERANDS;

/// A dimension, and the stride at which each operand goes through it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dimension {
    pub(super) size: u64,
    pub(super) strides: [u64; MOST_OPERANDS],
}

/// The dimensions that several layouts of the same elements share, the innermost first.
#[derive(Clone, Debug)]
pub(super) struct Dimensions(pub(super) Vec<Dimension>);

impl Dimensions {
    /// Cuts the dimensions of all layouts where those of any begin. Then those that follow each
    /// other become one if every operand goes through them at one stride. Returns `None` if there
    /// are no such dimensions: 3 times 4 elements cannot be cut as 4 times 3 are.
    pub(super) fn of(layouts: &[Option<StridedLayout>]) -> Option<Self> {
        // The elements from one index of each dimension to the next.
        let mut all = Vec::new();
        for layout in layouts.iter().flatten() {
            let inner_first = layout.shape().iter().rev();
            all.extend(inner_first.scan(1u64, |block, size| {
                *block = block.saturating_mul(*size);
                Some(*block)
            }));
        }
        all.sort_unstable();
        all.dedup();
        let mut merged: Vec<Dimension> = Vec::new();
        let mut block = 1;
        for end in all {
            if block == 0 || !end.is_multiple_of(block) {
                return None;
            }
            let (size, start) = (end / block, block);
            block = end;
            if size == 1 {
                continue;
            }
            let stride = |layout: &StridedLayout| {
                let mut inner = 1;
                let dimensions = layout.shape().iter().zip(layout.strides).rev();
                for (&size, stride) in dimensions {
                    if start < inner * size {
                        return stride * (start / inner);
                    }
                    inner *= size;
                }
                0
            };
            let strides =
                from_fn(|k| layouts.get(k)?.as_ref().map(stride)).map(Option::unwrap_or_default);
            let strides: [u64; MOST_OPERANDS] = strides;
            let continues = |inner: &&mut Dimension| {
                let pairs = strides.iter().zip(inner.strides);
                pairs
                    .into_iter()
                    .all(|(&own, stride)| own == stride * inner.size)
            };
            match merged.last_mut().filter(continues) {
                Some(inner) => inner.size *= size,
                None => merged.push(Dimension { size, strides }),
            }
        }
        Some(Self(merged))
    }

    /// The elements from one index of a dimension to the next.
    pub(super) fn block(&self, position: usize) -> u64 {
        let inner = self.0[..position].iter().map(|dimension| dimension.size);
        inner.product()
    }

    /// Where the elements of a range lie: the range's first index in the dimensions that are left
    /// when all operands begin at their spans, and the span of each operand.
    pub(super) fn spans(&self, range: &Range<u64>) -> (u64, [Range<u64>; MOST_OPERANDS]) {
        let (mut start, length) = (range.start, range.end - range.start);
        let (mut first, mut reach) = ([0; MOST_OPERANDS], [0; MOST_OPERANDS]);
        for (position, dimension) in self.0.iter().enumerate().rev() {
            let block = self.block(position);
            let (index, last) = (start / block, (start + length - 1) / block);
            start -= index * block;
            for (k, stride) in dimension.strides.iter().enumerate() {
                first[k] += index * stride;
            }
            if last > index {
                let inner = self.reach(position);
                reach = from_fn(|k| (last - index) * dimension.strides[k] + inner[k]);
                break;
            }
        }
        (start, from_fn(|k| first[k]..first[k] + reach[k] + 1))
    }

    /// The end of the longest range from this start, and up to this end, of which every operand's
    /// span has at most so many elements.
    pub(super) fn cut(&self, range: &Range<u64>, most: u64) -> u64 {
        let (mut start, mut end) = (range.start, range.end);
        // What the dimensions outside of the current one have set aside.
        let mut aside = 0;
        for (position, dimension) in self.0.iter().enumerate().rev() {
            let block = self.block(position);
            let (index, last) = (start / block, (end - aside - 1) / block);
            start -= index * block;
            aside += index * block;
            if last == index {
                continue;
            }
            // Kernels count the elements from `aside` on in u32.
            let is_counted = end - aside <= u64::from(u32::MAX);
            let inner = self.reach(position);
            let steps = dimension.strides.iter().zip(inner).map(|(&stride, inner)| {
                match most.checked_sub(inner + 1) {
                    None => 0,
                    Some(rest) => rest.checked_div(stride).map_or(u64::MAX, |steps| steps + 1),
                }
            });
            let steps = steps.min().unwrap_or(u64::MAX);
            if is_counted && steps > last - index {
                return end;
            }
            if is_counted && steps > 0 {
                return aside + steps * block;
            }
            end = end.min(aside + block);
        }
        end
    }

    /// The distance from the first to the last element of all dimensions inside of one.
    fn reach(&self, position: usize) -> [u64; MOST_OPERANDS] {
        let inner = &self.0[..position];
        from_fn(|k| {
            let steps = inner
                .iter()
                .map(|inner| (inner.size - 1) * inner.strides[k]);
            steps.sum()
        })
    }

    /// The uniforms of a dispatch whose first element has this index.
    pub(super) fn uniforms(&self, start: u32) -> Result<Strides, Error> {
        let mut strides = Strides {
            start,
            dimensions: self.0.len() as u32,
            shape: [Divisor::new(1); MOST_DIMENSIONS],
            ..Strides::default()
        };
        if self.0.len() > MOST_DIMENSIONS {
            return Err(too_many_dimensions());
        }
        for (position, dimension) in self.0.iter().enumerate() {
            strides.shape[position] = Divisor::new(dimension.size as u32);
            strides.strides[position] = dimension.strides.map(|stride| stride as u32);
        }
        Ok(strides)
    }
}

#[cfg(test)]
mod tests {
    use super::Dimensions;
    use crate::kernels::strided::{Repeat, StridedLayout};

    fn broadcast(shape: &[u64], to: &[u64]) -> Option<StridedLayout> {
        StridedLayout::broadcast(shape, to).expect("few dimensions")
    }

    /// The places of the elements, by the definition.
    fn places(shape: &[u64], to: &[u64]) -> Vec<u64> {
        let elements = to.iter().product();
        let place = |i: u64| {
            let (mut rest, mut place, mut stride) = (i, 0, 1);
            for (position, &size) in to.iter().enumerate().rev() {
                let own = (position + shape.len()).checked_sub(to.len());
                let own = own.map_or(1, |position| shape[position]);
                place += rest % size % own * stride;
                (rest, stride) = (rest / size, stride * own);
            }
            place
        };
        (0..elements).map(place).collect()
    }

    /// The place of an element, as kernels find it.
    fn place(dimensions: &Dimensions, mut rest: u64) -> u64 {
        let mut place = 0;
        for dimension in &dimensions.0 {
            place += rest % dimension.size * dimension.strides[0];
            rest /= dimension.size;
        }
        place
    }

    const SHAPES: [(&[u64], &[u64]); 12] = [
        (&[], &[2, 3]),
        (&[3], &[2, 3]),
        (&[2, 1], &[2, 3]),
        (&[2, 3], &[2, 3]),
        (&[3, 1, 1], &[2, 3, 4, 5]),
        (&[2, 1, 4, 1], &[2, 3, 4, 5]),
        (&[1, 3, 1, 5], &[2, 3, 4, 5]),
        (&[2, 1, 1, 5], &[2, 3, 4, 5]),
        (&[4, 5], &[2, 3, 4, 5]),
        (&[1, 1, 1, 1], &[2, 1, 1, 5]),
        (&[2, 1, 3, 1, 2, 1, 2], &[2, 2, 3, 1, 2, 1, 2]),
        (&[7], &[7]),
    ];

    #[test]
    fn a_broadcast_follows_numpy() {
        for (shape, to) in SHAPES {
            let layout = broadcast(shape, to).expect("it fits");
            let dimensions = Dimensions::of(&[Some(layout)]).expect("dimensions");
            let wanted = places(shape, to);
            for (i, &wanted) in wanted.iter().enumerate() {
                assert_eq!(place(&dimensions, i as u64), wanted, "{shape:?} to {to:?}");
                if let Some(Repeat { period, inner }) = layout.repeat() {
                    assert_eq!(i as u64 / inner % period, wanted, "{shape:?} to {to:?}");
                }
            }
        }
        assert_eq!(broadcast(&[4], &[2, 3]), None);
        assert_eq!(broadcast(&[1, 2, 3], &[2, 3]), None);
        let alternating = StridedLayout::broadcast(&[2, 1, 2, 1, 2, 1, 2], &[2; 7]);
        assert!(
            alternating.is_err_and(|error| error.to_string().contains("more than 6 dimensions"))
        );
    }

    /// Ranges that are cut for a binding reach no further than it, and are as long as they can be
    /// but for a step.
    #[test]
    fn spans_hold_all_places() {
        for (shape, to) in SHAPES {
            let layout = broadcast(shape, to).expect("it fits");
            let dimensions = Dimensions::of(&[Some(layout)]).expect("dimensions");
            let places = places(shape, to);
            let elements = places.len() as u64;
            for most in [1, 2, 3, 5, 7, 12, 1000] {
                let mut start = 0;
                while start < elements {
                    let end = dimensions.cut(&(start..elements), most);
                    assert!(
                        start < end && end <= elements,
                        "{shape:?} to {to:?}, {most}"
                    );
                    let (first, spans) = dimensions.spans(&(start..end));
                    assert!(
                        spans[0].end - spans[0].start <= most,
                        "{shape:?} to {to:?}, {most}"
                    );
                    for i in start..end {
                        let local = place(&dimensions, first + i - start);
                        assert_eq!(
                            spans[0].start + local,
                            places[i as usize],
                            "{shape:?} to {to:?}, {most}"
                        );
                        assert!(
                            spans[0].contains(&places[i as usize]),
                            "{shape:?} to {to:?}, {most}"
                        );
                    }
                    start = end;
                }
            }
        }
    }

    #[test]
    fn more_elements_than_u32_counts() {
        let to = [1 << 20, 1 << 6, 1 << 13];
        let layout = broadcast(&[1 << 20, 1, 1 << 13], &to).expect("it fits");
        let dimensions = Dimensions::of(&[Some(layout)]).expect("dimensions");
        let start = (1 << 35) + 5;
        let end = dimensions.cut(&(start..1 << 39), 1 << 20);
        let (first, spans) = dimensions.spans(&(start..end));
        assert!(end > start && first + (end - start) <= 1 << 32);
        assert!(spans[0].end - spans[0].start <= 1 << 20);
    }
}
