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
    /// A tensor of these values, in row-major order. A single number has the shape `[]`. The tensor
    /// stores elements of the values' type: f32, or `f16` and `bf16` of the crate [`half`].
    ///
    /// ```
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// let x = gpu.upload(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3])?;
    /// assert_eq!(x.shape(), [2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If there are not as many values as the shape has elements, or if there is no memory.
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
        // Copies are of whole words.
        let words = size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        let staging = self.take(&self.uploads, words)?;
        let fill = || {
            staging
                .slice(..words)
                .get_mapped_range_mut()?
                .slice(..bytes.len())
                .copy_from_slice(bytes);
            staging.unmap();
            Ok(())
        };
        with_error_scope(&self.device, || "an upload".to_owned(), fill)?
            .map_err(|error: wgpu::MapRangeError| Error::mapping(error))?;
        self.encode(1 + (size >> 20) as usize, |encoder| {
            encoder.copy_buffer_to_buffer(&staging, 0, buffer, 0, words);
            let (memory, buffer) = (self.uploads.clone(), staging.clone());
            encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Write, .., move |mapped| {
                if mapped.is_ok() {
                    memory.give_back(buffer);
                }
            });
        })
    }

    /// The values of tensors as f32, which holds values of any type exactly. It submits pending
    /// work and waits for it without blocking the thread: outside of browsers a thread of its own
    /// waits for the GPU, so that any executor will do.
    ///
    /// One tensor gives a `Vec<f32>`, an array of tensors an array of these, and a slice or a `Vec`
    /// of tensors a `Vec<Vec<f32>>`. Reading several tensors at once takes one round trip.
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
    /// If a tensor is another `Gpu`'s, if there is no memory, or if the device is lost.
    pub fn read<'a, T: Tensors<'a>>(
        &self,
        tensors: T,
    ) -> impl Future<Output = Result<T::Values, Error>> {
        let readback = self
            .start_readback(tensors.list())
            .and_then(Readback::wait_elsewhere);
        async {
            let readback = readback?;
            let mapped = readback.mapped().await;
            Ok(T::values(readback.into_vectors(mapped)?))
        }
    }

    /// [`Gpu::read`], blocking until the values are there. Not for browsers.
    ///
    /// # Errors
    /// As [`Gpu::read`].
    pub fn read_blocking<'a, T: Tensors<'a>>(&self, tensors: T) -> Result<T::Values, Error> {
        let readback = self.start_readback(tensors.list())?;
        let mapped = readback.mapped_blocking();
        Ok(T::values(readback.into_vectors(mapped)?))
    }

    /// [`Gpu::read`] into memory that the caller has: `gpu.read_into([(&y, &mut
    /// values[..])]).await?`. For large tensors new memory costs more than the way from the GPU,
    /// since systems hand it out page by page.
    ///
    /// # Errors
    /// As [`Gpu::read`]; also if a tensor has another number of elements than its values. After an
    /// error the values may hold anything.
    pub fn read_into<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a Tensor, &'a mut [f32])>,
    ) -> impl Future<Output = Result<(), Error>> {
        let (tensors, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let readback = self
            .start_readback_into(&tensors, &values)
            .and_then(Readback::wait_elsewhere);
        async {
            let readback = readback?;
            let mapped = readback.mapped().await;
            readback.finish(mapped, values)
        }
    }

    /// [`Gpu::read_into`], blocking until the values are there. Not for browsers.
    ///
    /// # Errors
    /// As [`Gpu::read_into`].
    pub fn read_into_blocking<'a>(
        &self,
        pairs: impl IntoIterator<Item = (&'a Tensor, &'a mut [f32])>,
    ) -> Result<(), Error> {
        let (tensors, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let readback = self.start_readback_into(&tensors, &values)?;
        let mapped = readback.mapped_blocking();
        readback.finish(mapped, values)
    }

    fn start_readback_into(
        &self,
        tensors: &[&Tensor],
        values: &[&mut [f32]],
    ) -> Result<Readback, Error> {
        for (tensor, values) in tensors.iter().zip(values) {
            Error::check_length("values", values.len() as u64, tensor.len() as u64)?;
        }
        self.start_readback(tensors.to_vec())
    }

    /// Records the copies, and submits them with all pending work.
    fn start_readback(&self, tensors: Vec<&Tensor>) -> Result<Readback, Error> {
        for tensor in &tensors {
            self.check_gpu("tensors", tensor)?;
        }
        let most = self.device.limits().max_buffer_size;
        let words = |slice: &Slice<'_>| slice.size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        // A staging buffer takes as many slices as fit.
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
        let mut stagings = Vec::with_capacity(groups.len());
        for (size, group) in groups {
            let buffer = self.take(&self.downloads, size)?;
            let mapped = Arc::new(Mapped::default());
            self.encode(1, |encoder| {
                let mut offset = 0;
                for slice in &group {
                    encoder.copy_buffer_to_buffer(
                        slice.buffer,
                        slice.offset,
                        &buffer,
                        offset,
                        words(slice),
                    );
                    offset += words(slice);
                }
                let outcome = Outcome(mapped.clone());
                encoder.map_buffer_on_submit(&buffer, wgpu::MapMode::Read, .., move |result| {
                    outcome.0.set(result.map_err(Error::mapping));
                });
            })?;
            let pieces = group
                .iter()
                .map(|slice| (slice.dtype, slice.size as usize))
                .collect();
            stagings.push(Staging {
                buffer,
                mapped,
                pieces,
            });
        }
        self.submit()?;
        let lengths = tensors.iter().map(|tensor| tensor.len()).collect();
        Ok(Readback {
            device: self.device.clone(),
            stagings,
            lengths,
            memory: self.downloads.clone(),
        })
    }
}

