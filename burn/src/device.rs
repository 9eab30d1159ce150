//! The kernels of each device, and how they are put in order with Burn's own work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::{DType, DispatchDevice};
use burn::tensor::wgpu::WgpuSetup;
use burn::tensor::{Device, Shape};
use burn_cubecl::cubecl::wgpu::{AutoCompiler, WgpuServer};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::tensor::CubeTensor;
use burn_cubecl::{CubeDevice, cubecl::device::DeviceId};
use wgpu_activations::{Dtype, Error, Kernels, Operation, Slice, wgpu};

/// A device of Burn's, and the kernels that are compiled for it.
struct Registered {
    device: wgpu::Device,
    queue: wgpu::Queue,
    kernels: Kernels,
}

static REGISTERED: Mutex<Option<HashMap<DeviceId, Arc<Registered>>>> = Mutex::new(None);

/// Makes a device of Burn's known to this crate. Call it once for each device, with the setup that
/// Burn gives for it, before the first of the other functions is called.
///
/// Burn hands out its wgpu device and queue only when it opens them, so that they have to be kept:
///
/// ```no_run
/// use burn::tensor::Device;
///
/// let (device, setup) = Device::wgpu_options().init_with_setup()?;
/// wgpu_activations_burn::register(&device, &setup);
/// let training_device = device.autodiff(); // It is registered, too.
/// # Ok::<(), burn::tensor::wgpu::WgpuInitError>(())
/// ```
///
/// A program with a wgpu device of its own gives Burn a [`WgpuSetup`] of it, and the same one to
/// this function. A device that is registered again keeps the kernels that it has.
///
/// # Panics
/// If the device is none of Burn's wgpu backend.
pub fn register(device: &Device, setup: &WgpuSetup) {
    let id = wgpu_id(device)
        .unwrap_or_else(|| panic!("{device:?} is not a device of Burn's wgpu backend"));
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    registered
        .get_or_insert_default()
        .entry(id)
        .or_insert_with(|| {
            Arc::new(Registered {
                device: setup.device.clone(),
                queue: setup.queue.clone(),
                kernels: Kernels::new(&setup.device, &setup.queue),
            })
        });
}

fn wgpu_id(device: &Device) -> Option<DeviceId> {
    let mut dispatch = device.as_dispatch();
    if let DispatchDevice::Autodiff(autodiff) = dispatch {
        dispatch = autodiff;
    }
    match dispatch {
        DispatchDevice::Cube(device @ CubeDevice::Wgpu(_)) => Some(device.to_id()),
        _ => None,
    }
}

fn registered(id: DeviceId) -> Option<Arc<Registered>> {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    registered.as_ref()?.get(&id).cloned()
}

/// Refuses tensors on devices that are not registered. Burn may compute later, on another thread,
/// where the caller would not learn of it.
pub fn check_registered(device: &Device) {
    assert!(
        wgpu_id(device).and_then(registered).is_some(),
        "{device:?} is not registered: open it by `Device::wgpu_options().init_with_setup()`, and give both to \
         `wgpu_activations_burn::register`"
    );
}

/// The type of a tensor's elements, if there are kernels for it.
pub fn dtype(dtype: DType) -> Option<Dtype> {
    match dtype {
        DType::F32 => Some(Dtype::F32),
        DType::F16 => Some(Dtype::F16),
        DType::BF16 => Some(Dtype::Bf16),
        _ => None,
    }
}

/// Computes new tensors of these shapes and types, by the operation that `record` makes of the
/// slices of the inputs and of the outputs.
pub fn compute(
    inputs: Vec<CubeTensor>,
    outputs: Vec<(Shape, DType)>,
    record: impl FnOnce(&Kernels, &[Slice<'_>], &[Slice<'_>]) -> Result<Operation, Error>,
) -> Vec<CubeTensor> {
    let inputs: Vec<_> = inputs.into_iter().map(into_contiguous).collect();
    let (client, device) = (inputs[0].client.clone(), inputs[0].device.clone());
    let new = |(shape, dtype)| {
        empty_device_contiguous_dtype(client.clone(), device.clone(), shape, dtype)
    };
    let outputs: Vec<_> = outputs.into_iter().map(new).collect();
    let registered =
        registered(device.to_id()).expect("the device was checked when the function was called");

    // Burn submits here what it has recorded on the streams of these tensors, so that our commands
    // come after it. What it submits later comes after ours, since both have the same queue.
    let resource = |tensor: &CubeTensor| {
        let resource = client.get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone());
        resource.unwrap_or_else(|error| panic!("Burn has no buffer for a tensor: {error}"))
    };
    let resources: Vec<_> = inputs.iter().chain(&outputs).map(resource).collect();
    let slices: Vec<_> = inputs
        .iter()
        .chain(&outputs)
        .zip(&resources)
        .map(|(tensor, resource)| {
            let bytes = (tensor.meta.num_elements() * tensor.dtype.size()) as u64;
            let resource = resource.resource();
            let dtype =
                dtype(tensor.dtype).expect("the type was checked when the function was called");
            Slice::new(&resource.buffer, resource.offset, bytes).with_dtype(dtype)
        })
        .collect();
    let (of_inputs, of_outputs) = slices.split_at(inputs.len());
    let operation = record(&registered.kernels, of_inputs, of_outputs)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut encoder = registered
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    operation.encode(&mut encoder);
    registered.queue.submit([encoder.finish()]);
    outputs
}

#[cfg(test)]
mod tests {
    use burn::backend::ops::FloatTensorOps;
    use burn::tensor::{DeviceKind, TensorData};
    use burn_cubecl::{CubeBackend, ops::into_data_sync};
    use wgpu_activations::Activation;

    use super::*;

    /// Burn's pool puts small tensors into one buffer, which is then bound as input and as output.
    #[test]
    fn tensors_may_share_a_buffer() {
        let (device, setup) = Device::wgpu_options()
            .init_with_setup()
            .expect("an adapter");
        register(&device, &setup);
        let DispatchDevice::Cube(device) = device.as_dispatch() else {
            panic!("{device:?}")
        };
        let values = [-1.5f32, -0.25, 0.5, 3.0, 7.0];
        let x = CubeBackend::float_from_data(TensorData::new(values.to_vec(), [5]), device);
        let output = (Shape::new([5]), DType::F32);
        let y = compute(vec![x], vec![output], |kernels, inputs, outputs| {
            let (x, y) = (inputs[0], outputs[0]);
            assert_eq!(x.buffer, y.buffer);
            assert!(
                x.offset.abs_diff(y.offset) >= 20,
                "{} and {}",
                x.offset,
                y.offset
            );
            kernels.forward(Activation::Relu, x, y)
        });
        let [y] = <[_; 1]>::try_from(y).expect("one output");
        assert_eq!(
            into_data_sync(y).try_to_vec(),
            Ok(vec![0.0f32, 0.0, 0.5, 3.0, 7.0])
        );
    }

    #[test]
    #[should_panic(expected = "is not registered: open it by")]
    fn a_device_must_be_registered() {
        check_registered(&Device::wgpu(DeviceKind::DiscreteGpu(7)));
    }
}
