//! Two contenders who take turns.

use std::time::Instant;

use anyhow::{Result, ensure};
use cpu_time::ProcessTime;

use crate::spread::Spread;

/// Seconds of one turn.
#[derive(Clone, Copy)]
pub struct Seconds {
    /// Of all threads of this process, which on a software adapter are the adapter, too.
    pub cpu: f64,
    pub wall: f64,
}

impl Seconds {
    /// Of one of so many.
    pub fn of_one(self, count: usize) -> Self {
        Self { cpu: self.cpu / count as f64, wall: self.wall / count as f64 }
    }
}

/// Seconds of some work, which must be done when it returns.
pub fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Seconds)> {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let result = work()?;
    Ok((result, Seconds { cpu: cpu.elapsed().as_secs_f64(), wall: wall.elapsed().as_secs_f64() }))
}

/// What is compared, and how it went.
pub struct Comparison {
    pub what: String,
    /// What ours may take of Burn's time.
    pub target: f64,
    turns: Vec<[Seconds; 2]>,
}

impl Comparison {
    /// Both in turn, ours first. `read` makes numbers of their first results, which are compared, so that neither can leave out its
    /// work.
    pub fn run<A, B>(
        what: String,
        target: f64,
        turns: usize,
        mut ours: impl FnMut() -> Result<(A, Seconds)>,
        mut burns: impl FnMut() -> Result<(B, Seconds)>,
        read: impl FnOnce(A, B) -> Result<[Vec<f32>; 2]>,
    ) -> Result<Self> {
        // The first turn is to warm up, too: both compile, and Burn tunes itself.
        let [our_values, values] = read(ours()?.0, burns()?.0)?;
        ensure_close(&what, &our_values, &values)?;
        let mut all = vec![];
        for _ in 0..turns {
            let ((_, own), (_, others)) = (ours()?, burns()?);
            all.push([own, others]);
        }
        Ok(Self { what, target, turns: all })
    }

    /// Our time over Burn's.
    pub fn ratio(&self, of: fn(&Seconds) -> f64) -> Spread {
        Spread::of(self.turns.iter().map(|[own, others]| of(own) / of(others)))
    }

    /// Our seconds and Burn's.
    pub fn seconds(&self, of: fn(&Seconds) -> f64) -> [f64; 2] {
        [0, 1].map(|who| Spread::of(self.turns.iter().map(|turn| of(&turn[who]))).median)
    }
}

/// Burn's arithmetic is that of WGSL's own functions, some of which are off in the third digit, and its gelu' another formula: what
/// is to be seen here is only that both have computed the same.
const TOLERANCE: f32 = 2e-2;

fn ensure_close(what: &str, ours: &[f32], burns: &[f32]) -> Result<()> {
    ensure!(ours.len() == burns.len() && !ours.is_empty(), "{what}: {} results and {}", ours.len(), burns.len());
    let is_off = |(a, b): &(&f32, &f32)| !((*a - *b).abs() <= TOLERANCE * (1.0 + a.abs()));
    match ours.iter().zip(burns).find(is_off) {
        Some((a, b)) => anyhow::bail!("{what}: ours is {a}, Burn's {b}"),
        None => Ok(()),
    }
}
