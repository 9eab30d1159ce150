//! Gated units, of two tensors and of one, against their f64 twins.

mod common;

use common::guarded::{Guarded, run, tiny};
use common::{Random, Truth, activations, error, gpu, specials};
use wgpu_activations::{Activation, Error, Glu, GluLayout, Gpu, Slice, wgpu};

/// The gate's error of at most 4 ulp, which its own binade can double, and a rounding for each product.
const ULPS: f64 = 2.0 * 4.0 + 2.0 * 0.5;

/// swiglu_oai has a sum, a product and a product with grad_output more: three roundings, each of which a binade can double.
const ULPS_OF_OAI: f64 = ULPS + 3.0;

fn units() -> Vec<Glu> {
    let others = [(1.702, 7.0), (0.5, 2.5), (-1.0, 100.0), (0.0, 1.0)]
        .map(|(alpha, limit)| Glu::SwigluOai { alpha, limit });
    activations()
        .into_iter()
        .map(Glu::With)
        .chain(others)
        .collect()
}

fn check(gated: Glu, what: &str, inputs: [f32; 3], got: f32, wanted: Truth) -> Result<(), String> {
    let ulps = if matches!(gated, Glu::With(_)) {
        ULPS
    } else {
        ULPS_OF_OAI
    };
    // Factors that f32 cannot hold, or devices flush, before they are multiplied; and zeros have no sign to speak of here.
    let [value, gate, _] = inputs.map(f64::from);
    let (activation, gate) = match gated {
        Glu::With(activation) => (activation, gate),
        Glu::SwigluOai { alpha, limit } => {
            (Activation::Swish { beta: alpha }, gate.min(limit.into()))
        }
        _ => unreachable!("there are two kinds of units"),
    };
    let of_gate = [activation.forward(gate), activation.derivative(gate)];
    let factors = of_gate.into_iter().chain(gated.backward(value, gate, 1.0));
    let is_lost =
        |factor: f64| factor.is_finite() && factor != 0.0 && !(1e-35..1e38).contains(&factor.abs());
    let is_zero = got == 0.0 && wanted.value == 0.0;
    if factors.into_iter().any(is_lost) || is_zero || error(got, wanted) <= ulps {
        return Ok(());
    }
    Err(format!(
        "{gated} {what} of {inputs:?}: got {got:e}, wanted {:e}, {} ulp",
        wanted.value,
        error(got, wanted)
    ))
}

