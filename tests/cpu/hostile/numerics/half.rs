//! The arithmetic for 16-bit results on every simulated device.

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use wgpu_activations::Activation;
use wgpu_activations::half::{bf16, f16};

use super::super::case::{Case, What};
use super::super::{DEVICES, lower};
use super::compile;
use crate::common::{SMALLEST_NORMAL, Truth, full_or, is_asked_for};

const OF_16_BITS: &str = include_str!("../../../../shaders/math16.wgsl");

/// The part of 0.51 ulp of the 16-bit type that is left for the f32 that is rounded.
const MOST_ULPS: f64 = 0.01;

/// One in so many numbers of a type is tried.
const STEP: usize = 37;

/// The declarations of a text without comments, with their names. Each begins a line, and what ends
/// one ends a line that begins with it, or its only line.
fn declarations(text: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = vec![];
    let mut is_open = false;
    for line in text.lines() {
        let mut words = line.split([' ', '(', ':']);
        if matches!(words.next(), Some("fn" | "const" | "struct")) {
            found.push((words.next().expect("a name"), line.to_owned()));
            is_open = !line.ends_with([';', '}']);
        } else if is_open && let Some((_, text)) = found.last_mut() {
            *text += "\n";
            *text += line;
            is_open = line != "}";
        }
    }
    found
}

/// All files of shaders in a folder.
fn files(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("shaders")
        .join(folder);
    let entries = folder.read_dir().expect("a folder of shaders");
    let paths = entries.map(|entry| entry.expect("a file").path());
    // These need their kernels.
    let of_units = ["swiglu_oai.wgsl", "situglu.wgsl"];
    let is_of_unit = |path: &PathBuf| of_units.iter().any(|name| path.ends_with(name));
    let shaders = paths.filter(|path| path.is_file() && !is_of_unit(path));
    shaders
        .map(|path| read_to_string(path).expect("a shader"))
        .collect()
}

/// The functions as kernels for 16-bit tensors have them: what is declared first counts.
fn module() -> naga::Module {
    let constant = "const PARAMETERS_ARE_CONSTANT: bool = true;\n".to_owned();
    // math16.wgsl comes before math.wgsl.
    let mut of_math = OF_16_BITS.to_owned();
    of_math += &files(".").replace(OF_16_BITS, "");
    let text = [constant, of_math, files("math"), files("activations")].concat();
    let mut names = BTreeSet::new();
    let declarations = declarations(&text);
    let first = declarations.iter().filter(|(name, _)| names.insert(*name));
    let text: String = first.map(|(_, text)| format!("{text}\n")).collect();
    let module = naga::front::wgsl::parse_str(&text);
    module.unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)))
}

/// A 16-bit type.
struct Type {
    name: &'static str,
    value: fn(u16) -> f32,
    /// The bits of a significand, without the first one.
    bits: i32,
    /// The exponent of the least normal number.
    least: i32,
}

const TYPES: [Type; 2] = [
    Type {
        name: "f16",
        value: |bits| f16::from_bits(bits).to_f32(),
        bits: 10,
        least: -14,
    },
    Type {
        name: "bf16",
        value: |bits| bf16::from_bits(bits).to_f32(),
        bits: 7,
        least: -126,
    },
];

impl Type {
    /// The distance of neighbours in the binade of a value.
    fn ulp(&self, value: f64) -> f64 {
        let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        2f64.powi(exponent.max(self.least) - self.bits)
    }

    /// The error of an f32 in ulp of the type. Infinity counts as 2^128, the number that f32 rounds to
    /// it.
    fn error(&self, got: f32, wanted: Truth) -> f64 {
        if got.is_nan() || wanted.value.is_nan() {
            let is_same = got.is_nan() && wanted.value.is_nan();
            return if is_same { 0.0 } else { f64::INFINITY };
        }
        let most = 2f64.powi(128);
        let [got, value] = [f64::from(got), wanted.value].map(|value| value.clamp(-most, most));
        // Devices may flush what is below every normal number.
        let off = ((got - value).abs() - SMALLEST_NORMAL).max(0.0);
        off / self.ulp(value.abs().max(wanted.magnitude))
    }
}

#[test]
fn results_of_16_bits_are_within_the_bound_on_every_device() {
    let step = full_or(1, STEP);
    let module = module();
    let asked_for = Activation::ALL
        .iter()
        .filter(|activation| is_asked_for(activation.info()));
    let cases: Vec<_> = asked_for
        .flat_map(|&activation| {
            [What::Forward, What::Derivative].map(|what| Case {
                activation,
                what,
                is_of_constants: true,
            })
        })
        .collect();
    let program =
        |case: &Case| lower::lower(&module, &case.function()).of_constants(&case.parameters());
    let functions: Vec<_> = cases
        .iter()
        .map(|case| (case.name(), program(case)))
        .collect();
    let compilers = compile("half", &functions);
    let mut failures = vec![];
    for (case, (function, program)) in cases.iter().zip(&functions) {
        let parameters = case.parameters();
        for of in &TYPES {
            let halves = (0..=u16::MAX).step_by(step).map(of.value);
            let x: Vec<f32> = halves.filter(|x| !x.is_subnormal()).collect();
            let truths: Vec<_> = x.iter().map(|&x| case.truth(f64::from(x))).collect();
            let simulated = DEVICES
                .iter()
                .map(|device| (device.name, device.run(program, &x, &parameters)));
            let compiled = compilers
                .iter()
                .map(|(device, compiled)| (*device, compiled.run(function, &x, &parameters)));
            for (device, got) in simulated.chain(compiled) {
                let results = x.iter().zip(&got).zip(&truths);
                let errors =
                    results.map(|((&x, &got), &truth)| (of.error(got, truth), x, got, truth.value));
                let worst = errors.max_by(|a, b| a.0.total_cmp(&b.0)).expect("inputs");
                if worst.0 > MOST_ULPS {
                    failures.push(format!("{function} in {} on {device}: {worst:?}", of.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
