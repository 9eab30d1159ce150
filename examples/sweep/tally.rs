//! Counts errors.

use std::fmt;

use crate::ulp::{Truth, error_at};

/// The width of a bin of the histogram, in ulps.
const BIN: f64 = 0.5;

/// The bins are: 0; up to 0.5, 1, … 4 ulp; more.
const BINS: usize = 10;

/// An error of more ulps than this is more than 1 %, since a number has less than 2^24 of them.
const PERCENT: f64 = 0.01 * (1 << 24) as f64;

/// Mistakes that no number of ulps excuses: a NaN, an infinity or a zero that is out of place or
/// has the wrong sign, or a number below the smallest normal one that is off by more than that one.
const MISTAKES: [&str; 4] = ["NaN", "infinity", "zero", "subnormal"];

/// The errors of many results.
#[derive(Clone, Default)]
pub struct Tally {
    bins: [u64; BINS],
    /// The largest error, unless all results are exact. Mistakes do not count here.
    pub worst: Option<Sample>,
    /// The least and the greatest |x| with a result that is more than 1 % off.
    pub percent_off: Option<(f32, f32)>,
    /// The number of each of [`MISTAKES`], and the first one.
    mistakes: [Option<(u64, Sample)>; MISTAKES.len()],
}

/// A result and its error.
#[derive(Clone, Copy)]
pub struct Sample {
    pub x: f32,
    pub got: f32,
    pub wanted: f64,
    /// The error in ulps.
    pub error: f64,
}

impl Tally {
    pub fn of(x: &[f32], got: &[f32], truth: impl Fn(f64) -> Truth) -> Self {
        let mut tally = Self::default();
        for (&x, &got) in x.iter().zip(got) {
            let error = error_at(x, got, &truth);
            let is_worst = error > tally.worst.map_or(0.0, |worst| worst.error);
            if error.is_finite() {
                tally.bins[bin(error)] += 1;
                if error > PERCENT {
                    tally.percent_off = either(tally.percent_off, Some((x.abs(), x.abs())));
                }
            }
            if is_worst {
                tally.keep(Sample {
                    x,
                    got,
                    wanted: truth(f64::from(x)).value,
                    error,
                });
            }
        }
        tally
    }

    /// Keeps a sample if it is worse than the worst so far.
    fn keep(&mut self, sample: Sample) {
        let Sample {
            got, wanted, error, ..
        } = sample;
        if error.is_finite() {
            self.worst = Some(sample);
            return;
        }
        let kinds = [
            got.is_nan() || wanted.is_nan(),
            got.is_infinite() || wanted.is_infinite(),
            wanted == 0.0,
        ];
        let kind = kinds.iter().position(|&is| is).unwrap_or(kinds.len());
        self.mistakes[kind].get_or_insert((0, sample)).0 += 1;
    }

    /// Adds the counts of later results.
    pub fn and(mut self, later: Self) -> Self {
        self.bins
            .iter_mut()
            .zip(later.bins)
            .for_each(|(bin, more)| *bin += more);
        let error = |worst: Option<Sample>| worst.map_or(0.0, |worst| worst.error);
        if error(later.worst) > error(self.worst) {
            self.worst = later.worst;
        }
        self.percent_off = either(self.percent_off, later.percent_off);
        for (mistake, later) in self.mistakes.iter_mut().zip(later.mistakes) {
            *mistake = match (*mistake, later) {
                (Some((count, first)), Some((more, _))) => Some((count + more, first)),
                (one, other) => one.or(other),
            };
        }
        self
    }

    /// Returns the name, the number and the first of each kind of mistake that occurred.
    pub fn mistakes(&self) -> impl Iterator<Item = (&'static str, u64, Sample)> {
        let kinds = MISTAKES.into_iter().zip(self.mistakes);
        kinds.filter_map(|(name, mistakes)| mistakes.map(|(count, first)| (name, count, first)))
    }

    pub fn is_within(&self, bound: f64) -> bool {
        self.mistakes.iter().all(Option::is_none)
            && self.worst.is_none_or(|worst| worst.error <= bound)
    }

    /// Formats the histogram, a line for each bin.
    pub fn histogram(&self) -> String {
        let all = (self.bins.iter().sum::<u64>()
            + self.mistakes().map(|(_, count, _)| count).sum::<u64>()) as f64;
        let line = |(bin, &count): (usize, &u64)| {
            let name = match bin {
                0 => "0".to_owned(),
                _ if bin == BINS - 1 => format!("> {}", BIN * (BINS - 2) as f64),
                _ => format!("<= {}", BIN * bin as f64),
            };
            format!(
                "  {name:>6} ulp: {count} ({:.4} %)\n",
                100.0 * count as f64 / all
            )
        };
        self.bins.iter().enumerate().map(line).collect()
    }
}

/// Returns the range that holds both.
fn either(one: Option<(f32, f32)>, other: Option<(f32, f32)>) -> Option<(f32, f32)> {
    match (one, other) {
        (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
        _ => one.or(other),
    }
}

fn bin(error: f64) -> usize {
    // This rounds up without a call of `ceil`, because it runs for every result.
    let below = (error / BIN) as usize;
    below
        .saturating_add(usize::from((below as f64) * BIN < error))
        .min(BINS - 1)
}

/// Formats the worst error, and a line for each kind of mistake.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.worst {
            Some(worst) => write!(f, "{:.4} ulp {worst}", worst.error)?,
            None => f.write_str("0 ulp everywhere")?,
        }
        if let Some((least, greatest)) = self.percent_off {
            write!(
                f,
                "\n  more than 1 % off between |x| = {least:?} and {greatest:?}"
            )?;
        }
        for (name, count, first) in self.mistakes() {
            write!(f, "\n  wrong: {count} times {name}, first {first}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { x, got, wanted, .. } = self;
        write!(
            f,
            "at x = {x:?} ({:#010x}): got {got:?}, wanted {wanted:?}",
            x.to_bits()
        )
    }
}
