//! What the tests share: a device that is registered.

use std::sync::OnceLock;

use burn::tensor::{Device, Tensor, TensorData};

/// Burn's default device, without autodiff.
pub fn device() -> Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    let open = || {
        let (device, setup) = Device::wgpu_options()
            .init_with_setup()
            .expect("an adapter");
        let adapter = format!("{:?}", setup.adapter.get_info());
        println!("{adapter}");
        if let Ok(expected) = std::env::var("EXPECTED_ADAPTER") {
            assert!(
                adapter.contains(&expected),
                "EXPECTED_ADAPTER is {expected}, but this is {adapter}"
            );
        }
        wgpu_activations_burn::register(&device, &setup);
        device
    };
    DEVICE.get_or_init(open).clone()
}

pub fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}
