//! The example `apply`: its results.

mod axis;
mod errors;
mod expression;
mod formats;
mod glu;
mod pieces;
#[cfg(unix)]
mod places;
mod prelu;
mod streams;

use npyz::Order;
use wgpu_activations::half::f16;
use wgpu_activations::{Activation, AxisFunction, Glu};

use crate::Directory;
use crate::npy::{assert_close, npy, npy_with_header, values};

const ELU: Activation = Activation::Elu { alpha: 0.5 };

#[test]
fn forward() {
    let (directory, x) = (Directory::new(), values(24));
    directory.write_npy("x.npy", &[2, 3, 4], &x);
    let printed = directory.succeed(
        "apply",
        &["elu(alpha=0.5)", "--input", "x.npy", "--output", "y.npy"],
    );
    let (shape, order, y) = directory.read_npy("y.npy");
    assert_eq!((shape, order), (vec![2, 3, 4], Order::C));
    assert_close(&y, x.iter().map(|&x| ELU.forward(x.into())));
    assert!(
        printed.starts_with("forward of elu(alpha=0.5): 24 elements on "),
        "{printed}"
    );
    assert_eq!(directory.files().len(), 2, "a temporary file is left");
}

#[test]
fn backward() {
    let directory = Directory::new();
    let (x, grad): (Vec<_>, Vec<_>) = (values(24), values(30)[6..].to_vec());
    directory.write_npy("x.npy", &[4, 6], &x);
    directory.write_npy("dy.npy", &[4, 6], &grad);
    let arguments = [
        "elu(alpha=0.5)",
        "--input",
        "x.npy",
        "--grad",
        "dy.npy",
        "--output",
        "dx.npy",
    ];
    assert!(
        directory
            .succeed("apply", &arguments)
            .starts_with("backward of ")
    );
    let wanted = x
        .iter()
        .zip(&grad)
        .map(|(&x, &grad)| ELU.backward(x.into(), grad.into()));
    assert_close(&directory.read_npy("dx.npy").2, wanted);
}

/// Without x, from what the forward pass gave.
#[test]
fn backward_from_the_output() {
    let (directory, x) = (Directory::new(), values(24));
    directory.write_npy("x.npy", &[4, 6], &x);
    directory.write_npy("dy.npy", &[4, 6], &[1.0; 24]);
    let forward = ["elu(alpha=0.5)", "--input", "x.npy", "--output", "y.npy"];
    directory.succeed("apply", &forward);
    let backward = |function| {
        [
            function,
            "--input",
            "y.npy",
            "--from-output",
            "--grad",
            "dy.npy",
            "--output",
            "dx.npy",
            "--check",
        ]
    };
    let printed = directory.succeed("apply", &backward("elu(alpha=0.5)"));
    assert!(printed.contains("at most 0."), "{printed}");
    let y = directory.read_npy("y.npy").2.into_iter();
    let wanted = y.map(|y| ELU.derivative_from_output(y.into()).expect("it is told"));
    assert_close(&directory.read_npy("dx.npy").2, wanted);

    for (function, error) in [
        ("gelu", "no function of its output"),
        (
            "softmax",
            "--from-output: only the gradients of activations",
        ),
    ] {
        directory.fail("apply", &backward(function), &[error]);
    }
}

