//! The device's own conversions of f16, used where they have been seen to be right.

use super::dispatch::Dispatch;
use super::request::{Operand, check_slices};
use super::uniforms::Uniforms;
use super::{Kernels, Operation, Slice, lock};
use crate::wgsl::{Function, Mapping, NativeF16, Op};
use crate::{Activation, Dtype, Error};

impl Kernels {
    /// Checks the device's own conversions between f32 and f16. They take an instruction or two
    /// where those of this crate, in whole numbers, take many. But WGSL allows a device to round them in any direction, and to
    /// take subnormal numbers for zeros, and some do.
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
    /// [`Error::Argument`] if `result` has no f32, or wgpu refuses its buffer, [`Error::Compile`] if
    /// wgpu refuses the kernel.
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
        *lock(&self.native_f16) = NativeF16::of_check(found);
    }
}
