//! The low-level API: kernels for one device of the caller's. It checks, compiles and binds. It
//! never submits, polls or maps.
//!
//! A call goes one way: a method makes a request and checks it (`request.rs`), a plan cuts it into
//! dispatches (`elementwise.rs`, `sums.rs`, `axis_plan.rs`), each dispatch gets its kernel and
//! its bindings (`dispatch.rs`, `compile.rs`), and an [`Operation`] records them.

mod activation;
mod axis;
mod axis_dispatch;
mod axis_input;
mod axis_plan;
mod axis_request;
mod causal;
mod chunks;
mod compile;
mod cross_entropy;
mod dimensions;
mod dispatch;
mod driver;
mod elementwise;
mod elementwise_request;
pub(crate) mod error_scope;
mod expression;
mod glu;
mod learned;
mod operation;
mod parameter_gradient;
mod rate;
mod request;
mod scratch;
mod sharing;
mod slice;
mod split;
mod strided;
mod sums;
mod sums_plan;
mod sums_threads;
pub(crate) mod uniforms;
mod warm_up;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) use axis::saved_name;
pub(crate) use axis_input::Mask;
pub use axis_input::{AxisGradients, AxisInput, AxisOutputs, AxisSaved};
pub use causal::Causal;
use compile::Kernel;
pub use cross_entropy::LossInput;
use error_scope::Device;
pub use expression::SliceValue;
pub(crate) use expression::joint_shape;
pub(crate) use learned::Part;
pub use learned::{LearnedParam, SliceArgs};
pub use operation::Operation;
pub use slice::Slice;
pub use split::{GluLayout, SplitLayout};
pub(crate) use strided::StridedLayout;
use uniforms::UniformPool;
pub use warm_up::WarmUp;

use crate::Error;
use crate::wgsl::{Driver, KernelKey};

/// The functions of this crate on a device of the caller's: the low-level API.
///
/// Make one `Kernels` for each device, since it keeps the kernels that it compiles. A new parameter
/// value never recompiles: values travel in uniforms. Default values get a specialised kernel, in
/// which they are constants. Each method checks its arguments, compiles the kernel if it is new,
/// and returns an [`Operation`] to record. Nothing is submitted, polled or mapped. No feature is
/// needed, and wgpu's default and downlevel limits are enough. All methods take `&self`; a
/// `Kernels` can be shared between threads.
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
    pub(crate) device: Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    pairing: chunks::VectorPairing,
    cache: Option<wgpu::PipelineCache>,
    kernels: Mutex<HashMap<KernelKey, Arc<Kernel>>>,
    driver: Mutex<Driver>,
    uniforms: Mutex<UniformPool>,
    /// Partial results between dispatches.
    scratch: Mutex<Option<[wgpu::Buffer; 2]>>,
    folded: Mutex<Option<[wgpu::Buffer; 2]>>,
    sums_of_runs: Mutex<Option<[wgpu::Buffer; 1]>>,
    sums_of_pieces: Mutex<Option<[wgpu::Buffer; 1]>>,
    axis_scratch: Mutex<Option<[wgpu::Buffer; 1]>>,
    losses: Mutex<Option<[wgpu::Buffer; 2]>>,
    /// The operands that have no binding of their own.
    packed: Mutex<Option<[wgpu::Buffer; 1]>>,
    /// The inputs and the outputs that cannot be bound where they lie.
    staged: Mutex<Option<[wgpu::Buffer; 2]>>,
}

impl Kernels {
    /// Kernels for the caller's device. Nothing is compiled yet. The queue must be that device's:
    /// wgpu has no way to tell, and gives errors of another one to the other device.
    #[must_use]
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Self {
        Self {
            device: Device::new(device),
            queue: queue.clone(),
            limits: capped(device.limits()),
            pairing: chunks::VectorPairing::of(device),
            cache: None,
            kernels: Mutex::default(),
            driver: Mutex::new(driver::of(device)),
            uniforms: Mutex::default(),
            scratch: Mutex::default(),
            folded: Mutex::default(),
            sums_of_runs: Mutex::default(),
            sums_of_pieces: Mutex::default(),
            axis_scratch: Mutex::default(),
            losses: Mutex::default(),
            packed: Mutex::default(),
            staged: Mutex::default(),
        }
    }

