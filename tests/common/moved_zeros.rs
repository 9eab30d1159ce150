//! Zeros of functions whose place depends on the parameters.

use wgpu_activations::Activation;

use super::{Random, Truth, is_asked_for, truth};

/// `xielu`, if it is asked for, with its defaults and with parameters of every kind. Beside each
/// are the numbers around the zeros of the function and of its derivative, whose place depends on
/// the parameters.
pub fn moved_zeros(count: usize) -> Vec<(Activation, Vec<f32>)> {
    const NEIGHBOURS: u32 = 60;
    let mut random = Random(3);
    let is_xielu = |activation: &&Activation| matches!(activation, Activation::Xielu { .. });
    let mut activations: Vec<_> = Activation::ALL.iter().filter(is_xielu).copied().collect();
    let mut draw = |low: f32, high: f32| random.between(low, high).exp2();
    for place in 0..count {
        let alpha_n = draw(-20.0, 24.0);
        // The zeros lie from near 0 to -2^20, and some lie below eps.
        let ratio = match place % 4 {
            0 => draw(-30.0, 0.0),
            1 => draw(-2.0, 0.0),
            2 => 1.0 - draw(-20.0, -1.0),
            _ => draw(-40.0, -8.0),
        };
        let eps = -draw(-25.0, -10.0);
        activations.push(Activation::Xielu {
            alpha_p: 0.8,
            alpha_n,
            beta: alpha_n * ratio,
            eps,
        });
    }
    // Without beta there is a zero at e^eps - 1.
    activations.extend([1e-3, 3e-4, 1e-6].map(|eps| Activation::Xielu {
        alpha_p: 0.8,
        alpha_n: 0.3,
        beta: 0.0,
        eps: -eps,
    }));

    let of_one = |activation: Activation| {
        let zero_of = |function: &dyn Fn(f64) -> f64| {
            let is_negative = |bits: u32| function(-f64::from(f32::from_bits(bits))) < 0.0;
            let (mut low, mut high) = (1e-35f32.to_bits(), 1e9f32.to_bits());
            let start = is_negative(low);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if is_negative(middle) == start {
                    low = middle
                } else {
                    high = middle
                }
            }
            low
        };
        let zeros = [
            zero_of(&|x| activation.forward(x)),
            zero_of(&|x| activation.derivative(x)),
        ];
        let around = |zero: u32| {
            (zero - NEIGHBOURS..=zero + NEIGHBOURS)
                .chain((1..200).map(move |step| zero - 20_000 * step))
        };
        (
            activation,
            zeros
                .into_iter()
                .flat_map(around)
                .map(|bits| -f32::from_bits(bits))
                .collect(),
        )
    };
    activations
        .into_iter()
        .filter(|activation| is_asked_for(activation.info()))
        .map(of_one)
        .collect()
}

/// The true values of xielu and of its derivative where their terms cancel. The f64 reference loses
/// digits there, too, so errors are measured by 2^-27 of the terms where that is larger than the
/// value.
pub fn truths_at_moved_zeros(activation: Activation, x: f64) -> [Truth; 2] {
    let Activation::Xielu {
        alpha_n, beta, eps, ..
    } = activation
    else {
        unreachable!("no other zero moves")
    };
    let [alpha_n, beta] = [alpha_n, beta].map(f64::from);
    let digits = 0.5f64.powi(27);
    let largest = if x > f64::from(eps) { alpha_n } else { beta };
    [
        truth(activation.forward(x), digits * largest * x.abs()),
        truth(activation.derivative(x), digits * beta),
    ]
}
