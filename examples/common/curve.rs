//! Cuts curves into the lines that are visible: clips them, splits them at gaps, and lets curves
//! that coincide take turns.

use std::ops::Range;

use super::Series;

pub type Point = (f64, f64);

/// The number of turns that coinciding curves take over the width of a chart.
const TURNS: f64 = 40.0;

/// Tells whether a segment of a curve is drawn. Where curves coincide, the first one is drawn whole
/// and the others take turns on top of it, so that all can be seen.
pub fn is_its_turn(
    series: &[Series],
    index: usize,
    piece: usize,
    x: &Range<f64>,
    y: &Range<f64>,
) -> bool {
    let ends = |index: usize| series[index].points.get(piece..piece + 2);
    let Some(own) = ends(index) else { return true };
    let near = |a: &Point, b: &Point| a.0 == b.0 && (a.1 - b.1).abs() < 0.003 * (y.end - y.start);
    let coincides = |&other: &usize| {
        ends(other).is_some_and(|ends| own.iter().zip(ends).all(|(a, b)| near(a, b)))
    };
    let before = (0..index).filter(coincides).count();
    let all = before + 1 + (index + 1..series.len()).filter(coincides).count();
    let turn = ((own[0].0 - x.start) / (x.end - x.start) * TURNS) as usize % all;
    before == 0 || before == turn
}

/// Returns the visible parts of the segments that are drawn, joined into lines.
pub fn visible(
    points: &[Point],
    x: &Range<f64>,
    y: &Range<f64>,
    is_drawn: impl Fn(usize) -> bool,
) -> Vec<Vec<Point>> {
    let mut lines: Vec<Vec<Point>> = Vec::new();
    // A curve with a single point is drawn as that point.
    let alone = points
        .first()
        .filter(|_| points.len() == 1)
        .map(|&point| (point, point));
    let pieces = points
        .windows(2)
        .map(|piece| (piece[0], piece[1]))
        .chain(alone);
    for (_, (from, to)) in pieces.enumerate().filter(|&(piece, _)| is_drawn(piece)) {
        let Some((from, to)) = clipped(from, to, x, y) else {
            continue;
        };
        match lines.last_mut() {
            Some(line) if line.last() == Some(&from) => line.push(to),
            _ => lines.push(vec![from, to]),
        }
    }
    lines
}

/// Clips a segment to a rectangle, by the algorithm of Liang and Barsky.
fn clipped(from: Point, to: Point, x: &Range<f64>, y: &Range<f64>) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    if !(dx.is_finite() && dy.is_finite()) {
        return None;
    }
    let sides = [
        (-dx, from.0 - x.start),
        (dx, x.end - from.0),
        (-dy, from.1 - y.start),
        (dy, y.end - from.1),
    ];
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for (outwards, distance) in sides {
        if outwards < 0.0 {
            enters = enters.max(distance / outwards);
        } else if outwards > 0.0 {
            leaves = leaves.min(distance / outwards);
        } else if distance < 0.0 {
            return None;
        }
    }
    let at = |part: f64| match part {
        0.0 => from,
        1.0 => to,
        _ => (from.0 + part * dx, from.1 + part * dy),
    };
    (enters <= leaves).then(|| (at(enters), at(leaves)))
}

/// Returns the length of a line.
pub fn length(line: &[Point]) -> f64 {
    line.windows(2)
        .map(|piece| (piece[1].0 - piece[0].0).hypot(piece[1].1 - piece[0].1))
        .sum()
}
