//! Times kernels beside a kernel that only copies.

use js_sys::Float64Array;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use wgpu_activations::{Activation, Error, Operation, Slice, SliceValue};

use crate::chosen::{Chosen, Function};
use crate::device::Device;
use crate::kernel;
use crate::object::object;

/// The values of x repeat after this number of elements, which divides the sizes.
const PERIOD: usize = 1 << 10;

/// The most dispatches in a turn.
const MOST_REPEATS: u32 = 2048;

#[wasm_bindgen]
impl Device {
    /// Measures a kernel, forward or backward, in turns with a copy of as many tensors. Each tensor
    /// has this number of rows of 1024 elements. A turn takes at least `least` seconds, by as many
    /// repetitions as that needs. The result has the seconds of one repetition in each turn, `own`
    /// and `copy`, the number of tensors that it `reads`, and the `bytes` that it reads and writes.
    ///
    /// # Errors
    /// The crate's, as if there is no memory for the tensors, or if the device is lost.
    pub async fn measure(
        &self,
        chosen: &Chosen,
        backward: bool,
        rows: usize,
        turns: usize,
        least: f64,
    ) -> Result<JsValue, JsError> {
        let gpu = self.gpu();
        let golden = |k: usize| (k as f32 * 0.618_034).fract() * 8.0 - 4.0;
        let row = gpu.upload(&(0..PERIOD).map(golden).collect::<Vec<_>>(), [PERIOD])?;
        let rows = row.view().broadcast_to([rows, PERIOD])?;
        let tensor = || gpu.forward(Activation::Identity, rows.clone());
        let tensors = [tensor()?, tensor()?, tensor()?];
        let [x, grad_output, output] = [
            tensors[0].slice()?,
            tensors[1].slice()?,
            tensors[2].slice()?,
        ];
        let (operation, reads) = chosen.operation(self, backward, [x, grad_output], output)?;
        let slices = [&[x, grad_output][..reads], &[output]].concat();
        let threads = output.size / 16;
        let copy = self
            .pipelines
            .bind(gpu, kernel::copy(reads), &slices, threads);
        gpu.submit()?;

        let mut repeats = 1;
        while repeats < MOST_REPEATS && self.turn(repeats, &|pass| copy.record(pass)).await? < least
        {
            repeats *= 2;
        }
        let (mut of_copy, mut own) = (Vec::new(), Vec::new());
        // The first turn is to warm up.
        for turn in 0..=turns {
            let times = [
                self.time(repeats, &|pass| copy.record(pass)).await?,
                self.time(repeats, &|pass| operation.record(pass)).await?,
            ];
            if turn > 0 {
                of_copy.push(times[0]);
                own.push(times[1]);
            }
        }
        let bytes = output.size * slices.len() as u64;
        Ok(object([
            ("own", Float64Array::from(own.as_slice()).into()),
            ("copy", Float64Array::from(of_copy.as_slice()).into()),
            ("reads", (reads as u32).into()),
            ("bytes", (bytes as f64).into()),
            ("repeats", repeats.into()),
        ]))
    }
}

impl Chosen {
    /// The kernel, and the number of tensors that it reads: x, the gradient of the result, or both.
    fn operation(
        &self,
        device: &Device,
        backward: bool,
        [x, grad_output]: [Slice<'_>; 2],
        output: Slice<'_>,
    ) -> Result<(Operation, usize), Error> {
        let kernels = device.gpu().kernels();
        let curve = match &self.function {
            Function::Activation(activation) if backward => {
                return Ok((kernels.backward(*activation, x, grad_output, output)?, 2));
            }
            Function::Activation(activation) => {
                return Ok((kernels.forward(*activation, x, output)?, 1));
            }
            Function::Expression(curve) => curve,
        };
        let fused = match backward {
            true => curve.expression.fuse_gradients([curve.axis.as_str()])?,
            false => curve.expression.fuse(),
        };
        let shape = [output.size / 4];
        let operands = fused.operands().iter().map(|name| {
            let number = curve.numbers().iter().find(|(number, _)| number == name);
            let value = match number {
                Some((_, value)) => SliceValue::Number(*value),
                None if *name == curve.axis => SliceValue::Tensor(x, &shape),
                None => SliceValue::Tensor(grad_output, &shape),
            };
            (name.as_str(), value)
        });
        let operands: Vec<_> = operands.collect();
        let is_tensor = |value: &SliceValue<'_>| matches!(value, SliceValue::Tensor(..));
        let read = operands
            .iter()
            .filter(|(name, value)| is_tensor(value) && fused.reads(name));
        let reads = read.count();
        let operation = kernels.evaluate(&fused, &operands, None, &[output])?;
        Ok((operation, reads))
    }
}
