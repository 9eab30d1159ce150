//! Functions along an axis: the result of an element, given the statistics of its row.

#[path = "../../../src/kernels/rate.rs"]
mod rate;

use naga::front::wgsl::parse_str;
use rate::rate;

use super::DEVICES;
use super::lower::lower;
use super::program::Program;
use crate::common::{Random, Worst, error};

const MATH: &str = concat!(
    "const PARAMETERS_ARE_CONSTANT: bool = true;",
    include_str!("../../../shaders/math.wgsl"),
    include_str!("../../../shaders/math/logistic.wgsl"),
    include_str!("../../../shaders/math/pairs.wgsl")
);
const AXIS: &str = concat!(
    include_str!("../../../shaders/kernels/uniforms.wgsl"),
    include_str!("../../../shaders/kernels/repeat.wgsl"),
    include_str!("../../../shaders/axis/place.wgsl"),
    include_str!("../../../shaders/axis/compensated_sum.wgsl"),
    include_str!("../../../shaders/axis/exponential_sum.wgsl"),
    include_str!("../../../shaders/axis/sink.wgsl")
);

/// Adapters to the shader: an element of a row whose largest element is `top` and whose other
/// exponentials have the sum R, and one of a row of `top` and a sink.
const ADAPTER: &str = "
struct Element { value: f32 }
fn of_element(x: f32, top: f32, R: f32) -> f32 {
  let own = Accumulator(0u, scaled_exponential(x, top), 0.0);
  return result_of(x, own, Stats(bitcast<u32>(top), bitcast<u32>(16777216.0 * R)));
}
fn beside_sink(x: f32, top: f32, sink: f32) -> f32 {
  let stats = row_statistics(Stats(bitcast<u32>(top), 0u), OfRow(0.0, sink, 0u, 0u, 0u));
  return result_of(x, exponential_term(x, order(bitcast<f32>(stats.first))), stats);
}

// What the files have besides.
const COLUMNS = 1u;
struct Stats { first: u32, second: u32 }
struct Stats_vec4 { first: vec4<u32>, second: vec4<u32> }
struct OfRow_vec4 { value: vec4<f32>, sink: vec4<f32>, first: vec4<u32>, end: vec4<u32>, target_class: vec4<u32> }
struct Accumulator_vec4 { count: vec4<u32>, hi: vec4<f32>, lo: vec4<f32> }
fn row_value(row: u32) -> f32 { return 0.0; }
fn row_class(row: u32) -> u32 { return 0u; }
fn sink_element(place: u32) -> f32 { return 0.0; }
fn window(row: u32) -> vec2<u32> { return vec2<u32>(0u, 0u); }
";

/// Less than the 8 ulp that are promised, as the sum has an error of its own.
const ULPS: f64 = 3.0;

/// A name, a shader, and the function of (x - top) / temperature and R.
type Function = (&'static str, &'static str, fn(f64, f64) -> f64);

