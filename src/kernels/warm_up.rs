//! Kernels that are compiled before they are needed.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Kernels, job};
use crate::wgsl::{Module, Pass};
use crate::{Activation, Dtype, Error, Glu};

/// What [`Kernels::warm_up`] compiles: a method of [`Kernels`], with what it computes. Default parameters have a kernel of their own; one
/// kernel is for all other values.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum WarmUp {
    /// [`Kernels::forward`].
    Forward(Activation),
    /// [`Kernels::backward`].
    Backward(Activation),
    /// [`Kernels::backward_parameter`] of the parameter with this name.
    BackwardParameter(Activation, &'static str),
    /// [`Kernels::double_backward`].
    DoubleBackward(Activation),
    /// [`Kernels::forward_training`].
    ForwardTraining(Activation),
    /// [`Kernels::backward_training`].
    BackwardTraining(Activation),
    /// [`Kernels::glu`].
    Glu(Glu),
    /// [`Kernels::glu_backward`].
    GatedBackward(Glu),
    /// [`Kernels::glu_split`].
    GatedSplit(Glu),
    /// [`Kernels::glu_split_backward`].
    GatedSplitBackward(Glu),
}

impl Kernels {
    /// Compiles kernels before they are needed, on as many threads as the machine has cores: those of contiguous tensors of this type,
    /// whose parameters are numbers. Others (learned parameters, strided or mixed tensors, in place, along an axis) are
    /// compiled when they are first asked for, as these would be without this.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let kernels = gpu.kernels();
    /// use wgpu_activations::{Activation, Dtype, WarmUp};
    ///
    /// kernels.warm_up(&[WarmUp::Forward(Activation::Gelu), WarmUp::Backward(Activation::Gelu)], Dtype::F32)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If an activation has no such parameter, or if wgpu refuses a kernel.
    pub fn warm_up(&self, kernels: &[WarmUp], dtype: Dtype) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for warm in kernels {
            let module = module(*warm)?.stored_as(dtype);
            wanted.extend(match module.pass {
                Pass::BackwardParameter(_) => [
                    (module, "blocks"),
                    (
                        Module {
                            pass: Pass::Sum,
                            ..module
                        }
                        .stored_as(Dtype::F32),
                        "blocks",
                    ),
                ],
                Pass::GatedBackward if self.takes_both_gradients() => [
                    (module.and_grad_gate_as(dtype), "vectors_of_both"),
                    (module, "elements"),
                ],
                _ => [(module, "vectors"), (module, "elements")],
            });
        }
        in_parallel(wanted.len(), |k| {
            self.kernel(wanted[k].0, wanted[k].1).map(drop)
        })
    }
}

fn module(warm: WarmUp) -> Result<Module, Error> {
    Ok(match warm {
        WarmUp::Forward(activation) => Module::new(activation, Pass::Forward),
        WarmUp::Backward(activation) => Module::new(activation, Pass::Backward),
        WarmUp::BackwardParameter(activation, parameter) => Module::new(
            activation,
            Pass::BackwardParameter(job::position(activation, parameter)?),
        ),
        WarmUp::DoubleBackward(activation) => Module::new(activation, Pass::DoubleBackward),
        WarmUp::ForwardTraining(activation) => Module::new(activation, Pass::ForwardTraining),
        WarmUp::BackwardTraining(activation) => Module::new(activation, Pass::BackwardTraining),
        WarmUp::Glu(gated) => Module::of_gated(gated, Pass::Glu),
        WarmUp::GatedBackward(gated) => Module::of_gated(gated, Pass::GatedBackward),
        WarmUp::GatedSplit(gated) => Module::of_gated(gated, Pass::GatedSplit),
        WarmUp::GatedSplitBackward(gated) => Module::of_gated(gated, Pass::GatedSplitBackward),
    })
}

/// Runs so many jobs; the first error ends it.
fn in_parallel(jobs: usize, job: impl Fn(usize) -> Result<(), Error> + Sync) -> Result<(), Error> {
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(jobs);
    // A browser has one thread to give.
    if threads < 2 || cfg!(target_family = "wasm") {
        return (0..jobs).try_for_each(job);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mine =
            std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&k| k < jobs));
        let outcome = mine.map(&job).find(Result::is_err).unwrap_or(Ok(()));
        if outcome.is_err() {
            next.store(jobs, Ordering::Relaxed);
        }
        outcome
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().fold(work(), |outcome, worker| {
            outcome.and(worker.join().unwrap_or(Ok(())))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::WarmUp;
    use crate::kernels::lock;
    use crate::{Activation, Dtype, Error, Glu, GluLayout, Gpu, TrainingMode};

    const ELU: Activation = Activation::Elu { alpha: 1.0 };

    fn all_kinds(gpu: &Gpu) -> Result<(), Error> {
        for length in [64, 63] {
            let x = gpu.upload(&vec![0.5; 2 * length], [2, length])?;
            gpu.forward(ELU, &x)?;
            gpu.backward(ELU, &x, &x)?;
            gpu.backward_parameter(ELU, "alpha", &x, &x)?;
            gpu.double_backward(ELU, &x, &x, &x)?;
            gpu.forward_training(ELU, TrainingMode::default(), &x)?;
            gpu.backward_training(ELU, TrainingMode::default(), &x, &x)?;
            gpu.glu(Glu::GLU, &x, &x)?;
            gpu.glu_backward(Glu::GLU, &x, &x, &x)?;
            let half = gpu.glu_split(Glu::GLU, 0, GluLayout::ValueGate, &x)?;
            gpu.glu_split_backward(Glu::GLU, 0, GluLayout::ValueGate, &x, &half)?;
        }
        gpu.submit()
    }

    #[test]
    fn nothing_is_compiled_twice() -> Result<(), Error> {
        let gpu = Gpu::new_blocking()?;
        let every = [
            WarmUp::Forward(ELU),
            WarmUp::Backward(ELU),
            WarmUp::BackwardParameter(ELU, "alpha"),
            WarmUp::DoubleBackward(ELU),
            WarmUp::ForwardTraining(ELU),
            WarmUp::BackwardTraining(ELU),
            WarmUp::Glu(Glu::GLU),
            WarmUp::GatedBackward(Glu::GLU),
            WarmUp::GatedSplit(Glu::GLU),
            WarmUp::GatedSplitBackward(Glu::GLU),
        ];
        gpu.kernels().warm_up(&every, Dtype::F32)?;
        let compiled = || lock(&gpu.kernels().kernels).len();
        let warm = compiled();
        all_kinds(&gpu)?;
        assert_eq!(compiled(), warm);
        assert_eq!(warm, 2 * every.len());
        Ok(())
    }

    #[test]
    fn a_new_value_compiles_nothing() -> Result<(), Error> {
        let gpu = Gpu::new_blocking()?;
        let x = gpu.upload(&[0.5; 64], [64])?;
        let compiled = |alpha| {
            gpu.forward(Activation::Elu { alpha }, &x)?;
            Ok::<_, Error>(lock(&gpu.kernels().kernels).len())
        };
        assert_eq!(
            [
                compiled(1.0)?,
                compiled(2.0)?,
                compiled(3.0)?,
                compiled(1.0)?
            ],
            [1, 2, 2, 2]
        );
        Ok(())
    }
}
