//! Reports the results of trainings as tables and pictures.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use anyhow::Result;

use crate::chart::{self, Panel, Series};
use crate::evaluation::Score;
use crate::train::{DEAD, Epoch};

/// The history of a training. `epochs[0]` is from before the first step.
pub struct History {
    /// The activation, as the user wrote it.
    pub name: String,
    pub epochs: Vec<Epoch>,
    /// The duration of each epoch.
    pub seconds: Vec<f64>,
}

impl History {
    pub fn last(&self) -> &Epoch {
        &self.epochs[self.epochs.len() - 1]
    }

    /// Returns the duration of the shortest epoch in milliseconds. Other load on the machine only
    /// makes epochs longer.
    pub fn shortest(&self) -> f64 {
        1e3 * self.seconds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Returns a curve over the epochs.
    fn series(&self, name: &str, value: impl Fn(&Epoch) -> f64) -> Series {
        let points = self
            .epochs
            .iter()
            .enumerate()
            .map(|(i, epoch)| (i as f64, value(epoch)))
            .collect();
        Series {
            name: name.to_owned(),
            points,
        }
    }
}

/// Summarises the trained network in one line.
impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Epoch { train, unseen, .. } = self.last();
        write!(
            f,
            "loss {:.4}, on unseen digits {:.4}",
            train.loss, unseen.loss
        )?;
        if let Some([mean, least, most]) = learned(self.last()) {
            write!(f, "; learned parameter {mean:.3} ({least:.3} to {most:.3})")?;
        }
        Ok(())
    }
}

/// Returns the mean, the least and the greatest of all learned parameters.
fn learned(epoch: &Epoch) -> Option<[f32; 3]> {
    let values = epoch.learned.concat();
    let least = values.iter().copied().reduce(f32::min)?;
    let most = values.iter().copied().reduce(f32::max)?;
    Some([mean(&values), least, most])
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

/// Compares separate and fused kernels. Times are those of the shortest epoch.
pub fn fusion(separate: &History, fused: &History) -> String {
    let [before, after] = [separate, fused].map(|history| {
        let Epoch { train, unseen, .. } = history.last();
        (history.shortest(), train.loss, unseen.accuracy)
    });
    format!(
        "fused: {:.1} ms an epoch instead of {:.1} ms; loss {:.4} instead of {:.4}; accuracy {:.4} instead of {:.4}",
        after.0, before.0, after.1, before.1, after.2, before.2
    )
}

/// Returns the size of the first layer's gradient, relative to that of the last layer's.
fn first_to_last(epoch: &Epoch) -> f64 {
    epoch.gradients[0] / epoch.gradients[epoch.gradients.len() - 1]
}

const HEADINGS: [&str; 9] = [
    "activation",
    "loss",
    "unseen loss",
    "accuracy",
    "zeros",
    "dead",
    "gradient",
    "first/last",
    "learned",
];

/// Formats a table that compares trainings.
pub fn table(histories: &[History]) -> String {
    let rows: Vec<_> = [HEADINGS.map(str::to_owned)]
        .into_iter()
        .chain(histories.iter().map(row))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let mut table = String::new();
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            0 => format!("{cell:<width$}", width = width(column)),
            _ => format!("  {cell:>width$}", width = width(column)),
        });
        table += cells.collect::<String>().trim_end();
        table.push('\n');
    }
    table + &explanation()
}

fn row(history: &History) -> [String; 9] {
    let (first, last) = (&history.epochs[0], history.last());
    let learned =
        learned(last).map(|[mean, least, most]| format!("{mean:.3} ({least:.3} to {most:.3})"));
    [
        history.name.clone(),
        format!("{:.4}", last.train.loss),
        format!("{:.4}", last.unseen.loss),
        format!("{:.4}", last.unseen.accuracy),
        format!("{:.1}%", 100.0 * last.zeros),
        format!("{:.1}%", 100.0 * last.dead),
        format!("{:.1e}", first.gradients[0]),
        format!("{:.3}", first_to_last(first)),
        learned.unwrap_or_default(),
    ]
}

