//! Between the host's memory and the GPU's.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use half::{bf16, f16};

use super::tensor::elements;
use super::{Gpu, Memory, Tensor};
use crate::kernels::scope::{caught, is_lost};
use crate::kernels::{Slice, lock};
use crate::{Dtype, Error};

impl Gpu {
    /// A tensor of these values, in row-major order: `gpu.upload(&values, [64, 128])`; a single number has the shape `[]`. It is stored
    /// as the values are: f32, or `f16` and `bf16` of the crate `half`.
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
        if values.len() != expected {
            return Err(Error::Length {
                argument: "values",
                actual: values.len() as u64,
                expected: expected as u64,
            });
        }
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
        caught(&self.device, || "an upload".to_owned(), fill)?
            .map_err(|error: wgpu::MapRangeError| no_mapping(error))?;
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

    /// The values of several tensors as f32, which holds any of them exactly, in one go: submits what is pending and waits without blocking the thread.
    /// `let [y, grad_input] = gpu.read([&y, &grad_input]).await?;`
    ///
    /// Outside browsers a thread of its own waits for the GPU, so that any executor will do.
    ///
    /// # Errors
    /// If a tensor is another `Gpu`'s, if there is no memory, or if the device is lost.
    pub fn read<const N: usize>(
        &self,
        tensors: [&Tensor; N],
    ) -> impl Future<Output = Result<[Vec<f32>; N], Error>> {
        let readback = self
            .start_readback(tensors)
            .and_then(Readback::wait_elsewhere);
        async {
            let readback = readback?;
            let mapped = readback.mapped().await;
            readback.into_vectors(mapped)
        }
    }

    /// [`Gpu::read`], blocking until the values are there. Not for browsers.
    ///
    /// # Errors
    /// As [`Gpu::read`].
    pub fn read_blocking<const N: usize>(
        &self,
        tensors: [&Tensor; N],
    ) -> Result<[Vec<f32>; N], Error> {
        let readback = self.start_readback(tensors)?;
        let mapped = readback.mapped_blocking();
        readback.into_vectors(mapped)
    }