/// A float16 file gives a float16 file, whatever the function.
#[test]
fn float16() {
    let directory = Directory::new();
    let x: Vec<f16> = values(24).into_iter().map(f16::from_f32).collect();
    directory.write("x.npy", npy(&[4, 6], Order::C, &x));
    let size = |name: &str| directory.files()[name].len();
    for (function, outputs) in [("gelu", 24), ("softmax", 24), ("glu", 12)] {
        let arguments = [function, "--input", "x.npy", "--output", "y.npy", "--check"];
        let printed = directory.succeed("apply", &arguments);
        let error = printed
            .split(" ulp of f16 off")
            .next()
            .and_then(|before| before.rsplit(' ').next());
        let error: f64 = error.expect("an error").parse().expect("a number");
        assert!(error <= 0.51, "{printed}");
        assert_eq!(
            size("x.npy") - size("y.npy"),
            2 * (24 - outputs),
            "{function}"
        );
    }
    let grad: Vec<f16> = values(30)[6..].iter().copied().map(f16::from_f32).collect();
    directory.write("dy.npy", npy(&[4, 6], Order::Fortran, &grad));
    directory.succeed(
        "apply",
        &[
            "gelu", "--input", "x.npy", "--grad", "dy.npy", "--output", "dx.npy",
        ],
    );
    let grad = |position: usize| grad[position / 6 + position % 6 * 4].to_f64();
    let wanted = x
        .iter()
        .enumerate()
        .map(|(position, x)| Activation::Gelu.backward(x.to_f64(), grad(position)));
    let wanted: Vec<f32> = wanted.map(|value| f16::from_f64(value).to_f32()).collect();
    assert_eq!(directory.read_npy("dx.npy").2, wanted);
}

#[test]
fn the_output_may_be_the_input() {
    let (directory, x) = (Directory::new(), values(10));
    directory.write_npy("x.npy", &[10], &x);
    directory.succeed("apply", &["tanh", "--input", "x.npy", "--output", "x.npy"]);
    assert_close(
        &directory.read_npy("x.npy").2,
        x.iter().map(|&x| f64::from(x).tanh()),
    );
}

#[test]
fn a_single_number_and_no_number() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[], &[-0.5]);
    directory.succeed(
        "apply",
        &[
            "elu(alpha=0.5)",
            "--input",
            "x.npy",
            "--output",
            "y.npy",
            "--check",
        ],
    );
    let (shape, _, y) = directory.read_npy("y.npy");
    assert_eq!(shape, []);
    assert_close(&y, [ELU.forward(-0.5)]);

    for (shape, order) in [
        (&[0][..], Order::C),
        (&[2, 0, 3], Order::C),
        (&[2, 0, 3], Order::Fortran),
    ] {
        directory.write("x.npy", npy::<f32>(shape, order, &[]));
        directory.write_npy("w.npy", &[1], &[0.5]);
        let arguments = [
            "prelu", "--input", "x.npy", "--grad", "x.npy", "--weight", "w.npy", "--output",
            "y.npy",
        ];
        let printed = directory.succeed(
            "apply",
            &[&arguments[..], &["--grad-weight", "dw.npy", "--check"]].concat(),
        );
        assert!(printed.contains(": 0 elements on "), "{printed}");
        assert_eq!(directory.read_npy("y.npy"), (shape.to_vec(), order, vec![]));
        assert_eq!(directory.read_npy("dw.npy").2, [0.0]);
    }
}

#[test]
fn headers_of_any_kind() {
    let directory = Directory::new();
    let x = [-1.5_f32, 0.0, 2.5];
    let little: Vec<_> = x.iter().flat_map(|x| x.to_le_bytes()).collect();
    let big: Vec<_> = x.iter().flat_map(|x| x.to_be_bytes()).collect();
    let mut version_3 =
        npy_with_header("{'descr':'<f4','fortran_order':True,'shape':(3,)}", &little);
    version_3[6] = 3;
    version_3.splice(10..10, [0, 0]);
    let files = [
        npy_with_header(
            "{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }     \n",
            &big,
        ),
        npy_with_header(
            "{\"shape\": (3, ), \"fortran_order\": False, \"descr\": \"<f4\"}",
            &little,
        ),
        version_3,
    ];
    for file in files {
        directory.write("x.npy", file);
        directory.succeed(
            "apply",
            &["leaky_relu", "--input", "x.npy", "--output", "y.npy"],
        );
        let (shape, order, y) = directory.read_npy("y.npy");
        assert_eq!((shape, order), (vec![3], Order::C));
        assert_close(&y, [-0.015, 0.0, 2.5]);
    }
}

/// The error in ulps, by other code than the example's.
fn ulps(got: f32, wanted: f64) -> f64 {
    let next = f32::from_bits((wanted.abs() as f32).to_bits() & 0xff80_0000);
    (f64::from(got) - wanted).abs() / f64::from(next * f32::EPSILON)
}

