//! `apply` with functions along an axis.

use npyz::Order;
use wgpu_activations::{AxisFunction, AxisShape, Saved};

use crate::Directory;
use crate::npy::{npy, values};

const SHAPE: [u64; 3] = [4, 6, 10];

/// Compares with a tolerance of some ulps of terms that may cancel: the largest element and the
/// logarithm in logsumexp, or `grad_output` and e^y times the sum of a row in log_softmax's
/// gradient. All are below 45.
#[track_caller]
fn assert_near(got: &[f32], wanted: &[f64]) {
    assert_eq!(got.len(), wanted.len());
    for (&got, &wanted) in got.iter().zip(wanted) {
        assert!(
            (f64::from(got) - wanted).abs() <= 1e-6 * wanted.abs() + 5e-6,
            "got {got}, wanted {wanted}"
        );
    }
}

/// The check of the output must print at most the 8 ulp that are promised.
#[track_caller]
fn assert_checked(printed: &str) {
    let ulps = printed
        .strip_prefix("check of --output: at most ")
        .and_then(|rest| rest.split(' ').next()?.parse().ok());
    assert!(ulps.is_some_and(|ulps: f64| ulps <= 8.0), "{printed}");
}

/// Every function along every axis, forward and backward, from files of either order, against the
/// references.
#[test]
fn every_function() {
    let directory = Directory::new();
    let (x, grad) = (values(240), values(600)[120..].to_vec());
    directory.write_npy("x.npy", &SHAPE, &x);
    let f64s = |values: &[f32]| {
        values
            .iter()
            .map(|&value| f64::from(value))
            .collect::<Vec<_>>()
    };
    for function in AxisFunction::ALL {
        for axis in ["0", "1", "2", "-1"] {
            let text = function.to_string();
            let arguments = [
                &text, "--input", "x.npy", "--output", "y.npy", "--axis", axis, "--check",
            ];
            let printed = directory.succeed("apply", &arguments);
            let wanted = format!("forward of {function} along axis {axis}: 240 elements on ");
            assert!(printed.contains(&wanted), "{printed}");
            assert_checked(&printed);
            let rows = AxisShape::along(
                &SHAPE.map(|dimension| dimension as usize),
                axis.parse().expect("an axis"),
            );
            let rows = rows.expect("one of the axes");
            let (shape, order, y) = directory.read_npy("y.npy");
            assert_eq!(order, Order::C);
            assert_near(
                &y,
                &function.forward(rows, &f64s(&x)).expect("groups that fit"),
            );

            let grad = &grad[..y.len()];
            directory.write_npy("dy.npy", &shape, grad);
            let arguments = [&arguments[..], &["--grad", "dy.npy"]].concat();
            let printed = directory.succeed("apply", &arguments);
            assert!(printed.contains("backward of "), "{printed}");
            assert_checked(&printed);
            let saved = if function.info().saved == Saved::Output {
                &y
            } else {
                &x
            };
            let (shape, _, grad_x) = directory.read_npy("y.npy");
            assert_eq!(shape, SHAPE);
            assert_near(
                &grad_x,
                &function
                    .backward(rows, &f64s(saved), &f64s(grad))
                    .expect("groups that fit"),
            );
        }
    }
}

#[test]
fn columns_first_is_the_same() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[2, 3], &[0.0, 1.0, 2.0, 5.0, 5.0, 5.0]);
    directory.write(
        "columns.npy",
        npy(&[2, 3], Order::Fortran, &[0.0_f32, 5.0, 1.0, 5.0, 2.0, 5.0]),
    );
    let apply = |input| {
        directory.succeed("apply", &["softmax", "--input", input, "--output", "y.npy"]);
        directory.read_npy("y.npy")
    };
    assert_eq!(apply("x.npy"), apply("columns.npy"));
}

#[test]
fn a_mask() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[2, 3], &[0.0, 0.0, 9.0, 1.0, 1.0, -9.0]);
    directory.write_npy("m.npy", &[3], &[0.0, 0.0, f32::NEG_INFINITY]);
    let arguments = [
        "softmax", "--input", "x.npy", "--mask", "m.npy", "--output", "y.npy", "--check",
    ];
    let printed = directory.succeed("apply", &arguments);
    assert!(
        printed.starts_with("check of --output: at most 0.000 ulp off"),
        "{printed}"
    );
    assert_eq!(
        directory.read_npy("y.npy").2,
        [0.5, 0.5, 0.0, 0.5, 0.5, 0.0]
    );
}

#[test]
fn causal_masks_and_sinks() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[2, 2, 2], &[0.0; 8]);
    directory.write_npy("s.npy", &[2, 1, 1], &[0.0, f32::NEG_INFINITY]);
    directory.write_npy(
        "dy.npy",
        &[2, 2, 2],
        &[3.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    );
    let call = "softmax --input x.npy --causal --sink s.npy --check";
    let apply = |others: &str| {
        let arguments = call.split(' ').chain(others.split(' '));
        directory.succeed("apply", &arguments.collect::<Vec<_>>())
    };
    apply("--output y.npy --logsumexp l.npy");
    let third = 1.0 / 3.0;
    assert_eq!(
        directory.read_npy("y.npy").2,
        [0.5, 0.0, third, third, 1.0, 0.0, 0.5, 0.5]
    );
    let (shape, _, logsumexp) = directory.read_npy("l.npy");
    assert_eq!(shape, [2, 2, 1]);
    assert_eq!(logsumexp[2], 0.0);
    // The gradient of a sink is the sum of -y of the sink times y grad_output.
    let printed = apply("--grad dy.npy --grad-sink ds.npy --output dx.npy");
    assert!(printed.contains("check of --grad-sink"), "{printed}");
    let (shape, _, of_sinks) = directory.read_npy("ds.npy");
    assert_eq!(shape, [2, 1, 1]);
    assert!((of_sinks[0] + 0.75 + third).abs() < 1e-6 && of_sinks[1] == 0.0);
    apply("--window 1 --offset 1 --softcap 5 --output y.npy");
    let y = directory.read_npy("y.npy").2;
    assert_eq!(y[..6], [0.0, 0.5, 0.0, 0.0, 0.0, 1.0]);
    assert!(
        y[6..].iter().all(|y| y.is_nan()),
        "no key counts, nor a sink"
    );
}
