//! Every f16 and every bf16 through every activation: results are rounded to the nearest.

use wgpu_activations::Error;
use wgpu_activations::half::{bf16, f16};

use crate::common::{Truth, activations};
use crate::support::{Half, all, gpu, misrounded};

fn every_half<T: Half>() -> Result<(), Error> {
    let x: Vec<T> = all();
    let (tensor, ones) = (
        gpu().upload(&x, [x.len()])?,
        gpu().upload(&vec![T::rounded(1.0); x.len()], [x.len()])?,
    );
    for activation in activations() {
        let forward = gpu().forward(activation, &tensor)?;
        let backward = gpu().backward(activation, &tensor, &ones)?;
        assert_eq!((forward.dtype(), backward.dtype()), (T::DTYPE, T::DTYPE));
        let [forward, backward] = gpu().read_blocking([&forward, &backward])?;
        let name = format!("{activation} in {}", T::DTYPE);
        if activation.derivative_from_output(0.0).is_some() {
            let from_output = gpu().backward_from_output(activation, &tensor, &ones)?;
            let from_output = gpu().read_blocking(&from_output)?;
            misrounded(
                &format!("{name}, from the output,"),
                &x,
                &from_output,
                |y| {
                    activation
                        .backward_from_output(y, 1.0)
                        .expect("it is told")
                        .into()
                },
            );
        }
        let forward = misrounded(&name, &x, &forward, |x| Truth::forward(activation, x));
        let backward = misrounded(&format!("{name}, backward,"), &x, &backward, |x| {
            Truth::backward(activation, x, 1.0)
        });
        println!(
            "{name}: {forward} and {backward} of {} results are not the nearest, but nearly ties",
            x.len()
        );
    }
    Ok(())
}

#[test]
fn every_f16() -> Result<(), Error> {
    every_half::<f16>()
}

#[test]
fn every_bf16() -> Result<(), Error> {
    every_half::<bf16>()
}
