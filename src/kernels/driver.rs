//! Properties of a device that its kernels depend on: the order of lanes for which it has enough
//! registers, and its own conversions of f16 where they have been seen to be right.

use super::dispatch::Dispatch;
use super::request::{Operand, check_slices};
use super::uniforms::Uniforms;
use super::{Kernels, Operation, Slice, lock};
use crate::wgsl::{Driver, Function, LaneOrder, Mapping, NativeF16, Op};
use crate::{Activation, Dtype, Error};

/// Intel's number among vendors of PCI devices.
const INTEL: u32 = 0x8086;

/// The driver before the device's conversions have been checked. Intel's compiler halves the number
/// of threads that run together if four lanes side by side need too many registers.
pub(super) fn of(device: &wgpu::Device) -> Driver {
    let lane_order = match device.adapter_info().vendor {
        INTEL => LaneOrder::OneByOne,
        _ => LaneOrder::SideBySide,
    };
    Driver {
        lane_order,
        ..Driver::default()
    }
}

impl Kernels {
    /// Checks the device's own conversions between f32 and f16. They take an instruction or two
    /// where those of this crate, in whole numbers, take many. But WGSL allows a device to round
    /// them in any direction, and to take subnormal numbers for zeros, and some do.
    ///
    /// The operation compares all numbers and all ties, in one workgroup, and writes what it finds
    /// into the first f32 of `result`. Give this number to [`Kernels::use_native_f16`]. A
    /// [`Gpu`](crate::Gpu) that has opened its own device has done so, and
    /// [`Gpu::use_native_f16`](crate::Gpu::use_native_f16) does it on any other.
    ///
    /// ```
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let tensor = gpu.upload(&[0.0], [1])?;
    /// # let (kernels, buffer) = (gpu.kernels(), tensor.slice()?);
    /// let check = kernels.check_f16(buffer)?;
    ///
    /// let mut encoder = gpu.device().create_command_encoder(&Default::default());
    /// check.encode(&mut encoder);
    /// # gpu.submit()?;
    /// gpu.queue().submit([encoder.finish()]);
    /// # let read_back = || gpu.read_blocking(&tensor).map(|values| values[0]);
    /// kernels.use_native_f16(read_back()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if `result` has no f32, or wgpu refuses its buffer, [`Error::Compile`]
    /// if wgpu refuses the kernel.
    pub fn check_f16<'a>(&self, result: impl Into<Slice<'a>>) -> Result<Operation, Error> {
        let result = result.into();
        let output = Operand::output("result", result);
        check_slices(&[output], false)?;
        if result.dtype != Dtype::F32 || result.elements() == 0 {
            let (elements, dtype) = (result.elements(), result.dtype);
            let message = format!("it must have an f32, got {elements} elements of {dtype}");
            return Err(Error::argument("result", message));
        }
        let dispatches = self.dispatch(Dispatch {
            function: Function::Activation(Activation::Identity.index()),
            op: Op::CheckF16,
            mapping: Mapping::Elements,
            has_defaults: true,
            operands: vec![output.part(&(0..1))],
            uniforms: Uniforms::default(),
            start: 0,
            workgroups: (1, 1),
        })?;
        Ok(Operation { dispatches })
    }

    /// Lets kernels convert f16 by the device's own instructions, as far as these are right.
    /// `found` is what [`Kernels::check_f16`] has written on this device. Operations that exist
    /// already stay as they are.
    ///
    /// Any other number allows nothing, so that a buffer that was read too early does no harm.
    pub fn use_native_f16(&self, found: f32) {
        lock(&self.driver).native_f16 = NativeF16::of_check(found);
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::{LaneOrder, lock};
    use crate::{
        Activation, AxisFunction, Element, Error, Expression, Glu, GluLayout, Gpu, Operands, Saved,
        Tensor, TrainingMode,
    };

    /// Rows of 8 elements, which a thread holds.
    const SHAPE: [usize; 2] = [1 << 13, 8];

    /// The results of each call on these tensors.
    fn results(gpu: &Gpu, x: &Tensor, g: &Tensor) -> Result<Vec<(String, Tensor)>, Error> {
        let mut results = Vec::new();
        let mut add = |call: String, tensor| results.push((call, tensor));
        let training = TrainingMode::default();
        for &f in Activation::ALL {
            add(format!("{f} forward"), gpu.forward(f, x)?);
            add(format!("{f} backward"), gpu.backward(f, x, g)?);
            let [of_x, _] = gpu.double_backward(f, x, g, x)?;
            add(format!("{f} double_backward"), of_x);
            for (parameter, _) in f.parameters() {
                if parameter.is_learnable() {
                    let name = parameter.name;
                    let sum = gpu.backward_parameter(f, name, x, g)?;
                    add(format!("{f} gradient of {name}"), sum);
                }
            }
        }
        let rrelu: Activation = "rrelu".parse()?;
        add(
            "training".to_owned(),
            gpu.forward_training(rrelu, training, x)?,
        );
        for glu in Glu::NAMED {
            let layout = GluLayout::ValueGate;
            let y = gpu.glu_split(glu, -1, layout, x)?;
            let of_x = gpu.glu_split_backward(glu, -1, layout, x, &y)?;
            add(format!("{glu}"), y);
            add(format!("{glu} backward"), of_x);
        }
        for &f in AxisFunction::ALL {
            let y = gpu.forward_axis(f, -1, x)?;
            let saved = match f.info().saved {
                Saved::Output => &y,
                _ => x,
            };
            let of_x = gpu.backward_axis(f, -1, saved, &y)?;
            add(format!("{f} backward"), of_x);
            add(format!("{f} forward"), y);
        }
        let expression: Expression = "dropout(gelu(x), p=0.5) * g".parse()?;
        let operands = Operands::from([("x", x), ("g", g)]).random(7, 0);
        let y = gpu.evaluate(&expression, operands.clone())?;
        add(expression.to_string(), y);
        let of = gpu.gradients(&expression, operands, g, ["x", "g"])?;
        for gradient in of {
            add(format!("{expression} backward"), gradient);
        }
        Ok(results)
    }

    fn check_orders<T: Element>(of: fn(f32) -> T) -> Result<(), Error> {
        let gpu = Gpu::new_blocking()?;
        let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40];
        let value = |k: usize| (k as f32 * 0.618_034).fract() * 24.0 - 12.0;
        let elements = SHAPE[0] * SHAPE[1];
        let values =
            (0..elements).map(|k| special.get(k % 97).copied().unwrap_or_else(|| value(k)));
        let x = gpu.upload(&values.map(of).collect::<Vec<_>>(), SHAPE)?;
        let g = gpu.upload(
            &(1..=elements).map(|k| of(value(k))).collect::<Vec<_>>(),
            SHAPE,
        )?;
        let orders = [LaneOrder::SideBySide, LaneOrder::OneByOne];
        let [side_by_side, one_by_one] = orders.map(|order| {
            lock(&gpu.kernels().driver).lane_order = order;
            results(&gpu, &x, &g)
        });
        for ((call, a), (_, b)) in side_by_side?.iter().zip(&one_by_one?) {
            let bits = |tensor: &Tensor| -> Result<Vec<_>, Error> {
                let [values] = gpu.read_blocking([tensor])?;
                let of_one = |y: f32| if y.is_nan() { f32::NAN } else { y }.to_bits();
                Ok(values.into_iter().map(of_one).collect())
            };
            assert!(bits(a)? == bits(b)?, "{call}");
        }
        Ok(())
    }

    #[test]
    fn orders_of_lanes_have_the_same_bits() -> Result<(), Error> {
        check_orders(|value| value)?;
        check_orders(bf16::from_f32)
    }
}