/// The tensors that [`Gpu::read`] takes: one, or an array, a slice or a `Vec` of several.
pub trait Tensors<'a>: private::Sealed {
    /// The values: a `Vec<f32>` for each tensor.
    type Values;

    /// The tensors in order.
    #[doc(hidden)]
    fn list(&self) -> Vec<&'a Tensor>;

    /// The values from those of each tensor in order.
    #[doc(hidden)]
    fn values(each: Vec<Vec<f32>>) -> Self::Values;
}

impl<'a> Tensors<'a> for &'a Tensor {
    type Values = Vec<f32>;

    fn list(&self) -> Vec<&'a Tensor> {
        vec![self]
    }

    fn values(each: Vec<Vec<f32>>) -> Vec<f32> {
        each.into_iter().next().unwrap_or_default()
    }
}

impl<'a, const N: usize> Tensors<'a> for [&'a Tensor; N] {
    type Values = [Vec<f32>; N];

    fn list(&self) -> Vec<&'a Tensor> {
        self.to_vec()
    }

    fn values(each: Vec<Vec<f32>>) -> Self::Values {
        let mut each = each.into_iter();
        std::array::from_fn(|_| each.next().unwrap_or_default())
    }
}

impl<'a> Tensors<'a> for &[&'a Tensor] {
    type Values = Vec<Vec<f32>>;

    fn list(&self) -> Vec<&'a Tensor> {
        self.to_vec()
    }

    fn values(each: Vec<Vec<f32>>) -> Self::Values {
        each
    }
}

impl<'a> Tensors<'a> for Vec<&'a Tensor> {
    type Values = Vec<Vec<f32>>;

    fn list(&self) -> Vec<&'a Tensor> {
        self.clone()
    }

    fn values(each: Vec<Vec<f32>>) -> Self::Values {
        each
    }
}

/// Values on their way to the host.
struct Readback {
    device: wgpu::Device,
    stagings: Vec<Staging>,
    lengths: Vec<usize>,
    memory: Arc<Memory>,
}

/// A buffer that the host can read.
struct Staging {
    buffer: wgpu::Buffer,
    mapped: Arc<Mapped>,
    /// The pieces that follow each other in it, with their sizes in bytes. Each begins at a whole
    /// word.
    pieces: Vec<(Dtype, usize)>,
}

impl Readback {
    /// Has a thread wait for the GPU. Its answers arrive in the mappings' callbacks. In browsers
    /// nobody has to wait.
    fn wait_elsewhere(self) -> Result<Self, Error> {
        #[cfg(not(target_family = "wasm"))]
        {
            let device = self.device.clone();
            let mapped: Vec<_> = self
                .stagings
                .iter()
                .map(|staging| staging.mapped.clone())
                .collect();
            let waiting = move || {
                if let Err(error) = wait(&device) {
                    mapped
                        .iter()
                        .for_each(|mapped| mapped.set(Err(error.clone())));
                }
            };
            std::thread::Builder::new()
                .spawn(waiting)
                .map_err(Error::mapping)?;
        }
        Ok(self)
    }

