//! Runs the program under mpirun, as its users do.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_digits-mpi");

/// No rank may wait for another one longer than this. Everything here takes some seconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// A directory of a test's own.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// mpirun without a program. Those that start at the same time race for their common folder, so
    /// each test has one of its own.
    fn mpirun(&self) -> Command {
        let mut command = Command::new("mpirun");
        command
            .args(["--allow-run-as-root", "--oversubscribe"])
            .current_dir(self.0.path())
            .env("TMPDIR", self.0.path())
            .env("LP_NUM_THREADS", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A run with a part of the digits, unless the arguments say with how many.
    fn train(&self, ranks: usize, arguments: &[&str]) -> Command {
        let mut command = self.mpirun();
        command.args(["-n", &ranks.to_string(), PROGRAM]);
        if !arguments.contains(&"--batches") {
            command.args(["--batches", "6"]);
        }
        command.args(arguments);
        command
    }

    fn succeed(&self, ranks: usize, arguments: &[&str]) -> String {
        let output = finish(self.train(ranks, arguments));
        let [stdout, stderr] = texts(&output);
        assert!(output.status.success(), "{arguments:?}: {stdout}{stderr}");
        stdout
    }

    fn fail(&self, ranks: usize, arguments: &[&str], expected: &str) {
        let output = finish(self.train(ranks, arguments));
        let [stdout, stderr] = texts(&output);
        assert!(
            !output.status.success() && stderr.contains(expected),
            "{arguments:?} should say `{expected}`: {stdout}{stderr}"
        );
    }
}

/// Waits for the end, until the deadline.
fn finish(mut command: Command) -> Output {
    let mut child = command.spawn().expect("mpirun starts");
    let start = Instant::now();
    // Its output fits into a pipe.
    while child.try_wait().expect("mpirun is a child").is_none() {
        if start.elapsed() > DEADLINE {
            child.kill().expect("mpirun is a child");
            let [stdout, stderr] = texts(&child.wait_with_output().expect("its output"));
            panic!("{command:?} did not end: {stdout}{stderr}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.wait_with_output().expect("its output")
}

fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Returns what stands between these texts in the line of an epoch.
fn of_epoch<'a>(epoch: usize, before: &str, after: &str, stdout: &'a str) -> &'a str {
    let start = format!("epoch {epoch}: ");
    let line = stdout.lines().find(|line| line.starts_with(&start));
    let rest = line.and_then(|line| line.split_once(before));
    let value = rest.and_then(|(_, rest)| rest.split_once(after));
    value
        .unwrap_or_else(|| panic!("`{start}…{before}` is not in: {stdout}"))
        .0
}

#[test]
fn the_number_of_ranks_changes_no_bit() {
    let directory = Directory::new();
    let mut files = Vec::new();
    for (activation, dropout) in [("prelu", "0"), ("snake(x, alpha=a)", "0.2")] {
        for ranks in [1, 2, 4, 8] {
            let name = format!("{dropout}-{ranks}");
            let stdout = directory.succeed(
                ranks,
                &[
                    "--activation",
                    activation,
                    "--dropout",
                    dropout,
                    "--epochs",
                    "1",
                    "--checkpoint",
                    &name,
                ],
            );
            let states = [0, 1].map(|epoch| of_epoch(epoch, "state ", " on all ranks", &stdout));
            assert_ne!(states[0], states[1], "nothing was learned: {stdout}");
            for rank in 0..ranks {
                let greeting = format!("rank {rank} of {ranks}, process ");
                assert!(stdout.contains(&greeting), "{stdout}");
            }
            files.push(directory.read(&name));
        }
    }
    let (prelu, snake) = files.split_at(4);
    assert!(prelu.iter().all(|file| file == &prelu[0]), "prelu");
    assert!(snake.iter().all(|file| file == &snake[0]), "snake");
}

#[test]
fn dropout_changes_the_training_alone() {
    let directory = Directory::new();
    let loss = |dropout| {
        let arguments = [
            "--epochs",
            "1",
            "--dropout",
            dropout,
            "--checkpoint",
            "file",
        ];
        let stdout = directory.succeed(2, &arguments);
        [0, 1].map(|epoch| of_epoch(epoch, "loss ", ",", &stdout).to_owned())
    };
    let [plain, dropped] = ["0", "0.2"].map(loss);
    assert_eq!(plain[0], dropped[0]);
    assert_ne!(plain[1], dropped[1]);
}

/// `cargo run --example digits -- --activation prelu --epochs 1` prints the same loss. Here the sums
/// of gradients are in another order, which changes the last bits of each step.
#[test]
fn learns_what_one_process_learns() {
    let stdout = Directory::new().succeed(
        2,
        &["--batches", "45", "--epochs", "1", "--checkpoint", "file"],
    );
    let loss = of_epoch(1, "loss ", ",", &stdout);
    let loss: f64 = loss.parse().expect("a loss");
    assert!((loss - 0.4636).abs() < 5e-4, "{stdout}");
}

#[test]
fn a_resumed_training_has_the_bits_of_an_unbroken_one() {
    let directory = Directory::new();
    let common = ["--dropout", "0.2", "--checkpoint"];
    let train = |ranks, arguments: &[&str]| {
        let all = [&common, arguments].concat();
        directory.succeed(ranks, &all)
    };
    train(1, &["unbroken", "--epochs", "2"]);
    train(2, &["file", "--epochs", "1"]);
    train(4, &["file", "--epochs", "2", "--resume", "file"]);
    assert_eq!(directory.read("file"), directory.read("unbroken"));
    let stdout = train(1, &["file", "--epochs", "2", "--resume", "file"]);
    assert!(!stdout.contains("epoch 1"), "{stdout}");
    assert_eq!(directory.read("file"), directory.read("unbroken"));
}

#[test]
fn a_killed_rank_ends_all_and_leaves_the_last_state() {
    let directory = Directory::new();
    let mut command = directory.train(2, &["--epochs", "100000", "--checkpoint", "file"]);
    let mut child = command.spawn().expect("mpirun starts");
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut victim = None;
    let mut last = String::new();
    // It ends when the last rank has closed the pipe.
    for line in stdout.lines().map(|line| line.expect("a line")) {
        if let Some(rest) = line.strip_prefix("rank 1 of 2, process ") {
            let process = rest.split(':').next().expect("a number");
            victim = Some(process.to_owned());
        }
        if line.starts_with("epoch 2: ") {
            let process = victim.as_deref().expect("rank 1 has told its process");
            let status = Command::new("kill").args(["-9", process]).status();
            assert!(status.expect("kill starts").success());
        }
        if line.starts_with("epoch ") {
            last = line;
        }
    }
    let output = child.wait_with_output().expect("its output");
    let [_, stderr] = texts(&output);
    assert!(!output.status.success());
    assert!(
        stderr.contains("rank 1") && stderr.contains("signal 9"),
        "{stderr}"
    );
    let epoch = last.split([' ', ':']).nth(1).expect("its number");
    let epoch: usize = epoch.parse().expect("a number");
    // Rank 0 may have written a state that it had no time to tell.
    let resume = ["--resume", "file", "--epochs", "0", "--checkpoint", "next"];
    let stdout = directory.succeed(1, &resume);
    let state = of_epoch(epoch, "state ", " on", &last);
    let is_told = stdout.contains(&format!("epoch {epoch}: ")) && stdout.contains(state);
    let is_next = stdout.contains(&format!("epoch {}: ", epoch + 1));
    assert!(is_told || is_next, "{last}: {stdout}");
}

#[test]
fn an_error_of_one_rank_ends_all() {
    let directory = Directory::new();
    let mut command = directory.mpirun();
    command
        .args(["-n", "1", PROGRAM, "--checkpoint", "file", ":"])
        .args(["-n", "1", "-x", "WGPU_ADAPTER_NAME=none such", PROGRAM]);
    let output = finish(command);
    let [stdout, stderr] = texts(&output);
    let expected = "error: rank 1 of 2: there is no adapter with `none such` in its name";
    assert!(
        !output.status.success() && stderr.contains(expected),
        "{stdout}{stderr}"
    );
}

#[test]
fn bad_input_is_refused() {
    let directory = Directory::new();
    directory.succeed(1, &["--epochs", "0", "--checkpoint", "good"]);
    let good = directory.read("good");
    let flipped = good.len() - 1000;
    for (name, bytes) in [
        ("short", &good[..flipped]),
        ("empty", &[]),
        ("text", b"not the state of a network"),
        ("flipped", &{
            let mut bytes = good.clone();
            bytes[flipped] ^= 1;
            bytes
        }),
    ] {
        fs::write(directory.path(name), bytes).expect("a file");
        directory.fail(
            2,
            &["--resume", name, "--checkpoint", "file"],
            &format!(
                "rank 0 of 2: --resume: {name}: it is no file of this program, or it is damaged"
            ),
        );
    }
    for (ranks, arguments, expected) in [
        (1, &["--resume", "missing"][..], "missing: cannot read it"),
        (
            2,
            &["--resume", "good", "--seed", "2"],
            "good: it is of a training with activation prelu(x, weight=learned), dropout 0, seed 1, \
             6 batches; this one has activation prelu(x, weight=learned), dropout 0, seed 2",
        ),
        (2, &["--checkpoint", "no/file"], "no/file: cannot write it"),
        (3, &[], "start a power of two, and at most 8"),
        (2, &["--activation", "rleu"], "did you mean `relu`"),
        (
            1,
            &["--dropout", "1"],
            "it must be at least 0 and less than 1",
        ),
        (1, &["--batches", "46"], "46 is not in 1..=45"),
    ] {
        directory.fail(ranks, arguments, expected);
    }
}
