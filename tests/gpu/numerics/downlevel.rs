//! A device with wgpu's downlevel limits, which allow a shader four storage buffers, gives the bits
//! of one with default limits.

use wgpu_activations::{Activation, Dtype, Error, Gpu, TensorArgs, TrainingMode, wgpu};

use crate::common::{Random, is_full};
use crate::support::{DOWNLEVEL_BUFFERS, bits, gpu, gpu_with, tiny};

const SHAPE: [usize; 3] = [5, 3, 43];

/// The results of every op of an activation whose parameters are all learned: by channel, one for
/// all, by channel, …. The last two are those of a view, which no device cuts into pieces.
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
    tensors
        .iter()
        .map(|tensor| Ok(bits(&gpu.read_blocking([tensor])?.concat())))
        .collect()
}

#[test]
fn results_do_not_depend_on_limits() -> Result<(), Error> {
    let (downlevel, tiny) = (
        gpu_with(wgpu::Limits::downlevel_defaults()),
        tiny(DOWNLEVEL_BUFFERS),
    );
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
        // The fast suite tries one device for each activation, in turns.
        if is_full() || number % 2 == 0 {
            assert_eq!(
                results(&downlevel, activation, dtype, true)?,
                wanted,
                "{activation} of {dtype}"
            );
        }
        if !is_full() && number % 2 == 0 {
            continue;
        }
        // The tiny device cuts everything into pieces, too. Its sums for parameters have other
        // blocks, so they are left out.
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
