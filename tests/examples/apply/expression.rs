//! `apply` with expressions.

use npyz::Order;
use wgpu_activations::half::f16;
use wgpu_activations::{Expression, TrainingMode};

use crate::Directory;
use crate::npy::{assert_close, npy, values};

const FEED_FORWARD: &str = "gelu(x + bias) * gate + residual * scale";

/// Tensors of shape [2, 3, 4], and others that are broadcast to it.
fn directory() -> Directory {
    let directory = Directory::new();
    let of = |first: usize, length: usize| values(first + length)[first..].to_vec();
    directory.write_npy("x.npy", &[2, 3, 4], &of(0, 24));
    directory.write_npy("b.npy", &[4], &of(50, 4));
    directory.write_npy("g.npy", &[2, 1, 4], &of(60, 8));
    directory.write_npy("r.npy", &[3, 1], &of(70, 3));
    directory.write_npy("dy.npy", &[2, 3, 4], &of(30, 24));
    directory
}

const OPERANDS: [&str; 10] = [
    "--input",
    "x.npy",
    "--operand",
    "bias=b.npy",
    "--operand",
    "gate=g.npy",
    "--operand",
    "residual=r.npy",
    "--operand",
    "scale=1.5",
];

/// The value of an operand at an element, and the position of that value.
fn value(directory: &Directory, name: &str, i: usize) -> (f64, usize) {
    let (file, place) = match name {
        "x" => ("x.npy", i),
        "bias" => ("b.npy", i % 4),
        "gate" => ("g.npy", i / 12 * 4 + i % 4),
        "residual" => ("r.npy", i / 4 % 3),
        "grad_output" => ("dy.npy", i),
        _ => return (1.5, 0),
    };
    (directory.read_npy(file).2[place].into(), place)
}

#[test]
fn forward_and_gradients() {
    let directory = directory();
    let expression: Expression = FEED_FORWARD.parse().expect("an expression");
    let arguments = [
        &[FEED_FORWARD, "--output", "y.npy", "--check"],
        &OPERANDS[..],
    ]
    .concat();
    let printed = directory.succeed("apply", &arguments);
    assert!(printed.contains("check of --output: at most "), "{printed}");
    assert!(
        printed.contains(&format!("forward of {FEED_FORWARD}: ")),
        "{printed}"
    );
    let (shape, order, y) = directory.read_npy("y.npy");
    assert_eq!((shape, order), (vec![2, 3, 4], Order::C));
    let at = |expression: &Expression, i: usize| {
        expression.evaluate(|name| value(&directory, name, i).0)
    };
    assert_near(&y, (0..24).map(|i| at(&expression, i)));

    let gradients = [
        ("x", "y.npy", 24),
        ("bias", "db.npy", 4),
        ("gate", "dg.npy", 8),
        ("residual", "dr.npy", 3),
        ("scale", "ds.npy", 1),
    ];
    let options = gradients[1..]
        .iter()
        .map(|(name, file, _)| format!("{name}={file}"));
    let options: Vec<_> = options.collect();
    let options: Vec<_> = options
        .iter()
        .flat_map(|option| ["--grad-operand", option.as_str()])
        .collect();
    let with_grad = [&arguments[..], &["--grad", "dy.npy"], &options].concat();
    let printed = directory.succeed("apply", &with_grad);
    for (name, file, length) in gradients {
        let option = match name {
            "x" => "--output".to_owned(),
            name => format!("--grad-operand {name}"),
        };
        assert!(
            printed.contains(&format!("check of {option}: at most ")),
            "{printed}"
        );
        let gradient = expression.gradient(name).expect("a gradient");
        let mut sums = vec![0.0; length];
        for i in 0..24 {
            sums[value(&directory, name, i).1] += at(&gradient, i);
        }
        assert_near(&directory.read_npy(file).2, sums);
    }
    assert_eq!(directory.read_npy("ds.npy").0, [0; 0]);
    assert_eq!(directory.read_npy("dg.npy").0, [2, 1, 4]);
}

