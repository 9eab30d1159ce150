//! The examples, as their users run them: programs in a directory of the test's own.

mod adapter;
mod apply;
mod bench;
mod digits;
mod instructions;
mod kernels;
mod npy;
mod plot;
mod sweep;
mod wgsl;

use std::collections::BTreeMap;
use std::env::{self, consts::EXE_SUFFIX};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A directory of a test's own, where it runs programs.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("a file in a temporary directory");
    }

    /// All files with their bytes.
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

    /// The names of everything in it, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a directory");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    fn run(&self, example: &str, arguments: &[&str]) -> Output {
        self.command(example, arguments)
            .output()
            .expect("an example that starts")
    }

    fn command(&self, example: &str, arguments: &[&str]) -> Command {
        let mut path = env::current_exe().expect("this test's path");
        path.pop();
        path.set_file_name(format!("examples/{example}{EXE_SUFFIX}"));
        assert!(
            path.exists(),
            "{} is missing: run `cargo build --examples` first",
            path.display()
        );
        let mut command = Command::new(&path);
        command.args(arguments).current_dir(self.0.path());
        command
    }

    /// Runs a program that must succeed, and returns what it prints.
    fn succeed(&self, example: &str, arguments: &[&str]) -> String {
        let output = self.run(example, arguments);
        let [stdout, stderr] =
            [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert!(
            output.status.success(),
            "{example} {arguments:?}: {}\n{stdout}\n{stderr}",
            output.status
        );
        stdout
    }

    /// Runs a program that must fail with one error, in one line that says all of `expected`, print
    /// nothing else, and leave all files as they are.
    fn fail(&self, example: &str, arguments: &[&str], expected: &[&str]) {
        let before = (self.names(), self.files());
        let output = self.run(example, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let what = format!("{example} {arguments:?}: {}\n{stderr}", output.status);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{what}");
        assert!(output.stdout.is_empty(), "{what}");
        // Drivers may write lines of their own.
        let errors = stderr
            .lines()
            .filter(|line| line.starts_with("error: ") && !line.contains("XDG_RUNTIME_DIR"));
        let [error] = errors.collect::<Vec<_>>()[..] else {
            panic!("not one error: {what}")
        };
        assert!(
            expected.iter().all(|part| error.contains(part)),
            "{expected:?} is not in: {what}"
        );
        let after = (self.names(), self.files());
        assert!(after == before, "files have changed: {what}");
    }
}
