//! Strided inputs of up to 6 dimensions give the results of contiguous copies.

use wgpu_activations::{
    Activation, Dtype, Error, Glu, Gpu, Tensor, TensorArgs, TrainingMode, View,
};

use crate::common::Random;
use crate::support::{DOWNLEVEL_BUFFERS, gpu, refusal, tiny, upload};

const PRELU: Activation = Activation::Prelu { weight: 0.25 };

/// The elements of a view, collected on the host.
fn copied(values: &[f32], shape: &[usize], strides: &[usize], offset: usize) -> Vec<f32> {
    let elements = shape.iter().product();
    let place = |mut position: usize| {
        let places = shape
            .iter()
            .zip(strides)
            .rev()
            .map(|(&dimension, &stride)| {
                let index = position % dimension;
                position /= dimension;
                index * stride
            });
        offset + places.sum::<usize>()
    };
    (0..elements)
        .map(|position| values[place(position)])
        .collect()
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (0..shape.len())
        .map(|axis| shape[axis + 1..].iter().product())
        .collect()
}

/// Results of several ops of views.
fn results<'a>(
    gpu: &Gpu,
    x: &View<'a>,
    grad: &View<'a>,
    weight: &'a Tensor,
) -> Result<Vec<Vec<f32>>, Error> {
    let inputs = || TensorArgs::from((x.clone(), weight));
    let training = TrainingMode {
        seed: 1,
        offset: 5,
        dropout: 0.25,
    };
    let [grad_x, grad_grad] =
        gpu.double_backward(Activation::Tanh, x.clone(), grad.clone(), x.clone())?;
    let [grad_value, grad_gate] =
        gpu.glu_backward(Glu::REGLU, x.clone(), grad.clone(), x.clone())?;
    let all = [
        gpu.forward(PRELU, inputs())?,
        gpu.backward(PRELU, inputs(), grad.clone())?,
        gpu.backward_parameter(PRELU, "weight", inputs(), grad.clone())?,
        gpu.forward_training(Activation::Silu, training, x.clone())?,
        gpu.glu(Glu::SWIGLU, x.clone(), grad.clone())?,
        grad_x,
        grad_grad,
        grad_value,
        grad_gate,
    ];
    all.iter()
        .map(|result| Ok(gpu.read_blocking([result])?.concat()))
        .collect()
}

#[test]
fn as_if_copied_first() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(DOWNLEVEL_BUFFERS), Random(41));
    for gpu in [gpu(), &tiny] {
        for shape in [
            vec![6, 4],
            vec![3, 4, 5],
            vec![2, 3, 4, 5],
            vec![2, 1, 3, 2, 2, 3],
            vec![9, 7],
        ] {
            let last = shape.len() as isize - 1;
            let values = random.vector(shape.iter().product());
            for dtype in [Dtype::F32, Dtype::F16] {
                let tensor = gpu.to_dtype(&gpu.upload(&values, &shape)?, dtype)?;
                let [values] = gpu.read_blocking([&tensor])?;
                let view = tensor.view();
                let reversed: Vec<isize> = (0..=last).rev().collect();
                let views = [
                    view.transpose(0, -1)?,
                    view.permute(&reversed)?,
                    view.narrow(-1, 1, shape[last as usize] - 1)?,
                    view.narrow(0, 1, 1)?
                        .broadcast_to([&[3], &shape[1..]].concat())?,
                    view.transpose(0, 1)?.narrow(0, 0, 1)?,
                    view.clone(),
                ];
                // The same views on the host: shape, strides and offset of each.
                let own = strides(&shape);
                let mut swapped = (shape.clone(), own.clone());
                swapped.0.swap(0, last as usize);
                swapped.1.swap(0, last as usize);
                let back = |of: &[usize]| of.iter().rev().copied().collect::<Vec<_>>();
                let with = |axis: usize, of: &[usize], value| {
                    let mut of = of.to_vec();
                    of[axis] = value;
                    of
                };
                let mut first_two = (with(1, &shape, 1), own.clone());
                first_two.0.swap(0, 1);
                first_two.1.swap(0, 1);
                let expected = [
                    (swapped.0, swapped.1, 0),
                    (back(&shape), back(&own), 0),
                    (
                        with(last as usize, &shape, shape[last as usize] - 1),
                        own.clone(),
                        1,
                    ),
                    (with(0, &shape, 3), with(0, &own, 0), own[0]),
                    (first_two.0, first_two.1, 0),
                    (shape.clone(), own.clone(), 0),
                ];
                for (view, (shape, strides, offset)) in views.iter().zip(expected) {
                    assert_eq!(view.shape(), shape);
                    let reversed_strides = back(&self::strides(&back(&shape)));
                    let x = copied(&values, &shape, &strides, offset);
                    let grad_values = random.vector(x.len());
                    let channels = shape.get(1).copied().unwrap_or(1);
                    let weight = gpu.upload(&random.vector(channels), [channels])?;
                    let grad = gpu.to_dtype(&gpu.upload(&grad_values, &shape)?, dtype)?;
                    let x = gpu.to_dtype(&gpu.upload(&x, &shape)?, dtype)?;
                    // Another gradient has its dimensions the other way round in memory.
                    let turned = Random(1).vector(grad.len());
                    let turned = gpu.to_dtype(&gpu.upload(&turned, back(&shape))?, dtype)?;
                    let [turned_values] = gpu.read_blocking([&turned])?;
                    let turned = turned.view().permute(&reversed)?;
                    let turned_values = copied(&turned_values, &shape, &reversed_strides, 0);
                    let turned_copy = gpu.to_dtype(&gpu.upload(&turned_values, &shape)?, dtype)?;
                    for (grad, copy) in [(&grad.view(), &grad), (&turned, &turned_copy)] {
                        let got = results(gpu, view, grad, &weight)?;
                        let wanted = results(gpu, &x.view(), &copy.view(), &weight)?;
                        assert_eq!(
                            got, wanted,
                            "{shape:?} by {strides:?} from {offset}, {dtype}"
                        );
                    }
                }
            }
        }
    }
    Ok(())
}

