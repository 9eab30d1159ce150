//! Writes results. An output file that exists is replaced when all results are complete, and stays
//! what it was: a symbolic link stays one, and permissions stay. Only its other hard links keep the
//! old contents. What is no file, such as a pipe, is written directly, and so is stdout.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::mem;
use std::path::{self, Path, PathBuf};

use anyhow::{Context, Error, Result, bail, ensure};
use same_file::Handle;
use wgpu_activations::{Dtype, Gpu, Tensor};

use crate::check::{Compared, Worst};
use crate::npy::{Header, Layout, encoded, rounded};
use crate::options::NamedFile;
use crate::{Job, staging};

/// All results of a job. What is not finished is removed when they are dropped.
pub struct Outputs(Vec<Output>);

/// One result.
struct Output {
    option: String,
    /// The option and the file, for messages.
    name: String,
    writer: BufWriter<Box<dyn Write>>,
    dtype: Dtype,
    layout: Layout,
    /// The header, until it is written.
    header: Vec<u8>,
    /// The number of values written.
    written: usize,
    worst: Option<Worst>,
    /// True if the values are sums, whose terms may cancel.
    are_sums: bool,
    /// The temporary file and its place.
    moves: Option<(PathBuf, PathBuf)>,
    /// The file or the pipe that gets the result, if it is there already and keeps what it gets.
    identity: Option<Handle>,
    is_stdout: bool,
}

impl Outputs {
    pub fn open(job: &Job) -> Result<Self> {
        let places = [
            ("--output", Some(&job.output)),
            ("--grad-weight", job.grad_weight.as_ref()),
            ("--grad-gate", job.grad_gate.as_ref()),
            ("--grad-sink", job.grad_sink.as_ref()),
            ("--logsumexp", job.logsumexp.as_ref()),
        ];
        let places = places.into_iter().filter_map(|(option, path)| {
            let path = path?;
            Some((
                option.to_owned(),
                format!("{option} {}", path.display()),
                path,
            ))
        });
        let of_operands = job.grad_operand.iter().map(|NamedFile { name, path }| {
            let option = format!("--grad-operand {name}");
            (option.clone(), format!("{option}={}", path.display()), path)
        });
        let mut outputs = Self(Vec::new());
        for (option, name, path) in places.chain(of_operands) {
            let output = Output::open(option, name, path, &outputs.0)?;
            outputs.0.push(output);
        }
        Ok(outputs)
    }

    /// Sets the layout and the type of a result, if its option was given. Its first values are
    /// written with the header, so that a refused input writes nothing to a pipe.
    pub fn begin(&mut self, option: &str, layout: Layout, dtype: Dtype) {
        if let Some(output) = self.find(option) {
            output.header = Header::encoded(&layout, dtype);
            (output.layout, output.dtype) = (layout, dtype);
        }
    }

    /// The same for a result whose values are sums, which are compared with the sums of their terms'
    /// absolute values.
    pub fn begin_sums(&mut self, option: &str, layout: Layout, dtype: Dtype) {
        self.begin(option, layout, dtype);
        if let Some(output) = self.find(option) {
            output.are_sums = true;
        }
    }

    /// Writes the next values, if the option was given, and compares them as the file has them:
    /// rounded to its type. `compare` gets that type, the position among these values, and the
    /// value.
    pub fn write(
        &mut self,
        option: &str,
        gpu: &Gpu,
        values: &Tensor,
        compare: Option<impl Fn(Dtype, usize, f32) -> Compared>,
    ) -> Result<()> {
        match self.find(option) {
            Some(output) => output.write(gpu.read_blocking(values)?, compare),
            None => Ok(()),
        }
    }

    fn find(&mut self, option: &str) -> Option<&mut Output> {
        self.0.iter_mut().find(|output| output.option == option)
    }

    /// Tells whether messages must not go to stdout.
    pub fn use_stdout(&self) -> bool {
        self.0.iter().any(|output| output.is_stdout)
    }

    /// Describes the worst value of each result, all of which were compared.
    pub fn checks(&self) -> Vec<String> {
        self.0.iter().map(Output::check).collect()
    }

    /// Completes all results, and only then moves them to their places.
    pub fn finish(mut self) -> Result<()> {
        for Output { writer, name, .. } in &mut self.0 {
            let flushed = writer.flush();
            flushed.with_context(|| format!("{name}: cannot write it"))?;
        }
        let moves = self.0.iter().filter_map(|output| {
            let (from, to) = output.moves.as_ref()?;
            Some((&*output.name, &**from, &**to))
        });
        staging::move_all(moves)
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        staging::remove_all();
    }
}