#[test]
fn elements_of_rows_are_within_the_bound() {
    let softmax = |z: f64, others: f64| z.exp() / (1.0 + others);
    let log_softmax = |z: f64, others: f64| z - others.ln_1p();
    let functions: [Function; 2] = [
        (
            "softmax",
            include_str!("../../../shaders/axis/functions/softmax.wgsl"),
            softmax,
        ),
        (
            "log_softmax",
            include_str!("../../../shaders/axis/functions/log_softmax.wgsl"),
            log_softmax,
        ),
    ];
    let mut random = Random(70);
    let mut failures = vec![];
    for (name, shader, truth) in functions {
        for temperature in [1.0f32, 0.7, 300.0] {
            let [upper, rest, _, rounding] = rate(temperature, 1.0);
            let text = [MATH, AXIS, shader, ADAPTER].concat();
            let text = text
                .replace("uniforms.rate.x", &format!("{upper:?}"))
                .replace("uniforms.rate.y", &format!("{rest:?}"));
            let text = text.replace("uniforms.rate.w", &format!("{rounding:?}"));
            let text = text
                .replace("uniforms.zero", "0.0")
                .replace("uniforms.empty_is_zero", "0u");
            let module = parse_str(&text)
                .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&text)));
            let [program, beside_sink] =
                ["of_element", "beside_sink"].map(|name| lower(&module, name));
            for top in [0.0, 1.3, -50.0, 1e5, -3e38] {
                let sums = [0.0, 1e-30, 1e-7, 0.3, 0.999_999_9, 1.0, 5.5, 1e6];
                // Sinks that are smaller than the largest element, and larger.
                let sinks = [-60.0, -3.0, 0.0, 0.7, 9.0].map(|by| top + by * temperature);
                let of_sink =
                    |sink: f32| ((f64::from(sink) - f64::from(top)) / f64::from(temperature)).exp();
                let sums = sums.map(|sum| (&program, sum, f64::from(sum)));
                let sinks = sinks.map(|sink| (&beside_sink, sink, of_sink(sink)));
                for (program, given, others) in sums.into_iter().chain(sinks) {
                    let x: Vec<f32> = (0..2000)
                        .map(|_| top - temperature * random.between(0.0, 105.0))
                        .collect();
                    for device in DEVICES {
                        let y = device.run(program, &x, &[top, given]);
                        let worst = Worst::of(x.iter().zip(y).map(|(&x, got)| {
                            let z = (f64::from(x) - f64::from(top)) / f64::from(temperature);
                            let wanted = truth(z, others);
                            // The sign of a zero is not promised.
                            (
                                x,
                                got,
                                wanted,
                                if wanted == 0.0 && got == 0.0 {
                                    0.0
                                } else {
                                    error(got, wanted)
                                },
                            )
                        }));
                        if worst.error > ULPS {
                            let on = format!(
                                "{name}, temperature {temperature}, largest {top}, others {others}"
                            );
                            failures.push(format!("{on} on {}: {}", device.name, worst.report));
                        }
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Adapters to the shader of cross-entropy: the gradient of an element that is not the target's, that
/// of the target if it is the largest element, and the loss of a target that is `distance` below it.
const LOSS_ADAPTER: &str = "
struct Element { value: f32, share: f32 }
fn with_share(e: Element, share: f32) -> Element { return Element(e.value, share); }
fn loss_scale() -> f32 { return 1.0; }
fn stats_of(top: f32, R: f32, distance: f32) -> Stats {
  return Stats(bitcast<u32>(top), bitcast<u32>(16777216.0 * R), bitcast<u32>(1.0), bitcast<u32>(distance));
}
fn gradient(x: f32, top: f32, R: f32, share: f32) -> f32 {
  let own = Accumulator(select(0u, 1u, x == top), exponential_below(x, order(top)), 0.0, share, 0.0);
  return result(Element(x, share), own, 0u, OfRow(1.0, 0.0, 0u, 0u, 0u), stats_of(top, R, 0.0));
}
fn of_other(x: f32, top: f32, R: f32) -> f32 { return gradient(x, top, R, 0.0); }
fn of_target(R: f32, top: f32, unused: f32) -> f32 { return gradient(top, top, R, 1.0); }
fn of_row_of(distance: f32, top: f32, R: f32) -> f32 {
  return loss_result(OfRow(1.0, 0.0, 0u, 0u, 0u), stats_of(top, R, distance));
}

const COLUMNS = 1u;
struct Stats { first: u32, second: u32, weight: u32, distance: u32 }
struct OfRow_vec4 { value: vec4<f32>, sink: vec4<f32>, first: vec4<u32>, end: vec4<u32>, target_class: vec4<u32> }
struct Accumulator_vec4 { count: vec4<u32>, hi: vec4<f32>, lo: vec4<f32>, weight: vec4<f32>, distance: vec4<f32> }
fn row_value(row: u32) -> f32 { return 0.0; }
fn row_class(row: u32) -> u32 { return 0u; }
fn row_sink(place: u32) -> f32 { return 0.0; }
fn window(row: u32) -> vec2<u32> { return vec2<u32>(0u, 0u); }
";

/// A program, its inputs, the true value of each, and a name.
type Case<'a> = (&'a Program, &'a [f32], &'a dyn Fn(&f32) -> f64, &'a str);

/// A text without the functions that another one overrides.
fn without(text: &str, overridden: &str) -> String {
    let name = |declaration: &str| {
        let (_, after) = declaration.split_once("fn ")?;
        Some(after.split_once('(')?.0.to_owned())
    };
    let declarations = text.split_inclusive("\n}\n");
    let is_kept = |declaration: &&str| {
        name(declaration).is_none_or(|name| !overridden.contains(&format!("fn {name}(")))
    };
    declarations.filter(is_kept).collect()
}

#[test]
fn losses_are_within_the_bound() {
    let shader = include_str!("../../../shaders/axis/functions/cross_entropy.wgsl");
    let exponentials = include_str!("../../../shaders/axis/exponential_sum.wgsl");
    let [upper, rest, _, rounding] = rate(1.0, 1.0);
    let text = [
        MATH,
        include_str!("../../../shaders/kernels/uniforms.wgsl"),
        include_str!("../../../shaders/kernels/repeat.wgsl"),
        include_str!("../../../shaders/axis/place.wgsl"),
        &without(exponentials, shader),
        shader,
        LOSS_ADAPTER,
    ];
    let text = text
        .concat()
        .replace("uniforms.rate.x", &format!("{upper:?}"))
        .replace("uniforms.rate.y", &format!("{rest:?}"))
        .replace("uniforms.rate.w", &format!("{rounding:?}"))
        .replace("uniforms.parameters.y", "0.0")
        .replace("uniforms.parameters.z", "1.0")
        .replace("uniforms.parameters.w", "0.0")
        .replace("uniforms.zero", "0.0")
        .replace("uniforms.classes", "10u")
        .replace("uniforms.ignore_index", "99u");
    let module = parse_str(&text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)));
    let [of_other, of_target, of_row] =
        ["of_other", "of_target", "of_row_of"].map(|name| lower(&module, name));
    let mut random = Random(71);
    let mut failures = vec![];
    for top in [0.0f32, 1.3, -50.0, 1e5] {
        for others in [1e-30f32, 1e-7, 0.3, 1.0, 5.5, 1e6] {
            let below: Vec<f32> = (0..1000).map(|_| random.between(0.01, 100.0)).collect();
            let x: Vec<f32> = below.iter().map(|by| top - by).collect();
            let sums: Vec<f32> = below.iter().map(|by| (by - 50.0).exp()).collect();
            let sum = f64::from(others);
            for device in DEVICES {
                let of_x = |&x: &f32| (f64::from(x) - f64::from(top)).exp() / (1.0 + sum);
                let of_sum = |&sum: &f32| -f64::from(sum) / (1.0 + f64::from(sum));
                let of_distance = |&distance: &f32| sum.ln_1p() + f64::from(distance);
                let cases: [Case<'_>; 3] = [
                    (&of_other, &x, &of_x, "gradient"),
                    (&of_target, &sums, &of_sum, "gradient of the target"),
                    (&of_row, &below, &of_distance, "loss"),
                ];
                for (program, inputs, truth, what) in cases {
                    let got = device.run(program, inputs, &[top, others]);
                    let worst = Worst::of(inputs.iter().zip(got).map(|(input, got)| {
                        let wanted = truth(input);
                        (*input, got, wanted, error(got, wanted))
                    }));
                    if worst.error > ULPS {
                        let on = format!("{what}, largest {top}, others {others}");
                        failures.push(format!("{on} on {}: {}", device.name, worst.report));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