/// The products of two numbers of ordinary size.
#[test]
fn units_are_their_twins() -> Result<(), Error> {
    let mut random = Random(11);
    let specials: Vec<f32> = specials()
        .into_iter()
        .filter(|x| !x.is_subnormal())
        .collect();
    let pairs = specials
        .iter()
        .flat_map(|&a| specials.iter().map(move |&b| (a, b)));
    let moderate =
        |x: f32| x.is_nan() || x == 0.0 || x.is_infinite() || (1e-9..=1e9).contains(&x.abs());
    let (mut value, mut gate): (Vec<f32>, Vec<f32>) = pairs.filter(|&(a, _)| moderate(a)).unzip();
    for _ in 0..20_000 {
        value.push(random.between(-8.0, 8.0));
        gate.push(random.between(-20.0, 20.0));
    }
    let grad_output: Vec<f32> = value.iter().map(|_| random.between(-4.0, 4.0)).collect();
    let shape = [value.len()];
    let upload = |values: &[f32]| gpu().upload(values, shape);
    let tensors = [upload(&value)?, upload(&gate)?, upload(&grad_output)?];
    let mut failures = vec![];
    for gated in units() {
        let y = gpu().glu(gated, &tensors[0], &tensors[1])?;
        let [of_value, of_gate] =
            gpu().glu_backward(gated, &tensors[0], &tensors[1], &tensors[2])?;
        let [y, of_value, of_gate] = gpu().read_blocking([&y, &of_value, &of_gate])?;
        for i in 0..value.len() {
            let inputs = [value[i], gate[i], grad_output[i]];
            let [a, b, grad] = inputs.map(f64::from);
            let [wanted_value, wanted_gate] = gated.backward(a, b, grad);
            // The gate's errors are multiplied, and so is what they are measured by.
            let error_scale = match gated {
                Glu::With(activation) => activation.error_scale(b),
                _ => Default::default(),
            };
            let truth = |value, magnitude: f64| Truth {
                value,
                magnitude: magnitude.abs(),
            };
            let wanted_y = truth(gated.forward(a, b), error_scale.forward * a);
            let wanted_value = truth(wanted_value, error_scale.forward * grad);
            let wanted_gate = truth(wanted_gate, error_scale.derivative * a * grad);
            failures.extend(check(gated, "output", inputs, y[i], wanted_y).err());
            failures
                .extend(check(gated, "value's gradient", inputs, of_value[i], wanted_value).err());
            failures.extend(check(gated, "gate's gradient", inputs, of_gate[i], wanted_gate).err());
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures: {:#?}",
        failures.len(),
        &failures[..failures.len().min(20)]
    );
    Ok(())
}

/// The position of the j-th value and gate along an axis of so many of both.
fn halves(halves: GluLayout, length: usize, j: usize) -> [usize; 2] {
    match halves {
        GluLayout::ValueGate => [j, length + j],
        GluLayout::GateValue => [length + j, j],
        _ => [2 * j + 1, 2 * j],
    }
}

/// A split tensor gives the bits that its halves give as tensors of their own.
#[test]
fn split_along_any_axis() -> Result<(), Error> {
    let (gated, mut random) = (Glu::SWIGLU, Random(12));
    let orders = [
        GluLayout::ValueGate,
        GluLayout::GateValue,
        GluLayout::Interleaved,
    ];
    let shapes: [&[usize]; 8] = [
        &[2],
        &[8],
        &[6, 5],
        &[3, 8, 4],
        &[4, 2, 3, 16],
        &[1, 2000],
        &[0, 4],
        &[2, 0],
    ];
    for shape in shapes {
        for axis in (0..shape.len()).filter(|&axis| shape[axis].is_multiple_of(2)) {
            let (length, inner): (usize, usize) =
                (shape[axis] / 2, shape[axis + 1..].iter().product());
            let outer: usize = shape[..axis].iter().product();
            for order in orders {
                let x = random.vector(outer * 2 * length * inner);
                let grad_output = random.vector(outer * length * inner);
                // The places in x of each element of the output.
                let places: Vec<[usize; 2]> = (0..outer * length * inner)
                    .map(|i| {
                        let (row, j, k) = (i / (length * inner), i / inner % length, i % inner);
                        halves(order, length, j).map(|j| (row * 2 * length + j) * inner + k)
                    })
                    .collect();
                let half = |which: usize| {
                    places
                        .iter()
                        .map(|place| x[place[which]])
                        .collect::<Vec<_>>()
                };
                let mut half_shape = shape.to_vec();
                half_shape[axis] = length;
                let upload = |values: &[f32], shape: &[usize]| gpu().upload(values, shape);
                let (value, gate) = (
                    upload(&half(0), &half_shape)?,
                    upload(&half(1), &half_shape)?,
                );
                let (x, grad_output) = (upload(&x, shape)?, upload(&grad_output, &half_shape)?);

                let negative = axis as isize - shape.len() as isize;
                let y = gpu().glu_split(gated, negative, order, &x)?;
                let grad_x =
                    gpu().glu_split_backward(gated, axis as isize, order, &x, &grad_output)?;
                assert_eq!((y.shape(), grad_x.shape()), (&half_shape[..], shape));
                let wanted_y = gpu().glu(gated, &value, &gate)?;
                let [of_value, of_gate] = gpu().glu_backward(gated, &value, &gate, &grad_output)?;
                let [y, grad_x, wanted_y, of_value, of_gate] =
                    gpu().read_blocking([&y, &grad_x, &wanted_y, &of_value, &of_gate])?;
                assert_eq!(y, wanted_y, "{shape:?} along {axis}, {order:?}");
                for (i, [value, gate]) in places.into_iter().enumerate() {
                    assert_eq!(
                        [grad_x[value], grad_x[gate]],
                        [of_value[i], of_gate[i]],
                        "{shape:?} along {axis}, {order:?}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// Split or not by the limits of a device, the bits are the same.
#[test]
fn tiny_limits_change_nothing() -> Result<(), Error> {
    // The gradients of two tensors take five storage buffers.
    let tiny = tiny(5);
    let (x, grad_output) = (Random(13).vector(6000), Random(14).vector(3000));
    for (shape, half_shape) in [
        ([60, 100], [60, 50]),
        ([300, 20], [300, 10]),
        ([3000, 2], [3000, 1]),
    ] {
        let outcome = |gpu: &Gpu| -> Result<_, Error> {
            let (x, grad) = (
                gpu.upload(&x, shape)?,
                gpu.upload(&grad_output, half_shape)?,
            );
            let y = gpu.glu_split(Glu::GEGLU, 1, GluLayout::GateValue, &x)?;
            let grad_x = gpu.glu_split_backward(Glu::GEGLU, 1, GluLayout::GateValue, &x, &grad)?;
            let [of_value, of_gate] = gpu.glu_backward(Glu::GLU, &y, &grad, &grad)?;
            gpu.read_blocking([&y, &grad_x, &of_value, &of_gate])
        };
        assert_eq!(outcome(&tiny)?, outcome(gpu())?, "{shape:?}");
    }
    Ok(())
}

/// At any offset into the caller's buffers, and nothing is written outside of the slices.
#[test]
fn any_offset() -> Result<(), Error> {
    let (kernels, gated, mut random) = (gpu().kernels(), Glu::GEGLU_TANH, Random(22));
    for size in [0, 1, 3, 4, 255, 1000] {
        let vectors = [(); 3].map(|()| random.vector(size));
        let tensors = vectors
            .each_ref()
            .map(|values| gpu().upload(values, [size]).expect("a tensor"));
        let y = gpu().glu(gated, &tensors[0], &tensors[1])?;
        let gradients = gpu().glu_backward(gated, &tensors[0], &tensors[1], &tensors[2])?;
        let wanted = gpu().read_blocking([&y, &gradients[0], &gradients[1]])?;
        for offsets in [[0, 4, 8, 64], [1, 0, 2, 63], [4, 4, 3, 100]] {
            let inputs = [0, 1, 2].map(|i| Guarded::new(&vectors[i], offsets[i]));
            let outputs = [3, 1, 0].map(|i| Guarded::empty(size, offsets[i]));
            let ([value, gate, grad], [y, of_value, of_gate]) = (&inputs, &outputs);
            run(&kernels.glu(gated, value.slice(), gate.slice(), y.slice())?);
            let slices = [value, gate, grad, of_value, of_gate].map(Guarded::slice);
            run(&kernels
                .glu_backward(gated, slices[0], slices[1], slices[2], slices[3], slices[4])?);
            let got = [y.values(), of_value.values(), of_gate.values()];
            assert_eq!(got, wanted, "{size} elements at {offsets:?}");

            // The same pairs in one tensor, in turns: an output of one is a pair's.
            let pairs: Vec<f32> = vectors[1]
                .iter()
                .zip(&vectors[0])
                .flat_map(|(&gate, &value)| [gate, value])
                .collect();
            let (x, grad_x) = (
                Guarded::new(&pairs, offsets[0]),
                Guarded::empty(2 * size, offsets[1]),
            );
            let half = Guarded::empty(size, offsets[2]);
            let split = wgpu_activations::SplitLayout::new(2, 1, GluLayout::Interleaved);
            run(&kernels.glu_split(gated, split, x.slice(), half.slice())?);
            run(&kernels.glu_split_backward(
                gated,
                split,
                x.slice(),
                grad.slice(),
                grad_x.slice(),
            )?);
            assert_eq!(half.values(), wanted[0]);
            let in_turns = wanted[2]
                .iter()
                .zip(&wanted[1])
                .flat_map(|(&of_gate, &of_value)| [of_gate, of_value]);
            assert_eq!(grad_x.values(), in_turns.collect::<Vec<_>>());
        }
    }
    Ok(())
}

#[test]
fn text_form_goes_both_ways() {
    for (text, gated) in [
        ("glu", Glu::GLU),
        ("reglu", Glu::REGLU),
        ("geglu(approximate=none)", Glu::GEGLU),
        ("geglu(approximate=tanh)", Glu::GEGLU_TANH),
        ("swiglu", Glu::SWIGLU),
        ("bilinear", Glu::BILINEAR),
        ("swiglu_oai(alpha=1.702, limit=7)", Glu::SWIGLU_OAI),
        ("gated(mish)", Glu::With(Activation::Mish)),
        (
            "gated(swish(beta=2))",
            Glu::With(Activation::Swish { beta: 2.0 }),
        ),
    ] {
        assert_eq!(
            (gated.to_string().as_str(), text.parse()),
            (text, Ok(gated))
        );
    }
    assert_eq!("geglu".parse(), Ok(Glu::GEGLU));
    assert_eq!(
        " swiglu_oai( limit = 3 ) ".parse(),
        Ok(Glu::SwigluOai {
            alpha: 1.702,
            limit: 3.0
        })
    );
    let error = |text: &str| {
        text.parse::<Glu>()
            .expect_err("not a gated unit")
            .to_string()
    };
    assert_eq!(
        error("swigul"),
        "there is no activation `swigul`: did you mean `swiglu`?"
    );
    assert_eq!(
        error("glu(alpha=1)"),
        "glu has no parameter `alpha`: it takes no parameters"
    );
    assert_eq!(
        error("swiglu_oai(beta=1)"),
        "swiglu_oai has no parameter `beta`: it takes alpha, limit"
    );
    assert_eq!(
        error("swiglu_oai(limit=x)"),
        "swiglu_oai: limit must be a number, got `x`"
    );
    assert!(
        error("swiglu_oai(limit=-1)").starts_with("swiglu_oai: limit must be a number from 0.0")
    );
}

#[test]
fn bad_arguments_are_refused() -> Result<(), Error> {
    let text = |error: Result<_, Error>| {
        error
            .map(|_: wgpu_activations::Tensor| ())
            .expect_err("refused")
            .to_string()
    };
    let (x, other) = (
        gpu().upload(&[0.0; 6], [2, 3])?,
        gpu().upload(&[0.0; 6], [3, 2])?,
    );
    let split = |x, axis| text(gpu().glu_split(Glu::GLU, axis, GluLayout::ValueGate, x));
    assert_eq!(
        split(&x, 1),
        "x: its shape is [2, 3], but the dimension that is split in values and gates must be even (axis 1)"
    );
    assert_eq!(split(&x, 2), "axis: 2 is out of range for 2 dimensions");
    assert_eq!(
        text(gpu().glu(Glu::GLU, &x, &other)),
        "gate: the shape is [3, 2], but it must be [2, 3]"
    );
    let wrong = text(gpu().glu_split_backward(Glu::GLU, 0, GluLayout::ValueGate, &x, &x));
    assert_eq!(
        wrong,
        "grad_output: the shape is [2, 3], but it must be [1, 3]"
    );
    let nan = Glu::SwigluOai {
        alpha: f32::NAN,
        limit: 7.0,
    };
    assert!(text(gpu().glu(nan, &x, &x)).starts_with("swiglu_oai: alpha must be a number from"));

    let kernels = gpu().kernels();
    let [a, b] = [(); 2].map(|()| {
        let usage = wgpu::BufferUsages::STORAGE;
        gpu().device().create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: 1024,
            usage,
            mapped_at_creation: false,
        })
    });
    let part = |buffer, offset, size| Slice::new(buffer, offset, size);
    let shared = kernels.glu_backward(Glu::GLU, &a, &a, &a, part(&b, 0, 512), part(&b, 512, 512));
    assert!(
        shared
            .expect_err("one buffer")
            .to_string()
            .starts_with("grad_value: it lies in the same buffer as grad_gate")
    );
    let split = wgpu_activations::SplitLayout::new(6, 1, GluLayout::ValueGate);
    let runs = kernels.glu_split(Glu::GLU, split, part(&a, 0, 32), part(&b, 0, 16));
    let wanted = "x: there are 8 elements, but there must be a multiple of two runs of 3: of values and of gates";
    assert_eq!(runs.expect_err("no whole runs").to_string(), wanted);
    Ok(())
}
