//! Uploads and readbacks.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use half::{bf16, f16};

use super::tensor::elements;
use super::{Gpu, Memory, Tensor};
use crate::kernels::error_scope::{is_lost, with_error_scope};
use crate::kernels::{Slice, lock};
use crate::{Dtype, Error};

impl Gpu {
    /// Copies values in row-major order into a new tensor. The shape of a single number is `[]`.
    /// The type of the values is the dtype of the tensor: `f32`, or `f16` or `bf16` of the crate
    /// [`half`].
    ///
    /// ```
    /// use wgpu_activations::half::f16;
    /// use wgpu_activations::{Dtype, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3])?;
    /// assert_eq!((x.shape(), x.dtype()), (&[2, 3][..], Dtype::F32));
    ///
    /// let halves = gpu.upload(&[f16::ONE; 6], [2, 3])?;
    /// assert_eq!(halves.dtype(), Dtype::F16);
    ///
    /// let number = gpu.upload(&[0.25], [])?;
    /// assert_eq!(number.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if the number of values is not that of the shape's elements,
    /// [`Error::OutOfMemory`] if there is no memory for the tensor.
    pub fn upload<T: Element>(
        &self,
        values: &[T],
        shape: impl AsRef<[usize]>,
    ) -> Result<Tensor, Error> {
        let shape = shape.as_ref();
        let expected = elements(shape)?;
        Error::check_length("values", values.len() as u64, expected as u64)?;
        let tensor = self.empty(shape, T::DTYPE)?;
        for (buffer, values) in tensor.buffers.iter().zip(values.chunks(tensor.cut)) {
            self.write(buffer, bytemuck::cast_slice(values))?;
        }
        Ok(tensor)
    }

