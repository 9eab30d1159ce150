//! What the GPU tests share: the adapter, the inputs, the measure.
#![allow(dead_code, unused_imports, reason = "each test program uses a part")]

pub mod guarded;
mod moved_zeros;
#[path = "../../examples/common/ulp.rs"]
mod ulp;

use std::ops::RangeInclusive;
use std::sync::OnceLock;

pub use moved_zeros::*;
pub use ulp::*;
use wgpu_activations::{Activation, ActivationInfo, Gpu};

/// The GPU of this test program. No adapter is a failure; `EXPECTED_ADAPTER`, if set, must be a part of its description,
/// which has the driver's version in it: two lavapipes have the same name.
pub fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        let gpu = Gpu::new_blocking()
            .unwrap_or_else(|error| panic!("these tests need a GPU adapter: {error}"));
        let info = gpu.device().adapter_info();
        let adapter = format!(
            "{}, {} {} ({})",
            info.name, info.driver, info.driver_info, info.backend
        );
        println!("adapter: {adapter}");
        if let Ok(expected) = std::env::var("EXPECTED_ADAPTER") {
            assert!(
                adapter.contains(&expected),
                "EXPECTED_ADAPTER is {expected}, but this is {adapter}"
            );
        }
        gpu
    })
}

/// Whether an activation is to be tested: all are, unless `ACTIVATIONS` names some, as `ACTIVATIONS=gelu,mish`.
pub fn is_asked_for(info: &ActivationInfo) -> bool {
    std::env::var("ACTIVATIONS")
        .map_or(true, |names| names.split(',').any(|name| name == info.name))
}

/// Every activation, with its default parameters and with others.
pub fn activations() -> Vec<Activation> {
    let others = [0.0, 0.2, -0.5, 1.7, 100.0, 1e-3, 1e-8, 1e-20, 16_777_216.0];
    let mut all = Vec::new();
    for &activation in Activation::ALL
        .iter()
        .filter(|activation| is_asked_for(activation.info()))
    {
        all.push(activation);
        let in_range = |range: &RangeInclusive<f32>| {
            others
                .iter()
                .copied()
                .filter(|value| range.contains(value))
                .collect::<Vec<_>>()
        };
        for parameter in activation.info().parameters {
            for value in in_range(&parameter.range) {
                let text = format!("{}({}={value})", activation.info().name, parameter.name);
                all.push(text.parse().expect("a parameter within its range"));
            }
        }
    }
    all
}

/// Numbers that something special happens at, or could.
pub fn specials() -> Vec<f32> {
    let positive = [
        0.0,
        f32::from_bits(1),
        f32::from_bits(0x007f_ffff),
        f32::MIN_POSITIVE,
        1e-30,
        1e-8,
        f32::EPSILON,
        0.5,
        0.7517915,
        0.7524614,
        1.0,
        1.1924312,
        1.2784646,
        1.5,
        2.0,
        3.0,
        8.3,
        9.01,
        14.47,
        16.7,
        17.0,
        20.0,
        40.0,
        44.4,
        60.0,
        87.3,
        88.0,
        88.7,
        89.0,
        104.0,
        1e10,
        f32::MAX,
        f32::INFINITY,
        f32::NAN,
        f32::from_bits(0x7f80_0001),
    ];
    positive.iter().flat_map(|&x| [x, -x]).collect()
}

