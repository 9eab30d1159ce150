//! A compiler's counts of each kernel, and files of them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use csv::{ReaderBuilder, StringRecord, Writer};

/// A compiler's counts of a kernel.
#[derive(Clone, Copy)]
pub struct Counts {
    pub instructions: u64,
    /// The clocks that the invocations which run together take at least, as far as the compiler
    /// knows.
    pub clocks: u64,
    pub registers: u64,
    /// Values that are moved to memory and back, since there are not enough registers.
    pub spills: u64,
    /// The invocations that run together.
    pub width: u64,
}

impl Counts {
    const NAMES: [&str; 5] = ["instructions", "clocks", "registers", "spills", "width"];

    fn from_array([instructions, clocks, registers, spills, width]: [u64; 5]) -> Self {
        Self {
            instructions,
            clocks,
            registers,
            spills,
            width,
        }
    }

    fn to_array(self) -> [u64; 5] {
        let Self {
            instructions,
            clocks,
            registers,
            spills,
            width,
        } = self;
        [instructions, clocks, registers, spills, width]
    }
}

/// One compiler's counts of all kernels.
pub struct Table {
    pub compiler: String,
    /// By the name of the kernel.
    pub kernels: BTreeMap<String, Counts>,
}

impl Table {
    pub fn read(path: &Path) -> Result<Self> {
        let read = || -> Result<Self> {
            let mut reader = ReaderBuilder::new().from_path(path)?;
            // The first column's name is the compiler's.
            let compiler = reader.headers()?.get(0).context("it is empty")?.to_owned();
            let mut kernels = BTreeMap::new();
            for record in reader.records() {
                let record: StringRecord = record?;
                let (name, counts): (String, [u64; 5]) = record.deserialize(None)?;
                kernels.insert(name, Counts::from_array(counts));
            }
            Ok(Self { compiler, kernels })
        };
        read().with_context(|| path.display().to_string())
    }

    pub fn write(&self, path: &Path) -> Result<()> {
        let write = || -> Result<()> {
            let mut writer = Writer::from_path(path)?;
            writer.write_field(&self.compiler)?;
            writer.write_record(Counts::NAMES)?;
            for (name, counts) in &self.kernels {
                writer.write_field(name)?;
                writer.write_record(counts.to_array().map(|count| count.to_string()))?;
            }
            Ok(writer.flush()?)
        };
        write().with_context(|| path.display().to_string())
    }
}
