//! Gated linear units, of two tensors and of one that is split.

use wgpu_activations::{Activation, Dtype, Error, Glu, GluLayout, Gpu, Slice, SplitLayout};

use crate::common::Random;
use crate::support::{Guarded, gpu, refusal, run, storage, tiny};

/// The positions of the j-th value and of the j-th gate along an axis that has `length` of both.
fn positions(layout: GluLayout, length: usize, j: usize) -> [usize; 2] {
    match layout {
        GluLayout::ValueGate => [j, length + j],
        GluLayout::GateValue => [length + j, j],
        _ => [2 * j + 1, 2 * j],
    }
}

/// A split tensor gives the bits that its values and its gates give as two tensors.
#[test]
fn split_along_any_axis() -> Result<(), Error> {
    let (glu, mut random) = (Glu::SWIGLU, Random(12));
    let layouts = [
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
            for layout in layouts {
                let x = random.vector(outer * 2 * length * inner);
                let grad_output = random.vector(outer * length * inner);
                // For each element of the output, the places of its value and its gate in x.
                let places: Vec<[usize; 2]> = (0..outer * length * inner)
                    .map(|i| {
                        let (row, j, k) = (i / (length * inner), i / inner % length, i % inner);
                        positions(layout, length, j).map(|j| (row * 2 * length + j) * inner + k)
                    })
                    .collect();
                let part = |which: usize| {
                    places
                        .iter()
                        .map(|place| x[place[which]])
                        .collect::<Vec<_>>()
                };
                let mut half_shape = shape.to_vec();
                half_shape[axis] = length;
                let upload = |values: &[f32], shape: &[usize]| gpu().upload(values, shape);
                let (value, gate) = (
                    upload(&part(0), &half_shape)?,
                    upload(&part(1), &half_shape)?,
                );
                let (x, grad_output) = (upload(&x, shape)?, upload(&grad_output, &half_shape)?);

                let negative = axis as isize - shape.len() as isize;
                let y = gpu().glu_split(glu, negative, layout, &x)?;
                let grad_x =
                    gpu().glu_split_backward(glu, axis as isize, layout, &x, &grad_output)?;
                assert_eq!((y.shape(), grad_x.shape()), (&half_shape[..], shape));
                let wanted_y = gpu().glu(glu, &value, &gate)?;
                let [of_value, of_gate] = gpu().glu_backward(glu, &value, &gate, &grad_output)?;
                let [y, grad_x, wanted_y, of_value, of_gate] =
                    gpu().read_blocking([&y, &grad_x, &wanted_y, &of_value, &of_gate])?;
                assert_eq!(y, wanted_y, "{shape:?} along {axis}, {layout:?}");
                for (i, [value, gate]) in places.into_iter().enumerate() {
                    assert_eq!(
                        [grad_x[value], grad_x[gate]],
                        [of_value[i], of_gate[i]],
                        "{shape:?} along {axis}, {layout:?}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// A device whose limits split the work gives the same bits.
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

/// Slices may begin anywhere in the caller's buffers, and nothing is written outside of them.
#[test]
fn any_offset() -> Result<(), Error> {
    let (kernels, glu, mut random) = (gpu().kernels(), Glu::GEGLU_TANH, Random(22));
    for size in [0, 1, 3, 4, 255, 1000] {
        let vectors = [(); 3].map(|()| random.vector(size));
        let tensors = vectors
            .each_ref()
            .map(|values| gpu().upload(values, [size]).expect("a tensor"));
        let y = gpu().glu(glu, &tensors[0], &tensors[1])?;
        let gradients = gpu().glu_backward(glu, &tensors[0], &tensors[1], &tensors[2])?;
        let wanted = gpu().read_blocking([&y, &gradients[0], &gradients[1]])?;
        for offsets in [[0, 4, 8, 64], [1, 0, 2, 63], [4, 4, 3, 100]] {
            let inputs = [0, 1, 2].map(|i| Guarded::new(&vectors[i], offsets[i]));
            let outputs = [3, 1, 0].map(|i| Guarded::empty(Dtype::F32, size, offsets[i]));
            let ([value, gate, grad], [y, of_value, of_gate]) = (&inputs, &outputs);
            run(&kernels.glu(glu, value.slice(), gate.slice(), y.slice())?);
            let slices = [value, gate, grad, of_value, of_gate].map(Guarded::slice);
            run(&kernels
                .glu_backward(glu, slices[0], slices[1], slices[2], slices[3], slices[4])?);
            let got = [y.values(), of_value.values(), of_gate.values()];
            assert_eq!(got, wanted, "{size} elements at {offsets:?}");

            // One tensor holds the same pairs, in turns.
            let pairs: Vec<f32> = vectors[1]
                .iter()
                .zip(&vectors[0])
                .flat_map(|(&gate, &value)| [gate, value])
                .collect();
            let (x, grad_x) = (
                Guarded::new(&pairs, offsets[0]),
                Guarded::empty(Dtype::F32, 2 * size, offsets[1]),
            );
            let half = Guarded::empty(Dtype::F32, size, offsets[2]);
            let split = SplitLayout::new(2, 1, GluLayout::Interleaved);
            run(&kernels.glu_split(glu, split, x.slice(), half.slice())?);
            run(&kernels.glu_split_backward(
                glu,
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
    for (text, glu) in [
        ("glu", Glu::GLU),
        ("reglu", Glu::REGLU),
        ("geglu(approximate=none)", Glu::GEGLU),
        ("geglu(approximate=tanh)", Glu::GEGLU_TANH),
        ("swiglu", Glu::SWIGLU),
        ("bilinear", Glu::BILINEAR),
        (
            "swiglu_oai(alpha=1.702, limit=7, offset=1)",
            Glu::SWIGLU_OAI,
        ),
        ("situglu(beta1=4, beta2=25)", Glu::SITUGLU),
        ("gated(mish)", Glu::With(Activation::Mish)),
        (
            "gated(swish(beta=2))",
            Glu::With(Activation::Swish { beta: 2.0 }),
        ),
    ] {
        assert_eq!((glu.to_string().as_str(), text.parse()), (text, Ok(glu)));
    }
    assert_eq!("geglu".parse(), Ok(Glu::GEGLU));
    assert_eq!(
        " swiglu_oai( limit = 3 ) ".parse(),
        Ok(Glu::SwigluOai {
            alpha: 1.702,
            limit: 3.0,
            offset: 1.0,
        })
    );
    let error = |text: &str| text.parse::<Glu>().expect_err("not a GLU").to_string();
    assert_eq!(
        error("swigul"),
        "there is no gated unit `swigul`: did you mean `swiglu`?"
    );
    assert_eq!(
        error("glu(alpha=1)"),
        "glu has no parameter `alpha`: it takes no parameters"
    );
    assert_eq!(
        error("swiglu_oai(beta=1)"),
        "swiglu_oai has no parameter `beta`: it takes alpha, limit, offset"
    );
    assert_eq!(
        error("swiglu_oai(limit=x)"),
        "swiglu_oai: limit must be a number, got `x`"
    );
    assert_eq!(
        error("swiglu_oai(limit=nan)"),
        "swiglu_oai: limit must be a number from -inf to inf, got NaN"
    );
}

#[test]
fn bad_arguments_are_refused() -> Result<(), Error> {
    let (x, other) = (
        gpu().upload(&[0.0; 6], [2, 3])?,
        gpu().upload(&[0.0; 6], [3, 2])?,
    );
    let split = |x, axis| refusal(gpu().glu_split(Glu::GLU, axis, GluLayout::ValueGate, x));
    assert_eq!(
        split(&x, 1),
        "x: its shape is [2, 3], but the dimension that is split in values and gates must be even (axis 1)"
    );
    assert_eq!(split(&x, 2), "axis: 2 is out of range for 2 dimensions");
    assert_eq!(
        refusal(gpu().glu(Glu::GLU, &x, &other)),
        "gate: the shape is [3, 2], but it must be [2, 3]"
    );
    let wrong = refusal(gpu().glu_split_backward(Glu::GLU, 0, GluLayout::ValueGate, &x, &x));
    assert_eq!(
        wrong,
        "grad_output: the shape is [2, 3], but it must be [1, 3]"
    );
    let nan = Glu::SwigluOai {
        alpha: f32::NAN,
        limit: 7.0,
        offset: 1.0,
    };
    assert!(refusal(gpu().glu(nan, &x, &x)).starts_with("swiglu_oai: alpha must be a number from"));

    let kernels = gpu().kernels();
    let [a, b] = [1024; 2].map(storage);
    let part = |buffer, offset, size| Slice::new(buffer, offset, size);
    let whole = part(&a, 0, 512);
    let shared = kernels.glu_backward(
        Glu::GLU,
        whole,
        whole,
        whole,
        part(&b, 0, 512),
        part(&b, 508, 512),
    );
    assert!(refusal(shared).starts_with("grad_value: it overlaps grad_gate"));
    let split = SplitLayout::new(6, 1, GluLayout::ValueGate);
    let runs = kernels.glu_split(Glu::GLU, split, part(&a, 0, 32), part(&b, 0, 16));
    assert_eq!(
        refusal(runs),
        "x: there are 8 elements, but there must be a multiple of two runs of 3: of values and of gates"
    );
    for layout in [
        GluLayout::ValueGate,
        GluLayout::GateValue,
        GluLayout::Interleaved,
    ] {
        for axis in [1, 5, u64::MAX] {
            let split = SplitLayout::new(axis, 1, layout);
            let (x, y) = (part(&a, 0, 256), part(&b, 0, 128));
            let wanted = format!(
                "split: the axis has {axis} elements, but values and gates are as many, so it must be even"
            );
            assert_eq!(refusal(kernels.glu_split(Glu::GLU, split, x, y)), wanted);
            let [c] = [256; 1].map(storage);
            let backward = kernels.glu_split_backward(Glu::GLU, split, x, y, &c);
            assert_eq!(refusal(backward), wanted);
        }
        // No tensor of shape [outer, 6] has 64 elements.
        let split = SplitLayout::new(6, 1, layout);
        let refused = kernels.glu_split(Glu::GLU, split, part(&a, 0, 256), part(&b, 0, 128));
        assert!(refusal(refused).starts_with("x: there are 64 elements"));
    }
    Ok(())
}
