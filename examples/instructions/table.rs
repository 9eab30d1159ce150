//! A page with all counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use wgpu_activations::Activation;

use crate::counts::{Counts, Table};
use crate::page::{Page, row};

const COMMAND: &str = "make instructions";
const DTYPES: [&str; 3] = ["f32", "f16", "bf16"];
/// The order of the operations on the page. Others follow.
const OPERATIONS: [&str; 4] = ["forward", "backward", "split", "split_backward"];
/// An invocation of a kernel for elements has this many of them.
const ELEMENTS: f64 = 8.0;

/// A kernel, whatever its type. The order is that of the page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kernel {
    place: usize,
    operation: String,
    function: String,
    /// The parameter, or the shape of a function along an axis, and the name of the entry point.
    rest: String,
}

impl Kernel {
    /// The kernel and the type of a name such as `elu(alpha=1) forward f32 vectors`.
    fn parse(name: &str) -> Option<(Self, &'static str)> {
        let (call, dtype, rest) = DTYPES.iter().find_map(|&dtype| {
            let (call, rest) = name.split_once(&format!(" {dtype} "))?;
            Some((call, dtype, rest))
        })?;
        let (function, operation) = call.rsplit_once(' ')?;
        // Parameters share a table.
        let (operation, parameter) = operation.split_once(':').unwrap_or((operation, ""));
        let place = OPERATIONS.iter().position(|&known| known == operation);
        let kernel = Self {
            place: place.unwrap_or(OPERATIONS.len()),
            operation: operation.to_owned(),
            function: function.to_owned(),
            rest: format!("{parameter} {rest}").trim_start().to_owned(),
        };
        Some((kernel, dtype))
    }

    /// All parameters have their defaults, which are not shown unless they tell functions apart.
    fn function<'a>(&'a self, all: &BTreeSet<Self>) -> &'a str {
        let short = without_parameters(&self.function);
        let is_only = all.iter().all(|other| {
            other.function == self.function || without_parameters(&other.function) != short
        });
        if is_only { short } else { &self.function }
    }
}

fn without_parameters(function: &str) -> &str {
    match function.split_once('(') {
        Some((name, parameters)) if parameters.contains('=') => name,
        _ => function,
    }
}

/// Counts by kernel and type.
fn by_kernel(table: &Table) -> BTreeMap<(Kernel, &'static str), Counts> {
    let counts = table.kernels.iter();
    counts
        .filter_map(|(name, &counts)| Some((Kernel::parse(name)?, counts)))
        .collect()
}

pub fn write(folder: &Path, page: &Path, h100: &Path) -> Result<()> {
    let (kernels, real) = (Page::new(page, "kernels")?, Page::new(page, "h100")?);
    let [amd, intel, nvidia] = ["amd", "intel", "nvidia"].map(|gpu| {
        let path = folder.join(format!("{gpu}.csv"));
        Table::read(&path)
    });
    let tables = [("AMD", amd?), ("Intel", intel?), ("NVIDIA", nvidia?)];
    let compilers = tables.each_ref().map(|(_, table)| table.compiler.as_str());
    kernels.write(&all(&tables)?, COMMAND, &compilers.join("; "))?;
    let [.., (_, nvidia)] = &tables;
    let driver = std::fs::read_to_string(h100).with_context(|| h100.display().to_string())?;
    real.write(&beside_driver(nvidia, &driver)?, COMMAND, &nvidia.compiler)
}

