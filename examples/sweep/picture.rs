//! Draws the errors of the kernels and of the usual formulas.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use wgpu_activations::{Activation, Gpu};

use crate::chart::{self, Panel, Series};
use crate::subject::{Direction, Subject};
use crate::tally::Tally;
use crate::usual::USUAL;

/// The number of points of a curve.
const POINTS: usize = 500;

/// Each point is the worst of this many inputs.
const INPUTS: usize = 1000;

/// The bound of all activations, in ulps.
const BOUND: f64 = 4.0;

pub fn draw(path: &Path, gpu: &Gpu) -> Result<()> {
    let gelu = panel(
        gpu,
        "gelu",
        (Activation::Gelu, Direction::Forward),
        -14.0..14.0,
    )?;
    let tanh = panel(
        gpu,
        "tanh'",
        (Activation::Tanh, Direction::Backward),
        -45.0..45.0,
    )?;
    chart::draw(path, &[gelu, tanh], 2, 1)
}

fn panel(
    gpu: &Gpu,
    title: &str,
    what: (Activation, Direction),
    range: Range<f32>,
) -> Result<Panel> {
    let (activation, direction) = what;
    let subject = Subject::Activation(activation);
    let part = |index: usize| (index as f32 + 0.5) / (POINTS * INPUTS) as f32;
    let x: Vec<_> = (0..POINTS * INPUTS)
        .map(|i| range.start + (range.end - range.start) * part(i))
        .collect();
    let series = |name: &str, results: &[f32]| {
        let worst = |(x, got): (&[f32], &[f32])| {
            let worst = Tally::of(x, got, |x| subject.truth(direction, x)).worst;
            (
                f64::from(x[INPUTS / 2]),
                worst.map_or(0.0, |worst| worst.error).log10(),
            )
        };
        Series {
            name: name.to_owned(),
            points: x
                .chunks(INPUTS)
                .zip(results.chunks(INPUTS))
                .map(worst)
                .collect(),
        }
    };

    let ours = gpu.read_blocking(&subject.compute(gpu, direction, &x)?)?;
    let bound = [range.start, range.end].map(|x| (f64::from(x), BOUND.log10()));
    let bound = Series {
        name: format!("{BOUND} ulp"),
        points: bound.to_vec(),
    };
    let mut curves = vec![series("wgpu-activations", &ours), bound];
    for usual in USUAL
        .iter()
        .filter(|usual| (usual.activation, usual.direction) == what)
    {
        curves.push(series(
            usual.formula,
            &x.iter().copied().map(usual.function).collect::<Vec<_>>(),
        ));
    }
    Ok(Panel {
        title: title.to_owned(),
        x_label: "x".to_owned(),
        y_label: "log10 of the error in ulps".to_owned(),
        x: Some(range.start.into()..range.end.into()),
        y: Some(-1.0..8.0),
        series: curves,
    })
}