/// Where sweeps over all inputs, or every 61st, found the worst errors.
const WORST: [u32; 109] = [
    0x3a33_c9f7,
    0x3abd_5ddd,
    0x3aff_0c28,
    0x3b51_e77a,
    0x3c13_808c,
    0x3d38_98b1,
    0x3d7c_f775,
    0x3dee_dd67,
    0x3e2d_9a81,
    0x3e5c_9596,
    0x3e66_dbab,
    0x3e6f_aed0,
    0x3ead_9a81,
    0x3eb3_654c,
    0x3ec7_8fe6,
    0x3ed9_4f9a,
    0x3f00_0516,
    0x3f35_050f,
    0x3f58_709d,
    0x3f80_01b6,
    0x3f89_41fd,
    0x3f8d_e202,
    0x3f90_4232,
    0x4031_5e42,
    0x4085_1299,
    0x40b1_5e42,
    0x40e2_bd8e,
    0x4185_936e,
    0x46b5_1a28,
    0x48ff_e961,
    0x4b2a_aa6f,
    0x4b4a_13b6,
    0x596a_7785,
    0xa020_0000,
    0xba33_c9f9,
    0xba57_ce44,
    0xbb52_89b4,
    0xbb9d_0ac0,
    0xbc00_b884,
    0xbc13_808e,
    0xbcd9_b3b0,
    0xbd02_a84d,
    0xbd4d_881f,
    0xbd52_1e5f,
    0xbd7b_bca4,
    0xbd80_333b,
    0xbd80_98b5,
    0xbd82_fd91,
    0xbd86_f181,
    0xbe05_5824,
    0xbe10_76a6,
    0xbe11_04e7,
    0xbe1b_4c3e,
    0xbe28_9390,
    0xbe91_f952,
    0xbe92_1669,
    0xbe92_ced7,
    0xbe93_4144,
    0xbe96_afff,
    0xbeab_584e,
    0xbed4_f1ea,
    0xbf01_8b69,
    0xbf09_c8aa,
    0xbf40_22dc,
    0xbf40_253e,
    0xbf40_3625,
    0xbf53_7cf7,
    0xbf5e_5eb6,
    0xbf60_e568,
    0xbf61_9143,
    0xbf7e_0883,
    0xbf82_b3c8,
    0xbf86_952d,
    0xbfaf_5376,
    0xbfb5_a835,
    0xbfd2_9cb4,
    0xbfd3_4904,
    0xbfe9_b69b,
    0xbfed_4e97,
    0xc063_ecef,
    0xc073_b7da,
    0xc079_b901,
    0xc09b_083c,
    0xc09d_3ab8,
    0xc0a2_f5b8,
    0xc0b1_6145,
    0xc0b9_929f,
    0xc0bb_4ed1,
    0xc0bc_5d3a,
    0xc0d2_2698,
    0xc110_62a3,
    0xc119_6627,
    0xc185_1ade,
    0xc185_2272,
    0xc185_8b83,
    0xc185_c9c4,
    0xc187_84f8,
    0xc1e0_2434,
    0xc1ff_ce0e,
    0xc27e_9c8a,
    0xc28e_0227,
    0xc28e_0a0d,
    0xc37d_6137,
    0xc400_2c42,
    0xc580_30ab,
    0xc5ee_7653,
    0xcb80_795a,
    0xcbea_b4a1,
    0xda81_396d,
];

/// The worst inputs known, every special number with its neighbours, every binade, random bits, and random numbers where functions bend.
pub fn inputs() -> &'static [f32] {
    static INPUTS: OnceLock<Vec<f32>> = OnceLock::new();
    INPUTS.get_or_init(|| {
        let mut inputs = specials();
        for special in specials() {
            let around = |step: i32| f32::from_bits(special.to_bits().wrapping_add_signed(step));
            inputs.extend((-300..=300).map(around));
        }
        inputs.extend(
            (0..0x1_0000_0000u64)
                .step_by(8191)
                .map(|bits| f32::from_bits(bits as u32)),
        );
        inputs.extend(WORST.map(f32::from_bits));
        let mut random = Random(1);
        inputs.extend((0..500_000).map(|_| random.between(-110.0, 110.0)));
        inputs.extend((0..500_000).map(|_| random.between(-8.0, 8.0)));
        inputs
    })
}

/// A small generator (SplitMix64), the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    pub fn vector(&mut self, length: usize) -> Vec<f32> {
        (0..length).map(|_| self.between(-4.0, 4.0)).collect()
    }
}

/// How many ulp apart two kernels may be that compute one function whose bound is 4 ulp. GL's compiler may regroup each in a way of its
/// own, within that bound; on all others they have the same bits.
pub fn apart() -> u32 {
    if gpu().device().adapter_info().backend == wgpu_activations::wgpu::Backend::Gl {
        8
    } else {
        0
    }
}

