//! The example `sweep`.

use wgpu_activations::Activation;

use crate::Directory;

/// This leaves few inputs besides the neighbours of landmarks.
const STRIDE: &str = "--stride=1000003";

/// The numbers after this text, each up to the next space.
fn numbers_after(text: &str, printed: &str) -> Vec<f64> {
    let words = printed
        .split(text)
        .skip(1)
        .map(|rest| rest.split_whitespace().next().unwrap_or_default());
    words
        .map(|word| {
            word.parse()
                .unwrap_or_else(|_| panic!("`{word}` is no number, in: {printed}"))
        })
        .collect()
}

#[test]
fn a_report_for_each_direction() {
    let printed = Directory::new().succeed("sweep", &["sigmoid", STRIDE]);
    assert!(printed.starts_with("adapter: "), "{printed}");
    let info = Activation::Sigmoid.info();
    let [forward, backward] = info.ulps;
    let from_output = info.from_output.as_ref().expect("it has one").ulps;
    let mut rest = printed.as_str();
    for (direction, next, bound) in [
        ("forward", "sigmoid backward: ", forward),
        ("backward", "sigmoid from-output: ", backward),
        ("from-output", "no other", from_output),
    ] {
        let begin = format!("sigmoid {direction}: ");
        let (_, after) = rest.split_once(&begin).expect("a report for each");
        let report = after.split(next).next().expect("a text");
        rest = after.strip_prefix(report).unwrap_or_default();
        let error: f64 = report
            .split(' ')
            .next()
            .and_then(|word| word.parse().ok())
            .expect("an error");
        assert!(
            error > 0.0 && numbers_after("allowed: ", report) == [bound] && error <= bound,
            "{printed}"
        );
        assert!(
            report.contains(" ulp at x = ")
                && report.contains(": got ")
                && !report.contains("wrong: "),
            "{printed}"
        );
        let counts = numbers_after(" ulp: ", report);
        assert_eq!(counts.len(), 10, "{printed}");
        assert_eq!(
            [counts.iter().sum::<f64>()][..],
            numbers_after("inputs: ", report),
            "{printed}"
        );
    }
}

#[test]
fn one_direction_with_parameters() {
    let printed = Directory::new().succeed(
        "sweep",
        &[
            "leaky_relu(negative_slope=0.5)",
            "--direction",
            "backward",
            STRIDE,
        ],
    );
    assert!(
        printed.contains(
            "\nleaky_relu(negative_slope=0.5) backward: 0 ulp everywhere\n  allowed: 0 ulp\n"
        ),
        "{printed}"
    );
    assert!(!printed.contains("forward"), "{printed}");
}

/// A chain of functions has errors, and no bound that they could exceed.
#[test]
fn an_expression_of_one_operand() {
    let printed = Directory::new().succeed("sweep", &["x * sigmoid(1.5 * x)", STRIDE]);
    for direction in ["forward", "backward"] {
        let errors = numbers_after(&format!("\nx * sigmoid(1.5 * x) {direction}: "), &printed);
        assert!(matches!(errors[..], [error] if error > 0.0), "{printed}");
    }
    assert!(!printed.contains("allowed"), "{printed}");
}

/// However few the inputs are, kinks are among them, each with 2000 neighbours on both sides.
#[test]
fn kinks_are_found() {
    let inputs = |activation| {
        let printed =
            Directory::new().succeed("sweep", &[activation, "--direction", "backward", STRIDE]);
        numbers_after("inputs: ", &printed)[0]
    };
    let of_relu = inputs("relu");
    for (activation, kinks) in [
        ("leaky_relu", 0.0),
        ("hardswish", 3.0),
        ("softplus(threshold=1)", 1.0),
    ] {
        assert_eq!(inputs(activation) - of_relu, kinks * 4001.0, "{activation}");
    }
}

const PAGE: &str =
    "# Page\n<!-- usual -->\nold\n<!-- /usual -->\nbetween\n<!-- sweep --><!-- /sweep --> after";

