//! The errors and the times of this crate's functions and of Burn's own, on the same tensors of the same
//! device: `cargo run --release --example beside_burn`. It prints the tables of README.md.

#[path = "../../examples/common/spread.rs"]
mod spread;

use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData, activation as burns};
use cpu_time::ProcessTime;
use spread::Spread;
use wgpu_activations_burn::wgpu_activations::{
    Activation, AxisFunction, AxisShape, Error, wgpu::DeviceType,
};
use wgpu_activations_burn::{apply, gelu, register, softmax};

type Function = fn(Tensor<2>) -> Tensor<2>;

struct Case {
    name: &'static str,
    ours: Function,
    burns: Function,
    definition: Definition,
}

enum Definition {
    Elementwise(Activation),
    AlongRows(AxisFunction),
}

const SOFTPLUS: Activation = Activation::SOFTPLUS;

const CASES: [Case; 3] = [
    Case {
        name: "gelu",
        ours: gelu,
        burns: burns::gelu,
        definition: Definition::Elementwise(Activation::Gelu),
    },
    Case {
        name: "softplus",
        ours: |x| apply(SOFTPLUS, x),
        burns: |x| burns::softplus(x, 1.0),
        definition: Definition::Elementwise(SOFTPLUS),
    },
    Case {
        name: "softmax",
        ours: |x| softmax(x, 1),
        burns: |x| burns::softmax(x, 1),
        definition: Definition::AlongRows(AxisFunction::SOFTMAX),
    },
];

const SHAPE: [usize; 2] = [1024, 1024];
const TURNS: usize = 21;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    register(&device, &setup);
    let adapter = setup.adapter.get_info();
    println!(
        "{} ({}; {} {})\n",
        adapter.name, adapter.backend, adapter.driver, adapter.driver_info
    );
    let is_software = adapter.device_type == DeviceType::Cpu;

    println!("| largest error in ulp | ours | Burn's |\n|---|---|---|");
    for case in &CASES {
        let errors = [case.ours, case.burns].map(|function| case.errors(function, &device));
        let [ours, burns] = [errors[0].clone()?, errors[1].clone()?];
        for (direction, pass) in ["", ", gradient"].into_iter().enumerate() {
            println!(
                "| {}{pass} | {} | {} |",
                case.name, ours[direction], burns[direction]
            );
        }
    }

    println!(
        "\n| {} | ours | Burn's | ratio |\n|---|---|---|---|",
        if is_software { "CPU time" } else { "time" }
    );
    for case in &CASES {
        for is_backward in [false, true] {
            let seconds = || {
                [case.ours, case.burns]
                    .map(|function| seconds(function, is_backward, is_software, &device))
            };
            seconds(); // Compiles and tunes.
            let turns: Vec<_> = (0..TURNS).map(|_| seconds()).collect();
            let milliseconds =
                |who: usize| 1e3 * Spread::of(turns.iter().map(|turn| turn[who])).median;
            let ratio = Spread::of(turns.iter().map(|[ours, burns]| ours / burns));
            let pass = if is_backward { ", gradient" } else { "" };
            let [low, high] = ratio.quartiles;
            println!(
                "| {}{pass} | {:.2} ms | {:.2} ms | {:.2} ({low:.2} to {high:.2}) |",
                case.name,
                milliseconds(0),
                milliseconds(1),
                ratio.median
            );
        }
    }
    Ok(())
}

