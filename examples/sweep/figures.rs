//! Figures from other programs, in CSV files beside the page.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::table::ulps;

/// Cells of a table, by activation and direction.
#[derive(Default)]
pub struct Figures(HashMap<[String; 2], String>);

impl Figures {
    /// PyTorch's errors, and where they are.
    pub fn pytorch(path: &Path) -> Result<Self> {
        Self::read(path, ["activation", "direction", "ulp", "at", "note"], |[ulp, at, note]| {
            let ulp = ulp.parse().map_or(ulp.to_owned(), ulps);
            let worst = if at.is_empty() { ulp } else { format!("{ulp} at {at}") };
            let parts: Vec<_> = [&worst, note].into_iter().filter(|part| !part.is_empty()).collect();
            parts.iter().map(|part| part.replace('|', "\\|")).collect::<Vec<_>>().join("; ")
        })
    }

    /// What kernels cost over one that copies, as the example `cost` writes it.
    pub fn cost(path: &Path) -> Result<Self> {
        Self::read(path, ["activation", "direction", "over_copy"], |[over_copy]| over_copy.to_owned())
    }

    /// Reads a CSV file, whose first two columns are the key. One that is not there has no cells.
    fn read<const COLUMNS: usize, const REST: usize>(
        path: &Path,
        columns: [&str; COLUMNS],
        cell: impl Fn([&str; REST]) -> String,
    ) -> Result<Self> {
        let parse = |bytes: Vec<u8>| -> Result<Self> {
            let mut reader = csv::Reader::from_reader(&bytes[..]);
            ensure!(*reader.headers()? == columns[..], "its columns must be {}", columns.join(","));
            let mut cells = HashMap::new();
            for record in reader.records() {
                let record = record?;
                let key = [record[0].to_owned(), record[1].to_owned()];
                cells.insert(key, cell(std::array::from_fn(|column| &record[2 + column])));
            }
            Ok(Self(cells))
        };
        match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            bytes => bytes.map_err(Into::into).and_then(parse).with_context(|| path.display().to_string()),
        }
    }

    pub fn cell(&self, activation: &str, direction: &str) -> &str {
        self.0.get(&[activation, direction].map(str::to_owned)).map_or("-", String::as_str)
    }
}
