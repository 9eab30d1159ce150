//! The high-level API: a device, tensors, results. Only this module submits and waits.

mod accumulate;
mod args;
mod axis;
#[cfg(not(target_family = "wasm"))]
mod cache;
mod callbacks;
mod compute;
mod cross_entropy;
mod elementwise;
mod expression;
mod glu;
mod memory;
mod open;
mod readback;
mod tensor;
mod transfer;
mod view;

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};

pub use accumulate::Accumulate;
pub use args::TensorArgs;
pub use axis::{AxisExtras, AxisResults};
#[cfg(not(target_family = "wasm"))]
use cache::Cache;
use callbacks::{poll, raise_again, submit};
pub use cross_entropy::Targets;
pub use expression::{Operands, Value};
use memory::Memory;
pub use open::request_adapter;
pub use tensor::Tensor;
pub use transfer::{Element, Read, Tensors};
pub use view::View;

use crate::Error;
use crate::kernels::error_scope::{Device, is_lost, with_error_scope};
use crate::kernels::{Kernels, Operation, lock};

/// A batch of this weight is submitted, so that the GPU starts while the caller records more.
const MOST_PENDING: usize = 64;

/// A GPU with uploads, forward and backward passes, and readbacks: the high-level API.
///
/// Tensors stay on the GPU between calls. Each call records its work, and batches are submitted.
/// [`Gpu::read`] submits pending work and waits for it. All methods take `&self`, and threads can
/// share a `Gpu`.
///
/// If the device is lost or if wgpu refuses a batch, later results would be wrong. So all further
/// calls return that error.
///
/// wgpu runs callbacks, as those of [`wgpu::Queue::on_submitted_work_done`] and
/// [`wgpu::Buffer::map_async`], on the thread that submits or waits, so also in calls of a `Gpu`.
/// They may call every method of the same `Gpu`. Their errors go where wgpu sends them: to the
/// program's error scopes and its uncaptured-error handler. A callback must not wait for another
/// thread that calls the `Gpu`, unless it has called [`Gpu::submit`] before: that thread may wait
/// for the end of the submission in which the callback runs.
///
/// ```
/// use wgpu_activations::{Activation, Gpu};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// let gpu = Gpu::new_blocking()?;
/// let elu = Activation::ELU;
///
/// let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0], [2, 2])?;
/// let y = gpu.forward(elu, &x)?;
/// let grad_output = gpu.upload(&[1.0; 4], [2, 2])?;
/// let grad_x = gpu.backward(elu, &x, &grad_output)?;
///
/// let [y, grad_x] = gpu.read_blocking([&y, &grad_x])?;
/// assert_eq!(y[3], 3.0);
/// assert_eq!(grad_x[2..], [1.0, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Gpu {
    device: Device,
    queue: wgpu::Queue,
    kernels: Kernels,
    tensors: Arc<Memory>,
    uploads: Arc<Memory>,
    downloads: Arc<Memory>,
    submissions: Arc<Submissions>,
    #[cfg(not(target_family = "wasm"))]
    cache: Option<Cache>,
}

/// Commands that are recorded, but not submitted. Operations in a row share one compute pass, since
/// to begin a pass takes time.
#[derive(Debug)]
struct Batch {
    /// The pass must end before the encoder can be used.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: wgpu::CommandEncoder,
}

#[derive(Debug, Default)]
struct Pending {
    batch: Option<Batch>,
    /// Each operation counts one, and so does each MiB of an upload.
    weight: usize,
    /// The error of a batch that was refused. Its results are undefined, and so are all results
    /// that are computed from them.
    refused: Option<Error>,
    /// The turn in which a batch is submitted at this moment, and its thread.
    turn: Option<(u64, ThreadId)>,
    turns: u64,
}

/// The recorded commands, and the thread whose turn it is to submit them.
///
/// Threads take turns, so that batches are submitted in the order in which they were recorded. The
/// lock cannot ensure this: it must be free while wgpu submits, because wgpu then runs callbacks
/// that may need it.
#[derive(Debug, Default)]
struct Submissions {
    pending: Mutex<Pending>,
    /// Signals that a turn has ended.
    ended: Condvar,
}

/// A turn, which ends when it is dropped, or before.
struct Turn<'a> {
    submissions: &'a Submissions,
    number: u64,
}

impl Gpu {
    /// Opens the adapter that [`request_adapter`] returns. wgpu's environment variables choose it:
    /// `WGPU_BACKEND=vulkan`, `WGPU_ADAPTER_NAME=llvmpipe`, `WGPU_POWER_PREF=high`.
    ///
    /// # Errors
    /// [`Error::NoAdapter`] or [`Error::UnknownAdapter`] if there is no such adapter,
    /// [`Error::Wgpu`] if it gives no device.
    pub async fn new() -> Result<Self, Error> {
        let (device, queue) = open::device(wgpu::Features::empty()).await?;
        let gpu = Self::from_device(device, queue);
        gpu.use_native_f16().await?;
        Ok(gpu)
    }

