//! Views of tensors, which are read where they lie: they give what their copies give.

use wgpu_activations::{Activation, AxisFunction, AxisShape, Dtype, Error, Saved, Tensor, View};

use crate::common::Random;
use crate::support::{gpu, read, refusal};

/// Transposed, cut and broadcast tensors, of which some have short rows and one has long ones.
fn views(tensor: &Tensor) -> Result<Vec<View<'_>>, Error> {
    let [whole, column] = [tensor.view(), tensor.view().narrow(1, 2, 1)?];
    let shape = [tensor.shape()[0], 40, tensor.shape()[2]];
    Ok(vec![
        whole.permute(&[2, 0, 1])?,
        whole.narrow(0, 1, 3)?.narrow(2, 3, 4)?,
        column.broadcast_to(shape)?,
    ])
}

/// A tensor with the elements of a view.
fn copy(view: &View<'_>) -> Result<Tensor, Error> {
    gpu().forward(Activation::Identity, view.clone())
}

#[test]
fn views_give_what_copies_give() -> Result<(), Error> {
    let mut random = Random(51);
    let values: Vec<f32> = (0..6 * 5 * 12).map(|_| random.between(-9.0, 9.0)).collect();
    let x = gpu().upload(&values, [6, 5, 12])?;
    let half = gpu().to_dtype(&x, Dtype::F16)?;
    for (x, function) in [
        (&x, AxisFunction::Softmax { temperature: 0.3 }),
        (&half, AxisFunction::LOG_SOFTMAX),
        (&x, AxisFunction::Logsumexp),
        (&half, AxisFunction::Maxout { groups: 2 }),
        (&x, AxisFunction::Crelu),
    ] {
        for view in views(x)? {
            (0..3).try_for_each(|axis| compare(function, axis, &view))?;
        }
    }
    Ok(())
}

fn compare(function: AxisFunction, axis: isize, view: &View<'_>) -> Result<(), Error> {
    let place = format!("{function} of {:?} along {axis}", view.shape());
    if AxisShape::along(view.shape(), axis)?
        .of_output(function)
        .is_err()
    {
        return Ok(()); // The axis cannot be cut into groups.
    }
    let copied = copy(view)?;
    let (of_view, of_copy) = (
        gpu().forward_axis(function, axis, view.clone())?,
        gpu().forward_axis(function, axis, &copied)?,
    );
    assert_eq!(read(&of_view), read(&of_copy), "{place}");
    let saves_output = function.info().saved == Saved::Output;
    if !saves_output {
        let grad_output = &of_copy;
        let of_view = gpu().backward_axis(function, axis, view.clone(), grad_output)?;
        let of_copy = gpu().backward_axis(function, axis, &copied, grad_output)?;
        assert_eq!(read(&of_view), read(&of_copy), "{place}, backward");
        return Ok(());
    }
    let of_view = gpu().backward_axis(function, axis, &of_copy, view.clone())?;
    let from_copy = gpu().backward_axis(function, axis, &of_copy, &copied)?;
    assert_eq!(read(&of_view), read(&from_copy), "{place}, backward");
    let of_views =
        gpu().double_backward_axis(function, axis, &of_copy, view.clone(), view.clone())?;
    let of_copies = gpu().double_backward_axis(function, axis, &of_copy, &copied, &copied)?;
    for (of_view, of_copy) in of_views.iter().zip(&of_copies) {
        assert_eq!(read(of_view), read(of_copy), "{place}, double backward");
    }
    Ok(())
}

#[test]
fn masks_are_views_too() -> Result<(), Error> {
    let x = gpu().upload(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3])?;
    let none = f32::NEG_INFINITY;
    let mask = gpu().upload(&[0.0, none, none, none, 0.0, 0.0], [3, 2])?;
    let softmax = AxisFunction::SOFTMAX;
    let masked = (x.view(), mask.view().transpose(0, 1)?);
    let y = read(&gpu().forward_axis(softmax, -1, masked)?);
    let e = 2f32.exp();
    let wanted = [1.0 / (1.0 + e), 0.0, e / (1.0 + e), 0.0, 0.0, 1.0];
    for (y, wanted) in y.iter().zip(wanted) {
        assert!((y - wanted).abs() < 1e-6, "{y} and {wanted}");
    }
    let column = mask.view().narrow(1, 0, 1)?;
    let error = refusal(gpu().forward_axis(softmax, -1, (x.view(), column)));
    assert!(error.starts_with("mask: "), "{error}");
    let scalars = gpu().upload(&[1.0, 1.0, 1.0, 1.0], [2, 2])?;
    let column = scalars.view().narrow(1, 0, 1)?;
    let logsumexp = AxisFunction::Logsumexp;
    let one = gpu().upload(&[1.0, 1.0, 1.0, 1.0], [2, 1, 2])?;
    let error = refusal(gpu().backward_axis(logsumexp, 2, &one, column));
    assert!(error.starts_with("grad_output: "), "{error}");
    Ok(())
}