    /// [`Gpu::read`] into memory that is there already, as many values for each tensor as it has elements. New memory costs more than the
    /// way from the GPU where there is much of it: systems hand it out page by page.
    ///
    /// # Errors
    /// As [`Gpu::read`]; also if there are not as many values as elements. What `values` hold after an error is not said.
    pub fn read_into<'a, const N: usize>(
        &self,
        tensors: [&'a Tensor; N],
        values: [&'a mut [f32]; N],
    ) -> impl Future<Output = Result<(), Error>> {
        let readback = self
            .start_readback_into(tensors, &values)
            .and_then(Readback::wait_elsewhere);
        async {
            let readback = readback?;
            let mapped = readback.mapped().await;
            readback.finish(mapped, values)
        }
    }

    /// [`Gpu::read_into`], blocking until the values are there. Not for browsers.
    /// `gpu.read_into_blocking([&y], [&mut values])?;`
    ///
    /// # Errors
    /// As [`Gpu::read_into`].
    pub fn read_into_blocking<const N: usize>(
        &self,
        tensors: [&Tensor; N],
        values: [&mut [f32]; N],
    ) -> Result<(), Error> {
        let readback = self.start_readback_into(tensors, &values)?;
        let mapped = readback.mapped_blocking();
        readback.finish(mapped, values)
    }

    fn start_readback_into<const N: usize>(
        &self,
        tensors: [&Tensor; N],
        values: &[&mut [f32]; N],
    ) -> Result<Readback<N>, Error> {
        for (tensor, values) in tensors.iter().zip(values) {
            if values.len() != tensor.len() {
                let (actual, expected) = (values.len() as u64, tensor.len() as u64);
                return Err(Error::Length {
                    argument: "values",
                    actual,
                    expected,
                });
            }
        }
        self.start_readback(tensors)
    }

    /// Records the copies, and submits them with all that is pending.
    fn start_readback<const N: usize>(&self, tensors: [&Tensor; N]) -> Result<Readback<N>, Error> {
        for tensor in tensors {
            self.own_tensor("tensors", tensor)?;
        }
        let most = self.device.limits().max_buffer_size;
        let words = |slice: &Slice<'_>| slice.size.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
        // As many together as a buffer takes.
        let mut groups: Vec<(u64, Vec<Slice<'_>>)> = Vec::new();
        for slice in tensors
            .iter()
            .flat_map(|tensor| tensor.slices())
            .filter(|slice| slice.size > 0)
        {
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
                    outcome.0.set(result.map_err(no_mapping));
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
        let (device, memory) = (self.device.clone(), self.downloads.clone());
        Ok(Readback {
            device,
            stagings,
            lengths: tensors.map(Tensor::len),
            memory,
        })
    }
}

/// Values on their way to the host.
struct Readback<const N: usize> {
    device: wgpu::Device,
    stagings: Vec<Staging>,
    lengths: [usize; N],
    memory: Arc<Memory>,
}

/// A buffer that the host can read.
struct Staging {
    buffer: wgpu::Buffer,
    mapped: Arc<Mapped>,
    /// What follows each other in it, in bytes, from whole words on.
    pieces: Vec<(Dtype, usize)>,
}

impl<const N: usize> Readback<N> {
    /// Has a thread wait for the GPU: what it answers arrives in the mappings' callbacks. In browsers nobody has to wait.
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
                .map_err(no_mapping)?;
        }
        Ok(self)
    }

    /// Whether all is mapped, once that is known.
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

    fn into_vectors(self, mapped: Result<(), Error>) -> Result<[Vec<f32>; N], Error> {
        let mut values = self.lengths.map(|length| vec![0.0; length]);
        self.finish(mapped, values.each_mut().map(Vec::as_mut_slice))?;
        Ok(values)
    }

    /// Takes the values from memory that is mapped, or says why it is not.
    fn finish(self, mapped: Result<(), Error>, values: [&mut [f32]; N]) -> Result<(), Error> {
        let of_lost = |error| {
            if is_lost(&self.device) {
                Error::DeviceLost
            } else {
                error
            }
        };
        mapped.map_err(of_lost)?;
        let mut tensors = values.into_iter().filter(|values| !values.is_empty());
        let mut unfinished: &mut [f32] = &mut [];
        for Staging { buffer, pieces, .. } in self.stagings {
            let view = buffer
                .slice(..)
                .get_mapped_range()
                .map_err(|error| of_lost(no_mapping(error)))?;
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

/// Values that are stored as these bytes.
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

/// What tensors can be uploaded from.
pub trait Element: bytemuck::NoUninit + private::Sealed {
    /// How it is stored.
    const DTYPE: Dtype;
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for half::f16 {}
    impl Sealed for half::bf16 {}
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

/// Whether a mapping has succeeded, once that is known, and who waits to know it.
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
            // The waker first: a result that comes now finds it.
            *lock(&self.waker) = Some(context.waker().clone());
            lock(&self.result)
                .clone()
                .map_or(Poll::Pending, Poll::Ready)
        })
    }
}

/// What the mapping's callback holds: dropped without a word, as on a lost device, it is a failure and not a hang.
struct Outcome(Arc<Mapped>);

impl Drop for Outcome {
    fn drop(&mut self) {
        self.0.set(Err(Error::Mapping {
            message: "the mapping was abandoned".to_owned(),
        }));
    }
}

fn no_mapping(error: impl std::fmt::Display) -> Error {
    Error::Mapping {
        message: error.to_string(),
    }
}

/// Waits for all that is submitted. wgpu panics there if the driver says that the device is lost: an error as any other.
fn wait(device: &wgpu::Device) -> Result<(), Error> {
    match catch_unwind(AssertUnwindSafe(|| {
        device.poll(wgpu::PollType::wait_indefinitely())
    })) {
        Ok(polled) => polled.map(drop).map_err(no_mapping),
        Err(_) => Err(Error::DeviceLost),
    }
}
