//! Functions along an axis: the result of an element, given the statistics of its row.

#[path = "../../../src/kernels/rate.rs"]
mod rate;

use naga::front::wgsl::parse_str;
use rate::rate;

use super::DEVICES;
use super::lower::lower;
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
    include_str!("../../../shaders/axis/exponential_sum.wgsl")
);

/// An adapter to the shader: an element of a row whose largest element is `top` and whose other
/// exponentials have the sum R.
const ADAPTER: &str = "
struct Element { value: f32 }
fn of_element(x: f32, top: f32, R: f32) -> f32 {
  let own = Accumulator(0u, scaled_exponential(x, top), 0.0);
  return result(Element(x), own, 0u, 0.0, Stats(bitcast<u32>(top), bitcast<u32>(16777216.0 * R)));
}

// What the files have besides.
const COLUMNS = 1u;
struct Stats_vec4 { first: vec4<u32>, second: vec4<u32> }
struct Accumulator_vec4 { count: vec4<u32>, hi: vec4<f32>, lo: vec4<f32> }
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
            let program = lower(&module, "of_element");
            for top in [0.0, 1.3, -50.0, 1e5, -3e38] {
                for others in [0.0, 1e-30, 1e-7, 0.3, 0.999_999_9, 1.0, 5.5, 1e6] {
                    let x: Vec<f32> = (0..2000)
                        .map(|_| top - temperature * random.between(0.0, 105.0))
                        .collect();
                    for device in DEVICES {
                        let y = device.run(&program, &x, &[top, others]);
                        let worst = Worst::of(x.iter().zip(y).map(|(&x, got)| {
                            let z = (f64::from(x) - f64::from(top)) / f64::from(temperature);
                            let wanted = truth(z, f64::from(others));
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
