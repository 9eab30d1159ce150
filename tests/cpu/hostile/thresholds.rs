//! sparsemax and entmax15 of rows of four elements, and their gradients, with every step of the
//! search.

use naga::front::wgsl::parse_str;
use wgpu_activations::reference;

use super::DEVICES;
use super::lower::lower;
use super::program::Program;
use crate::common::{Random, Worst, error};

const MATH: &str = concat!(
    "const PARAMETERS_ARE_CONSTANT: bool = true;",
    include_str!("../../../shaders/math.wgsl"),
    include_str!("../../../shaders/math/pairs.wgsl"),
    include_str!("../../../shaders/kernels/uniforms.wgsl"),
    include_str!("../../../shaders/kernels/repeat.wgsl")
);

/// The declarations of `place.wgsl` that are needed.
const PLACE: &str = "
fn not_a_number() -> f32 { return bitcast<f32>(0x7fc00000u ^ bitcast<u32>(f32(uniforms.zero))); }
fn is_finite(x: f32) -> bool { return (bitcast<u32>(x) & MAGNITUDE_BITS) < INFINITY_BITS; }
";

/// No row of four elements needs more steps. What has been found stays, so that nothing ends the
/// search.
const STEPS: usize = 10;

/// An adapter to the shader: the result of x, which stands in a row with a, b and c.
const FORWARD: &str = "
struct Stats { first: u32, second: u32 }
struct Element { value: f32 }
struct Accumulator_vec4 { slope: vec4<f32>, hi: vec4<f32>, lo: vec4<f32> }

fn advanced(search: Search, a: Accumulator, b: Accumulator, c: Accumulator, d: Accumulator) -> Search {
  let first = merge(above(a, search.hi, search.lo), above(b, search.hi, search.lo));
  let second = merge(above(c, search.hi, search.lo), above(d, search.hi, search.lo));
  return improved(search, merge(first, second));
}

fn of_element(x: f32, a: f32, b: f32, c: f32) -> f32 {
  let top = max(max(order(x), order(a)), max(order(b), order(c)));
  let own = term(Element(x), 0u, top);
  let second = term(Element(a), 1u, top);
  let third = term(Element(b), 2u, top);
  let fourth = term(Element(c), 3u, top);
  var search = first_search();
  STEPS
  return result_of(x, own, found_stats(top, search));
}
";

/// An adapter to the gradient of the first of four elements: x and a are the first two elements of
/// `grad_output`, of which the last two are 1 and -2. The output is b, c, c and 0.
const BACKWARD: &str = "
struct Element { saved: f32, grad_output: f32 }
struct OfRow { unused: f32 }
struct Stats { first: u32, second: u32, third: u32, fourth: u32 }
struct Accumulator_vec4 {
  count: vec4<u32>, hi: vec4<f32>, lo: vec4<f32>, second_hi: vec4<f32>, second_lo: vec4<f32>,
}

fn of_element(x: f32, a: f32, b: f32, c: f32) -> f32 {
  let e = Element(b, x);
  let own = term(e, 0u, 0u);
  let first = merge(own, term(Element(c, a), 1u, 0u));
  let second = merge(term(Element(c, 1.0), 2u, 0u), term(Element(0.0, -2.0), 3u, 0u));
  return result(e, own, 0u, OfRow(0.0), row_stats(0u, merge(first, second)));
}
";

/// Less than the 8 ulp that are promised.
const ULPS: f64 = 3.0;

