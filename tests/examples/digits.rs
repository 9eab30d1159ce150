//! The example `digits`.

use std::fs;
use std::path::Path;

use crate::Directory;

/// The number after this text, up to what cannot be part of it.
fn number_after(text: &str, output: &str) -> f64 {
    let (_, rest) = output
        .split_once(text)
        .unwrap_or_else(|| panic!("`{text}` is not in: {output}"));
    let word = rest.split([' ', ',', ';', '\n']).next().unwrap_or_default();
    word.parse()
        .unwrap_or_else(|_| panic!("`{word}` is no number, in: {output}"))
}

fn assert_png(path: &Path) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(bytes.starts_with(b"\x89PNG"), "{}", path.display());
}

#[test]
fn learns_with_right_gradients() {
    let directory = Directory::new();
    let stdout = directory.succeed("digits", &[]);
    let error = number_after(
        "relu: gradients agree with the CPU's: worst relative error ",
        &stdout,
    );
    assert!(error > 0.0 && error <= 1e-4, "{stdout}");
    let difference = number_after("the CPU's with differences of its loss: ", &stdout);
    assert!(difference > 0.0 && difference <= 1e-5, "{stdout}");
    assert!(
        stdout.contains("adapter: ") && stdout.contains("picture: target/digits.png\n"),
        "{stdout}"
    );
    let last = stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("accuracy on unseen digits: "), "{stdout}");
    let accuracy = number_after("accuracy on unseen digits: ", last);
    assert!((0.95..=1.0).contains(&accuracy), "{stdout}");
    assert_png(&directory.path("target/digits.png"));
}

#[test]
fn compares_the_same_way_each_time() {
    let directory = Directory::new();
    let arguments = [
        "--compare",
        "relu,prelu(weight=0.1), sigmoid",
        "--epochs",
        "2",
        "--output",
        "compare.png",
    ];
    let stdout = directory.succeed("digits", &arguments);
    assert_png(&directory.path("compare.png"));
    let (trainings, table) = stdout
        .split_once("\n\n")
        .expect("an empty line before the table");
    assert_eq!(
        trainings.matches("gradients agree with the CPU's").count(),
        3,
        "{stdout}"
    );

    let row = |name: &str| -> Vec<String> {
        let row = table
            .lines()
            .find(|line| line.split(' ').next() == Some(name));
        let row = row.unwrap_or_else(|| panic!("`{name}` is not in: {table}"));
        row.split_whitespace().map(str::to_owned).collect()
    };
    let headings = row("activation");
    let zeros = headings
        .iter()
        .position(|heading| heading == "zeros")
        .expect("a column of zeros")
        - 1;
    // "unseen loss" is two words, and a row has one number for them.
    assert_ne!(row("relu")[zeros], "0.0%");
    assert_eq!(row("prelu(weight=0.1)")[zeros], "0.0%");
    assert!(
        row("prelu(weight=0.1)").len() > row("relu").len(),
        "prelu has learned a weight: {table}"
    );

    let again = directory.succeed("digits", &arguments);
    assert_eq!(
        again.split_once("\n\n").map(|(_, table)| table),
        Some(table)
    );
}

/// With a learned parameter only the forward pass is fused.
#[test]
fn fused_activations_train_to_the_same_result() {
    for activation in ["relu", "prelu", "x * sigmoid(1.5 * x)", "elu(x, alpha=a)"] {
        let stdout = Directory::new().succeed("digits", &["--activation", activation, "--fused"]);
        assert!(
            stdout.contains(&format!(
                "{activation}, fused: gradients agree with the CPU's"
            )),
            "{stdout}"
        );
        let (_, fused) = stdout.split_once("\nfused: ").expect("a comparison");
        let pair = |before: &str| {
            let (_, numbers) = fused
                .split_once(before)
                .unwrap_or_else(|| panic!("`{before}` is not in: {fused}"));
            [
                number_after("", numbers),
                number_after("instead of ", numbers),
            ]
        };
        let [loss, separate_loss] = pair("; loss ");
        let [accuracy, separate_accuracy] = pair("; accuracy ");
        // Sums are in the same order, and functions have the same bits; but a compiler may fuse a
        // product and a sum in one kernel and not in another, which training makes more of: one of
        // the last digit that is shown, and 2 of the 357 unseen.
        assert!((loss - separate_loss).abs() < 1.5e-4, "{stdout}");
        assert!(
            (accuracy - separate_accuracy).abs() < 2.5 / 357.0 && accuracy >= 0.95,
            "{stdout}"
        );
    }
}

