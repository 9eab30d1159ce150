//! The examples `apply` and `plot`, as their users run them.

mod along;
mod apply;
mod errors;
mod gated;
mod plot;

use std::collections::BTreeMap;
use std::env::{self, consts::EXE_SUFFIX};
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::process::{Command, Output};

use npyz::{AutoSerialize, NpyFile, Order, WriteOptions, WriterBuilder};
use tempfile::TempDir;
use wgpu_activations::half::f16;

/// A directory of a test's own, where it runs programs.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("a file in a temporary directory");
    }

    fn write_npy(&self, name: &str, shape: &[u64], values: &[f32]) {
        self.write(name, npy(shape, Order::C, values));
    }

    /// The shape, the order and the values of an npy file, as another reader than `apply`'s has them.
    fn read_npy(&self, name: &str) -> (Vec<u64>, Order, Vec<f32>) {
        let bytes = fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let npy = NpyFile::new(&bytes[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (shape, order) = (npy.shape().to_vec(), npy.order());
        let values = match npy.dtype().descr().as_str() {
            "'<f4'" => npy.into_vec(),
            "'<f2'" => npy.into_vec::<f16>().map(|halves| halves.into_iter().map(f16::to_f32).collect()),
            descr => panic!("{name} is {descr}"),
        };
        (shape, order, values.unwrap_or_else(|error| panic!("{name}: {error}")))
    }

    /// All files with what they hold.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.0.path()).expect("the temporary directory").map(|entry| entry.expect("a file"));
        let files = entries.filter(|entry| entry.path().is_file());
        let file = |entry: fs::DirEntry| {
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a file"))
        };
        files.map(file).collect()
    }

    fn run(&self, example: &str, arguments: &[&str]) -> Output {
        let mut path = env::current_exe().expect("this test's path");
        path.pop();
        path.set_file_name(format!("examples/{example}{EXE_SUFFIX}"));
        assert!(path.exists(), "{} is missing: run `cargo build --examples` first", path.display());
        Command::new(&path).args(arguments).current_dir(self.0.path()).output().expect("an example that starts")
    }

    /// What the program prints; it must succeed.
    fn succeed(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.run(example, arguments);
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(output.status.success(), "{example} {arguments:?}: {}\n{stderr}", output.status);
        stdout
    }

    /// The program must fail with one error, in one line that says all of `expected`, and leave all files as they are.
    fn fail(&self, example: &str, arguments: &[&str], expected: &[&str]) {
        let before = self.files();
        let output = self.run(example, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let what = format!("{example} {arguments:?}: {}\n{stderr}", output.status);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{what}");
        assert!(output.stdout.is_empty(), "{what}");
        // Drivers may write lines of their own.
        let errors = stderr.lines().filter(|line| line.starts_with("error: ") && !line.contains("XDG_RUNTIME_DIR"));
        let [error] = errors.collect::<Vec<_>>()[..] else { panic!("not one error: {what}") };
        assert!(expected.iter().all(|part| error.contains(part)), "{expected:?} is not in: {what}");
        assert!(self.files() == before, "files have changed: {what}");
    }
}

/// An npy file of values in this order.
fn npy<T: AutoSerialize + Copy>(shape: &[u64], order: Order, values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = WriteOptions::new().default_dtype().shape(shape).order(order);
    let mut writer = options.writer(Cursor::new(&mut bytes)).begin_nd().expect("a header");
    writer.extend(values.iter().copied()).expect("values");
    writer.finish().expect("as many values as the shape has");
    bytes
}

/// An npy file of version 1 with this header.
fn npy_with_header(header: &str, values: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).expect("a short header").to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
}

/// Values on both sides of 0.
fn values(length: usize) -> Vec<f32> {
    (0..length).map(|i| ((i * 37 + 11) % 101) as f32 * 0.09 - 4.5).collect()
}

#[track_caller]
fn assert_close(got: &[f32], wanted: impl IntoIterator<Item = f64>) {
    let wanted: Vec<f64> = wanted.into_iter().collect();
    assert_eq!(got.len(), wanted.len());
    for (i, (&got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!((f64::from(got) - wanted).abs() <= 1e-6 * wanted.abs(), "{i}: got {got}, wanted {wanted}");
    }
}
