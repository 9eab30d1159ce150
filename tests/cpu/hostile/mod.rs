//! The shaders on simulated devices, which do to arithmetic whatever WGSL allows. A real device
//! shows only one choice.

mod axis;
mod case;
mod compiler;
mod device;
mod lower;
mod numerics;
mod parameters;
mod program;
mod quotient;
mod thresholds;

use compiler::Compiler;
use device::{Device, Division, PLAIN};
use program::Fusion;

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

/// The simulation gives results that are known.
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
    let power = "fn f(x: f32) -> f32 { return exp2(x); }";
    let bits = ["divide low", "plain", "divide high"].map(|name| run(name, power, -3.0).to_bits());
    assert_eq!(bits, [0x3dff_fff7, 0x3e00_0000, 0x3e00_0009]);
    let half = "fn f(x: f32) -> f32 { return x * 0.5; }";
    assert_eq!(
        ["plain", "flush"].map(|name| run(name, half, -f32::MIN_POSITIVE).to_bits()),
        [0x8040_0000, 0x8000_0000]
    );
    // The product of the known term is rounded first.
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