    /// The same, which compiles with a pipeline cache: what is in it already is compiled in no
    /// time. The caller makes it, with [`wgpu::Device::create_pipeline_cache`], on a device with
    /// [`wgpu::Features::PIPELINE_CACHE`], and writes what [`wgpu::PipelineCache::get_data`] gives
    /// to disk. [`Gpu::with_pipeline_cache`](crate::Gpu::with_pipeline_cache) does all this.
    #[must_use]
    pub fn with_pipeline_cache(self, cache: &wgpu::PipelineCache) -> Self {
        Self {
            cache: Some(cache.clone()),
            ..self
        }
    }

    /// Waits until wgpu has answered for all calls so far. Then their kernels are compiled, and what
    /// wgpu has refused is an error.
    ///
    /// A browser answers later: an operation that it refuses was returned as if it were valid. So a
    /// program without a [`Gpu`](crate::Gpu) should call this now and then there, as before it uses
    /// results. [`Gpu::read`](crate::Gpu::read) does so itself. Outside of browsers wgpu answers at
    /// once, and this has nothing to wait for.
    ///
    /// ```
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # pollster::block_on(async {
    /// # let gpu = wgpu_activations::Gpu::new().await?;
    /// # let kernels = gpu.kernels();
    /// # let buffer = |size| gpu.device().create_buffer(&wgpu_activations::wgpu::BufferDescriptor { label: None, size, usage: wgpu_activations::wgpu::BufferUsages::STORAGE, mapped_at_creation: false });
    /// # let (x, y) = (buffer(64), buffer(64));
    /// use wgpu_activations::Activation;
    ///
    /// let operation = kernels.forward(Activation::Tanh, &x, &y)?;
    /// kernels.settled().await?; // Also in a browser the operation is valid now.
    /// # drop(operation);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first error that has arrived after its call. Nobody knows what is valid then, so it is
    /// also the error of all further calls: make another `Kernels`.
    pub async fn settled(&self) -> Result<(), Error> {
        self.device.settled().await
    }
}

/// The most bytes that a binding has, whatever the backend claims. Metal claims its longest buffer,
/// but gets the sizes of bindings in u32, and on all backends kernels count in u32.
///
/// So a binding has fewer than 2^30 elements of 4 bytes. An index may go beyond its dispatch's last
/// element: a grid has up to 65,535 workgroups more than needed, so 2^24 threads, of up to 8
/// elements each. All indices stay below 2^30 + 2^27, and sums of two of them below 2^32. A binding
/// of 16-bit elements has as many elements at most, and so half of the bytes.
const MOST_BYTES_IN_BINDING: u64 = u32::MAX as u64 / slice::ELEMENT * slice::ELEMENT;

fn capped(limits: wgpu::Limits) -> wgpu::Limits {
    let claimed = limits.max_storage_buffer_binding_size;
    wgpu::Limits {
        max_storage_buffer_binding_size: claimed.min(MOST_BYTES_IN_BINDING),
        ..limits
    }
}

/// The guarded value. It is valid at every moment, also after a panic of another thread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Kernels, MOST_BYTES_IN_BINDING, capped};
    use crate::{Error, Gpu};

    /// Metal's longest buffer may be longer than u32 counts, in bytes and in elements.
    #[test]
    fn a_binding_is_no_longer_than_kernels_count() -> Result<(), Error> {
        let gpu = Gpu::new_blocking()?;
        let claiming = |max_storage_buffer_binding_size| Kernels {
            limits: capped(wgpu::Limits {
                max_storage_buffer_binding_size,
                ..gpu.device().limits()
            }),
            ..Kernels::new(gpu.device(), gpu.queue())
        };
        for claimed in [1 << 32, 1 << 34, u64::MAX] {
            let kernels = claiming(claimed);
            let limits = &kernels.limits;
            assert_eq!(
                limits.max_storage_buffer_binding_size,
                u64::from(u32::MAX) - 3
            );
            let bytes = 4 * kernels.elements_in_binding()
                + u64::from(limits.min_storage_buffer_offset_alignment);
            assert!(bytes <= MOST_BYTES_IN_BINDING, "{bytes} from {claimed}");
            assert!(
                kernels
                    .check_reach("x", 1 << 30, crate::Dtype::F16)
                    .is_err()
            );
        }
        let small = 1 << 27;
        assert_eq!(
            claiming(small).limits.max_storage_buffer_binding_size,
            small
        );
        Ok(())
    }
}
