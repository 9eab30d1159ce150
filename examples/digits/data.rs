//! Loads the handwritten digits, and splits them into training digits and unseen ones.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// A digit has 8 by 8 pixels.
pub const PIXELS: usize = 64;

/// The classes are the digits 0 to 9.
pub const CLASSES: usize = 10;

/// The number of digits in one training step.
pub const BATCH: usize = 32;

/// The number of training digits, a whole number of batches.
pub const TRAIN: usize = 45 * BATCH;

/// Pixels are divided by this to be from 0 to 1.
const WHITEST: f32 = 16.0;

/// The split does not depend on the seed, so that results of different seeds can be compared.
const SPLIT_SEED: u64 = 0;

/// The digits. The first [`TRAIN`] are for training, the others stay unseen.
pub struct Digits {
    pub pixels: Vec<[f32; PIXELS]>,
    pub labels: Vec<u32>,
}

impl Digits {
    /// Loads `digits.csv`.
    pub fn load(file: impl AsRef<Path>) -> Result<Self> {
        let file = file.as_ref();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_path(file)
            .with_context(|| {
                let file = file.display();
                format!("{file}: it is in the repository, but in no published package")
            })?;
        let mut rows = Vec::new();
        for (line, row) in reader.deserialize::<Vec<u32>>().enumerate() {
            let row = row?;
            let (label, pixels) = row
                .split_last()
                .with_context(|| format!("digits.csv: row {line} is empty"))?;
            ensure!(
                pixels.len() == PIXELS && (*label as usize) < CLASSES,
                "digits.csv: row {line} is not {PIXELS} pixels and a digit"
            );
            rows.push((std::array::from_fn(|i| pixels[i] as f32 / WHITEST), *label));
        }
        ensure!(
            rows.len() > TRAIN,
            "digits.csv: {} digits leave none unseen",
            rows.len()
        );
        rows.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(SPLIT_SEED));
        let (pixels, labels) = rows.into_iter().unzip();
        Ok(Self { pixels, labels })
    }

    pub fn len(&self) -> usize {
        self.labels.len()
    }

    pub fn unseen(&self) -> usize {
        self.len() - TRAIN
    }
}