    fn write(&self, buffer: &wgpu::Buffer, bytes: &[u8]) -> Result<(), Error> {
        let size = bytes.len() as u64;
        // wgpu copies whole words.
        let words = size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        let staging = self.take(&self.uploads, words)?;
        let fill = || {
            let mut view = staging.slice(..words).get_mapped_range_mut()?;
            view.slice(..bytes.len()).copy_from_slice(bytes);
            drop(view);
            staging.unmap();
            Ok::<_, wgpu::MapRangeError>(())
        };
        with_error_scope(&self.device, || "an upload".to_owned(), fill)?.map_err(Error::mapping)?;
        self.add(1 + (size >> 20) as usize, |batch| {
            let encoder = batch.encoder();
            encoder.copy_buffer_to_buffer(&staging, 0, buffer, 0, words);
            let (memory, buffer) = (self.uploads.clone(), staging.clone());
            encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Write, .., move |mapped| {
                if mapped.is_ok() {
                    memory.give_back(buffer);
                }
            });
        })
    }

    /// Reads the values of tensors as f32, which represents every f16 and bf16 exactly. It submits
    /// pending work and waits for it without blocking the calling thread. Any executor will do:
    /// outside of browsers a thread of its own waits for the GPU.
    ///
    /// One tensor gives a `Vec<f32>`, an array of tensors gives an array of them, and a slice of
    /// tensors a `Vec<Vec<f32>>`. Reading several tensors at once takes one round trip.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # pollster::block_on(async {
    /// let gpu = Gpu::new().await?;
    /// let x = gpu.upload(&[-1.0, 2.0], [2])?;
    /// let y = gpu.forward(Activation::Relu, &x)?;
    ///
    /// assert_eq!(gpu.read(&y).await?, [0.0, 2.0]);
    /// let [x, y] = gpu.read([&x, &y]).await?;
    /// # assert_eq!(x[0] + y[0], -1.0);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if a tensor belongs to another `Gpu`, [`Error::OutOfMemory`] if there is
    /// no memory for the copies, [`Error::DeviceLost`] if the device is lost.
    pub fn read<'a, T: Tensors<'a>>(
        &self,
        tensors: T,
    ) -> impl Future<Output = Result<T::Values, Error>> {
        let readback = self.start_readback(tensors.list());
        let readback = readback.and_then(Readback::wait_in_thread);
        async { Ok(T::values(readback?.vectors().await?)) }
    }

    /// Does what [`Gpu::read`] does, and blocks until the values are there. Browsers do not allow
    /// blocking.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-2.0, 3.0], [2])?;
    /// let y = gpu.forward(Activation::Relu, &x)?;
    /// assert_eq!(gpu.read_blocking(&y)?, [0.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::read`].
    pub fn read_blocking<'a, T: Tensors<'a>>(&self, tensors: T) -> Result<T::Values, Error> {
        let readback = self.start_readback(tensors.list())?;
        readback.wait()?;
        Ok(T::values(pollster::block_on(readback.vectors())?))
    }

    /// Reads the values of tensors into the caller's memory:
    /// `gpu.read_into([(&y, &mut values[..])]).await?`. For large tensors this is faster than
    /// [`Gpu::read`] if the memory has been used before, since the system hands out new memory page
    /// by page.
    ///
    /// # Errors
    /// As [`Gpu::read`], and [`Error::Argument`] if the number of values is not that of the
    /// tensor's elements. After an error the values may hold anything.
    pub fn read_into<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a Tensor, &'a mut [f32])>,
    ) -> impl Future<Output = Result<(), Error>> {
        let (tensors, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let readback = self.start_readback_into(&tensors, &values);
        let readback = readback.and_then(Readback::wait_in_thread);
        async { readback?.finish(values).await }
    }

    /// Does what [`Gpu::read_into`] does, and blocks until the values are there. Browsers do not
    /// allow blocking.
    ///
    /// ```
    /// use wgpu_activations::Gpu;
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// let gpu = Gpu::new_blocking()?;
    /// let x = gpu.upload(&[-2.0, 3.0], [2])?;
    /// let mut values = vec![0.0; x.len()]; // can be used again and again
    /// gpu.read_into_blocking([(&x, &mut values[..])])?;
    /// assert_eq!(values, [-2.0, 3.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::read_into`].
    pub fn read_into_blocking<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a Tensor, &'a mut [f32])>,
    ) -> Result<(), Error> {
        let (tensors, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let readback = self.start_readback_into(&tensors, &values)?;
        readback.wait()?;
        pollster::block_on(readback.finish(values))
    }

    fn start_readback_into(
        &self,
        tensors: &[&Tensor],
        values: &[&mut [f32]],
    ) -> Result<Readback, Error> {
        for (tensor, values) in tensors.iter().zip(values) {
            Error::check_length("values", values.len() as u64, tensor.len() as u64)?;
        }
        self.start_readback(tensors)
    }

    /// Records the copies and submits them with all pending work.
    fn start_readback(&self, tensors: &[&Tensor]) -> Result<Readback, Error> {
        for tensor in tensors {
            self.check_gpu("tensors", tensor)?;
        }
        let most = self.device.limits().max_buffer_size;
        let words = |slice: &Slice<'_>| slice.size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        // One staging buffer takes as many slices as fit.
        let mut groups: Vec<(u64, Vec<Slice<'_>>)> = Vec::new();
        let slices = tensors.iter().flat_map(|tensor| tensor.slices());
        for slice in slices.filter(|slice| slice.size > 0) {
            match groups.last_mut() {
                Some((size, group)) if *size + words(&slice) <= most => {
                    *size += words(&slice);
                    group.push(slice);
                }
                _ => groups.push((words(&slice), vec![slice])),
            }
        }
        let mut stagings = Vec::new();
        for (size, group) in groups {
            let buffer = self.take(&self.downloads, size)?;
            let mapped = Arc::<Mapped>::default();
            self.add(1, |batch| {
                let encoder = batch.encoder();
                let mut offset = 0;
                for slice in &group {
                    let (from, size) = (slice.buffer, words(slice));
                    encoder.copy_buffer_to_buffer(from, slice.offset, &buffer, offset, size);
                    offset += size;
                }
                let outcome = Outcome(mapped.clone());
                encoder.map_buffer_on_submit(&buffer, wgpu::MapMode::Read, .., move |result| {
                    outcome.0.set(result.map_err(Error::mapping));
                });
            })?;
            stagings.push(Staging {
                buffer,
                mapped,
                dtypes: group.iter().map(|slice| slice.dtype).collect(),
            });
        }
        self.submit()?;
        Ok(Readback {
            device: self.device.clone(),
            stagings,
            sizes: tensors
                .iter()
                .map(|tensor| (tensor.len(), tensor.cut))
                .collect(),
            memory: self.downloads.clone(),
        })
    }
}

/// The tensors that [`Gpu::read`] takes: one, an array or a slice.
pub trait Tensors<'a>: private::Sealed {
    /// A `Vec<f32>` for each tensor.
    type Values;

    #[doc(hidden)]
    fn list(&self) -> &[&'a Tensor];

    #[doc(hidden)]
    fn values(each: Vec<Vec<f32>>) -> Self::Values;
}

impl<'a> Tensors<'a> for &'a Tensor {
    type Values = Vec<f32>;

    fn list(&self) -> &[&'a Tensor] {
        std::slice::from_ref(self)
    }

    fn values(each: Vec<Vec<f32>>) -> Vec<f32> {
        each.into_iter().next().unwrap_or_default()
    }
}

