//! Replaces tables in a Markdown page. Each table lies between two comments with its name, such as
//! `<!-- sweep -->` and `<!-- /sweep -->`.

use std::io::Write;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, ensure};

use crate::beside::beside;

/// A page with a place for a table.
pub struct Page<'a> {
    path: &'a Path,
    name: &'static str,
}

impl<'a> Page<'a> {
    /// Fails if the page has no place for a table of this name. It is better to know this before
    /// the measurements than after them.
    pub fn new(path: &'a Path, name: &'static str) -> Result<Self> {
        let page = Self { path, name };
        page.with_table("").map(|_| page)
    }

    /// Writes the table into its place, and under it the command that made it. The rest of the page
    /// stays as it is.
    pub fn write(&self, table: &str, command: &str, on: &str) -> Result<()> {
        let text = self.with_table(&format!("{table}\n`{command}` on {on}\n"))?;
        let write = || -> Result<()> {
            let mut file = beside(self.path)?;
            file.write_all(text.as_bytes())?;
            file.persist(self.path)?;
            Ok(())
        };
        write().with_context(|| self.argument())
    }

    fn with_table(&self, table: &str) -> Result<String> {
        let replaced = fs::read_to_string(self.path)
            .map_err(Into::into)
            .and_then(|text| replaced(&text, self.name, table));
        replaced.with_context(|| self.argument())
    }

    fn argument(&self) -> String {
        format!("--table {}", self.path.display())
    }
}

fn replaced(text: &str, name: &str, table: &str) -> Result<String> {
    let [begin, end] = [format!("<!-- {name} -->"), format!("<!-- /{name} -->")];
    let parts = text
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        parts.with_context(|| format!("it has no `{begin}` with a `{end}` after it"))?;
    ensure!(
        ![before, after].iter().any(|part| part.contains(&begin)),
        "it has more than one `{begin}`"
    );
    Ok(format!("{before}{begin}\n{table}{end}{after}"))
}

/// Returns this program's arguments as they are typed.
pub fn arguments() -> String {
    env::args().skip(1).collect::<Vec<_>>().join(" ")
}

/// Formats a row of a table.
pub fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}
