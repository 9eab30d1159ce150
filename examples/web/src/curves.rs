//! Curves: f, f' and f'' on the GPU.

use js_sys::{Array, Float32Array};
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};

use crate::chosen::Chosen;
use crate::device::Device;
use crate::object::object;
use crate::ulp::{Truth, error_at};

/// f, f' and f''.
const ORDERS: usize = 3;

#[wasm_bindgen]
impl Device {
    /// Computes f, f' and f'' at all x: an array of three arrays, of which those are `undefined`
    /// that the function does not have.
    ///
    /// # Errors
    /// The crate's, as after the loss of the device.
    pub async fn curves(&self, chosen: &Chosen, xs: Vec<f32>) -> Result<Array, JsError> {
        let curves = self.orders(chosen, &xs).await?;
        let to_array = |curve: Option<Vec<f32>>| match curve {
            Some(values) => Float32Array::from(values.as_slice()).into(),
            None => JsValue::UNDEFINED,
        };
        Ok(curves.into_iter().map(to_array).collect())
    }

    /// Computes f, f' and f'' at one x: objects with the GPU's value (`got`), the true value
    /// (`wanted`), and the error in ulps (`error`).
    ///
    /// # Errors
    /// As [`curves`](Self::curves).
    pub async fn at(&self, chosen: &Chosen, x: f32) -> Result<Array, JsError> {
        let curves = self.orders(chosen, &[x]).await?;
        let of_order = |(order, curve): (usize, Option<Vec<f32>>)| {
            let (Some(values), Some(wanted)) = (curve, chosen.truth(order, x.into(), 0)) else {
                return JsValue::UNDEFINED;
            };
            let error = error_at(x, values[0], |x| chosen.scaled_truth(order, x, 0));
            let (got, error) = (values[0].into(), error.into());
            object([("got", got), ("wanted", wanted.into()), ("error", error)])
        };
        Ok(curves.into_iter().enumerate().map(of_order).collect())
    }
}

impl Device {
    async fn orders(&self, chosen: &Chosen, xs: &[f32]) -> Result<Vec<Option<Vec<f32>>>, JsError> {
        let gpu = self.gpu();
        let x = gpu.upload(xs, [xs.len()])?;
        let ones = gpu.upload(&vec![1.0; xs.len()], [xs.len()])?;
        let mut tensors = Vec::new();
        for order in 0..ORDERS {
            tensors.push(chosen.on_gpu(gpu, order, &x, &ones)?);
        }
        let mut curves = Vec::new();
        for tensor in tensors {
            curves.push(match tensor {
                Some(tensor) => Some(gpu.read(&tensor).await?),
                None => None,
            });
        }
        Ok(curves)
    }
}

impl Chosen {
    /// The true value with the scale of its errors.
    pub(crate) fn scaled_truth(&self, order: usize, x: f64, element: u64) -> Truth {
        use crate::chosen::Function;
        match (&self.function, order) {
            (Function::Activation(activation), 0) => Truth::forward(*activation, x),
            (Function::Activation(activation), 1) => Truth::backward(*activation, x, 1.0),
            _ => self.truth(order, x, element).unwrap_or(f64::NAN).into(),
        }
    }
}
