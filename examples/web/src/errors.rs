//! Errors in ulps over x, of this crate's kernels and of the textbook's formulas.

use js_sys::Float64Array;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use wgpu_activations::{Tensor, wgpu};

use crate::chosen::{Chosen, Function};
use crate::device::Device;
use crate::kernel;
use crate::object::object;
use crate::textbook;
use crate::ulp::error_at;

/// Samples in each bin. The largest error of a bin is shown.
const SAMPLES: usize = 16;

/// The numbers of x to take: those of a range, or all f32.
#[derive(Clone, Copy)]
enum Scale {
    Range {
        low: f64,
        high: f64,
    },
    /// The finite f32 in their order. Positions are from -1 to 1.
    Everywhere,
}

#[wasm_bindgen]
impl Device {
    /// Computes f, or its derivative of this order, at random numbers in each bin of a range, or of
    /// all finite f32 if `high` is not above `low`. The result has the `positions` of the bins, the
    /// largest error in each, `ours` and `textbook`, the worst cases `ourWorst` and
    /// `textbookWorst`, and the textbook's `formula`. Positions among all f32 are the ranks of
    /// numbers, from -1 to 1.
    ///
    /// # Errors
    /// The crate's, as after the loss of the device.
    pub async fn errors(
        &self,
        chosen: &Chosen,
        order: usize,
        low: f64,
        high: f64,
        bins: usize,
    ) -> Result<JsValue, JsError> {
        let scale = if low < high {
            Scale::Range { low, high }
        } else {
            Scale::Everywhere
        };
        let mut random = Random(1);
        let mut positions = Vec::with_capacity(bins);
        let mut xs = Vec::with_capacity(bins * SAMPLES);
        for bin in 0..bins {
            positions.push(scale.position((bin as f64 + 0.5) / bins as f64));
            let samples = 0..SAMPLES;
            xs.extend(samples.map(|_| scale.x((bin as f64 + random.next()) / bins as f64)));
        }
        let gpu = self.gpu();
        let x = gpu.upload(&xs, [xs.len()])?;
        let ones = gpu.upload(&vec![1.0; xs.len()], [xs.len()])?;
        let Some(ours) = chosen.on_gpu(gpu, order, &x, &ones)? else {
            return Ok(JsValue::UNDEFINED);
        };
        let formula = chosen.textbook(order);
        let textbook = match formula {
            Some(formula) => Some(self.textbook(chosen, formula, &x)?),
            None => None,
        };
        let ours = gpu.read(&ours).await?;
        let ours = Worst::of(chosen, order, &xs, &ours, true);
        let textbook = match textbook {
            Some(values) => {
                let values = gpu.read(&values).await?;
                Some(Worst::of(chosen, order, &xs, &values, false))
            }
            None => None,
        };
        let none = JsValue::UNDEFINED;
        let errors_of = |worst: &Worst| Float64Array::from(worst.of_bins.as_slice()).into();
        let case_of = |worst: &Worst| worst.case.map_or(JsValue::UNDEFINED, Case::object);
        Ok(object([
            ("positions", Float64Array::from(positions.as_slice()).into()),
            ("ours", errors_of(&ours)),
            (
                "textbook",
                textbook.as_ref().map_or(none.clone(), errors_of),
            ),
            ("ourWorst", case_of(&ours)),
            ("textbookWorst", textbook.as_ref().map_or(none, case_of)),
            ("formula", formula.into()),
        ]))
    }
}

impl Chosen {
    fn textbook(&self, order: usize) -> Option<&'static str> {
        match self.function {
            Function::Activation(activation) => textbook::of(activation.info())?
                .formulas
                .get(order)
                .copied(),
            Function::Expression(_) => None,
        }
    }
}

impl Device {
    /// Computes a textbook's formula with the device's own functions.
    fn textbook(&self, chosen: &Chosen, formula: &str, x: &Tensor) -> Result<Tensor, JsError> {
        let Function::Activation(activation) = chosen.function else {
            return Err(JsError::new("an expression has no textbook"));
        };
        let gpu = self.gpu();
        let values: Vec<f32> = activation.parameters().map(|(_, value)| value).collect();
        let parameters = (!values.is_empty()).then(|| gpu.upload(&values, [values.len()]));
        let parameters = parameters.transpose()?;
        let y = gpu.upload(&vec![0.0; x.len()], [x.len()])?;
        let mut slices = vec![x.slice()?];
        if let Some(parameters) = &parameters {
            slices.push(parameters.slice()?);
        }
        slices.push(y.slice()?);
        let text = kernel::formula(activation, formula);
        let kernel = self.pipelines.bind(gpu, text, &slices, x.len() as u64);
        gpu.submit()?;
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        kernel.record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
        gpu.queue().submit([encoder.finish()]);
        Ok(y)
    }
}

impl Scale {
    /// The position of a part of the whole, from 0 to 1.
    fn position(self, part: f64) -> f64 {
        match self {
            Self::Range { low, high } => low + (high - low) * part,
            Self::Everywhere => 2.0 * part - 1.0,
        }
    }

    fn x(self, part: f64) -> f32 {
        let position = self.position(part);
        match self {
            Self::Range { .. } => position as f32,
            Self::Everywhere => {
                let rank = position.abs() * f64::from(f32::MAX.to_bits());
                f32::from_bits(rank as u32).copysign(position as f32)
            }
        }
    }
}

/// The largest errors.
struct Worst {
    of_bins: Vec<f64>,
    case: Option<Case>,
}

#[derive(Clone, Copy)]
struct Case {
    error: f64,
    x: f32,
    got: f32,
    wanted: f64,
}

impl Worst {
    /// The errors of values of f, or of a derivative, at these numbers. WGSL's functions promise
    /// nothing where there is no true value, but this crate does.
    fn of(chosen: &Chosen, order: usize, xs: &[f32], values: &[f32], promises_nan: bool) -> Self {
        let mut worst = Self {
            of_bins: Vec::new(),
            case: None,
        };
        for (element, (&x, &got)) in xs.iter().zip(values).enumerate() {
            let element = element as u64;
            let wanted = chosen.truth(order, x.into(), element);
            let wanted = wanted.unwrap_or(f64::NAN);
            let error = match wanted.is_nan() && !promises_nan {
                true => 0.0,
                false => error_at(x, got, |x| chosen.scaled_truth(order, x, element)),
            };
            if element.is_multiple_of(SAMPLES as u64) {
                worst.of_bins.push(0.0);
            }
            if let Some(bin) = worst.of_bins.last_mut() {
                *bin = bin.max(error);
            }
            if worst.case.is_none_or(|case| error > case.error) {
                worst.case = Some(Case {
                    error,
                    x,
                    got,
                    wanted,
                });
            }
        }
        worst
    }
}

impl Case {
    fn object(self) -> JsValue {
        object([
            ("error", self.error.into()),
            ("x", self.x.into()),
            ("got", self.got.into()),
            ("wanted", self.wanted.into()),
        ])
    }
}

/// Numbers from 0 to 1, the same ones in each run: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}
