//! The cross-entropy of logits and classes, and its gradient.

use wgpu_activations::{AxisShape, CrossEntropy, Dtype, Error, LossInput, LossReduction, Tensor};

use crate::common::{Random, f64s};
use crate::support::{Guarded, bits, gpu, read, refusal, rounded, run};

/// Shapes and axes that reach every kernel along an axis.
const SHAPES: &[(&[usize], isize)] = &[
    (&[1, 1], 1),
    (&[3, 2], 1),
    (&[5, 10], -1),
    (&[9, 32], 1),
    (&[7, 33], 1),
    (&[2, 256], 1),
    (&[3, 1000], 1),
    (&[2, 4099], 1),
    (&[1, 20_004], 1),
    (&[2, 5, 4], 1),
    (&[2, 32, 3], 1),
    (&[2, 33, 8], 1),
    (&[300, 5], 0),
    (&[3000, 4], 0),
    (&[40_000, 2], 0),
];

/// A loss, and what it is computed of.
struct Case {
    function: CrossEntropy,
    rows: AxisShape,
    logits: Vec<f32>,
    targets: Vec<i32>,
    weight: Option<Vec<f32>>,
    grad_output: Option<Vec<f32>>,
}

impl Case {
    fn new(random: &mut Random, rows: AxisShape, dtype: Dtype) -> Self {
        let mut one_of = |options: &[f32]| options[random.bits() as usize % options.len()];
        let softcap = one_of(&[0.0, 0.0, 20.0]);
        let function = CrossEntropy {
            reduction: match one_of(&[0.0, 1.0, 2.0]) {
                0.0 => LossReduction::Mean,
                1.0 => LossReduction::Sum,
                _ => LossReduction::None,
            },
            ignore_index: one_of(&[-100.0, 0.0, -1.0]) as i32,
            label_smoothing: one_of(&[0.0, 0.0, 0.1, 1.0]),
            z_loss: one_of(&[0.0, 0.0, 1e-4, 0.5]),
            softcap: (softcap > 0.0).then_some(softcap),
        };
        let (has_weight, has_grad) = (one_of(&[0.0, 1.0]) == 1.0, one_of(&[0.0, 1.0]) == 1.0);
        let count = rows.outer * rows.inner;
        let scale = one_of(&[1.0, 10.0, 60.0]);
        let target = |random: &mut Random| match random.bits() % 4 {
            0 => function.ignore_index,
            _ => (random.bits() % rows.length) as i32,
        };
        let logits = random.vector((count * rows.length) as usize);
        let logits = logits.iter().map(|x| rounded(dtype, scale * x)).collect();
        let losses = match function.reduction {
            LossReduction::None => count,
            _ => 1,
        };
        Self {
            function,
            rows,
            logits,
            targets: (0..count).map(|_| target(random)).collect(),
            weight: has_weight
                .then(|| (0..rows.length).map(|_| random.between(0.0, 2.0)).collect()),
            grad_output: has_grad.then(|| random.vector(losses as usize)),
        }
    }

    fn losses(&self) -> usize {
        match self.function.reduction {
            LossReduction::None => self.targets.len(),
            _ => 1,
        }
    }

    fn wanted(&self) -> Result<[Vec<f64>; 2], Error> {
        let Self { function, rows, .. } = *self;
        let (logits, weight) = (f64s(&self.logits), self.weight.as_deref().map(f64s));
        let ones = vec![1.0; self.losses()];
        let grad = self.grad_output.as_deref().map_or(ones, f64s);
        let (targets, weight) = (&self.targets, weight.as_deref());
        Ok([
            function.forward(rows, &logits, targets, weight)?,
            function.backward(rows, &logits, targets, weight, &grad)?,
        ])
    }

    /// What every result may be off. A loss is a sum of terms of one sign, whose levels round once
    /// each: 8 ulp, and half an ulp for each doubling of the classes and of the rows. A gradient is
    /// the difference of two terms, which are within 8 ulp each. Without smoothing nothing is lost
    /// where they cancel. A log-sum-exp is right relative to the largest logit, and a capped logit to
    /// 5 ulp of itself.
    fn allowed(&self, [loss, gradient]: &[Vec<f64>; 2]) -> [Vec<f64>; 2] {
        const ULP: f64 = f32::EPSILON as f64;
        let Self { function, rows, .. } = self;
        let ulps = 8.0 + 0.5 * ((rows.length * rows.outer * rows.inner) as f64).log2();
        let largest = self
            .logits
            .iter()
            .fold(0.0f64, |most, x| most.max(x.abs().into()));
        let largest = function
            .softcap
            .map_or(largest, |cap| largest.min(cap.into()));
        let weights = self.weight.iter().flatten();
        let heaviest = weights.fold(1.0f64, |most, x| most.max((*x).into()));
        let lse = largest + (rows.length as f64).ln();
        let z_loss = f64::from(function.z_loss);
        let of_cap = function
            .softcap
            .map_or(0.0, |_| 10.0 * ULP * largest * heaviest);
        let of_lse = z_loss * lse * 8.0 * ULP * lse;
        let rows = match function.reduction {
            LossReduction::Sum => self.targets.len() as f64,
            _ => 1.0,
        };
        let for_loss = |loss: &f64| ulps * ULP * loss + rows * (of_cap + of_lse);
        let grads = self.grad_output.iter().flatten();
        let steepest = grads.fold(0.0f64, |most, x| most.max(f64::from(x.abs())));
        let steepest = if self.grad_output.is_some() {
            steepest
        } else {
            1.0
        };
        let terms = steepest * (of_cap + (heaviest + 2.0 * z_loss * lse) * 8.0 * ULP);
        let cancels = function.label_smoothing > 0.0 || z_loss > 0.0 || function.softcap.is_some();
        let of_terms = if cancels { terms } else { 0.0 };
        let for_gradient = |grad: &f64| ulps * ULP * grad.abs() + of_terms + 1e-37;
        [
            loss.iter().map(for_loss).collect(),
            gradient.iter().map(for_gradient).collect(),
        ]
    }

