//! The example `instructions`: how counts are compared. Its compilers run in `scripts/instructions.sh`.

use crate::Directory;

const TABLE: &str = "compiler,instructions,clocks,registers,spills,width
\"elu(alpha=1, scale=2) forward f32 vectors\",200,300,48,0,16
relu forward f32 vectors,60,80,24,0,16
";

fn with(from: &str, to: &str) -> Directory {
    let directory = Directory::new();
    directory.write("then.csv", TABLE);
    directory.write("now.csv", TABLE.replace(from, to));
    directory
}

/// What the program says of tables that differ. Its last line is the error.
fn faults(directory: &Directory) -> String {
    let output = directory.run("instructions", &["compare", "then.csv", "now.csv"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("If this is meant, run `make instructions`"),
        "{stderr}"
    );
    stderr
}

#[test]
fn what_is_no_worse_is_allowed() {
    for (from, to) in [
        ("200,300,48", "206,200,64"),
        ("60,80,24,0,16", "50,82,24,0,32"),
    ] {
        with(from, to).succeed("instructions", &["compare", "then.csv", "now.csv"]);
    }
}

#[test]
fn what_is_worse_is_refused() {
    let elu = "elu(alpha=1, scale=2) forward f32 vectors: ";
    for (from, to, message) in [
        (
            "200,300,48",
            "207,300,48",
            "207 instructions, 3.5 % more than the table's 200",
        ),
        (
            "200,300,48",
            "200,330,48",
            "330 clocks, 10.0 % more than the table's 300",
        ),
        (
            "300,48,0,16",
            "300,48,2,16",
            "2 spilled registers, where the table has 0",
        ),
        (
            "300,48,0,16",
            "300,48,0,8",
            "8 invocations run together, where the table has 16",
        ),
    ] {
        let faults = faults(&with(from, to));
        assert!(faults.contains(&format!("{elu}{message}")), "{faults}");
    }
}

#[test]
fn both_have_the_same_kernels() {
    let directory = with("relu forward", "relu backward");
    let faults = faults(&directory);
    for message in [
        "relu backward f32 vectors: it is not in the table",
        "relu forward f32 vectors: it is in the table, but there is no such kernel",
    ] {
        assert!(faults.contains(message), "{faults}");
    }
}