fn explanation() -> String {
    format!(
        "loss: of the training digits; accuracy: on unseen digits; all but the gradient is of the end of the training.\n\
         zeros: hidden outputs that are exactly 0; dead: hidden units with |f'| <= {DEAD:e} for every training digit.\n\
         gradient: root mean square of the first layer's, before the first step; first/last: relative to the last layer's.\n\
         learned: mean of the activation's learned parameters (least to most)."
    )
}

/// Draws the loss and the accuracy of one training.
pub fn draw_run(path: &Path, history: &History) -> Result<()> {
    let curves = |value: fn(Score) -> f64| {
        vec![
            history.series("training digits", |epoch| value(epoch.train)),
            history.series("unseen digits", |epoch| value(epoch.unseen)),
        ]
    };
    let name = &history.name;
    let panels = [
        panel(
            &format!("Loss with {name}"),
            "mean cross-entropy",
            curves(|score| score.loss),
        ),
        Panel {
            y: Some(accuracies(&[history])),
            ..panel(
                &format!("Accuracy with {name}"),
                "share of digits recognised",
                curves(|score| score.accuracy),
            )
        },
    ];
    chart::draw(path, &panels, 2, 1)
}

/// Draws charts that compare trainings.
pub fn draw_comparison(path: &Path, histories: &[History]) -> Result<()> {
    let curves = |value: fn(&Epoch) -> f64| -> Vec<_> {
        histories
            .iter()
            .map(|history| history.series(&history.name.clone(), value))
            .collect()
    };
    let mut panels = vec![
        panel(
            "Loss",
            "log10 of the mean cross-entropy",
            curves(|epoch| epoch.train.loss.log10()),
        ),
        Panel {
            y: Some(accuracies(&Vec::from_iter(histories))),
            ..panel(
                "Accuracy on unseen digits",
                "share of digits recognised",
                curves(|epoch| epoch.unseen.accuracy),
            )
        },
        shares(
            "Hidden outputs that are 0",
            "share of outputs",
            curves(|epoch| epoch.zeros),
        ),
        shares(
            "Dead hidden units",
            "share of units",
            curves(|epoch| epoch.dead),
        ),
        panel(
            "Gradient of the first layer",
            "log10 of its ratio to the last's",
            curves(|epoch| first_to_last(epoch).log10()),
        ),
    ];
    let learning: Vec<_> = histories.iter().flat_map(learned_series).collect();
    if !learning.is_empty() {
        panels.push(panel("Learned parameters", "mean of the layer", learning));
    }
    chart::draw(path, &panels, 2, 1)
}

/// Returns the mean learned parameter of each hidden layer, if there is one.
fn learned_series(history: &History) -> Vec<Series> {
    let series = |layer: usize| {
        history.series(
            &format!("{}, hidden layer {}", history.name, layer + 1),
            |epoch| f64::from(mean(&epoch.learned[layer])),
        )
    };
    (0..history.last().learned.len()).map(series).collect()
}

/// Returns the range of accuracies from the tenth below the worst network to a little above 1,
/// where networks that have learned something differ.
fn accuracies(histories: &[&History]) -> Range<f64> {
    let worst = histories
        .iter()
        .map(|history| history.last().unseen.accuracy)
        .fold(1.0, f64::min);
    ((10.0 * worst).ceil() - 1.0).max(0.0) / 10.0..1.005
}

/// Returns a chart of shares. It starts at 0 and has some height even if all shares are 0.
fn shares(title: &str, y_label: &str, series: Vec<Series>) -> Panel {
    let most = series
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| point.1)
        .fold(0.1, f64::max);
    Panel {
        y: Some(-0.05 * most..1.05 * most),
        ..panel(title, y_label, series)
    }
}

/// Returns a chart over the epochs.
fn panel(title: &str, y_label: &str, series: Vec<Series>) -> Panel {
    Panel {
        title: title.to_owned(),
        x_label: "epoch".to_owned(),
        y_label: y_label.to_owned(),
        x: None,
        y: None,
        series,
    }
}
