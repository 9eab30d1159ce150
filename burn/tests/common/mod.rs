//! What the tests share: a device that is registered, and comparisons with true values.

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

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor
        .into_data()
        .convert::<f32>()
        .try_to_vec()
        .expect("f32")
}

/// Checks that values are within so many ulps of the true ones, or of `scale` where that is larger: it
/// is the largest of the terms that a true value is the sum of.
pub fn assert_within(
    ulps: f64,
    what: &str,
    got: &[f32],
    wanted: &[f64],
    scale: impl Fn(usize) -> f64,
) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (i, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
        let ulp = wanted.abs().max(scale(i)).max(f32::MIN_POSITIVE.into()) * 2f64.powi(-23);
        let error = (f64::from(got) - wanted).abs() / ulp;
        assert!(
            error <= ulps,
            "{what}[{i}] is {got}, {error:.2} ulp from {wanted}"
        );
    }
}