    /// Does what [`Gpu::new`] does, and blocks until the device is open. It does not exist in
    /// browsers, which do not allow blocking.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    #[cfg(not(target_family = "wasm"))]
    pub fn new_blocking() -> Result<Self, Error> {
        pollster::block_on(Self::new())
    }

    /// Uses a device that the program has opened. The queue must be the device's own.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu, wgpu};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # pollster::block_on(async {
    /// // Any adapter will do. This program prefers a discrete GPU.
    /// let instance = wgpu::Instance::default();
    /// let adapters = instance.enumerate_adapters(wgpu::Backends::all()).await;
    /// let is_discrete = |adapter: &&wgpu::Adapter| {
    ///     adapter.get_info().device_type == wgpu::DeviceType::DiscreteGpu
    /// };
    /// let adapter = adapters.iter().find(is_discrete).or(adapters.first()).ok_or("no adapter")?;
    /// let (device, queue) = adapter.request_device(&Default::default()).await?;
    ///
    /// let gpu = Gpu::from_device(device, queue);
    /// let x = gpu.upload(&[-1.0, 2.0], [2])?;
    /// let y = gpu.forward(Activation::Relu, &x)?;
    /// assert_eq!(gpu.read(&y).await?, [0.0, 2.0]);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    #[must_use]
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        use wgpu::BufferUsages as Usages;
        let tensors = Usages::STORAGE | Usages::COPY_SRC | Usages::COPY_DST;
        let (uploads, downloads) = (
            Usages::MAP_WRITE | Usages::COPY_SRC,
            Usages::MAP_READ | Usages::COPY_DST,
        );
        let kernels = Kernels::new(&device, &queue);
        Self {
            device: kernels.device.clone(),
            kernels,
            tensors: Memory::new("wgpu-activations tensor", tensors),
            uploads: Memory::new("wgpu-activations upload", uploads),
            downloads: Memory::new("wgpu-activations readback", downloads),
            submissions: Arc::default(),
            #[cfg(not(target_family = "wasm"))]
            cache: None,
            queue,
        }
    }

    /// Has kernels convert f16 by the device's own instructions, if it computes them right: see
    /// [`Kernels::check_f16`]. Results are the same, and 16-bit kernels faster. A `Gpu` that opens
    /// its own device has done so. This submits a small kernel and waits for its result.
    ///
    /// ```
    /// use wgpu_activations::{Gpu, request_adapter};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # pollster::block_on(async {
    /// let (device, queue) = request_adapter().await?.request_device(&Default::default()).await?;
    /// let gpu = Gpu::from_device(device, queue);
    /// gpu.use_native_f16().await?;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Compile`] if wgpu refuses the kernel, and the errors of [`Gpu::read`].
    pub async fn use_native_f16(&self) -> Result<(), Error> {
        let result = self.upload(&[0.0], [1])?;
        self.record(&self.kernels.check_f16(result.slice()?)?)?;
        self.kernels.use_native_f16(self.read(&result).await?[0]);
        Ok(())
    }

    /// Returns the device, for commands of your own.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// Returns the queue, for commands of your own.
    #[must_use]
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// Returns the low-level API on the same device.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-1.0, 2.0], [2])?;
    ///
    /// // Only the low-level API can overwrite `x`.
    /// let relu = gpu.kernels().forward_in_place(Activation::Relu, x.slice()?)?;
    /// let mut encoder = gpu.device().create_command_encoder(&Default::default());
    /// relu.encode(&mut encoder);
    /// gpu.submit()?; // The upload comes before the commands that use it.
    /// gpu.queue().submit([encoder.finish()]);
    ///
    /// assert_eq!(gpu.read_blocking(&x)?, [0.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn kernels(&self) -> &Kernels {
        &self.kernels
    }

    /// Frees idle memory, as PyTorch's `torch.cuda.empty_cache` does. Dropped tensors, uploads and
    /// readbacks leave their memory to later ones. Of each kind, at most as much is held as was
    /// ever used at once, or 256 MiB if that is more.
    pub fn empty_cache(&self) {
        for memory in [&self.tensors, &self.uploads, &self.downloads] {
            memory.empty();
        }
    }

    /// Submits pending work. Call it before you submit commands of your own that use tensors.
    ///
    /// # Errors
    /// [`Error::Wgpu`] if wgpu refuses the commands, [`Error::DeviceLost`] if the device is lost.
    pub fn submit(&self) -> Result<(), Error> {
        if is_lost(&self.device) {
            return Err(Error::DeviceLost);
        }
        self.device.check()?;
        // Most callbacks that wgpu would run in the submission run here, outside of error scopes.
        poll(&self.device, wgpu::PollType::Poll)?.map_err(Error::mapping)?;
        let (turn, batch) = self.submissions.take_turn()?;
        let Some(batch) = batch else {
            return Ok(());
        };
        let what = || "what was recorded".to_owned();
        let submitted = with_error_scope(&self.device, what, || batch.finish())
            .and_then(|commands| submit(&self.device, &self.queue, commands));
        if let Err(error) = &submitted {
            lock(&self.submissions.pending).refused = Some(error.clone());
        }
        drop(turn);
        if let Some(error) = submitted? {
            raise_again(&self.device, &error);
        }
        Ok(())
    }

    /// Takes a buffer. If memory runs out, frees idle buffers of all kinds and tries again.
    fn take(&self, memory: &Memory, bytes: u64) -> Result<wgpu::Buffer, Error> {
        let taken = memory.take(&self.device, bytes);
        if matches!(taken, Err(Error::OutOfMemory { .. })) {
            self.empty_cache();
            return memory.take(&self.device, bytes);
        }
        taken
    }

    fn record(&self, operation: &Operation) -> Result<(), Error> {
        self.add(1, |batch| operation.record(batch.pass()))
    }

    /// Adds to the pending batch, and submits it if it is large enough. wgpu reports an invalid
    /// command only when the batch is finished.
    fn add(&self, weight: usize, record: impl FnOnce(&mut Batch)) -> Result<(), Error> {
        self.device.check()?;
        let mut pending = lock(&self.submissions.pending);
        pending.check()?;
        if pending.batch.is_none() {
            drop(pending);
            let new = || Batch::new(&self.device);
            let new = with_error_scope(&self.device, || "commands".to_owned(), new)?;
            pending = lock(&self.submissions.pending);
            // Another thread may have been faster.
            pending.batch.get_or_insert(new);
        }
        pending.batch.as_mut().map(record);
        pending.weight += weight;
        let is_large = pending.weight >= MOST_PENDING;
        drop(pending);
        if is_large { self.submit() } else { Ok(()) }
    }
}

