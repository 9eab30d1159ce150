//! Counts the instructions that a Vulkan driver's compiler makes of kernels, and compares counts.
//! The driver may be one without a GPU: `make instructions` has three of them.
//!
//! `cargo run --example kernels -- --all target/kernels`, and then
//! `cargo run --example instructions -- measure target/kernels --csv target/counts.csv`

#[path = "../common/beside.rs"]
mod beside;
mod compare;
mod counts;
#[path = "../common/exit.rs"]
mod exit;
// The command under a table is `make instructions`, and not this program.
#[expect(dead_code)]
#[path = "../common/page.rs"]
mod page;
mod shader;
mod table;
mod vulkan;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};

use counts::{Counts, Table};
use shader::Shader;
use vulkan::Device;

/// Counts the instructions that a Vulkan driver's compiler makes of kernels, and compares counts.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compiles kernels with the first Vulkan device, and writes what its driver says of them.
    Measure {
        /// The folder that the example `kernels --all` has filled.
        kernels: PathBuf,
        /// Write the counts into this file.
        #[arg(long)]
        csv: PathBuf,
    },
    /// Writes kernels in the Metal shading language, which scripts/nvidia.py reads.
    Metal {
        /// The folder that the example `kernels --all` has filled.
        kernels: PathBuf,
        /// Write the texts into this folder.
        #[arg(long)]
        folder: PathBuf,
    },
    /// Fails if kernels have grown, spill registers, run in narrower groups, or are not the same.
    Compare {
        /// The counts that are allowed.
        allowed: PathBuf,
        /// The counts that are checked.
        counted: PathBuf,
    },
    /// Writes all counts into a page.
    Table {
        /// The folder with `amd.csv`, `intel.csv` and `nvidia.csv`.
        folder: PathBuf,
        /// The page with `<!-- kernels -->` and `<!-- h100 -->`.
        #[arg(long)]
        page: PathBuf,
        /// The page with the instructions that NVIDIA's driver makes.
        #[arg(long)]
        h100: PathBuf,
    },
}

fn main() -> ExitCode {
    exit::exit(run(&Arguments::parse().command))
}

fn run(command: &Command) -> Result<()> {
    match command {
        Command::Measure { kernels, csv } => measure(&files(kernels)?, csv),
        Command::Metal { kernels, folder } => metal(&files(kernels)?, folder),
        Command::Compare { allowed, counted } => compare::compare(allowed, counted),
        Command::Table { folder, page, h100 } => table::write(folder, page, h100),
    }
}

/// The WGSL files in a folder, with their names.
fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let list = || -> Result<Vec<_>> {
        let mut files = Vec::new();
        for entry in folder.read_dir()? {
            let path = entry?.path();
            if let (Some(name), Some("wgsl")) = (
                path.file_stem().and_then(|name| name.to_str()),
                path.extension().and_then(|extension| extension.to_str()),
            ) {
                files.push((name.to_owned(), path));
            }
        }
        ensure!(!files.is_empty(), "there are no kernels in it");
        files.sort();
        Ok(files)
    };
    list().with_context(|| folder.display().to_string())
}

fn measure(files: &[(String, PathBuf)], csv: &Path) -> Result<()> {
    let device = Device::open()?;
    println!("Compiling {} kernels with {}.", files.len(), device.name());
    let one = |(name, path): &(String, PathBuf)| -> Result<(String, Counts)> {
        let counts = || -> Result<Counts> { device.compile(&Shader::read(path)?) };
        Ok((name.clone(), counts().with_context(|| name.clone())?))
    };
    // Drivers compile each kernel in the calling thread.
    let next = AtomicUsize::new(0);
    let all = || -> Result<Vec<_>> {
        let take = || files.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(take).map(one).collect()
    };
    let kernels = thread::scope(|scope| -> Result<Vec<_>> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(all)).collect();
        let mut kernels = Vec::new();
        for thread in threads {
            let counts = thread.join();
            kernels.extend(counts.map_err(|_| anyhow::anyhow!("a thread panicked"))??);
        }
        Ok(kernels)
    })?;
    let table = Table {
        compiler: device.name().to_owned(),
        kernels: kernels.into_iter().collect(),
    };
    table.write(csv)
}

fn metal(files: &[(String, PathBuf)], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, path) in files {
        let text = Shader::read(path).and_then(|shader| shader.metal());
        let text = text.with_context(|| name.clone())?;
        std::fs::write(folder.join(format!("{name}.metal")), text)?;
    }
    Ok(())
}
