//! Writes figures for the terminal, as CSV, and for the page.

use std::path::Path;

use anyhow::{Context, Result};
use wgpu_activations::Dtype;

use crate::beside::{beside, directory};
use crate::columns::COLUMNS;
use crate::host::Line;
use crate::measure::Figure;
use crate::page::row;
use crate::plan::Pass;
use crate::spread::Spread;

/// Formats the ratios at each size, a line for each kernel, and at the end of each line the median
/// of the ratios' spreads.
pub fn print_ratios(figures: &[Figure], clock: &str) {
    let sizes = sizes(figures);
    let head: String = sizes
        .iter()
        .map(|size| format!("{:>6}", power(*size)))
        .collect();
    println!("{clock} over the copy kernel of the same shape, for tensors of so many elements:");
    println!("{:22} {:8}{head}  spread", "", "");
    for kernel in kernels(figures) {
        let ratios: String = kernel
            .iter()
            .map(|figure| format!("{:6.2}", figure.ratio.median))
            .collect();
        // The spread goes from quartile to quartile.
        let spread = |Spread {
                          median,
                          quartiles: [low, high],
                      }| (high - low) / median;
        let spread = Spread::of(kernel.iter().map(|figure| spread(figure.ratio))).median;
        println!(
            "{:22} {:8}{ratios}  {:5.1}%",
            kernel[0].name,
            kernel[0].pass.to_string(),
            100.0 * spread
        );
    }
}

pub fn print_lines(lines: &[Line]) {
    for Line { what, value, unit } in lines {
        let [low, high] = value.quartiles;
        println!(
            "{what:55} {:10.2} {unit} ({low:.2} to {high:.2})",
            value.median
        );
    }
}

/// Writes all figures as CSV. The file is complete or absent.
pub fn write_csv(path: &Path, figures: &[Figure], adapter: &str) -> Result<()> {
    let write = || -> Result<()> {
        std::fs::create_dir_all(directory(path))?;
        let file = beside(path)?;
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(COLUMNS)?;
        for figure in figures {
            let nanoseconds =
                |seconds: f64| format!("{:.7}", seconds * 1e9 / figure.elements as f64);
            writer.write_record([
                figure.name.clone(),
                figure.pass.to_string(),
                figure.dtype.to_string(),
                figure.elements.to_string(),
                nanoseconds(figure.kernel),
                nanoseconds(figure.cpu),
                format!("{:.4}", figure.ratio.median),
                format!("{:.3}", figure.gigabytes_per_second()),
                adapter.to_owned(),
            ])?;
        }
        let file = writer.into_inner().map_err(|error| error.into_error())?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("--csv {}", path.display()))
}

/// The sizes that the page shows, if they were measured.
const SHOWN: [u64; 3] = [1 << 20, 1 << 22, 1 << 24];

/// Formats a row for each function, with bandwidths and with the ratios of both passes. Ratios that
/// are over target by more than noise are bold.
pub fn ratios_table(figures: &[Figure]) -> String {
    let sizes: Vec<_> = sizes(figures)
        .into_iter()
        .filter(|size| SHOWN.contains(size))
        .collect();
    let passes = [Pass::Forward, Pass::Backward];
    let head = passes.iter().flat_map(|pass| {
        sizes
            .iter()
            .map(move |size| format!("{pass} 2^{}", size.ilog2()))
    });
    let bandwidths = passes.map(|pass| format!("{pass} GB/s"));
    let head: Vec<_> = std::iter::once(String::new())
        .chain(head)
        .chain(bandwidths)
        .collect();
    let mut table = row(head.clone()) + &format!("|{}\n", "---|".repeat(head.len()));
    let kernel = |figure: &Figure| match figure.dtype {
        Dtype::F32 => format!("`{}`", figure.name),
        half => format!("`{}`, {half}", figure.name),
    };
    let mut kernels: Vec<String> = vec![];
    for name in figures.iter().map(kernel) {
        if !kernels.contains(&name) {
            kernels.push(name);
        }
    }
    for name in kernels {
        let own = |pass, size| {
            figures.iter().find(|figure| {
                kernel(figure) == name && figure.pass == pass && figure.elements == size
            })
        };
        let ratio = |pass, size| own(pass, size).map_or("-".to_owned(), ratio_cell);
        let ratios = passes
            .iter()
            .flat_map(|&pass| sizes.iter().map(move |&size| ratio(pass, size)));
        let bandwidth = |pass| {
            let largest = sizes.last().and_then(|&size| own(pass, size));
            largest.map_or("-".to_owned(), |figure| {
                format!("{:.1}", figure.gigabytes_per_second())
            })
        };
        table += &row(std::iter::once(name.clone())
            .chain(ratios)
            .chain(passes.map(bandwidth)));
    }
    table
}

