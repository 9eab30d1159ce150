//! Activations and numbers to test them with.

use wgpu_activations::{Activation, ActivationInfo, AxisFunction};

use super::{Random, full_or};

/// All activations are tested unless `ACTIVATIONS` names some, as in `ACTIVATIONS=gelu,mish`.
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
        for parameter in activation.info().parameters {
            // Waves end at a product of 2^139.
            let is_wave = matches!(
                activation,
                Activation::Sine { .. } | Activation::Snake { .. } | Activation::SnakeBeta { .. }
            );
            let with = |value| {
                let other = activation.with(parameter.name, value)?.checked().ok()?;
                (!is_wave || value <= 1024.0).then_some(other)
            };
            all.extend(others.into_iter().filter_map(with));
        }
    }
    all
}

/// Every function along an axis, with its default parameter and with others.
pub fn axis_functions() -> Vec<AxisFunction> {
    let mut functions = AxisFunction::ALL.to_vec();
    for text in [
        "softmax(temperature=0.3)",
        "log_softmax(temperature=7)",
        "softmin(temperature=100)",
    ] {
        functions.push(text.parse().expect("a function"));
    }
    functions
}

pub fn f64s(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

/// Numbers at which something special happens, or could: zeros, subnormal numbers, kinks,
/// thresholds of exponentials, infinities, NaN.
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

/// The inputs at which sweeps over all inputs, or over every 61st, found the worst errors, and those
/// with results next to the smallest normal number.
const WORST: [u32; 127] = [
    0x3962_d152,
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
    0x3ebf_d648,
    0x3ec7_8fe6,
    0x3ed9_4f9a,
    0x3edf_7295,
    0x3ee7_8079,
    0x3f00_0516,
    0x3f33_cc73,
    0x3f35_050f,
    0x3f58_709d,
    0x3f80_01b6,
    0x3f89_41fd,
    0x3f8d_e202,
    0x3f90_4232,
    0x4010_e7e3,
    0x4031_5e42,
    0x4085_1299,
    0x40b1_5e42,
    0x40e2_bd8e,
    0x4185_936e,
    0x427c_1397,
    0x46b5_1a28,
    0x4880_20ae,
    0x48ff_e961,
    0x4b2a_aa6f,
    0x4b4a_13b6,
    0x54a1_4517,
    0x56cb_a5ab,
    0x5761_3b12,
    0x5896_89c1,
    0x596a_7785,
    0x5f00_0000,
    0x68cb_2ff5,
    0x6921_4517,
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
    0xbeff_f4b1,
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
    0xc0c4_7863,
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
    0xc219_bf13,
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

/// The special values and the worst inputs that are known.
pub fn key_inputs() -> impl Iterator<Item = f32> {
    specials().into_iter().chain(WORST.map(f32::from_bits))
}

/// The key inputs, and one in `step` of all: special values with their neighbours, bits at regular
/// distances, the worst inputs, and random numbers where functions bend. The fast suite takes one
/// in `FAST` of these.
pub fn inputs(step: usize) -> Vec<f32> {
    const FAST: usize = 8;
    let around = |special: f32| {
        (-300..=300).map(move |by: i32| f32::from_bits(special.to_bits().wrapping_add_signed(by)))
    };
    let mut all = specials();
    all.extend(specials().into_iter().flat_map(around));
    all.extend((0..=u32::MAX).step_by(8191).map(f32::from_bits));
    all.extend(WORST.map(f32::from_bits));
    let mut random = Random(1);
    all.extend((0..500_000).map(|_| random.between(-110.0, 110.0)));
    all.extend((0..500_000).map(|_| random.between(-8.0, 8.0)));
    let some = all.into_iter().step_by(full_or(step, step * FAST));
    key_inputs().chain(some).collect()
}
