//! A progress bar for work that takes long.

use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done by then needs no bar.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    pub fn new(elements: usize) -> Result<Self> {
        let style = ProgressStyle::with_template("{bar:40} {percent}%, {eta} left")?;
        let target = ProgressDrawTarget::hidden();
        Ok(Self {
            bar: ProgressBar::with_draw_target(Some(elements as u64), target).with_style(style),
            start: Instant::now(),
        })
    }

    /// Counts elements. The bar is drawn on stderr if that is a terminal.
    pub fn advance(&self, elements: usize) {
        self.bar.inc(elements as u64);
        if self.bar.is_hidden() && self.start.elapsed() >= PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
