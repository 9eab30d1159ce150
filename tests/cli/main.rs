//! The examples `apply` and `plot`, as their users run them.

mod along;
mod apply;
mod errors;
#[path = "../common/example.rs"]
mod example;
mod gated;
mod plot;

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::PathBuf;
use std::process::Output;

use npyz::{AutoSerialize, NpyFile, Order, WriteOptions, WriterBuilder};
use tempfile::TempDir;
use wgpu_activations::half::f16;

/// A directory of a test's own, where it runs programs.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(example::directory())
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
            "'<f2'" => npy
                .into_vec::<f16>()
                .map(|halves| halves.into_iter().map(f16::to_f32).collect()),
            descr => panic!("{name} is {descr}"),
        };
        (
            shape,
            order,
            values.unwrap_or_else(|error| panic!("{name}: {error}")),
        )
    }

    /// All files with what they hold.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.0.path())
            .expect("the temporary directory")
            .map(|entry| entry.expect("a file"));
        let files = entries.filter(|entry| entry.path().is_file());
        let file = |entry: fs::DirEntry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                fs::read(entry.path()).expect("a file"),
            )
        };
        files.map(file).collect()
    }

    fn run(&self, example: &str, arguments: &[&str]) -> Output {
        example::run(example, &self.0, arguments)
    }

    /// What the program prints; it must succeed.
    fn succeed(&self, example: &str, arguments: &[&str]) -> String {
        example::succeed(example, &self.0, arguments)
    }

    /// The program must fail with one error, in one line that says all of `expected`, and leave all files as they are.
    fn fail(&self, example: &str, arguments: &[&str], expected: &[&str]) {
        let before = self.files();
        example::fail(example, &self.0, arguments, expected);
        assert!(
            self.files() == before,
            "files have changed: {example} {arguments:?}"
        );
    }
}

/// An npy file of values in this order.
fn npy<T: AutoSerialize + Copy>(shape: &[u64], order: Order, values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let options = WriteOptions::new()
        .default_dtype()
        .shape(shape)
        .order(order);
    let mut writer = options
        .writer(Cursor::new(&mut bytes))
        .begin_nd()
        .expect("a header");
    writer.extend(values.iter().copied()).expect("values");
    writer.finish().expect("as many values as the shape has");
    bytes
}

/// An npy file of version 1 with this header.
fn npy_with_header(header: &str, values: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len())
        .expect("a short header")
        .to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), values].concat()
}

/// Values on both sides of 0.
fn values(length: usize) -> Vec<f32> {
    (0..length)
        .map(|i| ((i * 37 + 11) % 101) as f32 * 0.09 - 4.5)
        .collect()
}

#[track_caller]
fn assert_close(got: &[f32], wanted: impl IntoIterator<Item = f64>) {
    let wanted: Vec<f64> = wanted.into_iter().collect();
    assert_eq!(got.len(), wanted.len());
    for (i, (&got, wanted)) in got.iter().zip(wanted).enumerate() {
        assert!(
            (f64::from(got) - wanted).abs() <= 1e-6 * wanted.abs(),
            "{i}: got {got}, wanted {wanted}"
        );
    }
}
