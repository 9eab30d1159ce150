//! Functions along an axis.

use anyhow::Result;
use wgpu_activations::{
    AxisExtras, AxisFunction, AxisInput, AxisSaved, Causal, Dtype, Gpu, Saved, Tensor,
};

use crate::Job;
use crate::along_truth::{Call, Truths};
use crate::check::compare_unsigned;
use crate::input::{Input, Inputs};
use crate::npy::{Kind, Layout, Npy, Order};
use crate::output::Outputs;
use crate::ulp::Truth;

/// Applies a function, or its gradient, along an axis, by default the last, and returns a
/// description of what was done. Column-major tensors become row-major.
pub fn run(
    job: &Job,
    gpu: &Gpu,
    function: AxisFunction,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) -> Result<String> {
    let Inputs {
        x,
        grad,
        mask,
        sink,
        ..
    } = inputs;
    let dtype = job.dtype(&x);
    let read = |input: Input| anyhow::Ok(input.read_all()?.in_order(Order::C));
    let is_boolean = mask
        .as_ref()
        .is_some_and(|mask| mask.header.number.kind == Kind::Bool);
    let (mask, sink) = (mask.map(read).transpose()?, sink.map(read).transpose()?);
    let call = Call {
        function,
        axis: job.axis.unwrap_or(-1),
        x: read(x)?,
        grad: grad.map(read).transpose()?,
        mask,
        is_boolean,
        sink,
        softcap: job.softcap,
        causal: job.causal.then_some(Causal {
            queries: None,
            offset: job.offset,
            window: job.window,
        }),
    };
    let results = compute(job, gpu, &call)?;
    let truths = match job.check {
        true => Some(call.truths(&results.saved, &results.of_sink)?),
        false => None,
    };
    let compare = |of: fn(&Truths) -> &[Truth]| {
        truths.as_ref().map(|truths| {
            // The signs of zeros along an axis are not promised.
            move |dtype, position: usize, got| compare_unsigned(dtype, got, of(truths)[position])
        })
    };
    let rows = [&results.logsumexp, &results.grad_sink];
    let shapes = rows.map(|tensor| tensor.as_ref().map_or(&[][..], Tensor::shape));
    outputs.begin("--output", Layout::row_major(results.output.shape()), dtype);
    outputs.begin("--logsumexp", Layout::row_major(shapes[0]), Dtype::F32);
    let of_sink = job.dtype.unwrap_or_default();
    outputs.begin_sums("--grad-sink", Layout::row_major(shapes[1]), of_sink);
    outputs.write(
        "--output",
        gpu,
        &results.output,
        compare(|truths| &truths.output),
    )?;
    if let Some(logsumexp) = &results.logsumexp {
        outputs.write(
            "--logsumexp",
            gpu,
            logsumexp,
            compare(|truths| &truths.logsumexp),
        )?;
    }
    if let Some(grad_sink) = &results.grad_sink {
        outputs.write(
            "--grad-sink",
            gpu,
            grad_sink,
            compare(|truths| &truths.grad_sink),
        )?;
    }
    Ok(format!("{function} along axis {}", call.axis))
}

/// The results of a job.
struct Results {
    output: Tensor,
    logsumexp: Option<Tensor>,
    grad_sink: Option<Tensor>,
    /// The tensor that the gradient was computed from.
    saved: Vec<f32>,
    of_sink: Vec<f32>,
}

fn compute(job: &Job, gpu: &Gpu, call: &Call) -> Result<Results> {
    let blame = |error| job.blame(error);
    let (function, axis) = (call.function, call.axis);
    let upload = |npy: &Npy| gpu.upload(&npy.values, &npy.layout.shape);
    let x = upload(&call.x)?;
    let mask = call.mask.as_ref().map(upload).transpose()?;
    let sink = call.sink.as_ref().map(upload).transpose()?;
    let mut input = AxisInput::new(&x);
    if let Some(mask) = &mask {
        input = match call.is_boolean {
            true => input.boolean_mask(mask),
            false => input.mask(mask),
        };
    }
    if let Some(sink) = &sink {
        input = input.sink(sink);
    }
    if let Some(causal) = call.causal {
        input = input.causal(causal);
    }
    if let Some(cap) = call.softcap {
        input = input.softcap(cap);
    }
    let extras = AxisExtras {
        logsumexp: job.logsumexp.is_some(),
        sink: job.grad_sink.is_some(),
        dropout: None,
    };
    let forward = gpu.forward_axis_with(function, axis, input, extras);
    let forward = forward.map_err(blame)?;
    let Some(grad) = &call.grad else {
        return Ok(Results {
            output: forward.y,
            logsumexp: forward.logsumexp,
            grad_sink: None,
            saved: vec![],
            of_sink: vec![],
        });
    };
    let is_output = function.info().saved == Saved::Output;
    let tensor = if is_output { &forward.y } else { &x };
    let mut saved = AxisSaved::new(tensor);
    if let Some(cap) = call.softcap {
        saved = saved.softcap(cap, &x);
    }
    let grad = upload(grad)?;
    let (output, grad_sink) = match (&forward.sink, &sink) {
        (Some(of_sink), Some(sink)) => {
            let saved = saved.sink(of_sink);
            let gradients = gpu.backward_axis_with_sink(function, axis, saved, &grad, sink);
            let [output, grad_sink] = gradients.map_err(blame)?;
            (output, Some(grad_sink))
        }
        _ => {
            let gradient = gpu.backward_axis(function, axis, saved, &grad);
            (gradient.map_err(blame)?, None)
        }
    };
    let of_sink = forward.sink.as_ref().map(|sink| gpu.read_blocking(sink));
    Ok(Results {
        output,
        logsumexp: None,
        grad_sink,
        saved: gpu.read_blocking(tensor)?,
        of_sink: of_sink.transpose()?.unwrap_or_default(),
    })
}