impl Batch {
    fn new(device: &wgpu::Device) -> Self {
        let descriptor = wgpu::CommandEncoderDescriptor {
            label: Some("wgpu-activations"),
        };
        Self {
            pass: None,
            encoder: device.create_command_encoder(&descriptor),
        }
    }

    fn pass(&mut self) -> &mut wgpu::ComputePass<'static> {
        let descriptor = wgpu::ComputePassDescriptor {
            label: Some("wgpu-activations"),
            timestamp_writes: None,
        };
        self.pass.get_or_insert_with(|| {
            self.encoder
                .begin_compute_pass(&descriptor)
                .forget_lifetime()
        })
    }

    /// Ends the pass, so that commands of the encoder follow it.
    fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        self.pass = None;
        &mut self.encoder
    }

    fn finish(self) -> wgpu::CommandBuffer {
        drop(self.pass);
        self.encoder.finish()
    }
}

impl Pending {
    /// Returns the error of a batch that was refused before.
    fn check(&self) -> Result<(), Error> {
        self.refused.clone().map_or(Ok(()), Err)
    }
}

impl Submissions {
    /// Waits until no other thread submits, and takes what was recorded.
    fn take_turn(&self) -> Result<(Turn<'_>, Option<Batch>), Error> {
        self.end_turn_of_this_thread();
        let mut pending = lock(&self.pending);
        while pending.turn.is_some() {
            let woken = self.ended.wait(pending);
            pending = woken.unwrap_or_else(PoisonError::into_inner);
        }
        pending.check()?;
        pending.weight = 0;
        pending.turns += 1;
        let number = pending.turns;
        pending.turn = Some((number, thread::current().id()));
        let turn = Turn {
            submissions: self,
            number,
        };
        Ok((turn, pending.batch.take()))
    }

    /// If this thread submits a batch at this moment, this is called from a callback that wgpu runs
    /// in the submission. Then the batch is on its way, and others need not wait any longer.
    fn end_turn_of_this_thread(&self) {
        let mut pending = lock(&self.pending);
        let this = thread::current().id();
        if pending.turn.is_some_and(|(_, thread)| thread == this) {
            pending.turn = None;
            self.ended.notify_all();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut pending = lock(&self.submissions.pending);
        if thread::panicking() {
            // Nobody knows whether the batch was submitted.
            pending.refused.get_or_insert_with(|| Error::Wgpu {
                what: "what was recorded".to_owned(),
                message: "a callback has panicked meanwhile".to_owned(),
            });
        }
        if pending
            .turn
            .is_some_and(|(number, _)| number == self.number)
        {
            pending.turn = None;
            self.submissions.ended.notify_all();
        }
    }
}
