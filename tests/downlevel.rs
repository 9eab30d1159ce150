//! A device with wgpu's downlevel limits, which have four storage buffers in a kernel, gives the bits of one with its default limits.

mod common;

use common::guarded::{DOWNLEVEL_BUFFERS, tiny};
use common::{Random, gpu};
use wgpu_activations::{Activation, Dtype, Error, Gpu, Tensor, TensorArgs, TrainingMode, wgpu};

const SHAPE: [usize; 3] = [5, 3, 43];

/// The results of every pass of an activation whose parameters are all learned: by channel, one for all, by channel, …. The last two
/// are those of a view, which no device cuts into pieces.
fn results(
    gpu: &Gpu,
    activation: Activation,
    dtype: Dtype,
    with_view: bool,
) -> Result<Vec<Vec<u32>>, Error> {
    let mut random = Random(31);
    let mut tensor = |shape: &[usize]| {
        let values = random.vector(shape.iter().product());
        gpu.to_dtype(&gpu.upload(&values, shape)?, dtype)
    };
    let [x, grad_output, tangent] = [tensor(&SHAPE)?, tensor(&SHAPE)?, tensor(&[43, 3, 5])?];
    let parameters = activation
        .info()
        .parameters
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let parameters: Vec<_> = parameters.map(|parameter| parameter.name).collect();
    let values = (0..parameters.len()).map(|k| tensor(if k % 2 == 0 { &[3] } else { &[1] }));
    let values: Vec<_> = values.collect::<Result<_, _>>()?;
    let learned = |k: usize| (parameters[k], &values[k]);
    let inputs = || match parameters.len() {
        1 => TensorArgs::from((&x, [learned(0)])),
        2 => TensorArgs::from((&x, [learned(0), learned(1)])),
        3 => TensorArgs::from((&x, [learned(0), learned(1), learned(2)])),
        n => unreachable!("{activation} learns {n} parameters: add them here"),
    };
    let training = TrainingMode {
        seed: 7,
        offset: 0,
        dropout: 0.25,
    };
    let mut tensors = vec![
        gpu.forward(activation, inputs())?,
        gpu.backward(activation, inputs(), &grad_output)?,
        gpu.forward_training(activation, training, inputs())?,
        gpu.backward_training(activation, training, inputs(), &grad_output)?,
    ];
    for parameter in &parameters {
        tensors.push(gpu.backward_parameter(activation, parameter, inputs(), &grad_output)?);
    }
    tensors.extend(gpu.double_backward(activation, inputs(), &grad_output, &grad_output)?);
    if with_view {
        tensors.extend(gpu.double_backward(
            activation,
            inputs(),
            &grad_output,
            tangent.view().transpose(0, 2)?,
        )?);
    }
    let bits = |tensor: &Tensor| {
        let [values] = gpu.read_blocking([tensor])?;
        Ok(values.into_iter().map(f32::to_bits).collect())
    };
    tensors.iter().map(bits).collect()
}

#[test]
fn results_do_not_depend_on_limits() -> Result<(), Error> {
    let adapter = pollster::block_on(wgpu_activations::request_adapter())?;
    let required_limits = wgpu::Limits::downlevel_defaults();
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("downlevel"),
        required_limits,
        ..Default::default()
    };
    let (device, queue) =
        pollster::block_on(adapter.request_device(&descriptor)).expect("a device");
    let (downlevel, tiny) = (Gpu::from_device(device, queue), tiny(DOWNLEVEL_BUFFERS));
    let learns = |activation: &Activation| {
        activation
            .info()
            .parameters
            .iter()
            .any(|parameter| parameter.is_learnable())
    };
    for (number, &activation) in Activation::ALL
        .iter()
        .filter(|activation| learns(activation))
        .enumerate()
    {
        let dtype = [Dtype::F32, Dtype::F16, Dtype::Bf16][number % 3];
        let wanted = results(gpu(), activation, dtype, true)?;
        assert!(
            wanted.iter().flatten().any(|&bits| bits << 1 != 0),
            "{activation}: zeros only"
        );
        assert_eq!(
            results(&downlevel, activation, dtype, true)?,
            wanted,
            "{activation} of {dtype}"
        );
        // There everything is cut into pieces, too, but sums of parameters, whose blocks are others.
        let pieces = results(&tiny, activation, dtype, false)?;
        for k in (0..4).chain(pieces.len() - 2..pieces.len()) {
            assert_eq!(
                pieces[k], wanted[k],
                "{activation} of {dtype}, result {k}, in pieces"
            );
        }
    }
    Ok(())
}
