//! Compiling kernels before they are needed.

use super::elementwise_request::position;
use super::{Kernels, parameter_gradient};
use crate::parameter::Values;
use crate::wgsl::operand::{Layout, Slot};
use crate::wgsl::{Driver, Function, KernelKey, Mapping, Op};
use crate::{Activation, Dtype, Error, Glu};

/// A method of [`Kernels`] and its function, for [`Kernels::warm_up`]. Default parameters have a
/// kernel of their own. One kernel serves all other values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarmUp {
    /// [`Kernels::forward`].
    Forward(Activation),
    /// [`Kernels::backward`].
    Backward(Activation),
    /// [`Kernels::backward_from_output`].
    BackwardFromOutput(Activation),
    /// [`Kernels::backward_parameter`] with the name of the parameter.
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
    /// Compiles kernels on all cores of the machine, so that the first call that needs one does not
    /// wait for the compiler. The kernels are those for contiguous tensors of this dtype whose
    /// parameters are numbers. All others (learned parameters, strided tensors, mixed dtypes, in
    /// place, gradients that accumulate, along an axis) are compiled when they are first needed.
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
    /// A browser compiles while the program goes on: use [`Kernels::warm_up_async`] to wait for it.
    ///
    /// # Errors
    /// [`Error::Argument`] if an activation has no such parameter, [`Error::Compile`] if wgpu
    /// refuses a kernel.
    pub fn warm_up(&self, kernels: &[WarmUp], dtype: Dtype) -> Result<(), Error> {
        let mut wanted = Vec::new();
        for &kernel in kernels {
            if let WarmUp::BackwardParameter(activation, parameter) = kernel {
                let position = position(activation, parameter)?;
                wanted.extend(parameter_gradient::kernels(activation, position, dtype));
                continue;
            }
            let (function, values, op) = function(kernel);
            let has_defaults = function.has_defaults(values);
            let key = &|op: Op, mapping| KernelKey {
                function: function.clone(),
                op,
                mapping,
                has_defaults,
                driver: Driver::default(),
                operands: contiguous(op, dtype),
            };
            let elementwise = |op| [Mapping::Vectors, Mapping::Elements].map(|by| key(op, by));
            match op {
                Op::DoubleBackward => {
                    // The second gradient is computed by the kernel of the backward pass.
                    wanted.extend([op, Op::Backward].into_iter().flat_map(elementwise));
                }
                _ => {
                    let mut keys = elementwise(op);
                    // The kernel by elements writes one gradient at a time. The kernel by vectors
                    // writes both if the device has enough bindings.
                    let is_single = |slot: &Slot| slot.name != "grad_gate";
                    keys[1].operands.retain(is_single);
                    if !self.takes_both_gradients() {
                        keys[0].operands.retain(is_single);
                    }
                    wanted.extend(keys);
                }
            }
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let compile = |k: usize| self.kernel(wanted[k].clone()).map(drop);
        in_parallel(cores, wanted.len(), compile)
    }

    /// Does what [`Kernels::warm_up`] does, and returns when the kernels exist. In a browser the
    /// page stays alive meanwhile. Outside of browsers the calling thread compiles, too.
    ///
    /// ```
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # pollster::block_on(async {
    /// # let gpu = wgpu_activations::Gpu::new().await?;
    /// # let kernels = gpu.kernels();
    /// use wgpu_activations::{Activation, Dtype, WarmUp};
    ///
    /// kernels.warm_up_async(&[WarmUp::Forward(Activation::Gelu)], Dtype::F32).await?;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Kernels::warm_up`] and [`Kernels::settled`].
    pub async fn warm_up_async(&self, kernels: &[WarmUp], dtype: Dtype) -> Result<(), Error> {
        self.warm_up(kernels, dtype)?;
        self.settled().await
    }
}

fn contiguous(op: Op, dtype: Dtype) -> Vec<Slot> {
    let slot = |&(name, access): &_| Slot::new(name, dtype, Layout::Contiguous, access);
    op.tensors().iter().map(slot).collect()
}

