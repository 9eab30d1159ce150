//! The example `plot`: the pictures that it draws.

use std::fs;

use wgpu_activations::Activation;

use crate::Directory;

/// The width and the height of two panels.
const SIZE: (u32, u32) = (2400, 840);

fn png_size(bytes: &[u8]) -> (u32, u32) {
    assert_eq!(bytes[..16], *b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    let number =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    (number(16), number(20))
}

#[test]
fn a_png_of_the_default_activations() {
    let directory = Directory::new();
    let printed = directory.succeed("plot", &[]);
    let path = printed
        .split(": computed on ")
        .next()
        .expect("the path comes first");
    let picture = fs::read(directory.path(path)).expect("the picture that was printed");
    assert_eq!(png_size(&picture), SIZE);
    assert!(
        picture.ends_with(b"IEND\xaeB`\x82"),
        "the picture is not whole"
    );
    // An empty chart would be much smaller.
    assert!(picture.len() > 60_000, "{} bytes", picture.len());
}

/// The curves of an SVG, in the colour of the first series, as pixels; the symbols of the legend
/// are left out.
fn curves(svg: &str) -> Vec<Vec<(f64, f64)>> {
    let lines = svg
        .lines()
        .filter(|line| line.starts_with("<polyline") && line.contains("#0072B2"));
    let curves = lines.map(|line| {
        let (_, points) = line.split_once("points=\"").expect("a polyline has points");
        let points = points
            .split_whitespace()
            .filter_map(|point| point.split_once(','));
        points
            .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
            .collect()
    });
    curves.filter(|curve: &Vec<_>| curve.len() > 2).collect()
}

fn svg(arguments: &[&str]) -> String {
    let directory = Directory::new();
    directory.succeed("plot", &[arguments, &["--output", "curves.svg"]].concat());
    assert_eq!(directory.files().len(), 1, "a temporary file is left");
    fs::read_to_string(directory.path("curves.svg")).expect("a picture")
}

#[test]
fn an_svg_of_what_is_asked_for() {
    let svg = svg(&[
        "sigmoid",
        "leaky_relu(negative_slope=0.3)",
        "--range",
        "-4,4",
    ]);
    assert!(
        svg.starts_with(&format!("<svg width=\"{}\" height=\"{}\"", SIZE.0, SIZE.1)),
        "{}",
        &svg[..60]
    );
    assert!(svg.trim_end().ends_with("</svg>"));
    for text in [
        "f(x)",
        "f&apos;(x)",
        "sigmoid",
        "leaky_relu(negative_slope=0.3)",
        "\u{2212}4",
    ] {
        assert!(svg.lines().any(|line| line == text), "{text}");
    }
    assert!(!svg.contains("tanh"));
}

/// f rises from 0 to 1 with 1/2 in the middle; f' is symmetric, with its top in the middle.
#[test]
fn the_curves_of_sigmoid() {
    let svg = svg(&["sigmoid", "--range=-10,10"]);
    let [forward, derivative] = &curves(&svg)[..] else {
        panic!("not two curves")
    };
    let [first, middle, last] = [0, forward.len() / 2, forward.len() - 1];
    assert!(forward.is_sorted_by(|a, b| a.0 <= b.0 && a.1 >= b.1));
    assert!((forward[first].1 - 2.0 * forward[middle].1 + forward[last].1).abs() <= 3.0);
    assert!(forward[first].1 - forward[last].1 > 1000.0);
    assert!((derivative[first].1 - derivative[last].1).abs() <= 3.0);
    assert!(
        derivative
            .iter()
            .all(|point| point.1 >= derivative[middle].1)
    );
}

/// relu' has an upright step, at 0; relu leaves its panel at the top.
#[test]
fn the_curves_of_relu() {
    let svg = svg(&["relu"]);
    let [forward, derivative] = &curves(&svg)[..] else {
        panic!("not two curves")
    };
    let steps: Vec<_> = derivative
        .windows(2)
        .filter(|pair| pair[0].1 != pair[1].1)
        .collect();
    let [step] = steps[..] else {
        panic!("not one step: {steps:?}")
    };
    assert!(
        (step[1].0 - step[0].0).abs() <= 2.0 && step[0].1 - step[1].1 > 1000.0,
        "{step:?}"
    );
    let (left, right) = (derivative[0].0, derivative[derivative.len() - 1].0);
    assert!(
        (step[0].0 - (left + right) / 2.0).abs() <= 3.0,
        "{step:?} is not the middle of {left} to {right}"
    );
    let end = forward[forward.len() - 1];
    assert!(
        (end.0 - forward[0].0) / (right - left) < 0.81,
        "relu is to leave the panel at x = 6"
    );
}

/// The README's gallery is of all activations there are: it is as large as one that is drawn now.
#[test]
fn the_gallery_has_every_activation() {
    let directory = Directory::new();
    directory.succeed("plot", &["--all", "--output", "gallery.png"]);
    let drawn = png_size(&fs::read(directory.path("gallery.png")).expect("a picture"));
    let shown = png_size(&fs::read("docs/gallery.png").expect("the README's picture"));
    assert_eq!(
        shown, drawn,
        "run `cargo run --example plot -- --all --output docs/gallery.png`"
    );
    // Four panels of 400 by 280 in a row.
    assert_eq!(
        drawn,
        (1600, 280 * Activation::ALL.len().div_ceil(4) as u32)
    );
}

#[test]
fn refusals() {
    let directory = Directory::new();
    directory.write("curves.gif", "earlier work");
    directory.write("curves.png", "earlier work");
    directory.fail(
        "plot",
        &["--output", "curves.gif"],
        &["curves.gif", ".png or .svg"],
    );
    directory.fail("plot", &["--output", "curves"], &["curves", ".png or .svg"]);
    directory.fail(
        "plot",
        &["--output", "none/curves.png"],
        &["none/curves.png", "directory none"],
    );
    directory.fail(
        "plot",
        &["rellu", "--output", "curves.png"],
        &["did you mean `relu`"],
    );
    for range in [
        "1",
        "1,1",
        "2,1",
        "0,inf",
        "nan,1",
        "a,b",
        "1,2,3",
        "-1e39,1e39",
    ] {
        directory.fail(
            "plot",
            &["--output", "curves.png", "--range", range],
            &["--range", range],
        );
    }
}

/// `silu` as an expression is the same curve, and so is its derivative.
#[test]
fn expressions_are_drawn_beside_activations() {
    let pictures = ["x * sigmoid(x)", "silu"].map(|function| svg(&[function, "--range=-6,6"]));
    let [expression, activation] = pictures.each_ref().map(|svg| curves(svg));
    assert_eq!(expression.len(), 2);
    for (a, b) in expression.iter().flatten().zip(activation.iter().flatten()) {
        assert!(
            (a.0 - b.0).abs() <= 1.0 && (a.1 - b.1).abs() <= 1.0,
            "{a:?}, {b:?}"
        );
    }
    let both = svg(&["x * sigmoid(1.5*x)", "silu"]);
    for text in ["x * sigmoid(1.5 * x)", "silu"] {
        assert!(both.lines().any(|line| line == text), "{text}");
    }
    let refused = |function: &str, expected: &[&str]| {
        Directory::new().fail("plot", &[function], expected);
    };
    refused(
        "tanh(x + bias)",
        &["an expression of one operand is needed", "x, bias"],
    );
    refused("softmax", &["is a function along an axis"]);
    refused("x * sigmiod(x)", &["did you mean `sigmoid`"]);
}
