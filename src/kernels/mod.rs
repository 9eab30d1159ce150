//! Kernels for one device of the caller's: checks, compiles, binds. Never submits, polls or maps.

pub(crate) mod call;
mod compile;
mod gather;
mod glu;
mod job;
mod layout;
mod operation;
mod pairs;
mod plan;
mod reduction;
mod rows;
pub(crate) mod scope;
mod slice;
mod warm_up;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use call::Calls;
use compile::Kernel;
pub use glu::{GluLayout, SplitLayout};
use job::{Job, Operand};
pub(crate) use layout::Layout;
pub use operation::Operation;
pub use rows::MaskedInput;
pub use slice::{LearnedParam, Slice, SliceArgs};
pub use warm_up::WarmUp;

use crate::wgsl::{Module, Pass};
use crate::{Activation, Error, TrainingMode};

/// The activations on a device of the caller's.
///
/// One `Kernels` for each device: it keeps what it compiles. Default parameters are constants of their kernels, which are faster for
/// it; other values, however many, share one kernel that is told them. Each method checks its arguments, compiles what is missing
/// and returns an [`Operation`] to record; nothing is submitted, polled or mapped. It needs no feature, and wgpu's
/// default and downlevel limits are enough. Cheap to share: `Send`, `Sync`, all methods take `&self`.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let gpu = wgpu_activations::Gpu::new_blocking()?;
/// # let (device, queue) = (gpu.device(), gpu.queue());
/// # let buffer = |size| device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage: wgpu::BufferUsages::STORAGE, mapped_at_creation: false });
/// # let (x, y) = (buffer(64), buffer(48));
/// # use wgpu_activations::wgpu;
/// use wgpu_activations::{Activation, Kernels};
///
/// let kernels = Kernels::new(device, queue);
/// let operation = kernels.forward(Activation::Tanh, x.slice(16..), &y)?;
///
/// let mut encoder = device.create_command_encoder(&Default::default());
/// operation.encode(&mut encoder); // as often as wanted
/// queue.submit([encoder.finish()]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Kernels {
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    /// How threads share out vectors.
    pairs: pairs::Pairs,
    cache: Option<wgpu::PipelineCache>,
    kernels: Mutex<HashMap<(Module, &'static str), Arc<Kernel>>>,
    row_kernels: Mutex<HashMap<rows::Key, Arc<Kernel>>>,
    calls: Mutex<Calls>,
    scratch: Mutex<Option<[wgpu::Buffer; 2]>>,
    scratch_of_rows: Mutex<Option<[wgpu::Buffer; 1]>>,
    gathered: Mutex<Option<[wgpu::Buffer; 1]>>,
}

