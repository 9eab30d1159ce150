//! A loss with random options, and its truth.

use wgpu_activations::{AxisShape, CrossEntropy, Dtype, Error, LossReduction};

use crate::common::{Random, f64s};
use crate::support::rounded;

/// A loss, and what it is computed of.
pub struct Case {
    pub function: CrossEntropy,
    pub rows: AxisShape,
    pub logits: Vec<f32>,
    pub targets: Vec<i32>,
    pub weight: Option<Vec<f32>>,
    pub grad_output: Option<Vec<f32>>,
}

impl Case {
    pub fn new(random: &mut Random, rows: AxisShape, dtype: Dtype) -> Self {
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

    pub fn losses(&self) -> usize {
        match self.function.reduction {
            LossReduction::None => self.targets.len(),
            _ => 1,
        }
    }

    pub fn wanted(&self) -> Result<[Vec<f64>; 2], Error> {
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
    /// where they cancel. Weights of both signs cancel, too. A log-sum-exp is right relative to the largest logit, and a capped logit to
    /// 5 ulp of itself.
    fn allowed(&self, [loss, gradient]: &[Vec<f64>; 2]) -> Result<[Vec<f64>; 2], Error> {
        const ULP: f64 = f32::EPSILON as f64;
        let Self { function, rows, .. } = *self;
        let ulps = 8.0 + 0.5 * ((rows.length * rows.outer * rows.inner) as f64).log2();
        let largest = self
            .logits
            .iter()
            .fold(0.0f64, |most, x| most.max(x.abs().into()));
        let largest = function
            .softcap
            .map_or(largest, |cap| largest.min(cap.into()));
        // Weights of both signs cancel, in losses and in what the mean is divided by.
        let weight: Option<Vec<f64>> = self
            .weight
            .as_ref()
            .map(|weight| weight.iter().map(|w| f64::from(w.abs())).collect());
        let heaviest = weight.iter().flatten().fold(1.0f64, |most, &x| most.max(x));
        let sum = CrossEntropy {
            reduction: LossReduction::Sum,
            ..function
        };
        let of_all = sum.forward(rows, &f64s(&self.logits), &self.targets, weight.as_deref())?[0];
        let (mut total, mut total_of_all) = (0.0, 0.0);
        for &class in self
            .targets
            .iter()
            .filter(|&&class| class != function.ignore_index)
        {
            let w = self
                .weight
                .as_ref()
                .map_or(1.0, |weight| weight[class as usize]);
            total += f64::from(w);
            total_of_all += f64::from(w.abs());
        }
        let (scale, lost) = match function.reduction {
            LossReduction::Mean => (1.0 / total.abs(), total_of_all / total.abs()),
            _ => (1.0, 1.0),
        };
        let lse = largest + (rows.length as f64).ln();
        let z_loss = f64::from(function.z_loss);
        let of_cap = function
            .softcap
            .map_or(0.0, |_| 10.0 * ULP * largest * heaviest);
        let of_lse = z_loss * lse * 8.0 * ULP * lse;
        let count = self.targets.len() as f64;
        let for_loss = |loss: &f64| {
            let terms = match function.reduction {
                LossReduction::None if self.weight.is_none() => loss.abs(),
                _ => of_all * scale,
            };
            lost * (ulps * ULP * terms + scale * count * (of_cap + of_lse))
        };
        let grads = self.grad_output.iter().flatten();
        let steepest = grads.fold(0.0f64, |most, x| most.max(f64::from(x.abs())));
        let steepest = match self.grad_output {
            Some(_) => steepest * scale,
            None => scale,
        };
        let terms = steepest * (of_cap + (heaviest + 2.0 * z_loss * lse) * 8.0 * ULP);
        let cancels = function.label_smoothing > 0.0 || z_loss > 0.0 || function.softcap.is_some();
        let of_terms = if cancels { terms } else { 0.0 };
        let for_gradient = |grad: &f64| lost * (ulps * ULP * grad.abs() + of_terms) + 1e-37;
        Ok([
            loss.iter().map(for_loss).collect(),
            gradient.iter().map(for_gradient).collect(),
        ])
    }

    pub fn check(&self, got: [&[f32]; 2]) -> Result<f64, Error> {
        let wanted = self.wanted()?;
        let allowed = self.allowed(&wanted)?;
        let mut worst = 0.0f64;
        for (k, what) in ["loss", "gradient"].into_iter().enumerate() {
            assert_eq!(got[k].len(), wanted[k].len());
            for (i, (&got, &wanted)) in got[k].iter().zip(&wanted[k]).enumerate() {
                let error = (f64::from(got) - wanted).abs();
                let is_same = f64::from(got) == wanted || wanted.is_nan() && got.is_nan();
                let is_right = is_same || error <= allowed[k][i];
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
