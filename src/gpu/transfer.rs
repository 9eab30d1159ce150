//! Uploads and readbacks.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use half::{bf16, f16};

use super::readback::{Readback, Staging};
use super::tensor::elements;
use super::{Gpu, Tensor};
use crate::kernels::Slice;
use crate::kernels::error_scope::with_error_scope;
use crate::{Dtype, Error};

impl Gpu {
    /// Copies values in row-major order into a new tensor. The shape of a single number is `[]`.
    /// The type of the values is the dtype of the tensor: `f32`, or `f16` or `bf16` of the crate
    /// [`half`]. `bool` gives a tensor of `bf16` with 1 and 0, for
    /// [`AxisInput::boolean_mask`](crate::AxisInput::boolean_mask).
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
            self.write(buffer, &T::bytes(values))?;
        }
        Ok(tensor)
    }

    /// A browser copies the bytes at once, and before what is submitted later. (It also has buffers
    /// that are mapped when they are made, but wgpu panics if there is no memory for that.)
    #[cfg(target_family = "wasm")]
    fn write(&self, buffer: &wgpu::Buffer, bytes: &[u8]) -> Result<(), Error> {
        // What is recorded already may still use the buffer.
        self.submit()?;
        // wgpu copies whole words.
        let (words, rest) = bytes.split_at(bytes.len() / 4 * 4);
        let write = || {
            self.queue.write_buffer(buffer, 0, words);
            if !rest.is_empty() {
                let mut last = [0; 4];
                last[..rest.len()].copy_from_slice(rest);
                self.queue.write_buffer(buffer, words.len() as u64, &last);
            }
        };
        with_error_scope(&self.device, || "an upload".to_owned(), write)
    }

    #[cfg(not(target_family = "wasm"))]
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
    /// pending work and waits for it without blocking the calling thread.
    ///
    /// The call itself submits the work and starts the copies; the future only waits. It borrows
    /// nothing, so it can outlive the tensors and the `Gpu`, and be spawned as a task. Any executor
    /// will do, since nobody has to poll the device: outside of browsers a thread of its own does
    /// that until the values are there, and in browsers the browser does.
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
    /// With tokio, a task can wait for the values while its thread does other work:
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let gpu = Gpu::new().await?;
    ///     let x = gpu.upload(&[-1.0, 2.0], [2])?;
    ///     let y = gpu.forward(Activation::Relu, &x)?;
    ///
    ///     let task = tokio::spawn(gpu.read([&x, &y]));
    ///     drop((x, y));
    ///     let [x, y] = task.await??;
    ///     assert_eq!((x[0], y[0]), (-1.0, 0.0));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if a tensor belongs to another `Gpu`, [`Error::OutOfMemory`] if there is
    /// no memory for the copies, [`Error::DeviceLost`] if the device is lost. They are what the
    /// future gives. In a browser it also gives the errors of earlier calls, which arrive late.
    pub fn read<'a, T: Tensors<'a>>(&self, tensors: T) -> Read<T::Values> {
        let readback = self.start_readback(tensors.list());
        let readback = readback.and_then(Readback::wait_in_thread);
        Read::new(readback, T::values)
    }

    /// Does what [`Gpu::read`] does, and blocks until the values are there. It does not exist in
    /// browsers, which do not allow blocking.
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
    #[cfg(not(target_family = "wasm"))]
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

    /// Does what [`Gpu::read_into`] does, and blocks until the values are there. It does not exist
    /// in browsers, which do not allow blocking.
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
    #[cfg(not(target_family = "wasm"))]
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
            self.add(1, |batch| {
                let encoder = batch.encoder();
                let mut offset = 0;
                for slice in &group {
                    let (from, size) = (slice.buffer, words(slice));
                    encoder.copy_buffer_to_buffer(from, slice.offset, &buffer, offset, size);
                    offset += size;
                }
            })?;
            stagings.push(Staging {
                buffer,
                mapped: Arc::default(),
                dtypes: group.iter().map(|slice| slice.dtype).collect(),
            });
        }
        self.submit()?;
        for staging in &stagings {
            staging.map(&self.device)?;
        }
        Ok(Readback {
            device: self.device.clone(),
            stagings,
            sizes: tensors
                .iter()
                .map(|tensor| (tensor.len(), tensor.cut))
                .collect(),
            memory: self.downloads.clone(),
            submissions: self.submissions.clone(),
        })
    }
}

/// The future of [`Gpu::read`]. It gives the values, or the error.
#[must_use = "a future gives its values when it is awaited"]
pub struct Read<V>(Waiting<V>);

/// In browsers wgpu's objects belong to their thread, unless wgpu promises that there is only one.
#[cfg(any(
    not(target_family = "wasm"),
    all(
        feature = "fragile-send-sync-non-atomic-wasm",
        not(target_feature = "atomics")
    )
))]
type Waiting<V> = Pin<Box<dyn Future<Output = Result<V, Error>> + Send>>;
#[cfg(not(any(
    not(target_family = "wasm"),
    all(
        feature = "fragile-send-sync-non-atomic-wasm",
        not(target_feature = "atomics")
    )
)))]
type Waiting<V> = Pin<Box<dyn Future<Output = Result<V, Error>>>>;

impl<V: 'static> Read<V> {
    /// Nothing here knows the type of what was asked for, which borrows the tensors.
    fn new(readback: Result<Readback, Error>, values: fn(Vec<Vec<f32>>) -> V) -> Self {
        Self(Box::pin(
            async move { Ok(values(readback?.vectors().await?)) },
        ))
    }
}

impl<V> Future for Read<V> {
    type Output = Result<V, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl<V> fmt::Debug for Read<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").finish_non_exhaustive()
    }
}

/// The tensors that [`Gpu::read`] takes: one, an array or a slice.
pub trait Tensors<'a>: private::Sealed {
    /// A `Vec<f32>` for each tensor.
    type Values: Send + 'static;

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

/// A type whose values [`Gpu::upload`] takes.
pub trait Element: bytemuck::NoUninit + private::Sealed {
    /// The dtype of a tensor of such values.
    const DTYPE: Dtype;

    /// The values as they lie in memory.
    #[doc(hidden)]
    fn bytes(values: &[Self]) -> Cow<'_, [u8]> {
        bytemuck::cast_slice(values).into()
    }
}

mod private {
    use super::Tensor;

    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for half::f16 {}
    impl Sealed for half::bf16 {}
    impl Sealed for bool {}
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

impl Element for bool {
    const DTYPE: Dtype = Dtype::Bf16;

    fn bytes(values: &[Self]) -> Cow<'_, [u8]> {
        let numbers = values
            .iter()
            .map(|&value| if value { bf16::ONE } else { bf16::ZERO });
        let bytes = numbers.flat_map(|number| number.to_ne_bytes());
        bytes.collect::<Vec<_>>().into()
    }
}