fn program(parts: &[&str]) -> Program {
    let text = [&[MATH, PLACE], parts].concat().concat();
    let text = text
        .replace("uniforms.zero", "0.0")
        .replace("uniforms.empty_is_zero", "0u")
        .replace("u32(uniforms.length)", "4u");
    let module = parse_str(&text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
    lower(&module, "of_element")
}

/// Compares the program with the truth and the error that it may have besides its ulps.
fn check(
    name: &str,
    program: &Program,
    x: &[f32],
    rest: [f32; 3],
    truth: impl Fn(f32) -> [f64; 2],
) {
    for device in DEVICES {
        let y = device.run(program, x, &rest);
        let worst = Worst::of(x.iter().zip(y).map(|(&x, got)| {
            let [wanted, excuse] = truth(x);
            let difference = f64::from(got) - wanted;
            let error = match difference.abs() <= excuse {
                true => 0.0,
                false => error(got, wanted + excuse.copysign(difference)),
            };
            (x, got, wanted, error)
        }));
        let report = worst.report;
        assert!(
            worst.error <= ULPS,
            "{name} beside {rest:?} on {}: {report}",
            device.name
        );
    }
}

#[test]
fn elements_of_rows_are_within_the_bound() {
    type Reference = fn(&[f64]) -> Vec<f64>;
    let functions: [(&str, &str, Reference); 2] = [
        (
            "sparsemax",
            include_str!("../../../shaders/axis/functions/sparsemax.wgsl"),
            reference::sparsemax,
        ),
        (
            "entmax15",
            include_str!("../../../shaders/axis/functions/entmax15.wgsl"),
            reference::entmax15,
        ),
    ];
    let mut random = Random(71);
    for (name, shader, reference) in functions {
        let threshold = include_str!("../../../shaders/axis/threshold.wgsl");
        let step = "search = advanced(search, own, second, third, fourth);\n";
        let adapter = FORWARD.replace("STEPS", &step.repeat(STEPS));
        let program = program(&[threshold, shader, &adapter]);
        for around in [0.0, 1.0, -1.3, 1e5, 16_777_216.0, -3e38] {
            for scale in [1e-30, 1e-6, 0.1, 0.7, 2.0] {
                let rest = [(); 3].map(|()| around + scale * random.between(-1.0, 1.0));
                let mut x: Vec<f32> = (0..300)
                    .map(|_| around + scale * random.between(-2.0, 2.0))
                    .collect();
                x.extend([around, rest[0], f32::NEG_INFINITY]);
                check(name, &program, &x, rest, |x| {
                    let row = [x, rest[0], rest[1], rest[2]].map(f64::from);
                    let y = reference(&row);
                    // The threshold is right to 2^-44 of its distance from the largest element.
                    let largest = y.iter().copied().fold(0.0, f64::max);
                    let excuse = match name {
                        "sparsemax" => largest * 2f64.powi(-44),
                        _ => (largest * y[0]).sqrt() * 2f64.powi(-43) + 2f64.powi(-88),
                    };
                    [y[0], excuse]
                });
            }
        }
    }
}

#[test]
fn gradients_are_within_the_bound() {
    type Reference = fn(&[f64], &[f64]) -> Vec<f64>;
    let functions: [(&str, &str, Reference); 2] = [
        (
            "sparsemax",
            include_str!("../../../shaders/axis/functions/sparsemax_backward.wgsl"),
            reference::sparsemax_backward,
        ),
        (
            "entmax15",
            include_str!("../../../shaders/axis/functions/entmax15_backward.wgsl"),
            reference::entmax15_backward,
        ),
    ];
    let mut random = Random(72);
    for (name, shader, reference) in functions {
        let (mean, sums, roots) = (
            include_str!("../../../shaders/axis/weighted_mean.wgsl"),
            include_str!("../../../shaders/axis/two_gradient_sums.wgsl"),
            include_str!("../../../shaders/math/roots.wgsl"),
        );
        // The statistics of this reduction take the place of the general ones.
        let sums = sums.replace("fn row_stats", "fn unused_stats");
        let sums = sums.replace("return Stats(", "return vec2<u32>(");
        let sums = sums.replace("-> Stats", "-> vec2<u32>");
        let quotients = include_str!("../../../shaders/math/quotients.wgsl");
        let program = program(&[quotients, roots, mean, &sums, shader, BACKWARD]);
        for [b, c] in [
            [0.5, 0.25],
            [0.999_999, 1e-6],
            [0.0, 0.5],
            [1e-6, 0.5],
            [0.3, 0.35],
        ] {
            for scale in [1e-12, 1.0, 1e12] {
                let rest = [scale * random.between(-1.0, 1.0), b, c];
                let mut x: Vec<f32> = (0..300)
                    .map(|_| scale * random.between(-2.0, 2.0))
                    .collect();
                x.extend([rest[0], 0.0, 1.0, -1.0]);
                check(name, &program, &x, rest, |x| {
                    let y = [b, c, c, 0.0].map(f64::from);
                    let grad = [x, rest[0], 1.0, -2.0].map(f64::from);
                    let largest = grad.iter().fold(0.0, |most, grad| grad.abs().max(most));
                    let excuse = if b > 0.0 {
                        largest * 2f64.powi(-43)
                    } else {
                        0.0
                    };
                    [reference(&y, &grad)[0], excuse]
                });
            }
        }
    }
}
