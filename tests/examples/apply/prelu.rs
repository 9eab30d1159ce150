//! `apply` with prelu, whose weights may come from a file.

use npyz::Order;
use wgpu_activations::reference;

use crate::Directory;
use crate::npy::{assert_close, npy, values};

#[test]
fn prelu_without_weight_has_its_own() {
    let (directory, x) = (Directory::new(), values(10));
    directory.write_npy("x.npy", &[10], &x);
    directory.succeed(
        "apply",
        &[
            "prelu(weight=0.125)",
            "--input",
            "x.npy",
            "--output",
            "y.npy",
        ],
    );
    assert_close(
        &directory.read_npy("y.npy").2,
        x.iter().map(|&x| reference::prelu(x.into(), 0.125)),
    );
}

/// Runs prelu with a weight, forward and backward, for x of shape [2, 3, 4, 5] in either order and
/// `dy` in the other.
fn prelu_with_weight(options: &[&str], order: Order, axis: usize, weight: &[f32]) {
    let directory = Directory::new();
    let shape = [2, 3, 4, 5];
    let strides = |order| {
        if order == Order::C {
            [60, 20, 5, 1]
        } else {
            [1, 2, 6, 24]
        }
    };
    let other = if order == Order::C {
        Order::Fortran
    } else {
        Order::C
    };
    // x, the gradient, and the channel of each element, by its position in x's order.
    let (x, stored_grad) = (values(120), values(150)[30..].to_vec());
    let grad = |position: usize| {
        let index = |axis: usize| position / strides(order)[axis] % shape[axis] as usize;
        stored_grad[(0..4)
            .map(|axis| index(axis) * strides(other)[axis])
            .sum::<usize>()]
    };
    let channel =
        |position: usize| position / strides(order)[axis] % shape[axis] as usize % weight.len();
    directory.write("x.npy", npy(&shape, order, &x));
    directory.write("dy.npy", npy(&shape, other, &stored_grad));
    directory.write_npy("w.npy", &[weight.len() as u64], weight);

    let forward = [
        "prelu", "--input", "x.npy", "--weight", "w.npy", "--output", "y.npy",
    ];
    let backward = ["--grad", "dy.npy", "--grad-weight", "dw.npy"];
    let computed = |arguments: &[&str]| {
        let printed = directory.succeed("apply", &[arguments, options, &["--check"]].concat());
        assert!(printed.contains(" of prelu: 120 elements"), "{printed}");
        for line in printed.lines().filter(|line| line.starts_with("check of ")) {
            let error = line
                .split_whitespace()
                .skip_while(|&word| word != "most")
                .nth(1)
                .expect("at most an error");
            assert!(
                error.parse::<f64>().is_ok_and(|error| error <= 4.0),
                "{line}"
            );
        }
        let (got_shape, got_order, got) = directory.read_npy("y.npy");
        assert_eq!((&got_shape[..], got_order), (&shape[..], order));
        got
    };
    let weight_at = |position: usize| f64::from(weight[channel(position)]);
    let at = |position: usize| f64::from(x[position]);
    assert_close(
        &computed(&forward),
        (0..120).map(|i| reference::prelu(at(i), weight_at(i))),
    );
    let wanted =
        (0..120).map(|i| f64::from(grad(i)) * reference::prelu_derivative(at(i), weight_at(i)));
    assert_close(&computed(&[&forward[..], &backward].concat()), wanted);

    let mut wanted = vec![0.0; weight.len()];
    for i in 0..120 {
        wanted[channel(i)] +=
            f64::from(grad(i)) * reference::prelu_derivative_weight(at(i), weight_at(i));
    }
    let (shape, _, got) = directory.read_npy("dw.npy");
    assert_eq!(shape, [weight.len() as u64]);
    for (got, wanted) in got.into_iter().zip(wanted) {
        assert!(
            (f64::from(got) - wanted).abs() < 1e-4,
            "got {got}, wanted {wanted}"
        );
    }
}

