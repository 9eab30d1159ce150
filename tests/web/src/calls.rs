//! Calls that values.rs does not make.

use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{
    Activation, AxisFunction, Dtype, Error, Glu, GluLayout, Gpu, Kernels, Read, Slice, TensorArgs,
    TrainingMode, WarmUp,
};

use crate::{Outcome, ensure, now, say};

/// Some work, for a page that is closed in the middle of it.
pub async fn some_work() -> Result<(), Error> {
    let gpu = Gpu::new().await?;
    let x = gpu.upload(&vec![0.5; 1 << 20], [1 << 20])?;
    for &activation in Activation::ALL {
        gpu.read(&gpu.forward(activation, &x)?).await?;
    }
    Ok(())
}

/// A browser refuses bindings of a buffer that overlap where one is written, and a buffer that is both
/// read and written. One output here is right beside its input, and the other far from it.
pub async fn inputs_and_outputs_in_one_buffer() -> Outcome {
    const APART: u64 = 1024;
    let gpu = Gpu::new().await?;
    let mut values = vec![7.0; 512];
    values[..3].copy_from_slice(&[-1.0, 2.0, -3.0]);
    let arena = gpu.upload(&values, [values.len()])?;
    let whole = arena.slice()?;
    let three = |offset| Slice::new(whole.buffer, whole.offset + offset, 12);
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    for offset in [12, APART] {
        let relu = gpu
            .kernels()
            .forward(Activation::Relu, three(0), three(offset))?;
        relu.encode(&mut encoder);
    }
    gpu.submit()?;
    gpu.queue().submit([encoder.finish()]);
    values[3..6].copy_from_slice(&[0.0, 2.0, 0.0]);
    let apart = APART as usize / 4;
    values[apart..apart + 3].copy_from_slice(&[0.0, 2.0, 0.0]);
    let got = gpu.read(&arena).await?;
    ensure!(got == values, "{got:?}");
    Ok(())
}

pub async fn every_other_call() -> Outcome {
    let gpu = Gpu::new().await?;
    // An odd number of 16-bit elements ends within a word.
    let x = gpu.upload(&[-1.0, 2.0, 0.5].map(f16::from_f32), [3])?;
    let wide = TensorArgs::from(&x).output_dtype(Dtype::F32);
    let wide = gpu.forward(Activation::Relu, wide)?;
    let brain = gpu.to_dtype(&x, Dtype::Bf16)?;
    let [x, wide, brain] = gpu.read([&x, &wide, &brain]).await?;
    ensure!(x == [-1.0, 2.0, 0.5] && brain == x, "{x:?} {brain:?}");
    ensure!(wide == [0.0, 2.0, 0.5], "{wide:?}");

    let row = gpu.upload(&[bf16::ONE, bf16::NEG_ONE], [2])?;
    let repeated = gpu.forward(Activation::Relu, row.view().broadcast_to([3, 2])?)?;
    let part = repeated.view().transpose(0, 1)?.narrow(1, 0, 2)?;
    let part = gpu.read(&gpu.forward(Activation::Relu, part)?).await?;
    ensure!(part == [1.0, 1.0, 0.0, 0.0], "{part:?}");

    let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0, 1.0, -1.0], [3, 2])?;
    let grad = gpu.upload(&[1.0; 6], [3, 2])?;
    let weight = gpu.upload(&[0.1, 0.3], [2])?;
    let prelu = Activation::Prelu { weight: 0.25 };
    let of_weight = gpu.backward_parameter(prelu, "weight", (&x, &weight), &grad)?;
    let [of_x, of_grad] = gpu.double_backward(Activation::Tanh, &x, &grad, &grad)?;
    let training = TrainingMode {
        seed: 42,
        offset: 0,
        dropout: 0.5,
    };
    let dropped = gpu.forward_training(Activation::Identity, training, &x)?;
    let halves = gpu.glu_split(Glu::GLU, -1, GluLayout::ValueGate, &x)?;
    let tensors = [&of_weight, &of_x, &of_grad, &dropped, &halves];
    let [of_weight, of_x, of_grad, dropped, halves] = gpu.read(tensors).await?;
    ensure!(of_weight == [-2.0, -1.5], "{of_weight:?}");
    let tanh = Activation::Tanh;
    for (k, x) in [-2.0f64, -0.5, 0.0, 3.0, 1.0, -1.0].into_iter().enumerate() {
        let wanted = [tanh.second_derivative(x), tanh.derivative(x)];
        let got = [of_x[k], of_grad[k]].map(f64::from);
        let is_near = (0..2).all(|k| (wanted[k] - got[k]).abs() < 1e-5);
        ensure!(is_near, "double backward at {x}: {got:?}, not {wanted:?}");
        let kept = [0.0, 2.0 * x].contains(&f64::from(dropped[k]));
        ensure!(kept, "dropout of {x}: {}", dropped[k]);
    }
    ensure!(halves[1] == 0.0 && halves.len() == 3, "{halves:?}");

    let mut values = [9.0; 6];
    gpu.read_into([(&x, &mut values[..])]).await?;
    ensure!(values == [-2.0, -0.5, 0.0, 3.0, 1.0, -1.0], "{values:?}");
    gpu.empty_cache();
    let empty = gpu.upload::<f32>(&[], [0, 3])?;
    let empty = gpu
        .read(&gpu.forward_axis(AxisFunction::SOFTMAX, -1, &empty)?)
        .await?;
    ensure!(empty.is_empty(), "{empty:?}");
    Ok(())
}

