//! Finds the places where f, f' or f'' jumps, in f64.

use js_sys::Array;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::chosen::Chosen;
use crate::object::object;

/// The visible range is searched in this number of intervals.
const INTERVALS: usize = 768;

/// A jump is searched by halving an interval. After the first steps, most intervals have turned out
/// to be smooth.
const FIRST_STEPS: usize = 12;
const STEPS: usize = 60;

/// A difference that is still this part of the first one is a jump. Where a function is smooth, the
/// first steps divide it by 4096, and next to a root by 64.
const LEFT_OF_A_JUMP: f64 = 0.03;

/// A smaller jump cannot be seen. It is relative to the values beside it, if these are larger.
const LEAST: f64 = 1e-5;

/// Values beside a jump are taken at this distance, relative to the visible range and to x: less
/// than a pixel, and more than the ulps of f32.
const BESIDE: f64 = 1e-6;

/// The limits at a jump are the values at this distance, relative to the visible range and to x, if
/// they are about the same at this part of it.
const LIMIT: f64 = 1e-11;
const NEARER: f64 = 1e-3;

/// A jump of f, f' or f''.
struct Jump {
    order: usize,
    x: f64,
    /// The values to the left, at x, and to the right.
    values: [f64; 3],
}

#[wasm_bindgen]
impl Chosen {
    /// Returns the places where f, f' or f'' jumps: objects with `x`, with numbers `before` and `after` it, and with
    /// `jumps`. Each of these has the `order` of the derivative and the values `left` of x, `at` x
    /// and `right` of it.
    pub fn kinks(&self, low: f64, high: f64) -> Array {
        let of_order = |order| self.jumps(order, low, high);
        let mut jumps: Vec<Jump> = (0..3).flat_map(of_order).collect();
        jumps.sort_by(|a, b| a.x.total_cmp(&b.x));
        let to_object = |jumps: &[Jump]| {
            let x = jumps[0].x;
            let [before, after] = beside(x, high - low);
            let jumps = jumps.iter().map(|jump| {
                let [left, at, right] = jump.values.map(Into::into);
                let order = (jump.order as u32).into();
                object([
                    ("order", order),
                    ("left", left),
                    ("at", at),
                    ("right", right),
                ])
            });
            let jumps = jumps.collect::<Array>().into();
            let (x, before, after) = (x.into(), before.into(), after.into());
            object([
                ("x", x),
                ("before", before),
                ("after", after),
                ("jumps", jumps),
            ])
        };
        jumps.chunk_by(|a, b| a.x == b.x).map(to_object).collect()
    }
}

impl Chosen {
    fn jumps(&self, order: usize, low: f64, high: f64) -> Vec<Jump> {
        let value = |x: f64| self.truth(order, x, 0).unwrap_or_default();
        let range = high - low;
        let end = |interval: usize| low + range * interval as f64 / INTERVALS as f64;
        let values: Vec<f64> = (0..=INTERVALS)
            .map(|interval| value(end(interval)))
            .collect();
        let mut jumps: Vec<Jump> = Vec::new();
        for (interval, pair) in values.windows(2).enumerate() {
            let ends = [end(interval), end(interval + 1)];
            let Some(place) = find(&value, ends, [pair[0], pair[1]]) else {
                continue;
            };
            // Parameters are f32, so that places of jumps mostly are.
            let whole = if place.abs() < BESIDE * range {
                0.0
            } else {
                place
            };
            let places = [f64::from(whole as f32), whole];
            let mut jumps_there = places.into_iter().filter_map(|x| {
                let values = around(&value, x, range)?;
                Some(Jump { order, x, values })
            });
            if let Some(jump) = jumps_there.next()
                && jumps.last().is_none_or(|last| last.x != jump.x)
            {
                jumps.push(jump);
            }
        }
        jumps
    }
}

/// Finds a jump between two numbers with these values.
fn find(value: &impl Fn(f64) -> f64, ends: [f64; 2], values: [f64; 2]) -> Option<f64> {
    let ([mut low, mut high], [mut of_low, mut of_high]) = (ends, values);
    let first = difference(of_low, of_high);
    if first == 0.0 {
        return None;
    }
    for step in 0..STEPS {
        let middle = (low + high) / 2.0;
        let of_middle = value(middle);
        if difference(of_low, of_middle) > difference(of_middle, of_high) {
            (high, of_high) = (middle, of_middle);
        } else {
            (low, of_low) = (middle, of_middle);
        }
        if step >= FIRST_STEPS && difference(of_low, of_high) < LEFT_OF_A_JUMP * first {
            return None;
        }
    }
    Some(high)
}

/// The values to the left of x, at x, and to the right, unless all are the same.
fn around(value: &impl Fn(f64) -> f64, x: f64, range: f64) -> Option<[f64; 3]> {
    let distance = LIMIT * range.max(x.abs());
    let at = value(x);
    let is_seen = |a: f64, b: f64| {
        let scale = [a, b]
            .map(f64::abs)
            .into_iter()
            .filter(|value| value.is_finite());
        difference(a, b) > LEAST * scale.fold(1.0, f64::max)
    };
    let side = |distance: f64| {
        let (beside, nearer) = (value(x + distance), value(x + NEARER * distance));
        if is_seen(beside, nearer) {
            // It grows without a limit.
            nearer.signum() * f64::INFINITY
        } else if is_seen(beside, at) {
            beside
        } else {
            at
        }
    };
    let [left, right] = [side(-distance), side(distance)];
    (is_seen(left, at) || is_seen(at, right)).then_some([left, at, right])
}

/// The difference of two values, which is infinite if only one of them is a number.
fn difference(a: f64, b: f64) -> f64 {
    if a == b || a.is_nan() && b.is_nan() {
        0.0
    } else {
        let difference = (a - b).abs();
        if difference.is_nan() {
            f64::INFINITY
        } else {
            difference
        }
    }
}

/// Numbers on both sides of x.
fn beside(x: f64, range: f64) -> [f64; 2] {
    let distance = BESIDE * range.max(x.abs());
    [x - distance, x + distance]
}
