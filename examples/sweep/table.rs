//! Writes the tables of a page.

use std::path::Path;

use anyhow::Result;
use wgpu_activations::Activation;

use crate::figures::Figures;
use crate::page::row;
use crate::subject::{Direction, Subject};
use crate::tally::Tally;
use crate::usual::Usual;

/// The files with PyTorch's errors and the kernels' costs, which lie beside the page.
pub fn figures(page: &Path) -> Result<[Figures; 2]> {
    let beside = |name| page.with_file_name(name);
    Ok([
        Figures::pytorch(&beside("pytorch.csv"))?,
        Figures::cost(&beside("bench.csv"))?,
    ])
}

/// Writes a row for each activation of the list, with all directions.
pub fn of_activations(
    sweeps: &[(Subject, Direction, Tally)],
    [pytorch, cost]: &[Figures; 2],
) -> String {
    let mut table = "| | f(x): ulp, at x | f'(x) | f'(x) from y, at y | cost of f(x) | of the gradient | PyTorch f(x) | PyTorch f'(x) |\n\
                     |---|---|---|---|---|---|---|---|\n"
        .to_owned();
    let rows = sweeps.chunk_by(|_, (_, next, _)| *next != Direction::Forward);
    for (directions, activation) in rows.zip(Activation::ALL) {
        let name = activation.info().name;
        let of = |wanted| {
            let mut sweeps = directions.iter();
            let found = sweeps.find(|(_, direction, _)| *direction == wanted);
            found.map_or(String::new(), |(.., tally)| cell(tally))
        };
        let (both, from_output) = (
            [Direction::Forward, Direction::Backward],
            of(Direction::FromOutput),
        );
        let figures = [cost, pytorch].map(|figures| {
            both.map(|direction| figures.cell(name, &direction.to_string()).to_owned())
        });
        table += &row([format!("`{name}`")]
            .into_iter()
            .chain(both.map(of))
            .chain([from_output])
            .chain(figures.into_iter().flatten()));
    }
    table
}

/// Writes a row for each formula.
pub fn of_usual(tallies: &[(&Usual, Tally)]) -> String {
    let mut table =
        "| | in f32 | more than 1 % off for \\|x\\| from, to | wrong |\n|---|---|---|---|\n"
            .to_owned();
    for (
        Usual {
            activation,
            direction,
            formula,
            ..
        },
        tally,
    ) in tallies
    {
        let prime = if *direction == Direction::Backward {
            "'"
        } else {
            ""
        };
        let name = format!("`{}`{prime}", activation.info().name);
        let off = tally
            .percent_off
            .map(|(least, greatest)| format!("{}, {}", short(least), short(greatest)));
        table += &row([
            name,
            (*formula).to_owned(),
            off.unwrap_or_default(),
            mistakes(tally),
        ]);
    }
    table
}

/// Formats the worst error and its place, and the mistakes.
fn cell(tally: &Tally) -> String {
    let worst = tally.worst.map_or("exact".to_owned(), |worst| {
        format!("{} at {:?}", ulps(worst.error), worst.x)
    });
    let mistakes = mistakes(tally);
    if mistakes.is_empty() {
        worst
    } else {
        format!("{worst}; wrong: {mistakes}")
    }
}

/// Formats each kind of mistake and the place of the first one.
fn mistakes(tally: &Tally) -> String {
    let mistakes = tally
        .mistakes()
        .map(|(name, _, first)| format!("{name} at {:?}", first.x));
    mistakes.collect::<Vec<_>>().join(", ")
}

/// Formats an error with digits that can be compared, or only its order of magnitude.
pub fn ulps(error: f64) -> String {
    if error < 1e3 {
        format!("{error:.2}")
    } else {
        format!("{error:.1e}")
    }
}

fn short(x: f32) -> String {
    if x < 1e-3 {
        format!("{x:.1e}")
    } else {
        format!("{x:.2}")
    }
}