impl Case {
    /// The largest errors of the result and of the gradient, and where they are.
    fn errors(&self, function: Function, device: &Device) -> Result<[String; 2], Error> {
        let device = device.clone().autodiff();
        let elements = SHAPE[0] * SHAPE[1];
        // Every 2251st f32 up to 1e4, or rows of numbers of the sizes that logits have.
        let values: Vec<f32> = match self.definition {
            Definition::Elementwise(_) => {
                let all = (0..=u32::MAX).step_by(2251).map(f32::from_bits);
                let rest = std::iter::repeat(1.0);
                let moderate = all.filter(|x| x.abs() <= 1e4);
                moderate.chain(rest).take(elements).collect()
            }
            Definition::AlongRows(_) => numbers(),
        };
        let x = tensor(&values, &device).require_grad();
        let y = function(x.clone());
        let weights: Vec<f32> = (0..elements).map(|i| [1.0, 0.5, -0.25][i % 3]).collect();
        let gradients = (y.clone() * tensor(&weights, &device)).backward();
        let grad_x = x.grad(&gradients).expect("a gradient");

        let [in_f64, weights] = [values.clone(), weights]
            .map(|values| values.into_iter().map(f64::from).collect::<Vec<_>>());
        let (wanted, gradients): (Vec<_>, Vec<_>) = match self.definition {
            Definition::Elementwise(activation) => {
                let backward = |(&x, &weight): (&f64, &f64)| activation.backward(x, weight);
                let gradients = in_f64.iter().zip(&weights).map(backward).collect();
                (
                    in_f64.iter().map(|&x| activation.forward(x)).collect(),
                    gradients,
                )
            }
            Definition::AlongRows(function) => {
                let rows = AxisShape::along(&SHAPE, 1)?;
                let y = function.forward(rows, &in_f64)?;
                let gradients = function.backward(rows, &y, &weights)?;
                (y, gradients)
            }
        };
        let is_along_rows = matches!(self.definition, Definition::AlongRows(_));
        let worst = |got: Tensor<2>, wanted: &[f64], scale: &dyn Fn(usize) -> f64| {
            let got: Vec<f32> = got.into_data().try_to_vec().expect("f32");
            // Devices may take subnormal results for 0, so these do not count.
            let is_subnormal =
                |i: usize| wanted[i] != 0.0 && wanted[i].abs() < f32::MIN_POSITIVE.into();
            let error = |i: usize| {
                let ulp =
                    wanted[i].abs().max(scale(i)).max(f32::MIN_POSITIVE.into()) * 2f64.powi(-23);
                let error = (f64::from(got[i]) - wanted[i]).abs() / ulp;
                if error.is_nan() { f64::INFINITY } else { error }
            };
            let (place, error) = (0..elements)
                .filter(|&i| !is_subnormal(i))
                .map(|i| (i, error(i)))
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .expect("elements");
            match (error.is_finite(), is_along_rows) {
                (false, _) => format!("{} at {:e}", got[place], values[place]),
                (true, true) => number(error),
                (true, false) => format!("{} at {:e}", number(error), values[place]),
            }
        };
        // The gradient of softmax is y times a difference of weights, of which 1 is the largest.
        let scale = |i: usize| if is_along_rows { wanted[i] } else { 0.0 };
        Ok([
            worst(y, &wanted, &|_| 0.0),
            worst(grad_x, &gradients, &scale),
        ])
    }
}

fn number(error: f64) -> String {
    if error < 1e4 {
        format!("{error:.2}")
    } else {
        format!("{error:.1e}")
    }
}

/// Numbers from -8 to 8.
fn numbers() -> Vec<f32> {
    (0..SHAPE[0] * SHAPE[1])
        .map(|i| ((i as f32 + 0.5) * 0.37).sin() * 8.0)
        .collect()
}

fn tensor(values: &[f32], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), SHAPE), device)
}

/// How long one forward or one backward pass takes, to its end. The backward pass is that of the sum of
/// the results times numbers, in both cases.
fn seconds(function: Function, is_backward: bool, is_cpu_time: bool, device: &Device) -> f64 {
    let device = if is_backward {
        device.clone().autodiff()
    } else {
        device.clone()
    };
    let (x, weights) = (tensor(&numbers(), &device), tensor(&numbers(), &device));
    let x = if is_backward { x.require_grad() } else { x };
    let prepared = is_backward.then(|| function(x.clone()) * weights);
    device.sync().expect("Burn computes");
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let result = match prepared {
        Some(y) => x.grad(&y.backward()).expect("a gradient"),
        None => function(x),
    };
    device.sync().expect("Burn computes");
    let seconds = if is_cpu_time {
        cpu.elapsed()
    } else {
        wall.elapsed()
    }
    .as_secs_f64();
    drop(result);
    seconds
}
