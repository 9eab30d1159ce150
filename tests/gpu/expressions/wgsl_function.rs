//! Functions of the caller's, from WGSL.

use wgpu_activations::half::f16;
use wgpu_activations::{Error, Expression, WgslFunction};

use crate::support::{gpu, read, refusal, upload};

/// A function with a constant, a helper, branches and a loop, and with names that kernels have, too.
/// All its values are exact in f32.
fn steps() -> WgslFunction {
    let forward = "
        const SIGN_BIT = 3u; // Not that of kernels.
        fn scaled(x: f32) -> f32 {
          var sum = 0.0;
          for (var i = 0u; i < SIGN_BIT; i++) { sum += x; }
          return sum;
        }
        fn steps(x: f32, weight: f32) -> f32 {
          let inputs = scaled(x);
          if x > 0.0 { return inputs; }
          return weight * inputs;
        }";
    let derivative = "
        fn steps_derivative(x: f32, weight: f32) -> f32 { return select(3.0 * weight, 3.0, x > 0.0); }
        fn steps_second_derivative(x: f32, weight: f32) -> f32 { return 0.0; }
        fn steps_derivative_weight(x: f32, weight: f32) -> f32 { return select(3.0 * x, 0.0, x > 0.0); }";
    WgslFunction::new("steps", forward, derivative).unwrap_or_else(|error| panic!("{error}"))
}

fn value(x: f32, weight: f32) -> f32 {
    if x > 0.0 { 3.0 * x } else { weight * 3.0 * x }
}

/// By vectors, by elements and in 16 bits; beside functions of the list; with its gradients.
#[test]
fn a_function_is_computed_and_differentiated() -> Result<(), Error> {
    let steps = steps();
    let expression = Expression::parse_with("steps(x + 1, weight=w) * relu(g)", [&steps]);
    let expression = expression.unwrap_or_else(|error| panic!("{error}"));
    for (rows, columns) in [(1, 1), (3, 7), (16, 64), (300, 4)] {
        let numbers = |scale: f32| {
            let length = rows * columns;
            (0..length).map(move |i| ((i * 7 % 23) as f32 - 11.0) * scale)
        };
        let x: Vec<f32> = numbers(0.5).collect();
        let g: Vec<f32> = numbers(-0.25).collect();
        let w: Vec<f32> = (0..columns).map(|i| i as f32 - 2.0).collect();
        let halves: Vec<_> = g.iter().map(|&g| f16::from_f32(g)).collect();
        let shape = [rows, columns];
        let [x_tensor, w_tensor] = [gpu().upload(&x, shape)?, gpu().upload(&w, [columns])?];
        let g_tensor = gpu().upload(&halves, shape)?;
        let operands = [("x", &x_tensor), ("w", &w_tensor), ("g", &g_tensor)];
        let y = read(&gpu().evaluate(&expression, operands)?);
        let ones = gpu().upload(&vec![1.0; x.len()], shape)?;
        let gradients = gpu().gradients(&expression, operands, &ones, ["x", "w"])?;
        let [dx, dw] = gradients.each_ref().map(read);
        let mut sums = vec![0.0; columns];
        for i in 0..x.len() {
            let (at, weight, gate) = (x[i] + 1.0, w[i % columns], g[i].max(0.0));
            assert_eq!(y[i], value(at, weight) * gate, "{shape:?}, {i}");
            let derivative = if at > 0.0 { 3.0 } else { 3.0 * weight };
            assert_eq!(dx[i], derivative * gate, "{shape:?}, {i}");
            sums[i % columns] += if at > 0.0 { 0.0 } else { 3.0 * at * gate };
        }
        assert_eq!(dw, sums, "{shape:?}");
    }
    Ok(())
}

/// Functions of one name, of which each is taken for what it is.
#[test]
fn functions_do_not_meet() -> Result<(), Error> {
    let function = |name: &str, factor: f32| {
        let text = |name: &str| format!("fn {name}(x: f32) -> f32 {{ return {factor:?} * x; }}");
        WgslFunction::new(name, &text(name), &text(&format!("{name}_derivative")))
    };
    let [one, two, own] = [
        function("f", 2.0)?,
        function("f", 3.0)?,
        function("relu", 5.0)?,
    ];
    let call = |function: &WgslFunction| {
        let called = function.call([Expression::operand("x")]);
        called.unwrap_or_else(|error| panic!("{error}"))
    };
    assert_ne!(call(&one), call(&two));
    let sum = call(&one) + call(&two) * call(&own);
    let x = upload(&[1.0, -2.0])?;
    assert_eq!(read(&gpu().evaluate(&sum, [("x", &x)])?), [17.0, 56.0]);
    for (text, values) in [
        ("f", [2.0, -4.0]),
        ("relu(x)", [5.0, -10.0]),
        ("gate(x, f)", [2.0, 8.0]),
        ("relu6(x)", [1.0, 0.0]),
    ] {
        let expression = Expression::parse_with(text, [&one, &own]);
        let expression = expression.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            read(&gpu().evaluate(&expression, [("x", &x)])?),
            values,
            "{text}"
        );
    }
    Ok(())
}

#[test]
fn errors_say_what_is_wrong() -> Result<(), Error> {
    let text = "fn f(x: f32) -> f32 { return undeclared; }";
    let derivative = "fn f_derivative(x: f32) -> f32 { return 1.0; }";
    let broken = WgslFunction::new("f", text, derivative)?;
    let x = upload(&[1.0])?;
    let called = broken.call([Expression::operand("x")]);
    let called = called.unwrap_or_else(|error| panic!("{error}"));
    let error = gpu().evaluate(&called, [("x", &x)]).map(drop);
    assert!(matches!(error, Err(Error::Compile { .. })), "{error:?}");
    assert!(refusal(error).contains("undeclared"));

    let steps = steps();
    let message = |text: &str| match Expression::parse_with(text, [&steps]) {
        Ok(expression) => expression
            .gradient("w")
            .map(drop)
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let lines = |lines: &[&str]| Err(lines.join("\n"));
    assert_eq!(message("steps(x, w)"), Ok(()));
    assert_eq!(
        message("steps(x)"),
        lines(&[
            "steps lacks `weight`: write `steps(x, weight)`",
            "  steps(x)",
            "  ^^^^^^^^"
        ])
    );
    assert_eq!(
        message("steps(x, w, 1)"),
        lines(&[
            "steps has no argument for `1`: write `steps(x, weight)`",
            "  steps(x, w, 1)",
            "              ^"
        ])
    );
    let cannot = "steps_derivative cannot be differentiated with respect to weight";
    assert_eq!(message("steps_derivative(x, w)"), lines(&[cannot]));
    let few = steps.call([Expression::operand("x")]).map(drop);
    let few = few.map_err(|error| error.to_string());
    let called = "steps is called with 1 argument: write `steps(x, weight)`";
    assert_eq!(few, Err(called.to_owned()));
    Ok(())
}
