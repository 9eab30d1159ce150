//! Examples, as their users run them: programs in a directory of the test's own.
#![allow(dead_code, reason = "each test program uses a part")]

use std::env::{self, consts::EXE_SUFFIX};
use std::process::{Command, Output};

use tempfile::TempDir;

pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub fn run(example: &str, directory: &TempDir, arguments: &[&str]) -> Output {
    let mut path = env::current_exe().expect("this test's path");
    path.pop();
    path.set_file_name(format!("examples/{example}{EXE_SUFFIX}"));
    assert!(
        path.exists(),
        "{} is missing: run `cargo build --examples` first",
        path.display()
    );
    Command::new(&path)
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("an example that starts")
}

/// What it prints; it must succeed.
pub fn succeed(example: &str, directory: &TempDir, arguments: &[&str]) -> String {
    let output = run(example, directory, arguments);
    let [stdout, stderr] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(
        output.status.success(),
        "{example} {arguments:?}: {}\n{stdout}\n{stderr}",
        output.status
    );
    stdout
}

/// It must fail with one error, in one line that says all of `expected`, and print nothing else.
pub fn fail(example: &str, directory: &TempDir, arguments: &[&str], expected: &[&str]) {
    let output = run(example, directory, arguments);
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
}