/// Sums may cancel.
#[track_caller]
fn assert_near(got: &[f32], wanted: impl IntoIterator<Item = f64>) {
    let wanted: Vec<_> = wanted.into_iter().collect();
    assert_eq!(got.len(), wanted.len());
    for (got, wanted) in got.iter().zip(wanted) {
        let error = (f64::from(*got) - wanted).abs();
        assert!(error <= 2e-5 * (1.0 + wanted.abs()), "{got}, not {wanted}");
    }
}

/// x itself is broadcast, in a file of 16 bits and in one of the other order.
#[test]
fn the_result_has_the_joint_shape() {
    let directory = directory();
    let x: Vec<f16> = values(3).into_iter().map(f16::from_f32).collect();
    directory.write("h.npy", npy(&[3, 1], Order::Fortran, &x));
    let arguments = [
        "tanh(x * b)",
        "--input",
        "h.npy",
        "--operand",
        "b=x.npy",
        "--output",
        "y.npy",
        "--check",
    ];
    let printed = directory.succeed("apply", &arguments);
    assert!(printed.contains("ulp of f16 off"), "{printed}");
    assert_eq!(directory.read_npy("y.npy").0, [2, 3, 4]);
    let more = ["--grad", "dy.npy", "--grad-operand", "b=db.npy"];
    let printed = directory.succeed("apply", &[&arguments[..], &more].concat());
    assert!(
        printed.contains("2^-24 of the sum of its terms"),
        "{printed}"
    );
    assert_eq!(directory.read_npy("y.npy").0, [3, 1]);
    assert_eq!(directory.read_npy("db.npy").0, [2, 3, 4]);
}

#[test]
fn empty_tensors_and_single_numbers() {
    let directory = directory();
    directory.write("e.npy", npy::<f32>(&[0, 4], Order::C, &[]));
    let arguments = [
        "tanh(x + b)",
        "--input",
        "e.npy",
        "--operand",
        "b=b.npy",
        "--output",
        "y.npy",
        "--check",
    ];
    let printed = directory.succeed("apply", &arguments);
    assert!(
        printed.contains("check of --output: it has no elements"),
        "{printed}"
    );
    assert_eq!(directory.read_npy("y.npy").0, [0, 4]);
    let more = ["--grad", "e.npy", "--grad-operand", "b=db.npy"];
    directory.succeed("apply", &[&arguments[..], &more].concat());
    assert_eq!(
        directory.read_npy("db.npy"),
        (vec![4], Order::C, vec![0.0; 4])
    );

    directory.write_npy("one.npy", &[], &[0.5]);
    directory.succeed(
        "apply",
        &[
            "2 * x ^ 3",
            "--input",
            "one.npy",
            "--output",
            "y.npy",
            "--check",
        ],
    );
    assert_eq!(directory.read_npy("y.npy"), (vec![], Order::C, vec![0.25]));
}

#[test]
fn dropout_has_a_seed() {
    let directory = directory();
    let text = "dropout(x, p=0.5)";
    let arguments = [
        text, "--input", "x.npy", "--output", "y.npy", "--check", "--seed", "7",
    ];
    directory.succeed("apply", &arguments);
    let training = TrainingMode {
        seed: 7,
        ..TrainingMode::default()
    };
    let expression: Expression = text.parse().expect("an expression");
    let x = directory.read_npy("x.npy").2;
    let wanted = x
        .iter()
        .enumerate()
        .map(|(i, &x)| expression.evaluate_training(|_| x.into(), training, i as u64));
    assert_close(&directory.read_npy("y.npy").2, wanted);
}

/// An expression of x alone, also one that is an activation.
#[test]
fn expressions_of_x() {
    let directory = directory();
    for (text, printed) in [
        ("x * sigmoid(1.5 * x)", "x * sigmoid(1.5 * x)"),
        ("elu(x, alpha=0.5)", "elu(x, alpha=0.5)"),
        ("1-relu(x)", "1 - relu(x)"),
    ] {
        let arguments = [text, "--input", "x.npy", "--output", "y.npy"];
        let line = directory.succeed("apply", &arguments);
        assert!(
            line.starts_with(&format!("forward of {printed}: 24 elements ")),
            "{line}"
        );
    }
}

