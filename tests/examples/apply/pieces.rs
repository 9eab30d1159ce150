//! Files that `apply` reads in several pieces.

use npyz::Order;

use crate::Directory;
use crate::npy::{npy, values};

/// The shape of two pieces of about a million elements. The last is not full, and the slices of the
/// first dimension do not fill a piece.
const SHAPE: [u64; 3] = [6, 3, 66_667];

/// Values that differ between pieces.
fn long_values(start: usize) -> Vec<f32> {
    let count = SHAPE.iter().product::<u64>() as usize;
    let cycle = values(101);
    (start..start + count)
        .map(|i| cycle[i % 101] + (i / 101 % 97) as f32 * 0.01)
        .collect()
}

#[track_caller]
fn assert_same_bits(a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len());
    let differs = a
        .iter()
        .zip(b)
        .position(|(a, b)| a.to_bits() != b.to_bits());
    assert_eq!(differs, None, "the position of the first difference");
}

/// The results in pieces are those of the whole, which --grad-weight needs.
#[test]
fn activations() {
    let directory = Directory::new();
    for (order, weights, axis) in [
        (Order::C, 1, "1"),
        (Order::C, 3, "1"),
        (Order::Fortran, 6, "0"),
    ] {
        directory.write("x.npy", npy(&SHAPE, order, &long_values(0)));
        directory.write("dy.npy", npy(&SHAPE, order, &long_values(500)));
        let weight: Vec<f32> = values(weights).iter().map(|x| x + 5.0).collect();
        directory.write_npy("w.npy", &[weights as u64], &weight);
        let arguments = [
            "prelu", "--input", "x.npy", "--grad", "dy.npy", "--weight", "w.npy", "--axis", axis,
            "--check",
        ];
        let in_pieces = directory.succeed(
            "apply",
            &[&arguments[..], &["--output", "pieces.npy"]].concat(),
        );
        let whole = [
            &arguments[..],
            &["--output", "whole.npy", "--grad-weight", "dw.npy"],
        ]
        .concat();
        let whole = directory.succeed("apply", &whole);
        let (shape, order_of_pieces, pieces) = directory.read_npy("pieces.npy");
        assert_eq!((&shape[..], order_of_pieces), (&SHAPE[..], order));
        assert_same_bits(&pieces, &directory.read_npy("whole.npy").2);
        // The worst result is found where it is in the whole.
        assert_eq!(in_pieces.lines().next(), whole.lines().next());
    }
}

/// The columns of the tensors of gated units.
const COLUMNS: usize = 400_000;

/// A gradient of another order is read as a whole. The results are the same.
#[test]
fn gated_units_of_two_tensors() {
    let directory = Directory::new();
    let shape = [3, COLUMNS as u64];
    let count = 3 * COLUMNS;
    let (v, g, dy) = (long_values(0), long_values(300), long_values(700));
    let (v, g, dy) = (&v[..count], &g[..count], &dy[..count]);
    let transposed = |rows_first: &[f32]| {
        (0..count)
            .map(|i| rows_first[i % 3 * COLUMNS + i / 3])
            .collect::<Vec<_>>()
    };
    for (name, values) in [("v", v), ("g", g), ("dy", dy)] {
        directory.write(&format!("{name}.npy"), npy(&shape, Order::C, values));
        directory.write(
            &format!("{name}_f.npy"),
            npy(&shape, Order::Fortran, &transposed(values)),
        );
    }
    let run = |suffixes: [&str; 3]| {
        let [v, g, dy] = [("v", suffixes[0]), ("g", suffixes[1]), ("dy", suffixes[2])]
            .map(|(name, suffix)| format!("{name}{suffix}.npy"));
        let arguments = [
            "swiglu",
            "--input",
            &v,
            "--gate",
            &g,
            "--grad",
            &dy,
            "--output",
            "dv.npy",
            "--grad-gate",
            "dg.npy",
        ];
        directory.succeed("apply", &arguments);
        ["dv.npy", "dg.npy"].map(|name| {
            let (got_shape, order, values) = directory.read_npy(name);
            assert_eq!(got_shape, shape);
            (order, values)
        })
    };
    let rows = run(["", "", ""]);
    let mixed = run(["", "_f", "_f"]);
    let columns = run(["_f", "_f", "_f"]);
    for ((rows, mixed), columns) in rows.iter().zip(&mixed).zip(&columns) {
        assert_eq!(
            [rows.0, mixed.0, columns.0],
            [Order::C, Order::C, Order::Fortran]
        );
        assert_same_bits(&rows.1, &mixed.1);
        assert_same_bits(&transposed(&rows.1), &columns.1);
    }
}

/// The output may be the input, since the old file is there until the new one is complete.
#[test]
fn in_place() {
    let directory = Directory::new();
    let x = long_values(0);
    directory.write("x.npy", npy(&SHAPE, Order::C, &x));
    directory.succeed(
        "apply",
        &["relu", "--input", "x.npy", "--output", "./x.npy"],
    );
    let wanted: Vec<f32> = x.iter().map(|x| x.max(0.0)).collect();
    assert_eq!(directory.read_npy("x.npy").2, wanted);
}
