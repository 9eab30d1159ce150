//! The shaders on devices that do to arithmetic whatever WGSL allows, simulated: real devices show only one choice each.

#[path = "../common/mod.rs"]
mod common;
mod compiler;
mod device;
mod lower;
mod program;
mod rows;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::{
    Truth, Truths, ULPS_OF_OTHERS, Worst, activations, error_at, inputs, is_asked_for, moved_zeros,
    specials, truths_at_moved_zeros,
};
use compiler::Compiler;
use device::{Device, Division, PLAIN};
use program::{Fusion, Program};
use wgpu_activations::{Activation, Error, wgsl};

/// What the names of the functions begin with.
const PREFIX: &str = "our_";

/// The project's contract, as on real devices, for functions and first derivatives.
const ULPS: f64 = 4.0;

/// One of this many inputs is tried, on every device.
const THINNING: usize = 4;

const DEVICES: &[Device] = &[
    PLAIN,
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
    Device {
        flush: true,
        ..device("flush", Fusion::None, Division::Any)
    },
    Device {
        flush: true,
        ..device("flush left", Fusion::Left, Division::Any)
    },
    Device {
        flush: true,
        ..device("flush right", Fusion::Right, Division::Any)
    },
    Device {
        multiply_out: true,
        ..device("multiply out", Fusion::None, Division::Exact)
    },
    Device {
        multiply_out: true,
        ..device("multiply out, left", Fusion::Left, Division::Any)
    },
    Device {
        multiply_out: true,
        flush: true,
        ..device("multiply out, right", Fusion::Right, Division::Any)
    },
];

const COMPILERS: &[Compiler] = &[
    Compiler {
        name: "reassociated",
        options: &["-O3", "-ffast-math", "-ffp-contract=off"],
    },
    Compiler {
        name: "reassociated, fused",
        options: &["-O3", "-ffast-math", "-ffp-contract=fast", "-march=native"],
    },
];

const fn device(name: &'static str, fusion: Fusion, division: Division) -> Device {
    Device {
        name,
        fusion,
        division,
        ..PLAIN
    }
}

/// The parameters at the positive ends of their ranges. (A negative weight makes the zero that a subnormal x is flushed to
/// a positive one, which the measure does not know.)
fn extremes() -> Vec<Activation> {
    let parameters = Activation::list()
        .iter()
        .filter(|info| is_asked_for(info))
        .flat_map(|info| info.parameters.iter().map(move |p| (info.name, p)));
    let ends = parameters
        .flat_map(|(name, p)| [*p.range.start(), *p.range.end()].map(|end| (name, p.name, end)));
    let positive = ends.filter(|(.., end)| *end > 0.0);
    positive
        .map(|(name, parameter, end)| {
            format!("{name}({parameter}={end})")
                .parse()
                .expect("in range")
        })
        .collect()
}

/// What is computed of an activation.
#[derive(Clone, Copy)]
enum What {
    Forward,
    Derivative,
    SecondDerivative,
    ParameterDerivative(&'static str),
}

/// A function of x, its WGSL and its twin.
struct Case {
    activation: Activation,
    what: What,
    /// Whether the parameters are constants, as defaults are in kernels.
    is_of_constants: bool,
}

impl Case {
    /// Everything that the shader of an activation computes.
    fn all(activation: Activation) -> impl Iterator<Item = Self> {
        let info = activation.info();
        let learnable = info
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable());
        [What::Forward, What::Derivative]
            .into_iter()
            .chain(info.is_smooth().then_some(What::SecondDerivative))
            .chain(learnable.map(|parameter| What::ParameterDerivative(parameter.name)))
            .map(move |what| Self {
                activation,
                what,
                is_of_constants: false,
            })
    }

    /// The same with parameters as constants: the defaults, and what those of `swiglu_oai` make of swish.
    fn of_constants() -> impl Iterator<Item = Self> {
        let swiglu_oai = Activation::Swish { beta: 1.702 };
        let all = Activation::ALL.iter().copied().chain([swiglu_oai]);
        let with_parameters = all.filter(|activation| activation.parameters().next().is_some());
        let asked_for = with_parameters.filter(|activation| is_asked_for(activation.info()));
        asked_for.flat_map(Self::all).map(|case| Self {
            is_of_constants: true,
            ..case
        })
    }

    fn name(&self) -> String {
        let constants = if self.is_of_constants {
            self.parameters()
        } else {
            vec![]
        };
        constants.iter().fold(self.function(), |name, constant| {
            format!("{name}_{:x}", constant.to_bits())
        })
    }

    fn function(&self) -> String {
        let name = self.activation.info().name;
        match self.what {
            What::Forward => name.to_owned(),
            What::Derivative => format!("{name}_derivative"),
            What::SecondDerivative => format!("{name}_second_derivative"),
            What::ParameterDerivative(parameter) => format!("{name}_derivative_{parameter}"),
        }
    }