impl Output {
    fn open(option: String, name: String, path: &Path, others: &[Self]) -> Result<Self> {
        let place = Place::find(path).with_context(|| name.clone())?;
        let stdout = kept(Handle::stdout()?)?;
        let is_stdout = path == "-" || place.identity.is_some() && place.identity == stdout;
        let is_same = |other: &&Self| {
            is_stdout && other.is_stdout
                || place.identity.is_some() && place.identity == other.identity
        };
        let refusal = |other: &Self| {
            format!(
                "{name}: this is {}, too, but takes one result",
                other.option
            )
        };
        if let Some(other) = others.iter().find(is_same) {
            bail!(refusal(other));
        }

        let (writer, moves): (Box<dyn Write>, _) = match place.target {
            Target::Stream(stream) => (stream, None),
            Target::File { path, old } => {
                let (file, from) = staging::create(&path).map_err(|error| {
                    // Two results that are not there yet have one name, as the file system sees it.
                    let same = others
                        .iter()
                        .find(|_| error.kind() == ErrorKind::AlreadyExists);
                    same.map_or_else(
                        || Error::new(error).context(format!("{name}: cannot write beside it")),
                        |other| Error::msg(refusal(other)),
                    )
                })?;
                if let Some(old) = old {
                    keep_permissions(&file, &old).with_context(|| name.clone())?;
                }
                (Box::new(file), Some((from, path)))
            }
        };
        Ok(Self {
            option,
            name,
            writer: BufWriter::new(writer),
            dtype: Dtype::F32,
            layout: Layout::row_major(&[]),
            header: vec![],
            written: 0,
            worst: None,
            are_sums: false,
            moves,
            identity: place.identity,
            is_stdout,
        })
    }

    fn write(
        &mut self,
        values: Vec<f32>,
        compare: Option<impl Fn(Dtype, usize, f32) -> Compared>,
    ) -> Result<()> {
        let header = mem::take(&mut self.header);
        self.write_bytes(&header)?;
        self.write_bytes(&encoded(self.dtype, &values))?;
        let (dtype, start, count) = (self.dtype, self.written, values.len());
        self.written += count;
        if let Some(compare) = compare {
            let values = rounded(dtype, values);
            let compare = |position, got| compare(dtype, position, got);
            self.worst = Worst::among(self.worst, start, &values, compare);
        }
        Ok(())
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer
            .write_all(bytes)
            .with_context(|| format!("{}: cannot write it", self.name))
    }

    /// Describes the worst result.
    fn check(&self) -> String {
        let unit = match (self.are_sums, self.dtype) {
            (_, Dtype::F16) => "ulp of f16",
            (_, Dtype::Bf16) => "ulp of bf16",
            (true, _) => "times 2^-24 of the sum of its terms' absolute values",
            _ => "ulp",
        };
        let line = self.worst.map_or_else(
            || "it has no elements".to_owned(),
            |worst| worst.line(unit, &self.layout),
        );
        format!("check of {}: {line}", self.option)
    }
}

/// The thing that a path names.
struct Place {
    target: Target,
    /// The file or the stream, unless it is still to be made, or keeps nothing, as /dev/null.
    identity: Option<Handle>,
}

enum Target {
    /// Stdout, a pipe or a device.
    Stream(Box<dyn Write>),
    File {
        path: PathBuf,
        old: Option<Metadata>,
    },
}

impl Place {
    fn find(path: &Path) -> Result<Self> {
        if path == "-" {
            return Ok(Self {
                target: Target::Stream(Box::new(io::stdout())),
                identity: kept(Handle::stdout()?)?,
            });
        }
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self {
                    target: Target::File {
                        path: new_file(path)?,
                        old: None,
                    },
                    identity: None,
                });
            }
            Err(error) => return Err(error.into()),
        };
        ensure!(!metadata.is_dir(), "it is a directory, not a file");
        // The superuser can write a read-only file, but it was made read-only for a reason.
        ensure!(
            !metadata.permissions().readonly(),
            "it is read-only; make it writable, or choose another file"
        );
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .context("cannot write it")?;
        let identity = kept(Handle::from_file(file.try_clone()?)?)?;
        let target = if metadata.is_file() {
            // A symbolic link stays, since its target is written.
            let path = fs::canonicalize(path)?;
            Target::File {
                path,
                old: Some(metadata),
            }
        } else {
            Target::Stream(Box::new(file))
        };
        Ok(Self { target, identity })
    }
}

/// Finds the place of a file that does not exist. The path may be a symbolic link to it.
fn new_file(path: &Path) -> Result<PathBuf> {
    let mut path = path::absolute(path)?;
    // A loop of links is an error of another kind, which `fs::metadata` has found.
    while let Ok(link) = fs::read_link(&path) {
        path.pop();
        path.push(link);
    }
    let is_directory = path.to_string_lossy().ends_with(path::is_separator);
    let (parent, name) = path
        .parent()
        .zip(path.file_name())
        .context("it has no file name")?;
    let missing = if is_directory { &path } else { parent };
    ensure!(
        !is_directory && parent.is_dir(),
        "there is no directory {}",
        missing.display()
    );
    Ok(fs::canonicalize(parent)?.join(name))
}

/// Returns the handle, unless it is that of a device, which takes any number of results.
fn kept(handle: Handle) -> Result<Option<Handle>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if handle.as_file().metadata()?.file_type().is_char_device() {
            return Ok(None);
        }
    }
    Ok(Some(handle))
}

/// Gives a new file the permissions, and if it is allowed the owner, of the old one.
fn keep_permissions(new: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only the superuser can give a file away. A group is changed by its members.
        if fchown(new, Some(old.uid()), Some(old.gid())).is_err() {
            let _ = fchown(new, None, Some(old.gid()));
        }
    }
    new.set_permissions(old.permissions())
}