/// Returns the target of a kernel's cost relative to a copy, with the noise added.
fn target(figure: &Figure) -> f64 {
    let is_slow =
        figure.pass == Pass::Forward && ["gelu", "gelu_tanh", "serf"].contains(&&*figure.name);
    1.05 * if is_slow { 1.35 } else { 1.25 }
}

fn ratio_cell(figure: &Figure) -> String {
    let ratio = format!("{:.2}", figure.ratio.median);
    if figure.ratio.median > target(figure) {
        format!("**{ratio}**")
    } else {
        ratio
    }
}

/// Formats measurements that have no size.
pub fn lines_table(lines: &[Line]) -> String {
    let mut table = "| | median | quartiles | |\n|---|---|---|---|\n".to_owned();
    for Line { what, value, unit } in lines {
        let [low, high] = value.quartiles.map(|quartile| format!("{quartile:.2}"));
        table += &row([
            what.clone(),
            format!("{:.2}", value.median),
            format!("{low} to {high}"),
            (*unit).to_owned(),
        ]);
    }
    table
}

/// Formats figures one by one.
pub fn print_figures(figures: &[Figure]) {
    for figure in figures {
        let Spread {
            median,
            quartiles: [low, high],
        } = figure.ratio;
        println!(
            "{:50} {:8} {median:8.2} ({low:.2} to {high:.2})",
            figure.name,
            figure.pass.to_string()
        );
    }
}

pub fn figures_table(figures: &[Figure]) -> String {
    let mut table = "| | | over the copy | quartiles |\n|---|---|---|---|\n".to_owned();
    for figure in figures {
        let [low, high] = figure.ratio.quartiles;
        let ratio = [
            format!("{:.2}", figure.ratio.median),
            format!("{low:.2} to {high:.2}"),
        ];
        table += &row([figure.name.clone(), figure.pass.to_string()]
            .into_iter()
            .chain(ratio));
    }
    table
}

/// Formats formulas made of WGSL's own functions, each beside this crate's kernel.
pub fn print_formulas(figures: &[[Figure; 2]]) {
    println!(
        "over the copy kernel of the same shape: the formula in WGSL's own functions, and this crate's kernel:"
    );
    for [formula, own] in figures {
        let (name, pass) = (&own.name, own.pass.to_string());
        println!(
            "{name:22} {pass:8} {:6.2} {:6.2}",
            formula.ratio.median, own.ratio.median
        );
    }
}

/// Formats the same with a row for each function. What is over target by more than noise is bold.
pub fn formulas_table(figures: &[[Figure; 2]]) -> String {
    let head = [Pass::Forward, Pass::Backward]
        .into_iter()
        .flat_map(|pass| {
            ["WGSL's own functions", "this crate"].map(|whose| format!("{pass}, {whose}"))
        });
    let mut table =
        row(std::iter::once(String::new()).chain(head)) + &format!("|{}\n", "---|".repeat(5));
    for passes in figures.chunks_exact(2) {
        let name = format!("`{}`", passes[0][0].name);
        table += &row(std::iter::once(name).chain(passes.iter().flatten().map(ratio_cell)));
    }
    table
}

fn power(size: u64) -> String {
    format!("2^{}", size.ilog2())
}

fn sizes(figures: &[Figure]) -> Vec<u64> {
    let mut sizes: Vec<_> = figures.iter().map(|figure| figure.elements).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// Groups the figures by kernel, and sorts them by size.
fn kernels(figures: &[Figure]) -> Vec<Vec<&Figure>> {
    let mut kernels: Vec<Vec<&Figure>> = vec![];
    for figure in figures {
        let is_same = |kernel: &&mut Vec<&Figure>| {
            let first = kernel[0];
            (&first.name, first.pass, first.dtype) == (&figure.name, figure.pass, figure.dtype)
        };
        match kernels.iter_mut().find(is_same) {
            Some(kernel) => kernel.push(figure),
            None => kernels.push(vec![figure]),
        }
    }
    kernels
}