impl Kernels {
    /// Kernels for the caller's device. Nothing is compiled yet. The queue must be that device's: wgpu has no way to tell, and
    /// gives errors of another one to the other device.
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        Self {
            device: device.clone(),
            queue: queue.clone(),
            limits: device.limits(),
            pairs: pairs::Pairs::of(device),
            cache: None,
            kernels: Mutex::default(),
            row_kernels: Mutex::default(),
            calls: Mutex::default(),
            scratch: Mutex::default(),
            scratch_of_rows: Mutex::default(),
            gathered: Mutex::default(),
        }
    }

    /// The same, which compiles with a pipeline cache: what is in it already is compiled in no time. The caller makes it, with
    /// [`wgpu::Device::create_pipeline_cache`], on a device with [`wgpu::Features::PIPELINE_CACHE`], and writes what
    /// [`wgpu::PipelineCache::get_data`] gives to disk. [`Gpu::with_pipeline_cache`](crate::Gpu::with_pipeline_cache) does all this.
    #[must_use]
    pub fn with_pipeline_cache(self, cache: &wgpu::PipelineCache) -> Self {
        Self {
            cache: Some(cache.clone()),
            ..self
        }
    }

    /// `output = f(x)`, element by element.
    ///
    /// # Errors
    /// If a parameter is out of range, if `x` and `output` differ in length or share a buffer, or if a slice is
    /// unaligned, past its buffer's end, without `STORAGE` usage, or refused by wgpu.
    pub fn forward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let (reads, output) = (
            vec![Operand::x(x)],
            Operand::output("output", output.into()),
        );
        self.elementwise(&Job::new(
            activation,
            Pass::Forward,
            &learned,
            reads,
            output,
        )?)
    }

    /// `x = f(x)`: the slice of `x` is overwritten.
    ///
    /// # Errors
    /// As [`Kernels::forward`].
    pub fn forward_in_place<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let (reads, output) = (vec![], Operand::output("x", x));
        self.elementwise(&Job::new(
            activation,
            Pass::Forward,
            &learned,
            reads,
            output,
        )?)
    }

    /// `grad_input = grad_output * f'(x)`: the gradient with respect to x. A derivative of 0 passes on 0 even from an
    /// infinite `grad_output`; NaN in either stays NaN.
    ///
    /// # Errors
    /// As [`Kernels::forward`], for all three slices.
    pub fn backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_input: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let reads = vec![Operand::x(x), Operand::grad_output(grad_output.into())];
        let output = Operand::output("grad_input", grad_input.into());
        self.elementwise(&Job::new(
            activation,
            Pass::Backward,
            &learned,
            reads,
            output,
        )?)
    }

    /// `grad = grad * f'(x)`: the slice that holds `grad_output` is overwritten with the gradient with respect to x.
    ///
    /// # Errors
    /// As [`Kernels::backward`].
    pub fn backward_in_place<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let (reads, output) = (vec![Operand::x(x)], Operand::output("grad", grad.into()));
        self.elementwise(&Job::new(
            activation,
            Pass::Backward,
            &learned,
            reads,
            output,
        )?)
    }

    /// The gradient with respect to a parameter: the sum of `grad_output * df/dparameter` over all elements or, if `inputs`
    /// hold the parameter with a value for each channel, over those of each channel. Pairwise summation in a fixed order: the
    /// same bits on each run.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the activation cannot learn the parameter, or if `grad_parameter` has another length
    /// than the parameter, which is 1 if `inputs` do not hold it.
    pub fn backward_parameter<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_parameter: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let parts = [(x, grad_output.into())];
        self.backward_parameter_of_parts(
            activation,
            parameter,
            &learned,
            &parts,
            grad_parameter.into(),
        )
    }

    /// The same of tensors of which each buffer holds a part: x, and the gradient.
    pub(crate) fn backward_parameter_of_parts<'a>(
        &self,
        activation: Activation,
        parameter: &str,
        learned: &[LearnedParam<'a>],
        parts: &[(Slice<'a>, Slice<'a>)],
        grad_parameter: Slice<'a>,
    ) -> Result<Operation, Error> {
        let position = job::position(activation, parameter)?;
        let output = Operand::output("grad_parameter", grad_parameter);
        let job = |&(x, grad_output): &_| {
            let reads = vec![Operand::x(x), Operand::grad_output(grad_output)];
            Job::new(
                activation,
                Pass::BackwardParameter(position),
                learned,
                reads,
                output,
            )
        };
        let jobs = parts.iter().map(job).collect::<Result<Vec<_>, _>>()?;
        match jobs.split_first() {
            Some((first, others)) => self.reduction(first, others, position),
            None => Ok(Operation { steps: vec![] }),
        }
    }

    /// [`Kernels::forward`] in training mode: with dropout behind it, and random slopes of `rrelu`.
    ///
    /// # Errors
    /// As [`Kernels::forward`]; also if the dropout is no probability.
    pub fn forward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<SliceArgs<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let (reads, output) = (
            vec![Operand::x(x)],
            Operand::output("output", output.into()),
        );
        let job = Job::new(activation, Pass::ForwardTraining, &learned, reads, output)?;
        self.elementwise(&job.with(training)?)
    }

    /// The gradient with respect to x of [`Kernels::forward_training`] with the same seed, offset and dropout.
    ///
    /// # Errors
    /// As [`Kernels::backward`]; also if the dropout is no probability.
    pub fn backward_training<'a>(
        &self,
        activation: Activation,
        training: TrainingMode,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_input: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let reads = vec![Operand::x(x), Operand::grad_output(grad_output.into())];
        let output = Operand::output("grad_input", grad_input.into());
        let job = Job::new(activation, Pass::BackwardTraining, &learned, reads, output)?;
        self.elementwise(&job.with(training)?)
    }

    /// `grad_x = tangent * grad_output * f''(x)`: the gradient of [`Kernels::backward`] with respect to x, where `tangent` is
    /// the gradient with respect to its result. (That with respect to its `grad_output` is `tangent * f'(x)`: `backward` itself,
    /// with `tangent` for `grad_output`.) A second derivative of 0 passes on 0; it is 0 where f' jumps.
    ///
    /// # Errors
    /// As [`Kernels::forward`], for all four slices.
    pub fn double_backward<'a>(
        &self,
        activation: Activation,
        inputs: impl Into<SliceArgs<'a>>,
        grad_output: impl Into<Slice<'a>>,
        tangent: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let SliceArgs { x, learned } = inputs.into();
        let reads = vec![
            Operand::x(x),
            Operand::grad_output(grad_output.into()),
            Operand::tangent(tangent.into()),
        ];
        let output = Operand::output("grad_x", grad_x.into());
        self.elementwise(&Job::new(
            activation,
            Pass::DoubleBackward,
            &learned,
            reads,
            output,
        )?)
    }

    /// The compiled kernel, from memory or new.
    fn kernel(&self, module: Module, entry_point: &'static str) -> Result<Arc<Kernel>, Error> {
        let key = (module, entry_point);
        if let Some(kernel) = lock(&self.kernels).get(&key) {
            return Ok(kernel.clone());
        }
        let kernel =
            Arc::new(self.compile(module.label(), module.text(entry_point), entry_point, None)?);
        Ok(lock(&self.kernels).entry(key).or_insert(kernel).clone())
    }
}

/// The guarded value. What these locks guard is whole at every moment, also after a panic elsewhere.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