impl<'a, const N: usize> Tensors<'a> for [&'a Tensor; N] {
    type Values = [Vec<f32>; N];

    fn list(&self) -> &[&'a Tensor] {
        self
    }

    fn values(each: Vec<Vec<f32>>) -> Self::Values {
        let mut each = each.into_iter();
        std::array::from_fn(|_| each.next().unwrap_or_default())
    }
}

impl<'a> Tensors<'a> for &[&'a Tensor] {
    type Values = Vec<Vec<f32>>;

    fn list(&self) -> &[&'a Tensor] {
        self
    }

    fn values(each: Vec<Vec<f32>>) -> Self::Values {
        each
    }
}

/// Values on their way to the host.
struct Readback {
    device: wgpu::Device,
    stagings: Vec<Staging>,
    /// The elements of each tensor, and those that lie in one of its buffers.
    sizes: Vec<(usize, usize)>,
    memory: Arc<Memory>,
}

/// A buffer that the host can read. Each slice in it begins at a whole word.
struct Staging {
    buffer: wgpu::Buffer,
    mapped: Arc<Mapped>,
    dtypes: Vec<Dtype>,
}

impl Readback {
    /// Starts a thread that waits for the GPU, so that the mappings' callbacks run. A browser runs
    /// them by itself.
    fn wait_in_thread(self) -> Result<Self, Error> {
        #[cfg(not(target_family = "wasm"))]
        {
            let device = self.device.clone();
            let stagings = self.stagings.iter();
            let mapped: Vec<_> = stagings.map(|staging| staging.mapped.clone()).collect();
            let waiting = move || {
                if let Err(error) = wait(&device) {
                    mapped
                        .iter()
                        .for_each(|mapped| mapped.set(Err(error.clone())));
                }
            };
            let thread = std::thread::Builder::new().spawn(waiting);
            thread.map_err(Error::mapping)?;
        }
        Ok(self)
    }

    fn wait(&self) -> Result<(), Error> {
        wait(&self.device).map_err(|error| self.lost_or(error))
    }

    /// If the device is lost, that is the reason of any other error.
    fn lost_or(&self, error: Error) -> Error {
        if is_lost(&self.device) {
            Error::DeviceLost
        } else {
            error
        }
    }

    async fn vectors(self) -> Result<Vec<Vec<f32>>, Error> {
        let mut values: Vec<_> = self
            .sizes
            .iter()
            .map(|&(length, _)| vec![0.0; length])
            .collect();
        self.finish(values.iter_mut().map(Vec::as_mut_slice).collect())
            .await?;
        Ok(values)
    }

    async fn finish(self, values: Vec<&mut [f32]>) -> Result<(), Error> {
        self.copy(values).await.map_err(|error| self.lost_or(error))
    }