/// A view may have more elements than it reads, and more than one dispatch of the device takes.
#[test]
fn broadcasting_takes_no_memory() -> Result<(), Error> {
    for gpu in [gpu(), &tiny(DOWNLEVEL_BUFFERS)] {
        let row = gpu.upload(&[-1.0, 2.0, -3.0], [3])?;
        let y = gpu.forward(Activation::Relu, row.view().broadcast_to([1000, 3])?)?;
        let column = gpu.upload(&[-1.0, 2.0], [2, 1])?;
        let z = gpu.forward(Activation::Relu, column.view().broadcast_to([2, 4])?)?;
        let [y, z] = gpu.read_blocking([&y, &z])?;
        assert_eq!(y, [0.0, 2.0, 0.0].repeat(1000));
        assert_eq!(z, [0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0]);
    }
    Ok(())
}

#[test]
fn views_that_cannot_be_are_refused() -> Result<(), Error> {
    let x = gpu().upload(&[0.0; 24], [2, 3, 4])?;
    let view = x.view();
    assert_eq!(
        refusal(view.permute(&[0, 1])),
        "axes: [0, 1] are not a permutation of the 3 dimensions"
    );
    assert_eq!(
        refusal(view.permute(&[0, 1, 1])),
        "axes: [0, 1, 1] are not a permutation of the 3 dimensions"
    );
    assert_eq!(
        refusal(view.transpose(0, 3)),
        "axis: 3 is out of range for 3 dimensions"
    );
    assert_eq!(
        refusal(view.narrow(1, 2, 2)),
        "length: 2 elements from 2 on are asked for, but there are 3 along this dimension"
    );
    assert_eq!(
        refusal(view.broadcast_to([2, 3, 5])),
        "view: the shape is [2, 3, 4], but it must be [2, 3, 5]"
    );
    let deep = gpu().upload(&[0.0; 1], [1; 7])?;
    assert!(
        refusal(deep.view().transpose(0, 1))
            .ends_with("one for each dimension, of which there can be 6")
    );
    let (grad, wrong) = (gpu().upload(&[0.0; 24], [4, 3, 2])?, view.transpose(0, 2)?);
    assert_eq!(
        refusal(gpu().backward(Activation::Relu, &x, &grad)),
        "grad_output: the shape is [4, 3, 2], but it must be [2, 3, 4]"
    );
    assert!(gpu().backward(Activation::Relu, wrong, &grad).is_ok());

    let (slice, y_of_one) = (x.slice()?, upload(&[0.0])?);
    assert_eq!(
        refusal(slice.strided(&[4, 7], &[1, 4])),
        "strides: a view of shape [4, 7] with strides [1, 4] reaches past the slice's 24 elements"
    );
    assert_eq!(
        refusal(slice.strided(&[4, 6], &[1])),
        "strides: there are 1 for the shape [4, 6], but there must be one for each dimension, of which there can be 6"
    );
    let repeated = slice.strided(&[1 << 40, 1 << 20], &[0, 0])?;
    let refused =
        gpu()
            .kernels()
            .backward_parameter(PRELU, "weight", repeated, repeated, y_of_one.slice()?);
    assert!(refusal(refused).ends_with("has more elements than can be addressed"));
    let (kernels, y) = (gpu().kernels(), upload(&[0.0; 24])?);
    let strided = slice.strided(&[4, 6], &[1, 4])?;
    assert_eq!(
        refusal(kernels.forward_in_place(Activation::Relu, strided)),
        "x: it is a strided view, but here elements must follow each other"
    );
    let other = y.slice()?.strided(&[6, 4], &[1, 6])?;
    let refused = refusal(kernels.backward(Activation::Relu, strided, other, x.slice()?));
    assert!(refused.contains("must be [4, 6]"), "{refused}");
    Ok(())
}