#[test]
fn check_prints_the_worst_result() {
    let (directory, x) = (Directory::new(), values(100));
    directory.write_npy("x.npy", &[10, 10], &x);
    let printed = directory.succeed(
        "apply",
        &[
            "sigmoid", "--input", "x.npy", "--output", "y.npy", "--check",
        ],
    );
    let errors = directory.read_npy("y.npy").2.into_iter().zip(&x);
    let errors: Vec<_> = errors
        .map(|(y, &x)| ulps(y, Activation::Sigmoid.forward(x.into())))
        .collect();
    let worst = errors.iter().copied().fold(0.0, f64::max);
    let position = errors
        .iter()
        .position(|&error| error == worst)
        .expect("the worst is one of them");
    let index = format!(
        "at most {worst:.3} ulp off, at [{}, {}], x = {:?}",
        position / 10,
        position % 10,
        x[position]
    );
    assert!(worst > 0.0 && worst <= 4.0);
    assert!(printed.contains(&index), "{index}: {printed}");
}

#[test]
fn check_takes_what_is_not_finite() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[3], &[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
    directory.write_npy("w.npy", &[1], &[-0.5]);
    let arguments = [
        "prelu", "--input", "x.npy", "--grad", "x.npy", "--weight", "w.npy", "--output", "y.npy",
    ];
    let printed = directory.succeed(
        "apply",
        &[&arguments[..], &["--grad-weight", "dw.npy", "--check"]].concat(),
    );
    let [output, grad_weight, _] = printed.lines().collect::<Vec<_>>()[..] else {
        panic!("{printed}")
    };
    assert!(
        output.starts_with("check of --output: at most 0.000 ulp off, "),
        "{printed}"
    );
    assert!(
        grad_weight.starts_with("check of --grad-weight: at most 0.000 times 2^-24 of the sum "),
        "{printed}"
    );
    let (_, _, y) = directory.read_npy("y.npy");
    assert!(
        y[0].is_nan() && y[1..] == [f32::INFINITY, f32::INFINITY],
        "{y:?}"
    );
}

fn listed_as(listed: &str, aliases: &[&str]) {
    let line = format!("  also: {}\n", aliases.join(", "));
    assert!(aliases.is_empty() || listed.contains(&line), "{aliases:?}");
}

#[test]
fn list_has_all_that_is_known() {
    let listed = Directory::new().succeed("apply", &["--list"]);
    for (activation, info) in Activation::ALL.iter().zip(Activation::list()) {
        assert!(listed.contains(&format!("{activation}\n")), "{activation}");
        for text in [
            info.formula,
            info.derivative,
            info.kinks,
            info.source,
            info.strengths,
            info.weaknesses,
            info.used,
        ] {
            assert!(
                !text.is_empty() || text == info.kinks,
                "{activation} lacks a text"
            );
            assert!(listed.contains(text), "{activation}: {text}");
        }
        listed_as(&listed, info.aliases);
    }
    for (function, info) in AxisFunction::ALL.iter().zip(AxisFunction::list()) {
        assert!(
            listed.contains(&format!("{function}, along an axis\n")),
            "{function}"
        );
        for text in [info.formula, info.derivative, info.conventions, info.source] {
            assert!(listed.contains(text), "{function}: {text}");
        }
        listed_as(&listed, info.aliases);
    }
    for glu in Glu::NAMED {
        assert!(
            listed.contains(&format!(
                "{glu}, of values and gates\n  {}\n",
                glu.formula()
            )),
            "{glu}"
        );
        listed_as(&listed, glu.aliases());
    }
    assert!(
        listed.contains("lower: any finite number up to upper, by default 0.125\n"),
        "{listed}"
    );
    assert!(
        listed.contains("negative_slope: any number, by default 0.01; can be learned\n"),
        "{listed}"
    );
    assert!(
        listed.contains("temperature: from 0.0009765625 to 1024.0, by default 1\n"),
        "{listed}"
    );
}