#[test]
fn prelu_with_a_weight_for_each_channel() {
    let weight = [0.1, -0.2, 0.3, 2.0, -1.5];
    for order in [Order::C, Order::Fortran] {
        prelu_with_weight(&[], order, 1, &weight[..3]);
        prelu_with_weight(&["--axis", "0"], order, 0, &weight[..2]);
        prelu_with_weight(&["--axis", "2"], order, 2, &weight[..4]);
        prelu_with_weight(&["--axis", "-1"], order, 3, &weight);
        prelu_with_weight(&["--axis", "-3"], order, 1, &weight[..3]);
    }
}

#[test]
fn prelu_with_one_weight() {
    prelu_with_weight(&[], Order::C, 1, &[0.1]);
    prelu_with_weight(&["--axis=-1"], Order::Fortran, 1, &[0.1]);
}

/// A weight of any shape is broadcast to x, whose order does not matter, and its gradient has its
/// shape.
#[test]
fn weights_of_any_shape() {
    let shape = [2, 3, 4, 5];
    let x = values(120);
    let position = |index: [usize; 4], order| match order {
        Order::C => ((index[0] * 3 + index[1]) * 4 + index[2]) * 5 + index[3],
        Order::Fortran => ((index[3] * 4 + index[2]) * 3 + index[1]) * 2 + index[0],
    };
    for order in [Order::C, Order::Fortran] {
        for own in [
            &[1, 1, 1, 5][..],
            &[4, 5],
            &[5],
            &[3, 1, 1],
            &[2, 1, 4, 1],
            &[2, 3, 4, 5],
            &[1, 1],
        ] {
            let directory = Directory::new();
            let weight: Vec<f32> = values(own.iter().product())
                .iter()
                .map(|w| w + 5.0)
                .collect();
            directory.write("x.npy", npy(&shape, order, &x));
            let of_file: Vec<u64> = own.iter().map(|&size| size as u64).collect();
            directory.write_npy("w.npy", &of_file, &weight);
            let arguments = [
                "prelu",
                "--input",
                "x.npy",
                "--grad",
                "x.npy",
                "--weight",
                "w.npy",
                "--check",
                "--output",
                "dx.npy",
                "--grad-weight",
                "dw.npy",
            ];
            let printed = directory.succeed("apply", &arguments);
            let (of_gradient, of_order, gradient) = directory.read_npy("dw.npy");
            assert_eq!(of_gradient, of_file, "{printed}");
            let own_strides: Vec<usize> = (0..own.len())
                .map(|axis| match of_order {
                    Order::C => own[axis + 1..].iter().product(),
                    Order::Fortran => own[..axis].iter().product(),
                })
                .collect();
            let of_weight = |index: [usize; 4], strides: &dyn Fn(usize) -> usize| -> usize {
                let index = &index[4 - own.len()..];
                let places = index.iter().enumerate();
                places.map(|(axis, i)| i % own[axis] * strides(axis)).sum()
            };
            let (mut sums, dx) = (vec![0.0; weight.len()], directory.read_npy("dx.npy").2);
            for i in 0..120 {
                let index = [i / 60, i / 20 % 3, i / 5 % 4, i % 5];
                let at = position(index, order);
                let row_major = |axis: usize| own[axis + 1..].iter().product::<usize>();
                let slope = weight[of_weight(index, &row_major)];
                let x = f64::from(x[at]);
                let wanted = x * reference::prelu_derivative(x, slope.into());
                assert!(
                    (f64::from(dx[at]) - wanted).abs() <= 1e-5 * wanted.abs(),
                    "{own:?}"
                );
                sums[of_weight(index, &|axis| own_strides[axis])] +=
                    x * reference::prelu_derivative_weight(x, slope.into());
            }
            for (got, wanted) in gradient.into_iter().zip(sums) {
                assert!(
                    (f64::from(got) - wanted).abs() < 1e-3,
                    "{own:?}: {got}, wanted {wanted}"
                );
            }
        }
    }
}
