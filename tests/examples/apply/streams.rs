//! `apply` with pipes in place of files. A dash is stdin or stdout.

use std::io::{self, Read, Write};
use std::process::{Child, Output, Stdio};

use npyz::Order;

use crate::Directory;
use crate::npy::{assert_close, npy, npy_of_type, values};

impl Directory {
    /// Runs `apply` with these bytes on stdin.
    fn pipe(&self, arguments: &[&str], stdin: &[u8]) -> Output {
        let mut child = self.start(arguments);
        let mut pipe = child.stdin.take().expect("a pipe");
        // A program that refuses its input may end before it has read all of it.
        let _ = pipe.write_all(stdin);
        drop(pipe);
        child.wait_with_output().expect("an end")
    }

    /// Starts `apply` with pipes.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command("apply", arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().expect("an example that starts")
    }
}

#[track_caller]
fn assert_error(output: &Output, expected: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        expected.iter().all(|part| stderr.contains(part)),
        "{expected:?}: {stderr}"
    );
}

#[test]
fn a_dash_is_stdin_or_stdout() {
    let (directory, x) = (Directory::new(), values(24));
    let file = npy(&[4, 6], Order::Fortran, &x);
    let wanted: Vec<f64> = x.iter().map(|&x| f64::from(x).tanh()).collect();
    let output = directory.pipe(&["tanh", "--input", "-", "--output", "-"], &file);
    assert!(output.status.success(), "{output:?}");
    // Stdout has the file and nothing else, and what is said goes to stderr.
    assert!(String::from_utf8_lossy(&output.stderr).contains("forward of tanh: 24 elements on "));
    assert!(directory.files().is_empty());
    directory.write("y.npy", output.stdout);
    let (shape, order, y) = directory.read_npy("y.npy");
    assert_eq!((shape, order), (vec![4, 6], Order::Fortran));
    assert_close(&y, wanted);

    let output = directory.pipe(&["softmax", "--input", "-", "--output", "z.npy"], &file);
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("forward of softmax"),
        "{output:?}"
    );
    assert_eq!(directory.read_npy("z.npy").0, [4, 6]);
}

#[test]
fn streams_are_no_better_than_files() {
    let directory = Directory::new();
    let file = npy(&[4, 6], Order::C, &values(24));
    let vast = "(1000000, 1000000)";
    for function in ["relu", "softmax"] {
        let pipe =
            |stdin: &[u8]| directory.pipe(&[function, "--input", "-", "--output", "y.npy"], stdin);
        assert_error(&pipe(b""), &["--input -", "not an npy file"]);
        assert_error(&pipe(&file[..50]), &["--input -", "ends within its header"]);
        assert_error(
            &pipe(&file[..file.len() - 1]),
            &["--input -", "fewer than 96 bytes"],
        );
        assert_error(
            &pipe(&[&file[..], b"x"].concat()),
            &["--input -", "more than 96 bytes"],
        );
        let lie = npy_of_type("'<f8'", false, vast, &[0; 64]);
        assert_error(
            &pipe(&lie),
            &["--input -", "fewer than 8000000000000 bytes"],
        );
        assert!(directory.files().is_empty());
    }
}

#[test]
fn a_stream_has_one_end() {
    let directory = Directory::new();
    let file = npy(&[4], Order::C, &values(4));
    let twice = ["relu", "--input", "-", "--grad", "-", "--output", "y.npy"];
    assert_error(&directory.pipe(&twice, &file), &["--grad -", "--input"]);
    directory.write("x.npy", &file);
    let twice = [
        "glu",
        "--input",
        "x.npy",
        "--gate",
        "x.npy",
        "--grad",
        "x.npy",
        "--output",
        "-",
        "--grad-gate",
        "-",
    ];
    assert_error(&directory.pipe(&twice, &[]), &["--grad-gate -", "--output"]);
    if cfg!(target_os = "linux") {
        let twice = [
            "relu",
            "--input",
            "-",
            "--grad",
            "/dev/stdin",
            "--output",
            "y.npy",
        ];
        assert_error(
            &directory.pipe(&twice, &file),
            &["--grad /dev/stdin", "--input"],
        );
    }
    assert_eq!(directory.files().len(), 1);
}

/// A reader that has enough is no error to speak of.
#[test]
fn nobody_reads_the_result() {
    let directory = Directory::new();
    directory.write("x.npy", npy(&[1 << 20], Order::C, &vec![0.0_f32; 1 << 20]));
    let mut child = directory.start(&["relu", "--input", "x.npy", "--output", "-"]);
    let mut begin = [0; 10];
    let mut stdout = child.stdout.take().expect("a pipe");
    stdout.read_exact(&mut begin).expect("a beginning");
    drop(stdout);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(141));
    let stderr = String::from_utf8_lossy(&output.stderr);
    // Drivers may write lines of their own.
    let mut lines = stderr
        .lines()
        .filter(|line| !line.contains("XDG_RUNTIME_DIR"));
    assert_eq!(lines.next(), None, "{stderr}");

    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    let mut command = directory.command("apply", &["--list"]);
    let status = command.stdout(writer).status();
    assert_eq!(status.expect("an example that starts").code(), Some(141));
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_that_is_full() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[4], &values(4));
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("a device")
    };
    let mut command = directory.command("apply", &["relu", "--input", "x.npy", "--output", "-"]);
    let output = command
        .stdout(full())
        .output()
        .expect("an example that starts");
    assert_error(&output, &["--output -", "cannot write it"]);
    // The result is there, but nothing can be said about it.
    let mut command =
        directory.command("apply", &["relu", "--input", "x.npy", "--output", "y.npy"]);
    let output = command
        .stdout(full())
        .output()
        .expect("an example that starts");
    assert_error(&output, &["cannot write to stdout"]);
    assert_eq!(directory.read_npy("y.npy").0, [4]);
}

/// A bar of progress is for people, and for work that takes long.
#[test]
fn no_progress_in_pipes() {
    let directory = Directory::new();
    let x = vec![0.0_f32; 3 << 20];
    let output = directory.pipe(
        &["relu", "--input", "-", "--output", "y.npy"],
        &npy(&[3 << 20], Order::C, &x),
    );
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("left"),
        "{output:?}"
    );
}