    fn truth(&self, x: f64) -> Truth {
        let activation = self.activation;
        match self.what {
            What::Forward => Truth::forward(activation, x),
            // Not the gradient, whose zeros have no sign.
            What::Derivative => Truth {
                value: activation.derivative(x),
                magnitude: activation.error_scale(x).derivative,
            },
            What::SecondDerivative => common::second_derivative(activation, x),
            What::ParameterDerivative(parameter) => {
                common::parameter_derivative(activation, parameter, x)
            }
        }
    }

    fn truths<'a>(&self, x: &'a [f32]) -> Truths<'a, impl Fn(f64) -> Truth> {
        let truth = |x| self.truth(x);
        if self.is_first() {
            Truths::new(x, truth)
        } else {
            Truths::of_others(x, truth)
        }
    }

    fn is_first(&self) -> bool {
        matches!(self.what, What::Forward | What::Derivative)
    }

    fn bound(&self) -> f64 {
        if self.is_first() {
            ULPS
        } else {
            ULPS_OF_OTHERS
        }
    }

    fn program(&self) -> Program {
        let text = if self.is_of_constants {
            wgsl::functions([self.activation.info()], PREFIX)
        } else {
            self.told()
        };
        let text = text.expect("a prefix");
        let module = naga::front::wgsl::parse_str(&text);
        let module = module
            .unwrap_or_else(|error| panic!("{}: {}", self.activation, error.emit_to_string(&text)));
        let program = lower::lower(&module, &[PREFIX, &self.function()].concat());
        if self.is_of_constants {
            program.of_constants(&self.parameters())
        } else {
            program
        }
    }

    /// The functions as they are for parameters that are not known before run time.
    fn told(&self) -> Result<String, Error> {
        let Some((parameter, _)) = self.activation.parameters().next() else {
            return self.activation.wgsl(PREFIX);
        };
        let ends = [parameter.range.start(), parameter.range.end()];
        let other = ends
            .into_iter()
            .find(|end| **end != parameter.default)
            .expect("a range");
        self.activation
            .with(parameter.name, *other)
            .expect("its parameter")
            .wgsl(PREFIX)
    }

    fn parameters(&self) -> Vec<f32> {
        self.activation
            .parameters()
            .map(|(_, value)| value)
            .collect()
    }
}

/// The worst error on a device: of results that are off, and of those that no number of ulps would excuse.
fn worst_of(errors: impl Iterator<Item = (f32, f32, f64, f64)>) -> [Worst; 2] {
    let (off, wrong): (Vec<_>, Vec<_>) = errors.partition(|(.., error)| error.is_finite());
    [off, wrong].map(Worst::of)
}

