//! The places of `apply`'s results.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use npyz::Order;

use crate::Directory;
use crate::npy::{npy, values};

/// Good tensors for a gated unit, which has two results.
fn directory() -> Directory {
    let directory = Directory::new();
    for name in ["v.npy", "g.npy", "dy.npy"] {
        directory.write_npy(name, &[4], &values(4));
    }
    directory
}

const GRADIENTS: [&str; 7] = [
    "glu", "--input", "v.npy", "--gate", "g.npy", "--grad", "dy.npy",
];

impl Directory {
    fn mode(&self, name: &str) -> u32 {
        let metadata = fs::metadata(self.path(name)).expect("a file");
        metadata.permissions().mode() & 0o7777
    }

    fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), Permissions::from_mode(mode))
            .expect("a file of one's own");
    }
}

#[test]
fn two_results_never_share_a_file() {
    let directory = directory();
    fs::create_dir(directory.path("sub")).expect("a directory");
    symlink(".", directory.path("here")).expect("a link");
    symlink("new.npy", directory.path("link-to-new.npy")).expect("a link");
    let refuses = |a: &str, b: &str| {
        let arguments = [&GRADIENTS[..], &["--output", a, "--grad-gate", b]].concat();
        directory.fail(
            "apply",
            &arguments,
            &[&format!("--grad-gate {b}"), "--output"],
        );
    };
    let absolute = directory.path("new.npy").display().to_string();
    let spellings = [
        "new.npy",
        "./new.npy",
        "sub/../new.npy",
        "here/new.npy",
        "link-to-new.npy",
        &absolute,
    ];
    for spelling in spellings {
        refuses("new.npy", spelling);
        refuses(spelling, "./new.npy");
    }
    directory.write("new.npy", "old");
    fs::hard_link(directory.path("new.npy"), directory.path("hard.npy")).expect("a link");
    for spelling in spellings.into_iter().chain(["hard.npy"]) {
        refuses("new.npy", spelling);
        refuses(spelling, "./new.npy");
    }
    // A learned parameter's gradient is no different.
    let arguments = [
        "prelu",
        "--input",
        "v.npy",
        "--grad",
        "dy.npy",
        "--output",
        "new.npy",
        "--grad-weight",
        "hard.npy",
    ];
    directory.fail("apply", &arguments, &["--grad-weight hard.npy", "--output"]);
    // Files of one name in two directories are two, and /dev/null keeps nothing.
    for places in [["new.npy", "sub/new.npy"], ["/dev/null", "/dev/null"]] {
        let arguments = [
            &GRADIENTS[..],
            &["--output", places[0], "--grad-gate", places[1]],
        ]
        .concat();
        directory.succeed("apply", &arguments);
    }
    assert_eq!(
        fs::read_dir(directory.path("sub"))
            .expect("a directory")
            .count(),
        1
    );
}

#[test]
fn an_output_stays_what_it_was() {
    let directory = directory();
    let apply =
        |output| directory.succeed("apply", &["relu", "--input", "v.npy", "--output", output]);
    // The umask decides on new files, as it does elsewhere.
    directory.write("usual.npy", "");
    apply("new.npy");
    assert_eq!(directory.mode("new.npy"), directory.mode("usual.npy"));

    for mode in [0o640, 0o600, 0o777] {
        directory.write("old.npy", "old");
        directory.set_mode("old.npy", mode);
        apply("old.npy");
        assert_eq!(directory.mode("old.npy"), mode);
        assert_eq!(directory.read_npy("old.npy").0, [4]);
    }

    fs::create_dir(directory.path("sub")).expect("a directory");
    for (target, link) in [
        ("old.npy", "link.npy"),
        ("link.npy", "link2.npy"),
        ("sub/fresh.npy", "dangling.npy"),
    ] {
        symlink(target, directory.path(link)).expect("a link");
    }
    for (link, target) in [("link2.npy", "old.npy"), ("dangling.npy", "sub/fresh.npy")] {
        let _ = fs::remove_file(directory.path(target));
        if target == "old.npy" {
            directory.write(target, "old");
        }
        apply(link);
        assert!(directory.path(link).is_symlink());
        assert!(!directory.path(target).is_symlink());
        assert_eq!(directory.read_npy(target).0, [4]);
    }
    assert!(directory.path("link.npy").is_symlink());
    assert_eq!(
        directory.names(),
        [
            "dangling.npy",
            "dy.npy",
            "g.npy",
            "link.npy",
            "link2.npy",
            "new.npy",
            "old.npy",
            "sub",
            "usual.npy",
            "v.npy"
        ]
    );
}