fn function(kernel: WarmUp) -> (Function, Values, Op) {
    let (activation, op) = match kernel {
        WarmUp::Forward(activation) => (activation, Op::Forward),
        WarmUp::Backward(activation) => (activation, Op::Backward),
        WarmUp::BackwardFromOutput(activation) => (activation, Op::BackwardFromOutput),
        WarmUp::BackwardParameter(activation, _) => (activation, Op::BackwardParameter),
        WarmUp::DoubleBackward(activation) => (activation, Op::DoubleBackward),
        WarmUp::ForwardTraining(activation) => (activation, Op::ForwardTraining),
        WarmUp::BackwardTraining(activation) => (activation, Op::BackwardTraining),
        WarmUp::Glu(glu) => return of_glu(glu, Op::Glu),
        WarmUp::GluBackward(glu) => return of_glu(glu, Op::GluBackward),
        WarmUp::GluSplit(glu) => return of_glu(glu, Op::GluSplit),
        WarmUp::GluSplitBackward(glu) => return of_glu(glu, Op::GluSplitBackward),
    };
    (
        Function::Activation(activation.index()),
        activation.values(),
        op,
    )
}

fn of_glu(glu: Glu, op: Op) -> (Function, Values, Op) {
    (Function::of_glu(glu), glu.values(), op)
}

/// Runs jobs until one fails. In browsers wgpu's objects belong to one thread.
#[cfg(target_family = "wasm")]
fn in_parallel(
    _threads: usize,
    jobs: usize,
    job: impl Fn(usize) -> Result<(), Error>,
) -> Result<(), Error> {
    (0..jobs).try_for_each(job)
}

/// Runs jobs on this thread and on others, until one fails. A panic of one is a panic of the
/// caller.
#[cfg(not(target_family = "wasm"))]
fn in_parallel(
    threads: usize,
    jobs: usize,
    job: impl Fn(usize) -> Result<(), Error> + Sync,
) -> Result<(), Error> {
    use std::iter;
    use std::panic::resume_unwind;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let next = AtomicUsize::new(0);
    let work = || {
        let mine = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        let outcome = mine.take_while(|&k| k < jobs).try_for_each(&job);
        outcome.inspect_err(|_| next.store(jobs, Ordering::Relaxed))
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.min(jobs)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().fold(work(), |outcome, worker| {
            let joined = worker.join();
            outcome.and(joined.unwrap_or_else(|panic| resume_unwind(panic)))
        })
    })
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Barrier;
    use std::thread;

    use super::{WarmUp, in_parallel};
    use crate::kernels::lock;
    use crate::{Activation, Dtype, Error, Glu, GluLayout, Gpu, TrainingMode};

    const ELU: Activation = Activation::Elu { alpha: 1.0 };

    fn all_kinds(gpu: &Gpu) -> Result<(), Error> {
        for length in [64, 63] {
            let x = gpu.upload(&vec![0.5; 2 * length], [2, length])?;
            gpu.forward(ELU, &x)?;
            gpu.backward(ELU, &x, &x)?;
            gpu.backward_from_output(ELU, &x, &x)?;
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
            WarmUp::BackwardFromOutput(ELU),
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
        // The sums of a parameter's gradient take three more, and the check of f16 took one.
        assert_eq!(warm, 2 * every.len() + 4);
        Ok(())
    }

    #[test]
    fn a_panic_of_a_worker_is_a_panic_of_the_caller() {
        let (caller, both) = (thread::current().id(), Barrier::new(2));
        let job = |_| {
            both.wait();
            assert!(thread::current().id() == caller, "a worker's panic");
            Ok(())
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| in_parallel(2, 2, job)));
        let panic = outcome.expect_err("a panic");
        assert_eq!(panic.downcast_ref(), Some(&"a worker's panic"));
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
            // One has checked the conversions of f16.
            [2, 3, 3, 3]
        );
        Ok(())
    }
}
