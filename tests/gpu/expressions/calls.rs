//! Calls of expressions: types, views, in place, numbers, and errors.

use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{
    Dtype, Error, Expression, Fused, Operands, Slice, SliceValue, Tensor, Value,
};

use crate::support::{gpu, read, refusal, run, upload};

fn parse(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The result has the type of the first operand, or the one that is asked for. Sums are f32.
#[test]
fn types_mix() -> Result<(), Error> {
    for length in [64, 63] {
        let values: Vec<f32> = (0..2 * length).map(|i| i as f32 / 16.0 - 4.0).collect();
        let halves: Vec<_> = values.iter().map(|&value| f16::from_f32(value)).collect();
        let brains: Vec<_> = values.iter().map(|&value| bf16::from_f32(value)).collect();
        let x = gpu().upload(&halves, [2, length])?;
        let gate = gpu().upload(&brains, [2, length])?;
        let bias = gpu().upload(&values[..length], [length])?;
        let operands = || Operands::from([("x", &x), ("bias", &bias), ("gate", &gate)]);
        let expression = parse("(x + bias) * gate");
        let y = gpu().evaluate(&expression, operands())?;
        assert_eq!(y.dtype(), Dtype::F16);
        for (i, y) in read(&y).into_iter().enumerate() {
            let [x, gate] = [halves[i].to_f32(), brains[i].to_f32()];
            let exact = (x + values[i % length]) * gate;
            assert_eq!(y, f16::from_f32(exact).to_f32(), "{length}, {i}");
        }
        let wide = operands().output_dtype(Dtype::F32);
        assert_eq!(gpu().evaluate(&expression, wide)?.dtype(), Dtype::F32);
        let of = ["x", "bias", "gate"];
        let gradients = gpu().gradients(&expression, operands(), &gate, of)?;
        let dtypes = gradients.each_ref().map(Tensor::dtype);
        assert_eq!(dtypes, [Dtype::F16, Dtype::F32, Dtype::F16]);
        for (i, dbias) in read(&gradients[1]).into_iter().enumerate() {
            let term = |i: usize| brains[i].to_f32() * brains[i].to_f32();
            assert_eq!(dbias, term(i) + term(i + length), "{length}, {i}");
        }
        for (i, dx) in read(&gradients[0]).into_iter().enumerate() {
            let exact = brains[i].to_f32() * brains[i].to_f32();
            assert_eq!(dx, f16::from_f32(exact).to_f32(), "{length}, {i}");
        }
    }
    Ok(())
}

/// Views are read where they lie, and broadcast.
#[test]
fn views_are_read_where_they_lie() -> Result<(), Error> {
    let values: Vec<f32> = (0..48).map(|i| i as f32 - 20.0).collect();
    let tensor = gpu().upload(&values, [6, 8])?;
    let transposed = tensor.view().transpose(0, 1)?; // [8, 6]
    let column = tensor.view().narrow(1, 3, 1)?.transpose(0, 1)?; // [1, 6]
    let operands = [("x", transposed.clone()), ("row", column.clone())];
    let y = read(&gpu().evaluate(&parse("x * row"), operands.clone())?);
    for (i, y) in y.into_iter().enumerate() {
        let (row, column) = (i / 6, i % 6);
        assert_eq!(y, values[column * 8 + row] * values[column * 8 + 3], "{i}");
    }
    let grad_output = gpu().upload(&[1.0; 48], [8, 6])?;
    let of = ["x", "row"];
    let [dx, drow] = gpu().gradients(&parse("x * row"), operands, &grad_output, of)?;
    assert_eq!(read(&dx)[..6], [-17.0, -9.0, -1.0, 7.0, 15.0, 23.0]);
    let sums: Vec<f32> = values.chunks(8).map(|row| row.iter().sum()).collect();
    assert_eq!(read(&drow), sums);
    Ok(())
}

/// Rows that share a bias, and rows that are left; also in parts of other types.
#[test]
fn rows_share_what_is_broadcast() -> Result<(), Error> {
    let expression = parse("relu(x + bias) * scale - bias");
    for (rows, columns) in [(8, 8), (19, 16), (40, 24), (64, 768)] {
        let numbers = |length: usize| (0..length).map(|i| (i * 29 % 101) as f32 / 8.0 - 6.0);
        let x: Vec<f32> = numbers(rows * columns).collect();
        let bias: Vec<f32> = numbers(columns).rev().collect();
        let halves: Vec<_> = x.iter().map(|&x| f16::from_f32(x)).collect();
        let bias_tensor = gpu().upload(&bias, [columns])?;
        let scale = gpu().upload(&[0.5], [1])?;
        let wide = gpu().upload(&x, [rows, columns])?;
        for x_tensor in [&wide, &gpu().upload(&halves, [rows, columns])?] {
            let operands = [("x", x_tensor), ("bias", &bias_tensor), ("scale", &scale)];
            let y = gpu().evaluate(&expression, operands)?;
            for (i, y) in read(&y).into_iter().enumerate() {
                let bias = bias[i % columns];
                let exact = (x[i] + bias).max(0.0) * 0.5 - bias;
                assert_eq!(y, exact, "{rows} x {columns}, {i}");
            }
        }
    }
    Ok(())
}

/// A result may overwrite a tensor of its shape and type; results beside each other may not.
#[test]
fn in_place() -> Result<(), Error> {
    let kernels = gpu().kernels();
    for length in [64, 7] {
        let (x, bias) = (upload(&vec![2.0; length])?, upload(&vec![3.0; length])?);
        let shape = [length as u64];
        let operands = [
            ("x", SliceValue::from((x.slice()?, &shape))),
            ("bias", SliceValue::from((bias.slice()?, &shape))),
        ];
        let fused = parse("x * bias + x").fuse();
        gpu().submit()?;
        run(&kernels.evaluate(&fused, &operands, None, &[x.slice()?])?);
        assert_eq!(read(&x), vec![8.0; length]);

        let gradients = parse("x * bias").fuse_gradients(["x", "bias"])?;
        let of_output = ("grad_output", SliceValue::from((bias.slice()?, &shape)));
        let operands = [operands[0], operands[1], of_output];
        let to = upload(&vec![0.0; length])?;
        let outputs = [x.slice()?, to.slice()?];
        assert_eq!(
            refusal(kernels.evaluate(&gradients, &operands, None, &outputs)),
            "grad_x: it overlaps x in their buffer, but must have bytes of its own there: use others, \
             or the in-place form"
        );
    }
    Ok(())
}

/// Each element is read before it is written, and once, also where rows share a bias.
#[test]
fn rows_in_place() -> Result<(), Error> {
    let fused = parse("relu(x + bias)").fuse();
    for (rows, columns) in [(16, 24), (64, 768)] {
        let (x, bias) = (
            upload(&vec![2.0; rows * columns])?,
            upload(&vec![3.0; columns])?,
        );
        let (shape, of_bias) = ([rows as u64, columns as u64], [columns as u64]);
        let operands = [
            ("x", SliceValue::from((x.slice()?, &shape))),
            ("bias", SliceValue::from((bias.slice()?, &of_bias))),
        ];
        gpu().submit()?;
        let output = [x.slice()?];
        run(&gpu().kernels().evaluate(&fused, &operands, None, &output)?);
        assert_eq!(read(&x), vec![5.0; rows * columns], "{rows} x {columns}");
    }
    Ok(())
}

/// Outputs may lie in one buffer, as the gradients of all parameters of a network do.
#[test]
fn outputs_in_one_buffer() -> Result<(), Error> {
    let kernels = gpu().kernels();
    let values: Vec<f32> = (0..32 * 64).map(|i| (i % 7) as f32 - 3.0).collect();
    let (x, grad_output) = (upload(&values)?, upload(&values)?);
    let (weight, gradients) = (upload(&[0.5; 64])?, upload(&[9.0; 64 + 192])?);
    let (shape, of_weight) = ([32, 64], [64]);
    let operands = [
        ("x", SliceValue::from((x.slice()?, &shape))),
        ("bias", SliceValue::from((weight.slice()?, &of_weight))),
        ("weight", SliceValue::from((weight.slice()?, &of_weight))),
        (
            "grad_output",
            SliceValue::from((grad_output.slice()?, &shape)),
        ),
    ];
    let fused = parse("prelu(x + bias, weight=weight)").fuse_gradients(["bias", "weight"])?;
    let part = |first: u64| {
        Slice::new(
            gradients.slice().map(|all| all.buffer).expect("one"),
            4 * first,
            256,
        )
    };
    let evaluate = |second| kernels.evaluate(&fused, &operands, None, &[part(0), part(second)]);
    gpu().submit()?;
    run(&evaluate(128)?);
    let got = read(&gradients);
    for column in 0..64 {
        let (mut bias, mut slope) = (0.0, 0.0);
        for value in values.iter().skip(column).step_by(64) {
            let x = value + 0.5;
            bias += value * if x > 0.0 { 1.0 } else { 0.5 };
            slope += value * x.min(0.0);
        }
        assert_eq!((got[column], got[128 + column]), (bias, slope), "{column}");
    }
    assert!(
        got[64..128]
            .iter()
            .chain(&got[192..])
            .all(|&value| value == 9.0)
    );
    // In bindings, parts begin at multiples of up to 256 bytes.
    run(&evaluate(65)?);
    assert_eq!(read(&gradients)[65..129], got[128..192]);
    assert!(refusal(evaluate(63)).starts_with("grad_bias: it overlaps grad_weight"));
    Ok(())
}

/// A gradient that is `grad_output` itself shares its memory.
#[test]
fn a_gradient_may_be_grad_output() -> Result<(), Error> {
    let (x, grad_output) = (upload(&[1.0, -2.0])?, upload(&[3.0, 4.0])?);
    let expression = parse("relu(x) + residual");
    let operands = [("x", &x), ("residual", &x)];
    let of = ["residual", "x"];
    let [dresidual, dx] = gpu().gradients(&expression, operands, &grad_output, of)?;
    assert_eq!(dresidual.slice()?.buffer, grad_output.slice()?.buffer);
    drop(grad_output);
    assert_eq!(read(&dresidual), [3.0, 4.0]);
    assert_eq!(read(&dx), [3.0, 0.0]);
    Ok(())
}

/// Numbers of the host's are no part of a kernel.
#[test]
fn a_new_number_compiles_nothing() -> Result<(), Error> {
    let x = upload(&[1.0, 2.0])?;
    let kernel = |scale: f32| {
        let shape = [2];
        let operands = [
            ("x", SliceValue::from((x.slice()?, &shape))),
            ("scale", scale.into()),
        ];
        let fused: Fused = parse("x * scale").fuse();
        let y = upload(&[0.0; 2])?;
        let operation = gpu()
            .kernels()
            .evaluate(&fused, &operands, None, &[y.slice()?])?;
        let texts: Vec<_> = operation.kernels().map(|(_, text)| text).collect();
        gpu().submit()?;
        run(&operation);
        Ok::<_, Error>((read(&y), texts))
    };
    let ((two, first), (three, second)) = (kernel(2.0)?, kernel(3.0)?);
    assert_eq!((two, three), (vec![2.0, 4.0], vec![3.0, 6.0]));
    assert_eq!(first, second);
    Ok(())
}

#[test]
fn no_elements() -> Result<(), Error> {
    for channels in [3, 4] {
        let x = gpu().upload::<f32>(&[], [0, channels])?;
        let bias = upload(&vec![1.0; channels])?;
        let operands = [("x", &x), ("bias", &bias)];
        let expression = parse("x + bias");
        assert_eq!(
            gpu().evaluate(&expression, operands)?.shape(),
            [0, channels]
        );
        let of = ["bias", "x"];
        let [dbias, dx] = gpu().gradients(&expression, operands, &x, of)?;
        assert_eq!(read(&dbias), vec![0.0; channels]);
        assert_eq!(dx.shape(), [0, channels]);
    }
    Ok(())
}

#[test]
fn refusals_name_the_argument() -> Result<(), Error> {
    let (x, other) = (gpu().upload(&[1.0; 6], [2, 3])?, upload(&[1.0, 2.0])?);
    let expression = parse("x + bias");
    let refused = |operands: &[(&str, &Tensor)]| {
        let operands: Operands<'_> = operands.iter().copied().collect();
        refusal(gpu().evaluate(&expression, operands))
    };
    assert_eq!(
        refused(&[("x", &x)]),
        "bias: the expression has this operand, and no value is given"
    );
    assert_eq!(
        refused(&[("x", &x), ("bias", &x), ("gate", &x)]),
        "gate: the expression has no such operand: it has x, bias"
    );
    assert_eq!(
        refused(&[("x", &x), ("bias", &x), ("x", &x)]),
        "x: it is given twice"
    );
    assert_eq!(
        refused(&[("x", &x), ("bias", &other)]),
        "bias: the shape is [2], which does not broadcast together with that of x, [2, 3]"
    );
    let both = [("x", &x), ("bias", &x)];
    assert_eq!(
        refusal(gpu().gradients(&expression, both, &other, ["x"])),
        "grad_output: the shape is [2], but it must be [2, 3]"
    );
    let error = refusal(gpu().gradients(&expression, both, &x, ["bia"]));
    assert!(error.contains("bias"), "{error}");
    let many: Vec<String> = (0..17).map(|k| format!("s{k}")).collect();
    let sum = parse(&format!("x + {}", many.join(" + ")));
    let mut operands: Vec<(&str, Value<'_>)> = vec![("x", (&x).into())];
    operands.extend(many.iter().map(|name| (name.as_str(), Value::Number(1.0))));
    assert_eq!(
        refusal(gpu().evaluate(&sum, operands.into_iter().collect::<Operands<'_>>())),
        "s16: there can be 16 operands that are numbers"
    );
    Ok(())
}

/// Gradients of gradients, with mixed derivatives: what a gradient penalty needs.
#[test]
fn gradients_of_gradients() -> Result<(), Error> {
    for text in [
        "prelu(x, weight=w)",
        "gate(w, swish(x, beta=1))",
        "elu(x, alpha=w) * w",
    ] {
        let expression = parse(text);
        let first = expression.gradient("x")?;
        // The gradient of the sum of squares of dx.
        let penalty = &first * &first;
        let values = [-1.5, -0.5, 0.25, 2.0];
        let (x, w) = (upload(&values)?, upload(&[0.5, 1.5, -0.5, 0.75])?);
        let ones = upload(&[1.0; 4])?;
        let renamed: Expression = penalty
            .to_string()
            .replace("grad_output", "g")
            .parse()
            .expect("a text");
        let operands = [("x", &x), ("w", &w), ("g", &ones)];
        let of = renamed.operands().iter().any(|name| name == "w");
        assert!(of, "{text}");
        let [dw] = gpu().gradients(&renamed, operands, &ones, ["w"])?;
        let wanted = renamed.gradient("w")?;
        for (i, dw) in read(&dw).into_iter().enumerate() {
            let w = [0.5, 1.5, -0.5, 0.75][i];
            let at = |name: &str| match name {
                "x" => f64::from(values[i]),
                "w" => w,
                _ => 1.0,
            };
            let wanted = wanted.evaluate(at);
            let error = (f64::from(dw) - wanted).abs();
            assert!(
                error <= 1e-5 * wanted.abs().max(1.0),
                "{text}, {i}: {dw}, not {wanted}"
            );
        }
    }
    Ok(())
}