fn all(tables: &[(&str, Table)]) -> Result<String> {
    let mut text = row(["", "compiler", "kernels", "spill", "half as wide"].map(str::to_owned));
    text += "|---|---|---|---|---|\n";
    let widest = |table: &Table| table.kernels.values().map(|counts| counts.width).max();
    for (gpu, table) in tables {
        let count = |is: &dyn Fn(&Counts) -> bool| {
            let kernels = table.kernels.values();
            kernels.filter(|counts| is(counts)).count().to_string()
        };
        let narrow = count(&|counts| Some(counts.width) < widest(table));
        let spills = count(&|counts| counts.spills > 0);
        let compiler = format!("`{}`", table.compiler);
        text += &row([
            (*gpu).to_owned(),
            compiler,
            count(&|_| true),
            spills,
            narrow,
        ]);
    }

    let by_gpu: Vec<_> = tables
        .iter()
        .map(|(_, table)| (by_kernel(table), widest(table)))
        .collect();
    let kernels: BTreeSet<Kernel> = by_gpu
        .iter()
        .flat_map(|(counts, _)| counts.keys().map(|(kernel, _)| kernel.clone()))
        .collect();
    let mut operation = "";
    for kernel in &kernels {
        if kernel.operation != operation {
            operation = &kernel.operation;
            let columns = tables
                .iter()
                .flat_map(|(gpu, _)| DTYPES.map(|dtype| format!("{gpu} {dtype}")));
            let header: Vec<_> = [String::new()].into_iter().chain(columns).collect();
            write!(text, "\n### {operation}\n\n")?;
            text += &row(header.clone());
            writeln!(text, "{}|", "|---".repeat(header.len()))?;
        }
        let name = format!("`{}` {}", kernel.function(&kernels), kernel.rest);
        let cells = by_gpu.iter().flat_map(|(counts, widest)| {
            DTYPES.map(|dtype| {
                let counts = counts.get(&(kernel.clone(), dtype));
                counts.map_or_else(|| "-".to_owned(), |counts| cell(counts, *widest))
            })
        });
        text += &row([name].into_iter().chain(cells));
    }
    Ok(text)
}

fn cell(counts: &Counts, widest: Option<u64>) -> String {
    let Counts {
        instructions,
        clocks,
        registers,
        spills,
        width,
    } = *counts;
    let mut text = format!("{instructions} / {clocks} / {registers}");
    if Some(width) < widest {
        text += &format!(", **{width} wide**");
    }
    if spills > 0 {
        text += &format!(", **{spills} spills**");
    }
    text
}

/// Instructions of an element beside those that the driver makes, by the page of the H100.
fn beside_driver(nvidia: &Table, h100: &str) -> Result<String> {
    let counts = by_kernel(nvidia);
    let (_, rest) = h100
        .split_once("<!-- instructions -->")
        .context("the page of the H100 has no instructions")?;
    let (lines, _) = rest
        .split_once("<!-- /instructions -->")
        .unwrap_or((rest, ""));
    let mut text = row(["counted / the driver's", "f32", "f16", "bf16"].map(str::to_owned));
    text += "|---|---|---|---|\n";
    let mut shares = Vec::new();
    for line in lines.lines() {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some((function, operation)) = cells[0]
            .strip_prefix('`')
            .and_then(|name| name.split_once("` "))
        else {
            continue;
        };
        let Ok(activation) = function.parse::<Activation>() else {
            continue;
        };
        let activation = activation.to_string();
        let cells = DTYPES.iter().zip(&cells[1..]).map(|(&dtype, cell)| {
            let of_driver = cell.split_once('(')?.1.split_once(')')?.0;
            let of_driver: f64 = of_driver.parse().ok()?;
            let (_, counted) = counts.iter().find(|((kernel, of), _)| {
                *of == dtype && kernel.operation == operation && kernel.function == activation
            })?;
            Some((counted.instructions as f64 / ELEMENTS, of_driver))
        });
        let cells: Vec<_> = cells.collect();
        shares.extend(cells.iter().flatten().map(|(counted, real)| counted / real));
        let cells = cells.iter().map(|cell| match cell {
            Some((counted, real)) => format!("{counted:.0} / {real:.0}"),
            None => "-".to_owned(),
        });
        text += &row([format!("`{function}` {operation}")]
            .into_iter()
            .chain(cells));
    }
    shares.sort_by(f64::total_cmp);
    let median = shares
        .get(shares.len() / 2)
        .context("no kernel is on both pages")?;
    writeln!(
        text,
        "\nIn the median, {median:.2} of the driver's instructions are counted."
    )?;
    Ok(text)
}