    async fn copy(&self, values: Vec<&mut [f32]>) -> Result<(), Error> {
        for staging in &self.stagings {
            staging.mapped.wait().await?;
        }
        let tensors = values.into_iter().zip(&self.sizes);
        let mut slices = tensors.flat_map(|(values, &(_, cut))| values.chunks_mut(cut));
        for Staging { buffer, dtypes, .. } in &self.stagings {
            let view = buffer
                .slice(..)
                .get_mapped_range()
                .map_err(Error::mapping)?;
            let mut offset = 0;
            for (&dtype, values) in dtypes.iter().zip(&mut slices) {
                let size = values.len() * dtype.size() as usize;
                fill(values, dtype, &view[offset..offset + size]);
                offset += size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT as usize);
            }
            drop(view);
            buffer.unmap();
            self.memory.give_back(buffer.clone());
        }
        Ok(())
    }
}

/// Converts the bytes of elements to f32.
fn fill(values: &mut [f32], dtype: Dtype, bytes: &[u8]) {
    let halves = bytes
        .chunks_exact(2)
        .map(|half| u16::from_ne_bytes([half[0], half[1]]));
    let convert = |value: fn(u16) -> f32| {
        values
            .iter_mut()
            .zip(halves)
            .for_each(|(to, bits)| *to = value(bits));
    };
    match dtype {
        Dtype::F32 => bytemuck::cast_slice_mut(values).copy_from_slice(bytes),
        Dtype::F16 => convert(|bits| f16::from_bits(bits).to_f32()),
        Dtype::Bf16 => convert(|bits| bf16::from_bits(bits).to_f32()),
    }
}

/// A type whose values [`Gpu::upload`] takes.
pub trait Element: bytemuck::NoUninit + private::Sealed {
    /// The dtype of a tensor of such values.
    const DTYPE: Dtype;
}

mod private {
    use super::Tensor;

    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for half::f16 {}
    impl Sealed for half::bf16 {}
    impl Sealed for &Tensor {}
    impl<const N: usize> Sealed for [&Tensor; N] {}
    impl Sealed for &[&Tensor] {}
}

impl Element for f32 {
    const DTYPE: Dtype = Dtype::F32;
}

impl Element for f16 {
    const DTYPE: Dtype = Dtype::F16;
}

impl Element for bf16 {
    const DTYPE: Dtype = Dtype::Bf16;
}

/// A mapping that the GPU completes and that a task waits for.
#[derive(Default)]
struct Mapped(Mutex<MappedState>);

#[derive(Default)]
struct MappedState {
    result: Option<Result<(), Error>>,
    waker: Option<Waker>,
}

impl Mapped {
    /// Sets the result, unless it is known already.
    fn set(&self, result: Result<(), Error>) {
        let mut state = lock(&self.0);
        state.result.get_or_insert(result);
        if let Some(waker) = state.waker.take() {
            drop(state);
            waker.wake();
        }
    }

    fn wait(&self) -> impl Future<Output = Result<(), Error>> {
        poll_fn(|context| {
            let mut state = lock(&self.0);
            state.waker = Some(context.waker().clone());
            state.result.clone().map_or(Poll::Pending, Poll::Ready)
        })
    }
}

/// Ends the wait for a mapping when its callback is dropped. On a lost device wgpu may drop it
/// without a call.
struct Outcome(Arc<Mapped>);

impl Drop for Outcome {
    fn drop(&mut self) {
        self.0.set(Err(Error::mapping("the mapping was abandoned")));
    }
}

/// Waits for all submitted work. wgpu panics if the driver reports a lost device. This function
/// returns an error instead.
fn wait(device: &wgpu::Device) -> Result<(), Error> {
    let poll = || device.poll(wgpu::PollType::wait_indefinitely());
    let polled = catch_unwind(AssertUnwindSafe(poll)).map_err(|_| Error::DeviceLost)?;
    polled.map(drop).map_err(Error::mapping)
}
