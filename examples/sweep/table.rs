//! Tables in a page of Markdown, each between comments that name it: `<!-- sweep -->` and `<!-- /sweep -->`.

use std::io::Write;
use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use wgpu_activations::Activation;

use crate::chart::beside::beside;
use crate::compare::Direction;
use crate::figures::Figures;
use crate::tally::Tally;
use crate::usual::Usual;

/// A page with a place for a table.
pub struct Page<'a> {
    path: &'a Path,
    name: &'static str,
}

impl<'a> Page<'a> {
    /// Fails if the page has no place for a table of this name: better known before a sweep than after it.
    pub fn new(path: &'a Path, name: &'static str) -> Result<Self> {
        let page = Self { path, name };
        page.with_table("").map(|_| page)
    }

    /// Puts a table into its place, and under it how it was made; the rest of the file stays as it is.
    pub fn write(&self, table: &str, on: &str) -> Result<()> {
        let arguments: Vec<_> = env::args().skip(1).collect();
        let command = format!("`cargo run --example sweep -- {}`", arguments.join(" "));
        let text = self.with_table(&format!("{table}\n{command} on {on}\n"))?;
        let write = || -> Result<()> {
            let mut file = beside(self.path)?;
            file.write_all(text.as_bytes())?;
            file.persist(self.path)?;
            Ok(())
        };
        write().with_context(|| self.argument())
    }

    /// PyTorch's errors and our kernels' costs, which lie beside the page.
    pub fn figures(&self) -> Result<[Figures; 2]> {
        let beside = |name| self.path.with_file_name(name);
        Ok([Figures::pytorch(&beside("pytorch.csv"))?, Figures::cost(&beside("cost.csv"))?])
    }

    fn with_table(&self, table: &str) -> Result<String> {
        let replaced =
            fs::read_to_string(self.path).map_err(Into::into).and_then(|text| replaced(&text, self.name, table));
        replaced.with_context(|| self.argument())
    }

    fn argument(&self) -> String {
        format!("--table {}", self.path.display())
    }
}

fn replaced(text: &str, name: &str, table: &str) -> Result<String> {
    let [begin, end] = [format!("<!-- {name} -->"), format!("<!-- /{name} -->")];
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.with_context(|| format!("it has no `{begin}` with a `{end}` after it"))?;
    ensure!(![before, after].iter().any(|part| part.contains(&begin)), "it has more than one `{begin}`");
    Ok(format!("{before}{begin}\n{table}{end}{after}"))
}

/// A row for each activation, both directions in it.
pub fn of_activations(sweeps: &[(Activation, Direction, Tally)], [pytorch, cost]: &[Figures; 2]) -> String {
    let mut table = "| | f(x): ulp, at x | f'(x) | cost of f(x) | of the gradient | PyTorch f(x) | PyTorch f'(x) |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for both in sweeps.chunks(Direction::BOTH.len()) {
        let name = both[0].0.info().name;
        let ours = both.iter().map(|(.., tally)| cell(tally));
        let figures = [cost, pytorch]
            .map(|figures| both.iter().map(|(_, direction, _)| figures.cell(name, &direction.to_string()).to_owned()));
        table += &row([format!("`{name}`")].into_iter().chain(ours).chain(figures.into_iter().flatten()));
    }
    table
}

/// A row for each formula.
pub fn of_usual(tallies: &[(&Usual, Tally)]) -> String {
    let mut table = "| | in f32 | more than 1 % off for \\|x\\| from, to | wrong |\n|---|---|---|---|\n".to_owned();
    for (Usual { activation, direction, formula, .. }, tally) in tallies {
        let prime = if *direction == Direction::Backward { "'" } else { "" };
        let name = format!("`{}`{prime}", activation.info().name);
        let off = tally.percent_off.map(|(least, greatest)| format!("{}, {}", short(least), short(greatest)));
        table += &row([name, (*formula).to_owned(), off.unwrap_or_default(), mistakes(tally)]);
    }
    table
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<_> = cells.into_iter().collect();
    format!("| {} |\n", cells.join(" | "))
}

/// The worst error and its place, and what is wrong.
fn cell(tally: &Tally) -> String {
    let worst = tally.worst.map_or("exact".to_owned(), |worst| format!("{} at {:?}", ulps(worst.error), worst.x));
    let mistakes = mistakes(tally);
    if mistakes.is_empty() { worst } else { format!("{worst}; wrong: {mistakes}") }
}

/// Each kind of mistake and the first place of it.
fn mistakes(tally: &Tally) -> String {
    let mistakes = tally.mistakes().map(|(name, _, first)| format!("{name} at {:?}", first.x));
    mistakes.collect::<Vec<_>>().join(", ")
}

/// Digits that can be compared, or only the magnitude.
pub fn ulps(error: f64) -> String {
    if error < 1e3 { format!("{error:.2}") } else { format!("{error:.1e}") }
}

fn short(x: f32) -> String {
    if x < 1e-3 { format!("{x:.1e}") } else { format!("{x:.2}") }
}
