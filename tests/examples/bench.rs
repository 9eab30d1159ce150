//! The example `bench`, on as little as it takes.

use crate::Directory;

const HEADER: [&str; 9] = [
    "activation",
    "pass",
    "dtype",
    "elements",
    "wall_ns_per_element",
    "cpu_ns_per_element",
    "ratio_to_copy",
    "gigabytes_per_second",
    "adapter",
];

/// Every type, pass and size.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let passes = |dtype| ["forward", "backward"].map(move |pass| (dtype, pass));
    let with_passes = ["f32", "f16", "bf16"].into_iter().flat_map(passes);
    with_passes
        .flat_map(|(dtype, pass)| ["1024", "1048576"].map(move |elements| (dtype, pass, elements)))
}

#[test]
fn every_kernel_has_its_row() {
    let directory = Directory::new();
    let page = "before\n<!-- kernels -->\n<!-- /kernels -->\nafter\n";
    directory.write("page.md", page);
    let arguments = [
        "--functions=relu,swiglu,softmax",
        "--sizes=10,20",
        "--turns=1",
        "--chapters=kernels",
    ];
    let places = [
        "--csv=new/bench.csv",
        "--table=page.md",
        "--picture=bandwidth.svg",
    ];
    directory.succeed("bench", &[&arguments[..], &places].concat());

    let mut reader = csv::Reader::from_path(directory.path("new/bench.csv")).expect("the figures");
    assert_eq!(reader.headers().expect("a header"), &HEADER[..]);
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().expect("rows");
    let mut wanted = 0;
    for name in ["copy", "relu", "swiglu", "softmax"] {
        for (dtype, pass, elements) in all() {
            wanted += 1;
            let is_it = |row: &&csv::StringRecord| {
                [&row[0], &row[1], &row[2], &row[3]] == [name, pass, dtype, elements]
            };
            let [row] = rows.iter().filter(is_it).collect::<Vec<_>>()[..] else {
                panic!("not one row for {name} {pass} {dtype} {elements}: {rows:?}")
            };
            let figures = [&row[4], &row[5], &row[6], &row[7]].map(|figure| figure.parse::<f64>());
            assert!(
                figures
                    .iter()
                    .all(|figure| figure.as_ref().is_ok_and(|&figure| figure > 0.0)),
                "{row:?}"
            );
            assert!(!row[8].is_empty(), "{row:?}");
        }
    }
    assert_eq!(rows.len(), wanted);

    let page = directory.read("page.md");
    assert!(
        page.starts_with("before\n<!-- kernels -->\n| ")
            && page.ends_with("<!-- /kernels -->\nafter\n"),
        "{page}"
    );
    assert!(
        page.contains("\n| `softmax` | ") && page.contains("make bench BENCH=\"--functions=relu,"),
        "{page}"
    );
    let picture = directory.read("bandwidth.svg");
    assert!(
        picture.contains("copy: the limit") && picture.contains("relu"),
        "{picture}"
    );
}

/// The formulas are compared with the kernels, before they are measured.
#[test]
fn formulas_have_their_rows() {
    let directory = Directory::new();
    directory.write("page.md", "<!-- formulas -->\n<!-- /formulas -->\n");
    directory.succeed(
        "bench",
        &["--chapters=formulas", "--turns=1", "--table=page.md"],
    );
    let page = directory.read("page.md");
    for name in ["elu", "gelu", "gelu_tanh", "serf", "squareplus"] {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `{name}` | ")))
            .expect("a row");
        let figures = row
            .split('|')
            .skip(2)
            .filter_map(|cell| cell.trim().trim_matches('*').parse::<f64>().ok());
        assert_eq!(figures.filter(|&figure| figure > 0.0).count(), 4, "{row}");
    }
}

#[test]
fn mistakes_are_named() {
    let directory = Directory::new();
    for (argument, expected) in [
        ("--functions=relo", "relo"),
        ("--sizes=9", "exponents are 10 to 34"),
        ("--sizes=20-10", "exponents are 10 to 34"),
        ("--turns=0", "0"),
        ("--table=none.md", "--table none.md"),
    ] {
        let output = directory.run("bench", &[argument]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && stderr.contains(expected),
            "{argument}: {stderr}"
        );
    }
    assert_eq!(directory.files().len(), 0, "something was written");
}
