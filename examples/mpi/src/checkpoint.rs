//! The file that a training can go on from, in the format of safetensors.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// The key of the file's own metadata, as safetensors calls them.
const KEY: &str = "digits-mpi";

/// The options that a training has to the end.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub activation: String,
    pub dropout: f32,
    pub seed: u64,
    pub batches: u32,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            activation,
            dropout,
            seed,
            batches,
        } = self;
        write!(
            f,
            "activation {activation}, dropout {dropout}, seed {seed}, {batches} batches"
        )
    }
}

#[derive(Serialize, Deserialize)]
struct Metadata {
    run: Run,
    /// The CRC-32 of all tensors.
    crc32: u32,
}

/// Everything that a step of the training changes.
pub struct State {
    pub parameters: Vec<f32>,
    pub moments: Vec<f32>,
    /// The bits of `State` in `batch.wgsl`: the number of steps, and what follows from it.
    pub adam: Vec<f32>,
}

impl State {
    /// Returns the number of steps that led here.
    pub fn steps(&self) -> u32 {
        self.adam[0].to_bits()
    }

    pub fn tensors(&mut self) -> [&mut Vec<f32>; 3] {
        [&mut self.parameters, &mut self.moments, &mut self.adam]
    }

    fn named(&self) -> [(&'static str, Dtype, &[u8]); 3] {
        let bytes = bytemuck::cast_slice::<f32, u8>;
        [
            ("parameters", Dtype::F32, bytes(&self.parameters)),
            ("moments", Dtype::F32, bytes(&self.moments)),
            ("adam", Dtype::U32, bytes(&self.adam)),
        ]
    }

    /// Writes the file anew. It is complete at any time, whenever this process ends.
    pub fn write(&self, path: &Path, run: &Run) -> Result<()> {
        let metadata = Metadata {
            run: run.clone(),
            crc32: self.crc32(),
        };
        let metadata = HashMap::from([(KEY.to_owned(), serde_json::to_string(&metadata)?)]);
        let mut views = Vec::new();
        for (name, dtype, bytes) in self.named() {
            let shape = vec![8 * bytes.len() / dtype.bitsize()];
            views.push((name, TensorView::new(dtype, shape, bytes)?));
        }
        let bytes = serialize(views, Some(metadata))?;
        replace(path, &bytes).with_context(|| format!("{}: cannot write it", path.display()))
    }

    /// Reads the file of such a training into a state of the same network.
    pub fn read(&mut self, path: &Path, run: &Run) -> Result<()> {
        let name = path.display();
        let bytes = fs::read(path).with_context(|| format!("{name}: cannot read it"))?;
        let of_another = || format!("{name}: it is no file of this program, or it is damaged");
        let (_, header) = SafeTensors::read_metadata(&bytes).with_context(of_another)?;
        let own = header.metadata().as_ref().and_then(|all| all.get(KEY));
        let own = own.with_context(of_another)?;
        let own: Metadata = serde_json::from_str(own).with_context(of_another)?;
        ensure!(
            own.run == *run,
            "{name}: it is of a training with {}; this one has {run}",
            own.run
        );
        let file = SafeTensors::deserialize(&bytes).with_context(of_another)?;
        let names = self.named().map(|(name, ..)| name);
        for (name, values) in names.into_iter().zip(self.tensors()) {
            let tensor = file.tensor(name).with_context(of_another)?;
            let bytes = bytemuck::cast_slice_mut::<f32, u8>(values);
            ensure!(tensor.data().len() == bytes.len(), of_another());
            bytes.copy_from_slice(tensor.data());
        }
        ensure!(self.crc32() == own.crc32, of_another());
        Ok(())
    }

    /// Returns the CRC-32 of all bits.
    pub fn crc32(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        for (_, _, bytes) in self.named() {
            hasher.update(bytes);
        }
        hasher.finalize()
    }
}

/// Writes another file beside it and renames that.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