#[test]
fn expressions_train_like_activations() {
    let accuracy = |activation| {
        let stdout = Directory::new().succeed("digits", &["--activation", activation]);
        let checked = format!("{activation}: gradients agree with the CPU's");
        assert!(stdout.contains(&checked), "{stdout}");
        number_after("accuracy on unseen digits: ", &stdout)
    };
    let swish = accuracy("swish(beta=1.5)");
    let expression = accuracy("x * sigmoid(1.5 * x)");
    assert!(swish >= 0.95, "{swish}");
    // A product may be rounded another way: 2 of the 357 unseen digits.
    assert!((expression - swish).abs() < 2.5 / 357.0, "{expression}");
}

#[test]
fn an_operand_is_learned() {
    for activation in ["elu(x, alpha=a)", "x + sin(bias * x) ^ 2 / bias"] {
        let arguments = ["--activation", activation, "--epochs", "2"];
        let stdout = Directory::new().succeed("digits", &arguments);
        let checked = format!("{activation}: gradients agree with the CPU's");
        assert!(stdout.contains(&checked), "{stdout}");
        let mean = number_after("; learned parameter ", &stdout);
        assert!(mean != 1.0 && (0.5..2.0).contains(&mean), "{stdout}");
    }
}

#[test]
fn seeds_and_formats() {
    let directory = Directory::new();
    let loss = |seed| {
        let arguments = [
            "--activation",
            "tanh",
            "--epochs",
            "1",
            "--seed",
            seed,
            "--output",
            "tanh.SVG",
        ];
        number_after(" s: loss ", &directory.succeed("digits", &arguments))
    };
    assert_ne!(loss("2"), loss("3"));
    let svg = directory.read("tanh.SVG");
    assert!(svg.contains("<svg"), "{svg}");
}

#[test]
fn bad_input_is_refused_before_training() {
    let directory = Directory::new();
    for (arguments, expected) in [
        (&["--activation", "rleu"][..], "did you mean `relu`"),
        (
            &["--activation", "elu(alpha=nan)"],
            "alpha must be a number",
        ),
        (
            &["--compare", "relu,prelu(weigth=1)"],
            "no parameter `weigth`",
        ),
        (&["--compare", "relu,,elu"], "the text is empty"),
        (&["--activation", "swiglu"], "`swiglu` is a gated unit"),
        (
            &["--activation", "x * softmax(x)"],
            "is a function along an axis",
        ),
        (
            &["--activation", "x * sigmiod(1.5 * x)"],
            "there is no function `sigmiod`: did you mean `sigmoid`?",
        ),
        (
            &["--activation", "gelu(y)"],
            "gelu(y): an activation must be a function of x",
        ),
        (
            &["--activation", "a * tanh(b * x)"],
            "there can be one operand, which is learned, but there are a, b",
        ),
        (
            &["--activation", "dropout(relu(x))"],
            "here each call of dropout would drop the same units",
        ),
        (
            &["--compare", "relu", "--activation", "elu"],
            "cannot be used with",
        ),
        (&["--compare", "relu,elu", "--fused"], "cannot be used with"),
        (&["--epochs", "0"], "--epochs: there must be at least 1"),
        (&["--epochs", "many"], "'many'"),
        (&["--output", "picture.gif"], "must end in .png or .svg"),
        (&["--output", "picture"], "must end in .png or .svg"),
        (
            &["--output", "missing/picture.png"],
            "cannot write into its directory",
        ),
    ] {
        directory.fail("digits", arguments, &[expected]);
    }
    assert_eq!(directory.files().len(), 0, "something was written");
}
