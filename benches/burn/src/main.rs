//! The same work by this crate and by Burn, on the same adapter, in turns.
//!
//! `make bench-burn BENCH="--table docs/benchmarks.md"`

#[path = "../../../examples/common/beside.rs"]
mod beside;
mod contenders;
mod functions;
#[path = "../../../examples/common/page.rs"]
mod page;
#[path = "../../../examples/common/spread.rs"]
mod spread;
mod turns;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Parser;
use wgpu_activations::wgpu::DeviceType;
use wgpu_activations::{Activation, Gpu};

use contenders::Contenders;
use functions::{ACTIVATIONS, CHAINS};
use page::{Page, row};
use turns::{Comparison, Seconds};

/// Times this crate and Burn in turns: forward and backward passes, chains of functions, softmax, tiny operations, and from host to host
#[derive(Parser)]
struct Arguments {
    /// Only activations of these names
    #[arg(long, value_delimiter = ',')]
    functions: Vec<Activation>,
    /// Sizes of tensors as powers of two
    #[arg(long, value_delimiter = ',', default_values_t = [20, 22], value_parser = clap::value_parser!(u32).range(10..27))]
    sizes: Vec<u32>,
    /// Turns of each
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
    turns: u16,
    /// Write the table into this page, between `<!-- burn -->` and `<!-- /burn -->`
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

fn main() -> Result<()> {
    let Arguments { functions, sizes, turns, table } = Arguments::parse();
    let page = table.as_deref().map(|path| Page::new(path, "burn")).transpose()?;
    let contenders = Contenders::new(Gpu::new_blocking()?, turns.into())?;
    let info = contenders.gpu.device().adapter_info();
    let is_software = info.device_type == DeviceType::Cpu;
    let of: fn(&Seconds) -> f64 = if is_software { |seconds| seconds.cpu } else { |seconds| seconds.wall };
    let clock = if is_software { "CPU time" } else { "time to the end" };
    println!(
        "adapter: {} ({} {}), Burn's: {:?}",
        info.name,
        info.driver,
        info.driver_info,
        contenders.device.identity()
    );
    println!("{:62} {:>10} {:>10}  ratio, quartiles, target; {clock}", "", "ours", "Burn");

    let mut rows = format!("| {clock} | ours | Burn | ratio | target |\n|---|---|---|---|---|\n");
    let mut report = |comparison: Comparison| {
        let Comparison { what, target, .. } = &comparison;
        let ratio = comparison.ratio(of);
        let [ours, burns] = comparison.seconds(of).map(|seconds| format!("{:.1} µs", seconds * 1e6));
        let [low, high] = ratio.quartiles;
        println!("{what:62} {ours:>10} {burns:>10}  {:.2} ({low:.2} to {high:.2}), {target}", ratio.median);
        let is_over = ratio.median > 1.05 * target;
        let bold = if is_over { format!("**{:.2}**", ratio.median) } else { format!("{:.2}", ratio.median) };
        rows += &row([what.clone(), ours, burns, bold, target.to_string()]);
    };

    let chosen: Vec<_> =
        ACTIVATIONS.iter().filter(|both| functions.is_empty() || functions.contains(&both.ours)).collect();
    ensure!(!chosen.is_empty(), "Burn has none of these");
    for &size in &sizes {
        for both in &chosen {
            report(contenders.forward(both, 1 << size)?);
        }
        for both in &chosen {
            report(contenders.backward(both, 1 << size)?);
        }
        for chain in &CHAINS {
            report(contenders.forward_chain(chain, 1 << size)?);
            report(contenders.backward_chain(chain, 1 << size)?);
        }
        report(contenders.host_to_host(chosen[0], 1 << size)?);
    }
    report(contenders.softmax([1024, 1024])?);
    report(contenders.tiny(chosen[0], false)?);
    report(contenders.tiny(chosen[0], true)?);
    let adapter = format!("{} ({}; {} {})", info.name, info.backend, info.driver, info.driver_info);
    let command = format!("make bench-burn BENCH=\"{}\"", page::arguments());
    page.map_or(Ok(()), |page| page.write(&rows, &command, &adapter))
}
