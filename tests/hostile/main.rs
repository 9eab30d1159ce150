//! The shaders on devices that do to arithmetic whatever WGSL allows, simulated: real devices show only one choice each.

#[path = "../common/mod.rs"]
mod common;
mod compiler;
mod device;
mod lower;
mod program;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::{Truth, Worst, activations, error_at, inputs, is_asked_for, specials};
use compiler::Compiler;
use device::{Device, Division};
use program::{Fusion, Program};
use wgpu_activations::{Activation, wgsl};

/// The project's contract, as on real devices.
const ULPS: f64 = 4.0;

/// One of this many inputs is tried, on every device.
const THINNING: usize = 4;

const DEVICES: &[Device] = &[
    device("plain", Fusion::None, Division::Exact),
    device("divide", Fusion::None, Division::Any),
    device("divide low", Fusion::None, Division::Low),
    device("divide high", Fusion::None, Division::High),
    device("left", Fusion::Left, Division::Any),
    device("left low", Fusion::Left, Division::Low),
    device("left high", Fusion::Left, Division::High),
    device("right", Fusion::Right, Division::Any),
    device("some 1", Fusion::Some { seed: 1 }, Division::Low),
    device("some 2", Fusion::Some { seed: 2 }, Division::High),
    device("some 3", Fusion::Some { seed: 3 }, Division::Any),
    Device { flush: true, ..device("flush", Fusion::None, Division::Any) },
    Device { flush: true, ..device("flush left", Fusion::Left, Division::Any) },
    Device { flush: true, ..device("flush right", Fusion::Right, Division::Any) },
];

const COMPILERS: &[Compiler] = &[
    Compiler { name: "reassociated", options: &["-O3", "-ffast-math", "-ffp-contract=off"] },
    Compiler { name: "reassociated, fused", options: &["-O3", "-ffast-math", "-ffp-contract=fast", "-march=native"] },
];

const fn device(name: &'static str, fusion: Fusion, division: Division) -> Device {
    Device { name, fusion, division, flush: false }
}

/// The parameters at the positive ends of their ranges. (A negative weight makes the zero that a subnormal x is flushed to
/// a positive one, which the measure does not know.)
fn extremes() -> Vec<Activation> {
    let parameters = Activation::list()
        .iter()
        .filter(|info| is_asked_for(info))
        .flat_map(|info| info.parameters.iter().map(move |p| (info.name, p)));
    let ends = parameters.flat_map(|(name, p)| [*p.range.start(), *p.range.end()].map(|end| (name, p.name, end)));
    let positive = ends.filter(|(.., end)| *end > 0.0);
    positive.map(|(name, parameter, end)| format!("{name}({parameter}={end})").parse().expect("in range")).collect()
}

/// A function of x, its WGSL and its twin.
struct Case {
    activation: Activation,
    derivative: bool,
}

impl Case {
    fn name(&self) -> String {
        let Self { activation, derivative } = *self;
        if derivative { format!("{}_derivative", activation.info().name) } else { activation.info().name.to_owned() }
    }

    fn truth(&self, x: f64) -> Truth {
        let magnitudes = self.activation.magnitudes(x);
        if self.derivative {
            Truth { value: self.activation.derivative(x), magnitude: magnitudes.derivative }
        } else {
            Truth { value: self.activation.forward(x), magnitude: magnitudes.forward }
        }
    }

    fn program(&self) -> Program {
        let text = [wgsl::MATH, self.activation.info().shader].concat();
        let module = naga::front::wgsl::parse_str(&text);
        let module = module.unwrap_or_else(|error| panic!("{}: {}", self.activation, error.emit_to_string(&text)));
        lower::lower(&module, &self.name())
    }

    /// The worst error on a device: of results that are off, and of those that no number of ulps would excuse.
    fn errors(&self, x: &[f32], y: &[f32], truths: &[Truth]) -> [Worst; 2] {
        let errors = x.iter().zip(y).zip(truths).map(|((&x, &got), &wanted)| {
            let truth = |at: f64| if at == f64::from(x) { wanted } else { self.truth(at) };
            (x, got, wanted.value, error_at(x, got, truth))
        });
        let (off, wrong): (Vec<_>, Vec<_>) = errors.partition(|(.., error)| error.is_finite());
        [off, wrong].map(Worst::of)
    }
}