#[test]
fn errors_name_the_argument() {
    let refuses = |options: &[&str], expected: &[&str]| {
        let directory = directory();
        directory.write("y.npy", "earlier work");
        let arguments = [
            &options[..1],
            &["--input", "x.npy", "--output", "y.npy"],
            &options[1..],
        ];
        directory.fail("apply", &arguments.concat(), expected);
    };
    let with = |option: &'static str| ["tanh(x + bias)", "--operand", option];
    refuses(
        &["tanh(x + bias)"],
        &["`bias` is missing", "--operand bias="],
    );
    refuses(
        &["tanh(bias)"],
        &["--input x.npy", "no operand `x`", "it has bias"],
    );
    refuses(
        &with("baas=b.npy"),
        &["--operand baas=b.npy", "no operand `baas`", "x, bias"],
    );
    refuses(&with("x=b.npy"), &["--operand x=b.npy", "--input is x"]);
    refuses(&with("bias"), &["bias", "NAME=FILE"]);
    refuses(
        &with("bias=none.npy"),
        &["--operand bias=none.npy", "cannot open"],
    );
    refuses(
        &[&with("bias=b.npy")[..], &["--operand", "bias=2"]].concat(),
        &["--operand bias=2", "given twice"],
    );
    let good = with("bias=b.npy");
    let refuses_more = |options: &[&str], expected: &[&str]| {
        refuses(&[&good[..], options].concat(), expected);
    };
    refuses_more(
        &["--grad", "g.npy"],
        &[
            "--grad g.npy",
            "[2, 1, 4]",
            "[2, 3, 4]",
            "the shape of the result",
        ],
    );
    refuses_more(
        &["--grad", "dy.npy", "--grad-operand", "bios=d.npy"],
        &["--grad-operand bios=d.npy", "no operand `bios`"],
    );
    refuses_more(
        &["--grad", "dy.npy", "--grad-operand", "x=d.npy"],
        &["--grad-operand x=d.npy", "--output gets"],
    );
    refuses_more(
        &["--grad", "dy.npy", "--grad-operand", "bias=y.npy"],
        &["--grad-operand bias=y.npy", "this is --output, too"],
    );
    refuses_more(
        &["--grad", "dy.npy", "--grad-operand", "bias=none/d.npy"],
        &["--grad-operand bias=none/d.npy", "there is no directory"],
    );
    refuses_more(&["--grad-operand", "bias=d.npy"], &["were not provided"]);
    refuses_more(&["--axis", "1"], &["--axis 1", "expressions have no axis"]);
    refuses_more(&["--mask", "b.npy"], &["--mask b.npy", "take a mask"]);
    refuses_more(&["--weight", "b.npy"], &["--weight b.npy", "learned"]);
    refuses(
        &["relu", "--operand", "bias=b.npy"],
        &["--operand bias=b.npy", "only expressions"],
    );
    refuses(
        &["mish_second_derivative(x)", "--grad", "dy.npy"],
        &["--output", "cannot be differentiated"],
    );
    for (text, expected) in [
        ("x * sigmiod(x)", "did you mean `sigmoid`"),
        ("tanh(x", "a closing parenthesis is missing"),
        ("gelu(x + 1, q=1)", "no parameter `q`"),
        ("elu(alpha=abc)", "alpha must be a number"),
        ("rellu(x)", "did you mean `relu`"),
        ("rellu", "did you mean `relu`"),
        ("max(x)", "max lacks `b`"),
        ("softmax(x) * 2", "along an axis"),
    ] {
        refuses(&[text], &[expected]);
    }
}

/// Shapes that do not fit are both named, and nothing is written.
#[test]
fn shapes_that_do_not_broadcast() {
    let directory = directory();
    directory.write_npy("five.npy", &[5], &values(5));
    let arguments = [
        "x + b",
        "--input",
        "x.npy",
        "--operand",
        "b=five.npy",
        "--output",
        "y.npy",
    ];
    let expected = ["--operand b=five.npy", "[5]", "[2, 3, 4]", "--input x.npy"];
    directory.fail("apply", &arguments, &expected);
}