#[test]
fn every_device_is_within_the_bound() {
    let thin = inputs().iter().step_by(THINNING).copied();
    let x: Vec<f32> = specials().into_iter().chain(thin).collect();
    let cases = activations()
        .into_iter()
        .chain(extremes())
        .flat_map(Case::all);
    let cases: Vec<_> = cases.chain(Case::of_constants()).collect();
    let functions: BTreeMap<_, _> = cases
        .iter()
        .map(|case| (case.name(), case.program()))
        .collect();
    let functions: Vec<_> = functions.into_iter().collect();
    let compilers: Vec<_> = COMPILERS
        .iter()
        .map(|compiler| (compiler.name, compiler.compile("all", &functions)))
        .collect();
    let (next, worst) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Relaxed)) {
            let program = case.program();
            let parameters = case.parameters();
            let truths = case.truths(&x);
            let simulated = DEVICES
                .iter()
                .map(|device| (device.name, device.run(&program, &x, &parameters)));
            // Fast math knows no sign of a zero.
            let signed = |y: Vec<f32>| {
                y.iter()
                    .zip(truths.values())
                    .map(|(&y, &truth)| {
                        if y == 0.0 {
                            y.copysign(truth.value as f32)
                        } else {
                            y
                        }
                    })
                    .collect()
            };
            let compiled = compilers.iter().map(|(name, compiled)| {
                (*name, signed(compiled.run(&case.name(), &x, &parameters)))
            });
            for (device, y) in simulated.chain(compiled) {
                for (kind, found) in worst_of(truths.errors(&y)).into_iter().enumerate() {
                    let mut worst = worst.lock().expect("no other panic");
                    let (worst, _) = worst
                        .entry((case.name(), device, kind))
                        .or_insert_with(|| (Worst::of([]), case.bound()));
                    if found.error > worst.error {
                        *worst = Worst {
                            report: format!("{}: {}", case.activation, found.report),
                            ..found
                        };
                    }
                }
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));

    let mut failures = vec![];
    for ((function, device, kind), (Worst { error, report }, bound)) in
        worst.into_inner().expect("no panic")
    {
        let line = format!("{function} on {device}: {report}");
        if kind == 0 || error > 0.0 {
            println!("{line}");
        }
        if error > bound {
            failures.push(line);
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// Where terms cancel at a place that the parameters decide.
#[test]
fn moved_zeros_are_within_the_bound_on_every_device() {
    const COUNT: usize = 60;
    let cases = moved_zeros(COUNT);
    let Some(&(activation, _)) = cases.first() else {
        return;
    };
    let functions = |is_of_constants| {
        let cases = [What::Forward, What::Derivative].map(|what| Case {
            activation,
            what,
            is_of_constants,
        });
        cases.map(|case| (case.name(), case.program()))
    };
    let [told, of_constants] = [false, true].map(functions);
    let all = [&told[..], &of_constants].concat();
    let compilers: Vec<_> = COMPILERS
        .iter()
        .map(|compiler| (compiler.name, compiler.compile("zeros", &all)))
        .collect();
    let mut failures = vec![];
    for (place, (activation, x)) in cases.iter().enumerate() {
        let parameters: Vec<_> = activation.parameters().map(|(_, value)| value).collect();
        // The first has the defaults.
        let of_constants = of_constants.iter().enumerate().filter(|_| place == 0);
        for (order, (name, program)) in told.iter().enumerate().chain(of_constants) {
            let simulated = DEVICES
                .iter()
                .map(|device| (device.name, device.run(program, x, &parameters)));
            let compiled = compilers
                .iter()
                .map(|(device, compiled)| (*device, compiled.run(name, x, &parameters)));
            for (device, y) in simulated.chain(compiled) {
                let truth = |x| truths_at_moved_zeros(*activation, x)[order];
                let errors = x
                    .iter()
                    .zip(&y)
                    .map(|(&x, &got)| (x, got, truth(f64::from(x)).value, error_at(x, got, truth)));
                let worst = Worst::of(errors);
                if worst.error > ULPS {
                    failures.push(format!(
                        "{name} of {activation} on {device}: {}",
                        worst.report
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The simulation itself, where the result is known.
#[test]
fn devices_do_what_they_say() {
    let run = |name: &str, text: &str, x: f32| {
        let module = naga::front::wgsl::parse_str(text).expect("WGSL");
        let device = DEVICES
            .iter()
            .find(|device| device.name == name)
            .expect("a device");
        device.run(&lower::lower(&module, "f"), &[x], &[1.000_488_3])[0]
    };
    // The square of this x loses 2^-24; the parameter is what is left.
    let x = 1.000_244_1;
    let square = "fn f(x: f32, a: f32) -> f32 { return x * x - a; }";
    let lost = 5.960_464_5e-8;
    assert_eq!(
        ["plain", "left", "right"].map(|name| run(name, square, x)),
        [0.0, lost, lost]
    );
    let squares = "fn f(x: f32) -> f32 { return x * x - x * x; }";
    assert_eq!(
        ["plain", "left", "right"].map(|name| run(name, squares, x)),
        [0.0, lost, -lost]
    );
    let third = "fn f(x: f32) -> f32 { return 1.0 / x; }";
    let bits = ["divide low", "plain", "divide high"].map(|name| run(name, third, 3.0).to_bits());
    assert_eq!(bits, [0x3eaa_aaa9, 0x3eaa_aaab, 0x3eaa_aaad]);
    let half = "fn f(x: f32) -> f32 { return x * 0.5; }";
    assert_eq!(
        ["plain", "flush"].map(|name| run(name, half, -f32::MIN_POSITIVE).to_bits()),
        [0x8040_0000, 0x8000_0000]
    );
    // The term that is known is rounded before: 0.5 is exact, 1/3 is not.
    let sum = "fn f(x: f32) -> f32 { return (x + 1.5) * 0.333333343; }";
    assert_eq!(
        ["plain", "multiply out"].map(|name| run(name, sum, -1.5)),
        [0.0, -1.490_116_1e-8]
    );
    let difference = "fn f(x: f32) -> f32 { return 0.333333343 * (1.5 - x); }";
    assert_eq!(
        ["plain", "multiply out"].map(|name| run(name, difference, 1.5)),
        [0.0, -1.490_116_1e-8]
    );
    let branches =
        "fn f(x: f32) -> f32 { return select(1.0, 2.0, x > 0.0 && (x < 1.0 || x == 5.0)); }";
    assert_eq!(
        [-1.0, 0.5, 1.0, 5.0].map(|x| run("plain", branches, x)),
        [1.0, 2.0, 1.0, 2.0]
    );
}
