//! Measures kernels relative to a copy kernel of the same shape, and the overhead around them.
//!
//! `make bench`, or `make bench BENCH="--functions gelu,mish --sizes 20-22"`

#[path = "../common/chart.rs"]
mod chart;
#[path = "../common/columns.rs"]
mod columns;
mod copy;
mod expressions;
mod formulas;
#[path = "../common/function.rs"]
mod function;
mod host;
mod measure;
#[path = "../common/page.rs"]
mod page;
mod picture;
mod plan;
mod report;
#[path = "../common/spread.rs"]
mod spread;
mod stopwatch;
#[path = "../common/words.rs"]
mod words;

use std::path::PathBuf;

use anyhow::Result;
use chart::beside;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use wgpu_activations::{Dtype, Gpu, wgpu};

use measure::Plan;
use page::Page;
use plan::{Exponents, Function, Pass};
use stopwatch::Stopwatch;
use words::words;

/// Measures kernels in turns with a copy kernel of the same shape. Figures are medians, and the
/// spread is from quartile to quartile.
#[derive(Parser)]
struct Arguments {
    /// The activations, gated units and functions along an axis to measure, such as
    /// `gelu,elu(alpha=0.5),softmax`. By default all activations and some of the others are
    /// measured.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    functions: Vec<Function>,
    /// Measure only these passes. By default both are measured.
    #[arg(long, value_delimiter = ',')]
    passes: Vec<Pass>,
    /// Measure only these storage types. By default all are measured.
    #[arg(long, value_delimiter = ',', value_parser = words::<Dtype>(&["f32", "f16", "bf16"]))]
    dtypes: Vec<Dtype>,
    /// The numbers of elements, as powers of two. By default they go from 2^10 to 2^25, and to the
    /// most that one binding takes.
    #[arg(long, value_name = "POWER,…", value_delimiter = ',')]
    sizes: Vec<Exponents>,
    /// The number of turns of each kernel, for each size.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    turns: u16,
    /// Run only these chapters. By default all are run.
    #[arg(long, value_delimiter = ',')]
    chapters: Vec<Chapter>,
    /// Write the kernels' figures into this CSV file.
    #[arg(long, value_name = "FILE", default_value = "target/bench.csv")]
    csv: PathBuf,
    /// Draw bandwidths over sizes, as PNG or SVG.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Write tables into this page, between `<!-- kernels -->` and `<!-- /kernels -->`, and so on
    /// for each chapter.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Chapter {
    /// Each kernel at all sizes.
    Kernels,
    /// Softmax along rows of many shapes.
    Rows,
    /// Expressions and their gradients, sums for channels among them.
    Expressions,
    /// The cost of known amounts of arithmetic.
    Arithmetic,
    /// The cost of formulas made of WGSL's own functions, and of this crate's kernels.
    Formulas,
    /// Recording, waiting, uploads, readbacks and compiling.
    Host,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let chapters = all_unless(arguments.chapters, || Chapter::value_variants().to_vec());
    let turns = usize::from(arguments.turns);
    let has = |chapter| chapters.contains(&chapter);
    let place = |chapter, name| -> Result<Option<Page<'_>>> {
        arguments
            .table
            .as_deref()
            .filter(|_| has(chapter))
            .map(|path| Page::new(path, name))
            .transpose()
    };
    let [kernels, rows, expressions, arithmetic, formulas, host] = [
        place(Chapter::Kernels, "kernels")?,
        place(Chapter::Rows, "rows")?,
        place(Chapter::Expressions, "expressions")?,
        place(Chapter::Arithmetic, "arithmetic")?,
        place(Chapter::Formulas, "formulas")?,
        place(Chapter::Host, "host")?,
    ];

    let gpu = pollster::block_on(open())?;
    let watch = Stopwatch::new(&gpu);
    let info = gpu.device().adapter_info();
    let adapter = format!(
        "{} ({}; {} {})",
        info.name, info.backend, info.driver, info.driver_info
    );
    println!("adapter: {adapter}, kernels timed by {}", watch.clock());
    let command = format!("make bench BENCH=\"{}\"", page::arguments());
    let write = |page: Option<Page<'_>>, table: &str| {
        page.map_or(Ok(()), |page| page.write(table, &command, &adapter))
    };

    if has(Chapter::Kernels) {
        let sizes = if arguments.sizes.is_empty() {
            default_sizes(&gpu)
        } else {
            Exponents::of(&arguments.sizes)
        };
        let plan = Plan {
            functions: all_unless(arguments.functions, Function::all),
            passes: all_unless(arguments.passes, || Pass::value_variants().to_vec()),
            dtypes: all_unless(arguments.dtypes, || Dtype::ALL.to_vec()),
            sizes,
            turns,
        };
        let style = ProgressStyle::with_template("{msg}: {bar:40} {percent}%, {eta} left")?;
        let progress = ProgressBar::new(0).with_style(style);
        let figures = measure::measure(&gpu, &watch, &plan, &progress)?;
        progress.finish_and_clear();
        report::print_ratios(
            &figures,
            if measure::is_software(&gpu) {
                "CPU time"
            } else {
                "GPU time"
            },
        );
        report::write_csv(&arguments.csv, &figures, &info.name)?;
        println!("figures: {}", arguments.csv.display());
        if let Some(path) = &arguments.picture {
            picture::draw(path, &figures)?;
        }
        write(kernels, &report::ratios_table(&figures))?;
    }
    if has(Chapter::Rows) {
        let figures = measure::rows(&gpu, &watch, turns)?;
        println!();
        report::print_figures(&figures);
        write(rows, &report::figures_table(&figures))?;
    }
    if has(Chapter::Expressions) {
        let sizes = match arguments.sizes.is_empty() {
            true => vec![1 << 20, 1 << 22],
            false => Exponents::of(&arguments.sizes),
        };
        let figures = expressions::expressions(&gpu, &watch, &sizes, turns)?;
        println!();
        report::print_figures(&figures);
        write(expressions, &report::figures_table(&figures))?;
    }
    if has(Chapter::Arithmetic) {
        let figures = measure::arithmetic(&gpu, &watch, 1 << 21, turns)?;
        println!();
        report::print_figures(&figures);
        write(arithmetic, &report::figures_table(&figures))?;
    }
    if has(Chapter::Formulas) {
        let figures = measure::formulas(&gpu, &watch, 1 << 22, turns)?;
        println!();
        report::print_formulas(&figures);
        write(formulas, &report::formulas_table(&figures))?;
    }
    if has(Chapter::Host) {
        let lines = host::measure(&gpu)?;
        println!();
        report::print_lines(&lines);
        write(host, &report::lines_table(&lines))?;
    }
    Ok(())
}

/// Returns what the user asked for, or everything.
fn all_unless<T>(asked: Vec<T>, all: impl FnOnce() -> Vec<T>) -> Vec<T> {
    if asked.is_empty() { all() } else { asked }
}

/// Opens a device with all limits of its adapter, and with timestamps if the adapter has them.
async fn open() -> Result<Gpu> {
    let adapter = wgpu_activations::request_adapter().await?;
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("bench"),
        required_limits: adapter.limits(),
        required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
        ..Default::default()
    };
    let (device, queue) = adapter.request_device(&descriptor).await?;
    Ok(Gpu::from_device(device, queue))
}

fn default_sizes(gpu: &Gpu) -> Vec<u64> {
    let limits = gpu.device().limits();
    let largest = limits
        .max_storage_buffer_binding_size
        .min(limits.max_buffer_size)
        / 4;
    let largest = largest.checked_ilog2().unwrap_or_default();
    (10..=largest.min(25))
        .chain((largest > 25).then_some(largest))
        .map(|power| 1 << power)
        .collect()
}
