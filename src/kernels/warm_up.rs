//! Kernels that are compiled before they are needed.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::Kernels;
use super::elementwise::position;
use crate::parameter::MOST_PARAMETERS;
use crate::wgsl::operand::{Layout, Slot};
use crate::wgsl::{Function, KernelKey, Mapping, Op};
use crate::{Activation, Dtype, Error, Glu};

/// What [`Kernels::warm_up`] compiles: a method of [`Kernels`], with what it computes. Default
/// parameters have a kernel of their own; one kernel is for all other values.
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
    GluBackward(Glu),
    /// [`Kernels::glu_split`].
    GluSplit(Glu),
    /// [`Kernels::glu_split_backward`].
    GluSplitBackward(Glu),
}

impl Kernels {
    /// Compiles kernels before they are needed, on as many threads as the machine has cores: those
    /// of contiguous tensors of this type, whose parameters are numbers. Others (learned
    /// parameters, strided or mixed tensors, in place, along an axis) are compiled when they are
    /// first asked for, as these would be without this.
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
        for &kernel in kernels {
            let (function, values, op) = function(kernel)?;
            let has_defaults = function.has_defaults(values);
            let key = |op: Op, mapping, has_defaults, dtype| KernelKey {
                function,
                op,
                mapping,
                has_defaults,
                operands: contiguous(op, dtype),
            };
            match op {
                Op::BackwardParameter(_) => {
                    let mut first = key(op, Mapping::Pairwise, has_defaults, dtype);
                    first.operands[0].dtype = Dtype::F32;
                    wanted.extend([first, key(Op::Sum, Mapping::Pairwise, true, Dtype::F32)]);
                }
                Op::DoubleBackward => {
                    // Its second gradient is a backward pass.
                    for op in [op, Op::Backward] {
                        let mappings = [Mapping::Vectors, Mapping::Elements];
                        wanted
                            .extend(mappings.map(|mapping| key(op, mapping, has_defaults, dtype)));
                    }
                }
                _ => {
                    let mut keys = [Mapping::Vectors, Mapping::Elements]
                        .map(|mapping| key(op, mapping, has_defaults, dtype));
                    // A dispatch by elements writes one gradient; one by vectors both, if the
                    // device takes them.
                    let is_single = |slot: &Slot| slot.name != "grad_gate";
                    keys[1].operands.retain(is_single);
                    if !self.takes_both_gradients() {
                        keys[0].operands.retain(is_single);
                    }
                    wanted.extend(keys);
                }
            }
        }
        in_parallel(wanted.len(), |k| self.kernel(wanted[k].clone()).map(drop))
    }
}

/// The operands of an op whose tensors are contiguous.
fn contiguous(op: Op, dtype: Dtype) -> Vec<Slot> {
    let slot = |&(name, access): &_| Slot::new(name, dtype, Layout::Contiguous, access);
    op.tensors().iter().map(slot).collect()
}

fn function(kernel: WarmUp) -> Result<(Function, [f32; MOST_PARAMETERS], Op), Error> {
    let of_activation = |activation: Activation, op| {
        Ok((
            Function::Activation(activation.index()),
            activation.values(),
            op,
        ))
    };
    let of_glu = |glu: Glu, op| Ok((Function::of_glu(glu), glu.values(), op));
    match kernel {
        WarmUp::Forward(activation) => of_activation(activation, Op::Forward),
        WarmUp::Backward(activation) => of_activation(activation, Op::Backward),
        WarmUp::BackwardParameter(activation, parameter) => of_activation(
            activation,
            Op::BackwardParameter(position(activation, parameter)?),
        ),
        WarmUp::DoubleBackward(activation) => of_activation(activation, Op::DoubleBackward),
        WarmUp::ForwardTraining(activation) => of_activation(activation, Op::ForwardTraining),
        WarmUp::BackwardTraining(activation) => of_activation(activation, Op::BackwardTraining),
        WarmUp::Glu(glu) => of_glu(glu, Op::Glu),
        WarmUp::GluBackward(glu) => of_glu(glu, Op::GluBackward),
        WarmUp::GluSplit(glu) => of_glu(glu, Op::GluSplit),
        WarmUp::GluSplitBackward(glu) => of_glu(glu, Op::GluSplitBackward),
    }
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
            WarmUp::GluBackward(Glu::GLU),
            WarmUp::GluSplit(Glu::GLU),
            WarmUp::GluSplitBackward(Glu::GLU),
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