#[test]
fn outputs_that_are_refused() {
    let directory = directory();
    directory.write("old.npy", "old");
    directory.set_mode("old.npy", 0o444);
    symlink("old.npy", directory.path("link.npy")).expect("a link");
    symlink("loop.npy", directory.path("loop.npy")).expect("a link");
    fs::create_dir(directory.path("sub")).expect("a directory");
    for (output, expected) in [
        ("old.npy", "read-only"),
        ("link.npy", "read-only"),
        ("sub", "directory"),
        ("none/", "directory"),
        ("none/y.npy", "directory"),
        ("v.npy/y.npy", "directory"),
        ("loop.npy", ""),
        ("", ""),
    ] {
        let arguments = ["relu", "--input", "v.npy", "--output", output];
        directory.fail("apply", &arguments, &["--output", output, expected]);
        // The other result stays away, too.
        let arguments = [
            &GRADIENTS[..],
            &["--output", "y.npy", "--grad-gate", output],
        ]
        .concat();
        directory.fail("apply", &arguments, &["--grad-gate", output, expected]);
    }
    assert_eq!(directory.mode("old.npy"), 0o444);
}

#[test]
fn pipes_are_written_directly() {
    let directory = directory();
    let fifo = directory.path("fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .is_ok_and(|status| status.success())
    );
    let inode = fs::metadata(&fifo).expect("a fifo").ino();
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read(fifo).expect("a file")
    });
    directory.succeed("apply", &["relu", "--input", "v.npy", "--output", "fifo"]);
    directory.write("y.npy", reader.join().expect("a reader"));
    assert_eq!(directory.read_npy("y.npy").0, [4]);
    assert_eq!(fs::metadata(&fifo).expect("a fifo").ino(), inode);
}

/// An interrupt in the midst of the work leaves the old files, and nothing else.
#[test]
fn signals() {
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let directory = directory();
        directory.write("old.npy", "old");
        let arguments = [
            "glu", "--input", "-", "--gate", "g.npy", "--output", "old.npy",
        ];
        let mut child = directory.start(&arguments);
        let mut stdin = child.stdin.take().expect("a pipe");
        let file = npy(&[4], Order::C, &values(4));
        // The last value never comes, so that the program waits for it.
        stdin.write_all(&file[..file.len() - 1]).expect("a reader");
        wait_until(|| {
            directory
                .names()
                .iter()
                .any(|name| name.starts_with(".apply-"))
        });
        let kill = Command::new("kill")
            .args(["-s", name, &child.id().to_string()])
            .status();
        assert!(kill.is_ok_and(|status| status.success()));
        let output = child.wait_with_output().expect("an end");
        // Shells show 128 and this number.
        assert_eq!(output.status.signal(), Some(number), "{output:?}");
        assert_eq!(directory.names(), ["dy.npy", "g.npy", "old.npy", "v.npy"]);
        assert_eq!(directory.read("old.npy"), "old");
    }
}

fn wait_until(is_done: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_done() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "it takes too long"
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// A disk without room is an error, and the old file is whole. The limit of a file's size stands
/// for the disk. It is set when results are being written, since newer drivers make the GPU's
/// memory of files.
#[test]
fn no_room() {
    const PIECE: usize = 1 << 20;
    let directory = directory();
    let input = npy(&[3 * PIECE as u64], Order::C, &vec![0.5_f32; 3 * PIECE]);
    directory.write("old.npy", "old");
    let before = directory.files();
    let apply = directory.command("apply", &[]).get_program().to_owned();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(&apply)
        .args(["relu", "--input", "-", "--output", "old.npy"])
        .current_dir(directory.path("."))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut stdin = child.stdin.take().expect("a pipe");
    let (first, rest) = input.split_at(4 * PIECE + PIECE);
    stdin.write_all(first).expect("it reads the first piece");
    let is_written = || {
        directory.names().into_iter().any(|name| {
            let files = fs::read_dir(directory.path(&name))
                .into_iter()
                .flatten()
                .flatten();
            let mut sizes = files.filter_map(|file| Some(file.metadata().ok()?.len()));
            sizes.any(|size| size >= 2 * PIECE as u64)
        })
    };
    wait_until(is_written);
    let limit = ["--fsize=1048576", "--pid", &child.id().to_string()].map(str::to_owned);
    let limited = Command::new("prlimit")
        .args(limit)
        .status()
        .expect("prlimit");
    assert!(limited.success());
    // It stops before it has read everything.
    let _ = stdin.write_all(rest);
    drop(stdin);
    let output = child.wait_with_output().expect("an exit");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("error: --output old.npy: cannot write it"),
        "{stderr}"
    );
    assert!(directory.files() == before);
    assert_eq!(directory.names().len(), before.len());
}