    fn check(&self, got: [&[f32]; 2]) -> Result<f64, Error> {
        let wanted = self.wanted()?;
        let allowed = self.allowed(&wanted);
        let mut worst = 0.0f64;
        for (k, what) in ["loss", "gradient"].into_iter().enumerate() {
            assert_eq!(got[k].len(), wanted[k].len());
            for (i, (&got, &wanted)) in got[k].iter().zip(&wanted[k]).enumerate() {
                let error = (f64::from(got) - wanted).abs();
                let is_right = error <= allowed[k][i] || wanted.is_nan() && got.is_nan();
                assert!(
                    is_right,
                    "{what} {i} of {} in {:?}, target {:?}: got {got:e}, wanted {wanted:e}, weights {}",
                    self.function,
                    self.rows,
                    self.targets.get(i / self.rows.length as usize),
                    self.weight.is_some()
                );
                worst = worst.max(error / allowed[k][i].max(1e-300));
            }
        }
        Ok(worst)
    }
}

/// Every option, on every kernel. In place and not, and without the gradient, the bits are the same.
#[test]
fn every_shape() -> Result<(), Error> {
    let (gpu, mut random, mut worst) = (gpu(), Random(80), 0.0f64);
    for &(shape, axis) in SHAPES {
        let rows = AxisShape::along(shape, axis)?;
        for _ in 0..6 {
            let case = Case::new(&mut random, rows, Dtype::F32);
            let mut of_rows = shape.to_vec();
            of_rows.remove(axis.rem_euclid(shape.len() as isize) as usize);
            let logits = gpu.upload(&case.logits, shape)?;
            let targets = gpu.upload_targets(&case.targets, &of_rows)?;
            let of_loss = match case.function.reduction {
                LossReduction::None => &of_rows[..],
                _ => &[],
            };
            let weight = case
                .weight
                .as_ref()
                .map(|weight| gpu.upload(weight, [weight.len()]));
            let grad = case
                .grad_output
                .as_ref()
                .map(|grad| gpu.upload(grad, of_loss));
            let (weight, grad) = (weight.transpose()?, grad.transpose()?);
            let mut input = LossInput::new(&logits, &targets);
            if let Some(weight) = &weight {
                input = input.weight(weight);
            }
            let alone = gpu.cross_entropy(case.function, axis, input)?;
            if let Some(grad) = &grad {
                input = input.grad_output(grad);
            }
            let both = gpu.cross_entropy_with_gradient(case.function, axis, input)?;
            assert_eq!(both[0].shape(), of_loss);
            let [loss, gradient] = gpu.read_blocking([&both[0], &both[1]])?;
            assert_eq!(
                bits(&read(&alone)),
                bits(&loss),
                "{} of {shape:?}",
                case.function
            );
            worst = worst.max(case.check([&loss, &gradient])?);

            let low = gpu.kernels();
            let (x, loss_alone) = (
                Guarded::new(&case.logits, 3),
                Guarded::empty(Dtype::F32, loss.len(), 1),
            );
            let words = words(&case.targets)?;
            let mut input = LossInput::new(x.slice(), words.slice()?);
            if let Some(weight) = &weight {
                input = input.weight(weight.slice()?);
            }
            if let Some(grad) = &grad {
                input = input.grad_output(grad.slice()?);
            }
            gpu.submit()?;
            run(&low.cross_entropy_in_place(case.function, rows, input, loss_alone.slice())?);
            assert_eq!(
                bits(&x.values()),
                bits(&gradient),
                "{} of {shape:?}",
                case.function
            );
            assert_eq!(bits(&loss_alone.values()), bits(&loss));
        }
    }
    println!("{worst:.2} of what is allowed");
    Ok(())
}

/// Classes as kernels of others may have left them.
fn words(targets: &[i32]) -> Result<Tensor, Error> {
    let words: Vec<f32> = targets
        .iter()
        .map(|&target| f32::from_bits(target as u32))
        .collect();
    gpu().upload(&words, [words.len()])
}
