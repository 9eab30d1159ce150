//! Reads tensors from files, from pipes, or from stdin, at once or in pieces.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use same_file::Handle;

use crate::Job;
use crate::npy::{Header, Npy};
use crate::options::{Given, NamedValue};

/// The elements that are read, computed and written at a time. Some megabytes keep both the GPU and
/// the disk busy.
pub const PIECE: usize = 1 << 20;

/// All tensors that a job reads.
pub struct Inputs<'a> {
    pub x: Input,
    pub grad: Option<Input>,
    pub gate: Option<Input>,
    pub weight: Option<Input>,
    pub mask: Option<Input>,
    pub sink: Option<Input>,
    pub targets: Option<Input>,
    /// The operands of an expression that are not numbers, with their names.
    pub operands: Vec<(&'a str, Input)>,
}

/// A tensor whose values are read from the first to the last.
pub struct Input {
    /// The option and the file, for messages.
    pub name: String,
    pub header: Header,
    file: Box<dyn Read>,
    /// The number of values that have not been read yet.
    left: usize,
    /// The number of values read that were not exactly an f32.
    rounded: u64,
}

/// A file or a stream before its header is read.
struct Source {
    file: Box<dyn Read>,
    /// The size, if it is known.
    size: Option<u64>,
    /// The stream, if two readers would take each other's bytes.
    shared: Option<Handle>,
}

impl<'a> Inputs<'a> {
    pub fn open(job: &'a Job) -> Result<Self> {
        let mut shared: Vec<(String, Handle)> = Vec::new();
        let mut open = |option: &str, separator: &str, path: &Path| {
            let name = format!("{option}{separator}{}", path.display());
            let mut source = Source::open(path).with_context(|| name.clone())?;
            if let Some(stream) = source.shared.take() {
                if let Some((other, _)) = shared.iter().find(|(_, known)| *known == stream) {
                    bail!("{name}: this is {other}, too, and a stream can be read only once");
                }
                shared.push((option.to_owned(), stream));
            }
            Input::new(name.clone(), source).context(name)
        };
        let x = open("--input", " ", &job.input)?;
        let mut operands = Vec::new();
        for NamedValue { name, value } in &job.operand {
            if let Given::File(path) = value {
                let option = format!("--operand {name}");
                operands.push((name.as_str(), open(&option, "=", path)?));
            }
        }
        let mut open = |option, path: &Option<PathBuf>| {
            path.as_ref()
                .map(|path| open(option, " ", path))
                .transpose()
        };
        Ok(Self {
            x,
            grad: open("--grad", &job.grad)?,
            gate: open("--gate", &job.gate)?,
            weight: open("--weight", &job.weight)?,
            mask: open("--mask", &job.mask)?,
            sink: open("--sink", &job.sink)?,
            targets: open("--targets", &job.targets)?,
            operands,
        })
    }
}

impl Source {
    fn open(path: &Path) -> Result<Self> {
        if path == "-" {
            return Ok(Self {
                file: Box::new(io::stdin()),
                size: None,
                shared: Some(Handle::stdin()?),
            });
        }
        let file = File::open(path).context("cannot open it")?;
        let metadata = file.metadata()?;
        ensure!(!metadata.is_dir(), "it is a directory, not a file");
        let (size, shared) = if metadata.is_file() {
            (Some(metadata.len()), None)
        } else {
            (None, Some(Handle::from_file(file.try_clone()?)?))
        };
        Ok(Self {
            file: Box::new(file),
            size,
            shared,
        })
    }
}

impl Input {
    fn new(name: String, source: Source) -> Result<Self> {
        let Source { mut file, size, .. } = source;
        let header = Header::read(&mut file)?;
        if let Some(size) = size {
            let actual = size.saturating_sub(header.start);
            ensure!(
                header.bytes == actual,
                "its shape is {:?}, but {actual} bytes of values follow",
                header.layout.shape
            );
        }
        Ok(Self {
            name,
            file,
            left: header.layout.elements(),
            rounded: 0,
            header,
        })
    }

    /// Reads the next values, at most those that are left. A header may promise more than there is,
    /// so memory is taken only for what has been read.
    pub fn read(&mut self, count: usize) -> Result<Vec<f32>> {
        let mut values = Vec::new();
        let mut missing = count.min(self.left);
        while missing > 0 {
            let piece = self.read_piece(missing.min(PIECE));
            let piece = piece.with_context(|| self.name.clone())?;
            missing -= piece.len();
            if values.is_empty() {
                values = piece;
            } else {
                values.try_reserve(piece.len()).with_context(|| {
                    format!("{}: there is no memory for all of it at once", self.name)
                })?;
                values.extend(piece);
            }
        }
        if self.left == 0 {
            self.end().with_context(|| self.name.clone())?;
        }
        Ok(values)
    }

    /// Reads all values.
    pub fn read_all(mut self) -> Result<Npy> {
        Ok(Npy {
            values: self.read(usize::MAX)?,
            layout: self.header.layout,
        })
    }

    fn read_piece(&mut self, count: usize) -> Result<Vec<f32>> {
        let mut bytes = vec![0; count * self.header.number.size()];
        self.file.read_exact(&mut bytes).with_context(|| {
            let Header { layout, bytes, .. } = &self.header;
            format!(
                "its shape is {:?}, but fewer than {bytes} bytes of values follow",
                layout.shape
            )
        })?;
        self.left -= count;
        Ok(self.header.number.decode(&bytes, &mut self.rounded))
    }

    /// Refuses what follows the last value, which NumPy ignores, and says whether digits were lost.
    fn end(&mut self) -> Result<()> {
        let mut next = Vec::new();
        (&mut self.file).take(1).read_to_end(&mut next)?;
        ensure!(
            next.is_empty(),
            "its shape is {:?}, but more than {} bytes of values follow",
            self.header.layout.shape,
            self.header.bytes
        );
        if self.rounded > 0 {
            // Nobody is told of a failure to write to stderr, and the results do not depend on it.
            let _ = writeln!(
                io::stderr(),
                "note: {}: {} of {} values were rounded, since float32 does not have them",
                self.name,
                self.rounded,
                self.header.layout.elements()
            );
        }
        Ok(())
    }
}