/// The worst of many errors, and where it was.
pub struct Worst {
    pub error: f64,
    pub report: String,
}

impl Worst {
    pub fn of(errors: impl IntoIterator<Item = (f32, f32, f64, f64)>) -> Self {
        let mut worst = Self {
            error: 0.0,
            report: "exact".to_owned(),
        };
        for (x, got, wanted, error) in errors {
            if error > worst.error {
                let report = format!(
                    "{error:.3} ulp at x = {x:e} ({:#010x}): got {got:e}, wanted {wanted:e}",
                    x.to_bits()
                );
                worst = Self { error, report };
            }
        }
        worst
    }
}

/// f''(x).
pub fn second_derivative(activation: Activation, x: f64) -> Truth {
    Truth {
        value: activation.second_derivative(x),
        magnitude: activation.error_scale(x).second_derivative,
    }
}

/// f differentiated with respect to a parameter that can be learned, at x.
pub fn parameter_derivative(activation: Activation, parameter: &str, x: f64) -> Truth {
    let value = activation
        .parameter_derivative(parameter, x)
        .expect("it can be learned");
    Truth {
        value,
        magnitude: activation.error_scale(x).parameters,
    }
}

/// The bound of second derivatives and of derivatives with respect to parameters: they take twice as many operations as a first
/// derivative, and nobody follows them down a chain of layers.
pub const ULPS_OF_OTHERS: f64 = 16.0;

/// Around their zeros, where terms cancel: of the largest value, a quarter of what f32 resolves of it.
const OF_LARGEST: f64 = 1.0 / (1 << 22) as f64;

/// A function and its values at some inputs.
pub struct Truths<'a, F> {
    x: &'a [f32],
    function: F,
    values: Vec<Truth>,
    /// The largest error that counts as none around zeros.
    around_zeros: Option<f64>,
}

impl<'a, F: Fn(f64) -> Truth> Truths<'a, F> {
    pub fn new(x: &'a [f32], function: F) -> Self {
        let values = x.iter().map(|&x| function(f64::from(x))).collect();
        Self {
            x,
            function,
            values,
            around_zeros: None,
        }
    }

    /// Of a second derivative, or a derivative with respect to a parameter: around zeros, errors are allowed that are small
    /// beside the largest value, and a zero has no sign to speak of, since sums make it positive.
    pub fn of_others(x: &'a [f32], function: F) -> Self {
        let truths = Self::new(x, function);
        let largest = truths
            .values
            .iter()
            .map(|y| y.value.abs())
            .filter(|y| y.is_finite())
            .fold(0.0, f64::max);
        Self {
            around_zeros: Some(OF_LARGEST * largest),
            ..truths
        }
    }

    pub fn values(&self) -> &[Truth] {
        &self.values
    }

    /// Each x, what was got there, the truth, and the error in ulps.
    pub fn errors(&self, got: &[f32]) -> impl Iterator<Item = (f32, f32, f64, f64)> {
        self.x
            .iter()
            .zip(got)
            .zip(&self.values)
            .map(|((&x, &got), &wanted)| {
                let truth = |at: f64| {
                    let truth = if at == f64::from(x) {
                        wanted
                    } else {
                        (self.function)(at)
                    };
                    let has_no_sign =
                        self.around_zeros.is_some() && truth.value == 0.0 && got == 0.0;
                    Truth {
                        value: if has_no_sign {
                            f64::from(got)
                        } else {
                            truth.value
                        },
                        ..truth
                    }
                };
                let error = error_at(x, got, truth);
                let is_excused = error > ULPS_OF_OTHERS
                    && self.around_zeros.is_some_and(|most| {
                        let [before, after] =
                            [0.875, 1.125].map(|factor| truth(factor * f64::from(x)).value);
                        let most = if before.signum() == after.signum() {
                            0.0
                        } else {
                            most
                        };
                        (f64::from(got) - wanted.value).abs() <= most
                    });
                (x, got, wanted.value, if is_excused { 0.0 } else { error })
            })
    }
}
