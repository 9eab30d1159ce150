//! `apply` with gated linear units.

use npyz::Order;
use wgpu_activations::Glu;

use crate::Directory;
use crate::npy::{assert_close, npy, values};

/// For each layout: the positions of the values along the axis of 4, and those of their gates.
const LAYOUTS: [(&str, [usize; 2], [usize; 2]); 3] = [
    ("value-gate", [0, 1], [2, 3]),
    ("gate-value", [2, 3], [0, 1]),
    ("interleaved", [1, 3], [0, 2]),
];

/// A tensor of shape [2, 4, 3], split along the second axis, from a file of either order.
#[test]
fn one_tensor() {
    let directory = Directory::new();
    let (x, grad) = (values(24), values(40)[28..].to_vec());
    let columns_first = |i: usize| x[i % 2 * 12 + i / 2 % 4 * 3 + i / 8];
    directory.write_npy("c.npy", &[2, 4, 3], &x);
    directory.write(
        "f.npy",
        npy(
            &[2, 4, 3],
            Order::Fortran,
            &(0..24).map(columns_first).collect::<Vec<_>>(),
        ),
    );
    directory.write_npy("dy.npy", &[2, 2, 3], &grad);
    let at = |row: usize, j: usize, k: usize| row * 12 + j * 3 + k;
    for (text, unit) in [
        ("swiglu", Glu::SWIGLU),
        (
            "swiglu_oai(limit=0.5)",
            Glu::SwigluOai {
                alpha: 1.702,
                limit: 0.5,
                offset: 1.0,
            },
        ),
    ] {
        for (layout, value, gate) in LAYOUTS {
            // The places of the value and of the gate of each element of the output.
            let places = |i: usize| [value, gate].map(|half| at(i / 6, half[i / 3 % 2], i % 3));
            for input in ["c.npy", "f.npy"] {
                let arguments = [
                    text, "--input", input, "--axis", "1", "--halves", layout, "--check",
                    "--output", "y.npy",
                ];
                let printed = directory.succeed("apply", &arguments);
                assert!(
                    printed.contains("check of --output: at most ")
                        && printed.contains("forward of swiglu"),
                    "{printed}"
                );
                let (shape, _, y) = directory.read_npy("y.npy");
                assert_eq!(shape, [2, 2, 3]);
                let pair = |i: usize| places(i).map(|place| f64::from(x[place]));
                assert_close(&y, (0..12).map(|i| unit.forward(pair(i)[0], pair(i)[1])));

                let printed =
                    directory.succeed("apply", &[&arguments[..], &["--grad", "dy.npy"]].concat());
                assert!(printed.contains("check of --output: at most "), "{printed}");
                let (shape, _, grad_x) = directory.read_npy("y.npy");
                assert_eq!(shape, [2, 4, 3]);
                let mut wanted = [0.0; 24];
                for (i, &grad) in grad.iter().enumerate() {
                    let gradients = unit.backward(pair(i)[0], pair(i)[1], grad.into());
                    places(i)
                        .into_iter()
                        .zip(gradients)
                        .for_each(|(place, gradient)| wanted[place] = gradient);
                }
                assert_close(&grad_x, wanted);
            }
        }
    }
}

#[test]
fn two_tensors() {
    let directory = Directory::new();
    let (value, gate, grad) = (
        values(10),
        values(20)[10..].to_vec(),
        values(30)[20..].to_vec(),
    );
    for (name, values) in [("v.npy", &value), ("g.npy", &gate), ("dy.npy", &grad)] {
        directory.write_npy(name, &[10], values);
    }
    let arguments = [
        "gated(mish)",
        "--input",
        "v.npy",
        "--gate",
        "g.npy",
        "--check",
        "--output",
        "y.npy",
    ];
    directory.succeed("apply", &arguments);
    let unit = Glu::With(wgpu_activations::Activation::Mish);
    let pairs = || {
        value
            .iter()
            .zip(&gate)
            .map(|(&value, &gate)| [f64::from(value), f64::from(gate)])
    };
    assert_close(
        &directory.read_npy("y.npy").2,
        pairs().map(|[value, gate]| unit.forward(value, gate)),
    );

    let printed = directory.succeed(
        "apply",
        &[
            &arguments[..],
            &["--grad", "dy.npy", "--grad-gate", "dg.npy"],
        ]
        .concat(),
    );
    assert!(
        printed.contains("check of --grad-gate: at most "),
        "{printed}"
    );
    for (which, name) in [(0, "y.npy"), (1, "dg.npy")] {
        let wanted = pairs()
            .zip(&grad)
            .map(|([value, gate], &grad)| unit.backward(value, gate, grad.into())[which]);
        assert_close(&directory.read_npy(name).2, wanted);
    }
}