    /// Waits until all is mapped.
    async fn mapped(&self) -> Result<(), Error> {
        for staging in &self.stagings {
            staging.mapped.wait().await?;
        }
        Ok(())
    }

    fn mapped_blocking(&self) -> Result<(), Error> {
        wait(&self.device)?;
        pollster::block_on(self.mapped())
    }

    fn into_vectors(self, mapped: Result<(), Error>) -> Result<Vec<Vec<f32>>, Error> {
        let mut values: Vec<_> = self
            .lengths
            .iter()
            .map(|&length| vec![0.0; length])
            .collect();
        self.finish(mapped, values.iter_mut().map(Vec::as_mut_slice).collect())?;
        Ok(values)
    }

    /// Takes the values from mapped memory, or says why it is not mapped.
    fn finish(self, mapped: Result<(), Error>, values: Vec<&mut [f32]>) -> Result<(), Error> {
        let or_lost = |error| {
            if is_lost(&self.device) {
                Error::DeviceLost
            } else {
                error
            }
        };
        mapped.map_err(or_lost)?;
        let mut tensors = values.into_iter().filter(|values| !values.is_empty());
        let mut unfinished: &mut [f32] = &mut [];
        for Staging { buffer, pieces, .. } in self.stagings {
            let view = buffer.slice(..).get_mapped_range();
            let view = view.map_err(|error| or_lost(Error::mapping(error)))?;
            let mut offset = 0;
            for (dtype, size) in pieces {
                if unfinished.is_empty() {
                    unfinished = tensors.next().unwrap_or_default();
                }
                let (piece, rest) = unfinished.split_at_mut(size / dtype.size() as usize);
                fill(piece, dtype, &view[offset..offset + size]);
                offset += size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT as usize);
                unfinished = rest;
            }
            drop(view);
            buffer.unmap();
            self.memory.give_back(buffer);
        }
        Ok(())
    }
}

/// Converts stored bytes to values.
fn fill(values: &mut [f32], dtype: Dtype, bytes: &[u8]) {
    let mut each_half = |value: fn(u16) -> f32| {
        let halves = bytes
            .chunks_exact(2)
            .map(|half| u16::from_ne_bytes([half[0], half[1]]));
        values
            .iter_mut()
            .zip(halves)
            .for_each(|(to, bits)| *to = value(bits));
    };
    match dtype {
        Dtype::F32 => bytemuck::cast_slice_mut(values).copy_from_slice(bytes),
        Dtype::F16 => each_half(|bits| f16::from_bits(bits).to_f32()),
        Dtype::Bf16 => each_half(|bits| bf16::from_bits(bits).to_f32()),
    }
}

/// The types that tensors can be uploaded from.
pub trait Element: bytemuck::NoUninit + private::Sealed {
    /// The type in which a tensor stores it.
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
    impl Sealed for Vec<&Tensor> {}
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

/// The result of a mapping, once it is known, and who waits for it.
#[derive(Default)]
struct Mapped {
    result: Mutex<Option<Result<(), Error>>>,
    waker: Mutex<Option<Waker>>,
}

impl Mapped {
    fn set(&self, result: Result<(), Error>) {
        lock(&self.result).get_or_insert(result);
        if let Some(waker) = lock(&self.waker).take() {
            waker.wake();
        }
    }

    fn wait(&self) -> impl Future<Output = Result<(), Error>> {
        poll_fn(|context| {
            // The waker is set first, so that a result that comes now finds it.
            *lock(&self.waker) = Some(context.waker().clone());
            lock(&self.result)
                .clone()
                .map_or(Poll::Pending, Poll::Ready)
        })
    }
}

/// The end of a mapping, in its callback. If the callback is dropped without a call, as on a lost
/// device, the mapping has failed, and nobody waits for ever.
struct Outcome(Arc<Mapped>);

impl Drop for Outcome {
    fn drop(&mut self) {
        self.0.set(Err(Error::mapping("the mapping was abandoned")));
    }
}

/// Waits for all submitted work. wgpu panics if the driver says that the device is lost: here that
/// is an error like others.
fn wait(device: &wgpu::Device) -> Result<(), Error> {
    match catch_unwind(AssertUnwindSafe(|| {
        device.poll(wgpu::PollType::wait_indefinitely())
    })) {
        Ok(polled) => polled.map(drop).map_err(Error::mapping),
        Err(_) => Err(Error::DeviceLost),
    }
}
