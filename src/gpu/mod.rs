//! The simple level: a device, tensors, results. The only place that submits and waits.

mod args;
mod axis;
mod cache;
mod compute;
mod elementwise;
mod glu;
mod memory;
mod open;
mod tensor;
mod transfer;
mod view;

use std::sync::{Arc, Mutex};

pub use args::TensorArgs;
use cache::Cache;
use memory::Memory;
pub use open::request_adapter;
pub use tensor::Tensor;
pub use transfer::{Element, Tensors};
pub use view::View;

use crate::Error;
use crate::kernels::error_scope::{is_lost, with_error_scope};
use crate::kernels::{Kernels, Operation, lock};

/// What is recorded before it is submitted by itself, so that the GPU begins while more is
/// recorded.
const MOST_PENDING: usize = 64;

/// A GPU: uploads, forward and backward passes on it, and readbacks.
///
/// Tensors stay on the GPU between calls. Work is recorded as it is asked for and submitted in
/// batches; [`Gpu::read`] submits what is pending and waits for it. All methods take `&self`; a
/// `Gpu` can be shared between threads.
///
/// If the device is lost, or if wgpu refuses what was recorded, nothing computed since can be
/// trusted: all further calls return that error.
///
/// ```
/// use wgpu_activations::{Activation, Gpu};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// let gpu = Gpu::new_blocking()?;
/// let elu = Activation::Elu { alpha: 1.0 };
///
/// let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0], [2, 2])?;
/// let y = gpu.forward(elu, &x)?;
/// let grad_output = gpu.upload(&[1.0; 4], [2, 2])?;
/// let grad_input = gpu.backward(elu, &x, &grad_output)?;
///
/// let [y, grad_input] = gpu.read_blocking([&y, &grad_input])?;
/// assert_eq!(y[3], 3.0);
/// assert_eq!(grad_input[2..], [1.0, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    kernels: Kernels,
    tensors: Arc<Memory>,
    uploads: Arc<Memory>,
    downloads: Arc<Memory>,
    pending: Mutex<Pending>,
    cache: Option<Cache>,
}

/// What is recorded: operations that follow each other are in one pass, since drivers take their
/// time to begin one.
#[derive(Debug)]
struct Batch {
    /// Ended before the encoder is used.
    pass: Option<wgpu::ComputePass<'static>>,
    encoder: wgpu::CommandEncoder,
}

/// What is recorded and not yet submitted.
#[derive(Debug, Default)]
struct Pending {
    batch: Option<Batch>,
    /// One for each operation, and one for each MiB that is uploaded.
    weight: usize,
    /// Why a batch was refused: tensors of it hold anything, and so do those that are computed from
    /// them.
    refused: Option<Error>,
}

impl Gpu {
    /// Opens the adapter that wgpu's environment variables ask for, or else the one wgpu prefers;
    /// software adapters are welcome. `WGPU_BACKEND=vulkan`, `WGPU_ADAPTER_NAME=llvmpipe`,
    /// `WGPU_POWER_PREF=high`.
    ///
    /// # Errors
    /// If there is no such adapter, or if it gives no device.
    pub async fn new() -> Result<Self, Error> {
        let (device, queue) = open::device(wgpu::Features::empty()).await?;
        Ok(Self::from_device(device, queue))
    }

    /// [`Gpu::new`], blocking until it is open. Not for browsers.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    pub fn new_blocking() -> Result<Self, Error> {
        pollster::block_on(Self::new())
    }

    /// The simple level on a device that is there already, with its own queue.
    #[must_use]
    pub fn from_device(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        use wgpu::BufferUsages as Usages;
        Self {
            kernels: Kernels::new(&device, &queue),
            tensors: Memory::new(
                "wgpu-activations tensor",
                Usages::STORAGE | Usages::COPY_SRC | Usages::COPY_DST,
                false,
            ),
            uploads: Memory::new(
                "wgpu-activations upload",
                Usages::MAP_WRITE | Usages::COPY_SRC,
                true,
            ),
            downloads: Memory::new(
                "wgpu-activations readback",
                Usages::MAP_READ | Usages::COPY_DST,
                false,
            ),
            pending: Mutex::default(),
            cache: None,
            device,
            queue,
        }
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// The queue.
    #[must_use]
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// The guest level on the same device.
    #[must_use]
    pub fn kernels(&self) -> &Kernels {
        &self.kernels
    }

    /// Frees the memory of tensors, uploads and readbacks that are gone, as PyTorch's
    /// `torch.cuda.empty_cache`. Until then it is kept for the next: as much as was ever used at
    /// once, and 256 MiB of each kind in any case.
    pub fn empty_cache(&self) {
        for memory in [&self.tensors, &self.uploads, &self.downloads] {
            memory.empty();
        }
    }

    /// Submits what is recorded and not yet submitted. Only needed before commands of your own that
    /// use tensors.
    ///
    /// # Errors
    /// If wgpu refuses it, as it does when the device is lost.
    pub fn submit(&self) -> Result<(), Error> {
        self.submit_pending(&mut lock(&self.pending))
    }

    /// Under the lock, so that submissions of several threads keep the order in which they were
    /// recorded.
    fn submit_pending(&self, pending: &mut Pending) -> Result<(), Error> {
        pending.weight = 0;
        let batch = pending.batch.take();
        pending.try_to(|| {
            let Some(batch) = batch else {
                return if is_lost(&self.device) {
                    Err(Error::DeviceLost)
                } else {
                    Ok(())
                };
            };
            let what = || "what was recorded".to_owned();
            with_error_scope(&self.device, what, || self.queue.submit([batch.finish()])).map(|_| ())
        })
    }

    /// A buffer of one kind, for which what idles of all kinds makes room.
    fn take(&self, memory: &Memory, bytes: u64) -> Result<wgpu::Buffer, Error> {
        let taken = memory.take(&self.device, bytes);
        if !matches!(taken, Err(Error::OutOfMemory { .. })) {
            return taken;
        }
        self.empty_cache();
        memory.take(&self.device, bytes)
    }

    fn record(&self, operation: &Operation) -> Result<(), Error> {
        self.add(1, |batch| operation.record(batch.pass()))
    }

    fn encode(
        &self,
        weight: usize,
        record: impl FnOnce(&mut wgpu::CommandEncoder),
    ) -> Result<(), Error> {
        self.add(weight, |batch| record(batch.encoder()))
    }

    /// Adds to the pending batch, and submits it when it holds enough. What is wrong with a command
    /// wgpu says when it is submitted.
    fn add(&self, weight: usize, record: impl FnOnce(&mut Batch)) -> Result<(), Error> {
        let mut pending = lock(&self.pending);
        let mut batch = pending.batch.take();
        pending.try_to(|| {
            let new = || {
                with_error_scope(
                    &self.device,
                    || "commands".to_owned(),
                    || Batch::new(&self.device),
                )
            };
            let mut started = batch.take().map_or_else(new, Ok)?;
            record(&mut started);
            batch = Some(started);
            Ok(())
        })?;
        pending.batch = batch;
        pending.weight += weight;
        if pending.weight >= MOST_PENDING {
            self.submit_pending(&mut pending)
        } else {
            Ok(())
        }
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

    /// The encoder, behind what is in the pass.
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
    /// Does something with what is recorded, unless that has failed before.
    fn try_to(&mut self, attempt: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        if let Some(error) = &self.refused {
            return Err(error.clone());
        }
        attempt().inspect_err(|error| self.refused = Some(error.clone()))
    }
}