#[test]
fn every_device_is_within_the_bound() {
    let thin = inputs().iter().step_by(THINNING).copied();
    let x: Vec<f32> = specials().into_iter().chain(thin).collect();
    let cases: Vec<_> = activations()
        .into_iter()
        .chain(extremes())
        .flat_map(|activation| [false, true].map(|derivative| Case { activation, derivative }))
        .collect();
    let functions: BTreeMap<_, _> = cases.iter().map(|case| (case.name(), case.program())).collect();
    let functions: Vec<_> = functions.into_iter().collect();
    let compilers: Vec<_> = COMPILERS.iter().map(|compiler| (compiler.name, compiler.compile(&functions))).collect();
    let (next, worst) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
            let program = case.program();
            let parameters: Vec<_> = case.activation.parameters().map(|(_, value)| value).collect();
            let truths: Vec<_> = x.iter().map(|&x| case.truth(f64::from(x))).collect();
            let simulated = DEVICES.iter().map(|device| (device.name, device.run(&program, &x, &parameters)));
            // Fast math knows no sign of a zero.
            let signed = |y: Vec<f32>| {
                y.iter()
                    .zip(&truths)
                    .map(|(&y, &truth)| if y == 0.0 { y.copysign(truth.value as f32) } else { y })
                    .collect()
            };
            let compiled =
                compilers.iter().map(|(name, compiled)| (*name, signed(compiled.run(&case.name(), &x, &parameters))));
            for (device, y) in simulated.chain(compiled) {
                for (kind, found) in case.errors(&x, &y, &truths).into_iter().enumerate() {
                    let mut worst = worst.lock().expect("no other panic");
                    let worst = worst.entry((case.name(), device, kind)).or_insert_with(|| Worst::of([]));
                    if found.error > worst.error {
                        *worst = Worst { report: format!("{}: {}", case.activation, found.report), ..found };
                    }
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));

    let mut failures = vec![];
    for ((function, device, kind), Worst { error, report }) in worst.into_inner().expect("no panic") {
        let line = format!("{function} on {device}: {report}");
        if kind == 0 || error > 0.0 {
            println!("{line}");
        }
        if error > ULPS {
            failures.push(line);
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The simulation itself, where the result is known.
#[test]
fn devices_do_what_they_say() {
    let run = |name: &str, text: &str, x: f32| {
        let module = naga::front::wgsl::parse_str(text).expect("WGSL");
        let device = DEVICES.iter().find(|device| device.name == name).expect("a device");
        device.run(&lower::lower(&module, "f"), &[x], &[1.000_488_3])[0]
    };
    // The square of this x loses 2^-24; the parameter is what is left.
    let x = 1.000_244_1;
    let square = "fn f(x: f32, a: f32) -> f32 { return x * x - a; }";
    let lost = 5.960_464_5e-8;
    assert_eq!(["plain", "left", "right"].map(|name| run(name, square, x)), [0.0, lost, lost]);
    let squares = "fn f(x: f32) -> f32 { return x * x - x * x; }";
    assert_eq!(["plain", "left", "right"].map(|name| run(name, squares, x)), [0.0, lost, -lost]);
    let third = "fn f(x: f32) -> f32 { return 1.0 / x; }";
    let bits = ["divide low", "plain", "divide high"].map(|name| run(name, third, 3.0).to_bits());
    assert_eq!(bits, [0x3eaa_aaa9, 0x3eaa_aaab, 0x3eaa_aaad]);
    let half = "fn f(x: f32) -> f32 { return x * 0.5; }";
    assert_eq!(
        ["plain", "flush"].map(|name| run(name, half, -f32::MIN_POSITIVE).to_bits()),
        [0x8040_0000, 0x8000_0000]
    );
    let branches = "fn f(x: f32) -> f32 { return select(1.0, 2.0, x > 0.0 && (x < 1.0 || x == 5.0)); }";
    assert_eq!([-1.0, 0.5, 1.0, 5.0].map(|x| run("plain", branches, x)), [1.0, 2.0, 1.0, 2.0]);
}
