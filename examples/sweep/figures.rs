//! Reads figures of other programs from CSV files beside the page.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use csv::StringRecord;

use crate::columns::COLUMNS;
use crate::table::ulps;

/// Costs are shown for this size: two million elements, of which no cache holds much.
const COST_ELEMENTS: u64 = 1 << 21;

/// The cells of a table, by activation and direction.
#[derive(Default)]
pub struct Figures(HashMap<[String; 2], String>);

impl Figures {
    /// Reads PyTorch's errors and their places.
    pub fn pytorch(path: &Path) -> Result<Self> {
        Self::read(
            path,
            &["activation", "direction", "ulp", "at", "note"],
            |record| {
                let [ulp, at, note] = [&record[2], &record[3], &record[4]];
                let ulp = ulp.parse().map_or(ulp.to_owned(), ulps);
                let worst = if at.is_empty() {
                    ulp
                } else {
                    format!("{ulp} at {at}")
                };
                let parts: Vec<_> = [&worst[..], note]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect();
                Some(
                    parts
                        .iter()
                        .map(|part| part.replace('|', "\\|"))
                        .collect::<Vec<_>>()
                        .join("; "),
                )
            },
        )
    }

    /// Reads the costs of kernels relative to a copy, as the example `bench` writes them.
    pub fn cost(path: &Path) -> Result<Self> {
        let elements = COST_ELEMENTS.to_string();
        Self::read(path, &COLUMNS, |record| {
            let is_shown = &record[2] == "f32" && record[3] == elements;
            is_shown.then(|| {
                record[6]
                    .parse()
                    .map_or(record[6].to_owned(), |ratio: f64| format!("{ratio:.2}"))
            })
        })
    }

    /// Reads a CSV file whose first two columns are the key. A missing file has no cells.
    fn read(
        path: &Path,
        columns: &[&str],
        cell: impl Fn(&StringRecord) -> Option<String>,
    ) -> Result<Self> {
        let parse = |bytes: Vec<u8>| -> Result<Self> {
            let mut reader = csv::Reader::from_reader(&bytes[..]);
            ensure!(
                *reader.headers()? == *columns,
                "its columns must be {}",
                columns.join(",")
            );
            let mut cells = HashMap::new();
            for record in reader.records() {
                let record = record?;
                if let Some(cell) = cell(&record) {
                    cells.insert([record[0].to_owned(), record[1].to_owned()], cell);
                }
            }
            Ok(Self(cells))
        };
        match fs::read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            bytes => bytes
                .map_err(Into::into)
                .and_then(parse)
                .with_context(|| path.display().to_string()),
        }
    }

    pub fn cell(&self, activation: &str, direction: &str) -> &str {
        self.0
            .get(&[activation, direction].map(str::to_owned))
            .map_or("-", String::as_str)
    }
}
