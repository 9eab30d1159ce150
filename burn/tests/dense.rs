//! The Burn kernel of docs/fusing.md, launched on Burn's tensors.

#[rustfmt::skip]
#[path = "../../docs/fusing/burn.rs"]
mod guide;

use burn::backend::ops::FloatTensorOps;
use burn::tensor::{Shape, TensorData};
use burn_cubecl::cubecl::prelude::{CubeCount, CubeDim};
use burn_cubecl::cubecl::server::KernelArguments;
use burn_cubecl::ops::{into_data_sync, numeric::empty_device_contiguous_dtype};
use burn_cubecl::template::SourceKernel;
use burn_cubecl::{CubeBackend, CubeDevice, tensor::CubeTensor};
use wgpu_activations_burn::wgpu_activations::Activation;

/// gelu(x * weights + bias), of contiguous f32 tensors.
fn dense(x: CubeTensor, weights: CubeTensor, bias: CubeTensor) -> CubeTensor {
    let shape = Shape::new([x.meta.shape()[0], bias.meta.shape()[0]]);
    let invocations = shape.num_elements();
    let y = empty_device_contiguous_dtype(x.client.clone(), x.device.clone(), shape, x.dtype);
    let kernel = SourceKernel::new(guide::Dense, CubeDim::new_1d(64));
    let buffers = [&x, &weights, &bias, &y].into_iter();
    let arguments = buffers.fold(KernelArguments::new(), |arguments, tensor| {
        arguments.with_buffer(tensor.handle.clone().binding())
    });
    let count = CubeCount::new_1d(invocations.div_ceil(64) as u32);
    x.client.launch(Box::new(kernel), count, arguments);
    y
}

#[test]
fn a_dense_layer_has_its_activation() {
    let (rows, inputs, outputs) = (7, 48, 10);
    let device = CubeDevice::default();
    // In steps of 1/8 sums are exact.
    let values = |length: usize, step: usize| -> Vec<f32> {
        (0..length)
            .map(|i| (i * step % 17) as f32 / 8.0 - 1.0)
            .collect()
    };
    let [x, weights, bias] = [
        values(rows * inputs, 5),
        values(inputs * outputs, 7),
        values(outputs, 3),
    ];
    let tensor = |values: &[f32], shape: &[usize]| {
        CubeBackend::float_from_data(TensorData::new(values.to_vec(), shape.to_vec()), &device)
    };
    let y = dense(
        tensor(&x, &[rows, inputs]),
        tensor(&weights, &[inputs, outputs]),
        tensor(&bias, &[outputs]),
    );
    let y: Vec<f32> = into_data_sync(y).try_to_vec().expect("f32");
    assert_eq!(y.len(), rows * outputs);
    for (i, got) in y.into_iter().enumerate() {
        let products =
            (0..inputs).map(|k| x[i / outputs * inputs + k] * weights[k * outputs + i % outputs]);
        let wanted = Activation::Gelu.forward((bias[i % outputs] + products.sum::<f32>()).into());
        // The bound of gelu.
        assert!(
            (f64::from(got) - wanted).abs() <= 4.0 * wanted.abs() * 2f64.powi(-23),
            "y[{i}]: {got}, {wanted}"
        );
    }
}