#[test]
fn a_table_takes_its_place_in_a_page() {
    let directory = Directory::new();
    let read = || directory.read("page.md");
    directory.write("page.md", PAGE);
    let csv =
        "activation,direction,ulp,at,note\ngelu,backward,8123456,-5.5,\ntanh,forward,,,|none|\n";
    directory.write("pytorch.csv", csv);

    let arguments = ["--usual", STRIDE, "--table", "page.md"];
    directory.succeed("sweep", &arguments);
    let page = read();
    let (before, rest) = page.split_once("<!-- usual -->\n| | ").expect("a table");
    let (table, after) = rest
        .split_once("<!-- /usual -->")
        .expect("the end of the table");
    assert_eq!(
        (before, after),
        ("# Page\n", "\nbetween\n<!-- sweep --><!-- /sweep --> after")
    );
    let command = format!("\n`cargo run --example sweep -- {}`", arguments.join(" "));
    assert!(
        table.contains("\n| `elu` | exp(x) - 1 | ") && table.contains(&command),
        "{page}"
    );

    directory.succeed("sweep", &["--all", STRIDE, "--table", "page.md"]);
    let (unchanged, _) = page
        .split_once("<!-- sweep -->")
        .expect("the rest of the page");
    let page = read();
    let (before, table) = page.split_once("<!-- sweep -->").expect("a table");
    assert!(
        before == unchanged && table.ends_with("<!-- /sweep --> after"),
        "{page}"
    );
    for activation in Activation::list() {
        let row = table
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` | ", activation.name)));
        let row = row.unwrap_or_else(|| panic!("{} has no row: {page}", activation.name));
        let end = match activation.name {
            "gelu" => " | - | 8.1e6 at -5.5 |",
            "tanh" => " | \\|none\\| | - |",
            _ => " | - | - |",
        };
        assert!(row.ends_with(end), "{row}");
    }
    assert_eq!(directory.files().len(), 2, "a temporary file is left");
}

#[test]
fn the_page_has_every_activation() {
    let page = include_str!("../../docs/accuracy.md");
    for activation in Activation::list() {
        assert!(
            page.contains(&format!("\n| `{}` | ", activation.name)),
            "{}: sweep it",
            activation.name
        );
    }
}

#[test]
fn a_picture() {
    let directory = Directory::new();
    directory.succeed("sweep", &["--picture", "errors.svg"]);
    let svg = directory.read("errors.svg");
    assert!(
        ["gelu", "tanh&apos;", "4 ulp"]
            .iter()
            .all(|text| svg.lines().any(|line| line == *text))
    );
}

#[test]
fn bad_input_is_refused_before_the_sweep() {
    let directory = Directory::new();
    let pages = [
        ("whole.md", PAGE),
        ("none.md", "# Page"),
        ("turned.md", "<!-- /sweep --><!-- sweep -->"),
    ];
    let twice = format!("{PAGE}{PAGE}");
    for (name, page) in pages.into_iter().chain([("twice.md", twice.as_str())]) {
        directory.write(name, page);
    }
    for (arguments, expected) in [
        (&[][..], "required arguments"),
        (&["gelo"], "did you mean `gelu`"),
        (&["elu(alpha=nan)"], "alpha must be a number"),
        (&["x * y"], "an expression of one operand is needed"),
        (&["relu", "--stride", "0"], "--stride"),
        (&["relu", "--stride", "4294967296"], "--stride"),
        (&["relu", "--stride", "x"], "--stride"),
        (&["relu", "--direction", "sideways"], "--direction"),
        (&["relu", "--all"], "cannot be used with"),
        (&["relu", "--table", "whole.md"], "cannot be used with"),
        (&["--all", "--direction", "forward"], "cannot be used with"),
        (&["--all", "--table", "missing.md"], "--table missing.md"),
        (
            &["--all", "--table", "none.md"],
            "it has no `<!-- sweep -->`",
        ),
        (
            &["--all", "--table", "turned.md"],
            "with a `<!-- /sweep -->` after it",
        ),
        (
            &["--usual", "--table", "twice.md"],
            "more than one `<!-- usual -->`",
        ),
    ] {
        directory.fail("sweep", arguments, &[expected]);
    }
    assert_eq!(directory.read("twice.md"), twice);
}
