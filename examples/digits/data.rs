//! The handwritten digits, split into those to learn from and those that stay unseen.

use anyhow::{Context, Result, ensure};
use rand::seq::SliceRandom;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// 8 by 8.
pub const PIXELS: usize = 64;

/// The digits 0 to 9.
pub const CLASSES: usize = 10;

/// Digits in one step of training.
pub const BATCH: usize = 32;

/// Digits to learn from: whole batches, so that none is left over.
pub const TRAIN: usize = 45 * BATCH;

/// What a pixel is divided by, to go from 0 to 1.
const WHITEST: f32 = 16.0;

/// The split is the same for every seed: results of different seeds can be compared.
const SPLIT_SEED: u64 = 0;

/// The digits: the first [`TRAIN`] to learn from, the others unseen.
pub struct Digits {
    pub pixels: Vec<[f32; PIXELS]>,
    pub labels: Vec<u32>,
}

impl Digits {
    pub fn load() -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(include_str!("digits.csv").as_bytes());
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