/// An upload may get the memory of a tensor that is dropped, but is still to be read by what is
/// recorded.
pub async fn uploads_wait_for_what_is_recorded() -> Outcome {
    let gpu = Gpu::new().await?;
    for round in 0..20 {
        let x = gpu.upload(&[1.0; 1000], [1000])?;
        let y = gpu.forward(Activation::Relu, &x)?;
        drop(x);
        let later = gpu.upload(&[2.0; 1000], [1000])?;
        let [y, later] = gpu.read([&y, &later]).await?;
        ensure!(
            y == [1.0; 1000] && later == [2.0; 1000],
            "round {round}: {y:?}, {later:?}"
        );
    }
    Ok(())
}

pub async fn much_is_read_and_uploaded() -> Outcome {
    const ELEMENTS: usize = 16 << 20;
    let gpu = Gpu::new().await?;
    let values: Vec<f32> = (0..ELEMENTS).map(|k| k as f32).collect();
    for _ in 0..2 {
        let start = now();
        let x = gpu.upload(&values, [ELEMENTS])?;
        let uploaded = now();
        let y = gpu.forward(Activation::Relu, &x)?;
        let y = gpu.read(&y).await?;
        ensure!(y == values, "other values");
        say(&format!(
            "64 MiB: the upload took {:.0} ms, forward and read {:.0} ms",
            uploaded - start,
            now() - uploaded
        ));
    }
    // Many small steps, for the time of a call.
    let x = gpu.upload(&[0.5; 256], [256])?;
    gpu.read(&gpu.forward(Activation::Relu, &x)?).await?;
    let start = now();
    let mut y = gpu.forward(Activation::Relu, &x)?;
    for _ in 0..2000 {
        y = gpu.forward(Activation::Relu, &y)?;
    }
    let called = now();
    let y = gpu.read(&y).await?;
    ensure!(y == [0.5; 256], "{y:?}");
    say(&format!(
        "2000 small calls took {:.0} ms, and their results came {:.0} ms later",
        called - start,
        now() - called
    ));
    Ok(())
}

pub async fn warm_up_returns_when_kernels_exist() -> Outcome {
    let gpu = Gpu::new().await?;
    let all = |dtype| {
        let kernels = Activation::ALL
            .iter()
            .map(|&activation| WarmUp::Forward(activation));
        (kernels.collect::<Vec<_>>(), dtype)
    };
    let (warm_up, dtype) = all(Dtype::F32);
    let start = now();
    gpu.kernels().warm_up(&warm_up, dtype)?;
    let asked = now();
    gpu.kernels().settled().await?;
    let compiled = now();
    let x = gpu.upload(&[0.5; 64], [64])?;
    let mut results = vec![];
    for &activation in Activation::ALL {
        results.push(gpu.forward(activation, &x)?);
    }
    gpu.read(&results.iter().collect::<Vec<_>>()[..]).await?;
    let used = now();
    say(&format!(
        "{} kernels: asked for in {:.0} ms, compiled {:.0} ms later, used in {:.0} ms",
        2 * warm_up.len(),
        asked - start,
        compiled - asked,
        used - compiled
    ));
    ensure!(
        used - compiled < (compiled - start) / 2.0,
        "kernels were not compiled before they were used"
    );
    let (warm_up, dtype) = all(Dtype::F16);
    gpu.kernels().warm_up_async(&warm_up[..4], dtype).await?;
    let refused = [WarmUp::BackwardParameter(Activation::Relu, "alpha")];
    let refused = gpu.kernels().warm_up_async(&refused, Dtype::F32).await;
    ensure!(
        matches!(refused, Err(Error::Argument { .. })),
        "{refused:?}"
    );
    Ok(())
}

pub async fn everything_can_be_sent() -> Outcome {
    #[cfg(feature = "send")]
    {
        fn shared<T: Send + Sync>() {}
        fn sent<T: Send>() {}
        shared::<Gpu>();
        shared::<Kernels>();
        shared::<wgpu_activations::Tensor>();
        sent::<Read<Vec<f32>>>();
    }
    Ok(())
}
