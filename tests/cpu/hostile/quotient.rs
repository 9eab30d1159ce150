//! Quotients of any two numbers.

use naga::front::wgsl::parse_str;

use super::device::Device;
use super::lower::lower;
use super::{COMPILERS, DEVICES};
use crate::common::{Worst, error, specials};

const MATH: &str = concat!(
    "const PARAMETERS_ARE_CONSTANT: bool = true;",
    include_str!("../../../shaders/math.wgsl"),
    include_str!("../../../shaders/math/quotients.wgsl")
);

/// The documented bound is 0.6 ulp: the quotient of the parts has one rounding.
const ULPS: f64 = 0.6;

/// Significands that are short, long, next to a power of two, and in between.
const SIGNIFICANDS: [u32; 6] = [0, 1, 0x2a_aaab, 0x35_04f3, 0x5b_cdef, 0x7f_ffff];

/// Numbers of every exponent, subnormal ones among them, and special values. Signs alternate. There
/// are `count` numbers of each exponent.
fn numbers(count: u32) -> Vec<f32> {
    let bits = (0..255_u32).flat_map(|exponent| {
        let significands = (0..count).map(move |i| SIGNIFICANDS[(exponent + i) as usize % 6]);
        significands
            .map(move |significand| exponent << 23 | significand | (exponent + significand) << 31)
    });
    specials()
        .into_iter()
        .chain(bits.map(f32::from_bits))
        .collect()
}

#[test]
fn quotients_are_within_the_bound_on_every_device() {
    let module = parse_str(MATH).expect("WGSL");
    let program = lower(&module, "quotient");
    let functions = [("quotient".to_owned(), program.clone())];
    let compiled = COMPILERS
        .iter()
        .map(|compiler| (compiler.name, compiler.compile("quotient", &functions)));
    let compiled: Vec<_> = compiled.collect();
    let x = numbers(6);
    let mut failures = vec![];
    let mut check = |device: &str, divisor: f32, y: &[f32]| {
        let errors = x.iter().zip(y).map(|(&x, &y)| {
            let truth = f64::from(x) / f64::from(divisor);
            (x, y, truth, error(y, truth))
        });
        let worst = Worst::of(errors);
        if worst.error > ULPS {
            let divisor_bits = divisor.to_bits();
            failures.push(format!(
                "divided by {divisor:e} ({divisor_bits:#x}) on {device}: {}",
                worst.report
            ));
        }
    };
    for divisor in numbers(1) {
        let of_device = |device: &Device| device.run(&program, &x, &[divisor]);
        for device in DEVICES {
            check(device.name, divisor, &of_device(device));
        }
    }
    // Each of these divisors is a process.
    for divisor in numbers(1).into_iter().step_by(10) {
        for (name, compiled) in &compiled {
            check(name, divisor, &compiled.run("quotient", &x, &[divisor]));
        }
    }
    assert!(
        failures.is_empty(),
        "{} failures: {failures:#?}",
        failures.len()
    );
}
