//! Draws bandwidths over sizes.

use std::path::Path;

use anyhow::Result;

use crate::chart::{self, Panel, Series};
use crate::measure::{COPY, Figure};
use crate::plan::Pass;

/// The kernels to draw: the copy, one with little arithmetic, and those with the most.
const SHOWN: [&str; 6] = [COPY, "relu", "sigmoid", "silu", "gelu", "mish"];

/// Only the type that was measured first is drawn.
pub fn draw(path: &Path, figures: &[Figure]) -> Result<()> {
    let figures: Vec<_> = figures
        .iter()
        .filter(|figure| figure.dtype == figures[0].dtype)
        .collect();
    let panels: Vec<_> = [Pass::Forward, Pass::Backward]
        .into_iter()
        .map(|pass| panel(&figures, pass))
        .collect();
    chart::draw(path, &panels, 2, 1)
}

fn panel(figures: &[&Figure], pass: Pass) -> Panel {
    let series = |name: &str| {
        let own = figures
            .iter()
            .filter(|figure| figure.name == name && figure.pass == pass);
        let point = |figure: &&Figure| {
            (
                (figure.elements as f64).log2(),
                figure.gigabytes_per_second(),
            )
        };
        let shown = if name == COPY {
            "copy: the limit"
        } else {
            name
        };
        Series {
            name: shown.to_owned(),
            points: own.map(point).collect(),
        }
    };
    let most = figures
        .iter()
        .map(|figure| figure.gigabytes_per_second())
        .fold(0.0, f64::max);
    Panel {
        title: pass.to_string(),
        x_label: "log2 of the elements".to_owned(),
        y_label: "GB/s".to_owned(),
        x: None,
        y: Some(0.0..1.05 * most),
        series: SHOWN
            .iter()
            .map(|name| series(name))
            .filter(|series| !series.points.is_empty())
            .collect(),
    }
}
