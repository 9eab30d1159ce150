//! Between the host's memory and the GPU's.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use super::tensor::{bytes, elements};
use super::{Gpu, Memory, Tensor};
use crate::Error;
use crate::kernels::lock;
use crate::kernels::scope::caught;

impl Gpu {
    /// A tensor of these values, in row-major order: `gpu.upload(&values, [64, 128])`; a single number has the shape `[]`.
    ///
    /// # Errors
    /// If there are not as many values as the shape has elements, or if there is no memory.
    pub fn upload(&self, values: &[f32], shape: impl AsRef<[usize]>) -> Result<Tensor, Error> {
        let shape = shape.as_ref();
        let expected = elements(shape)?;
        if values.len() != expected {
            return Err(Error::Length { argument: "values", actual: values.len() as u64, expected: expected as u64 });
        }
        let tensor = self.empty(shape)?;
        if values.is_empty() {
            return Ok(tensor);
        }
        let size = bytes(values.len());
        let staging = self.uploads.take(&self.device, size)?;
        let fill = || {
            staging.slice(..size).get_mapped_range_mut()?.copy_from_slice(bytemuck::cast_slice(values));
            staging.unmap();
            Ok(())
        };
        caught(&self.device, || "an upload".to_owned(), fill)?
            .map_err(|error: wgpu::MapRangeError| no_mapping(error))?;
        self.encode(1 + (size >> 20) as usize, |encoder| {
            encoder.copy_buffer_to_buffer(&staging, 0, &tensor.buffer, 0, size);
            let (memory, buffer) = (self.uploads.clone(), staging.clone());
            encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Write, .., move |mapped| {
                if mapped.is_ok() {
                    memory.give_back(buffer);
                }
            });
        })?;
        Ok(tensor)
    }

    /// The values of several tensors, in one go: submits what is pending and waits without blocking the thread.
    /// `let [y, grad_input] = gpu.read([&y, &grad_input]).await?;`
    ///
    /// Outside browsers a thread of its own waits for the GPU, so that any executor will do.
    ///
    /// # Errors
    /// If a tensor is another `Gpu`'s, if there is no memory, or if the device is lost.
    pub fn read<const N: usize>(&self, tensors: [&Tensor; N]) -> impl Future<Output = Result<[Vec<f32>; N], Error>> {
        let readback = self.start_readback(tensors);
        #[cfg(not(target_family = "wasm"))]
        if readback.is_ok() {
            let device = self.device.clone();
            // What the device answers arrives in the mapping's callback.
            std::thread::spawn(move || drop(device.poll(wgpu::PollType::wait_indefinitely())));
        }
        async {
            let readback = readback?;
            readback.mapped.wait().await?;
            readback.finish()
        }
    }

    /// [`Gpu::read`], blocking until the values are there. Not for browsers.
    ///
    /// # Errors
    /// As [`Gpu::read`].
    pub fn read_blocking<const N: usize>(&self, tensors: [&Tensor; N]) -> Result<[Vec<f32>; N], Error> {
        let readback = self.start_readback(tensors)?;
        self.device
            .poll(wgpu::PollType::wait_indefinitely())
            .map_err(|error| Error::Device { message: error.to_string() })?;
        pollster::block_on(readback.mapped.wait())?;
        readback.finish()
    }

    /// Records the copies, and submits them with all that is pending.
    fn start_readback<const N: usize>(&self, tensors: [&Tensor; N]) -> Result<Readback<N>, Error> {
        for tensor in tensors {
            self.own_tensor("tensors", tensor)?;
        }
        let sizes = tensors.map(|tensor| bytes(tensor.len()));
        let total: u64 = sizes.iter().sum();
        let staging = self.downloads.take(&self.device, total)?;
        let mapped = Arc::new(Mapped::default());
        self.encode(1, |encoder| {
            let mut offset = 0;
            for (tensor, size) in tensors.iter().zip(sizes).filter(|(_, size)| *size > 0) {
                encoder.copy_buffer_to_buffer(&tensor.buffer, 0, &staging, offset, size);
                offset += size;
            }
            let outcome = Outcome(mapped.clone());
            encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Read, .., move |result| {
                outcome.0.set(result.map_err(no_mapping))
            });
        })?;
        self.submit()?;
        Ok(Readback { staging, sizes, mapped, memory: self.downloads.clone() })
    }
}

/// Values on their way to the host.
struct Readback<const N: usize> {
    staging: wgpu::Buffer,
    sizes: [u64; N],
    mapped: Arc<Mapped>,
    memory: Arc<Memory>,
}

impl<const N: usize> Readback<N> {
    /// The values, from memory that is mapped.
    fn finish(self) -> Result<[Vec<f32>; N], Error> {
        let view = self.staging.slice(..).get_mapped_range().map_err(no_mapping)?;
        let mut rest: &[u8] = &view;
        let values = self.sizes.map(|size| {
            let (values, after) = rest.split_at(size as usize);
            rest = after;
            bytemuck::pod_collect_to_vec(values)
        });
        drop(view);
        self.staging.unmap();
        self.memory.give_back(self.staging);
        Ok(values)
    }
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
            lock(&self.result).clone().map_or(Poll::Pending, Poll::Ready)
        })
    }
}

/// What the mapping's callback holds: dropped without a word, as on a lost device, it is a failure and not a hang.
struct Outcome(Arc<Mapped>);

impl Drop for Outcome {
    fn drop(&mut self) {
        self.0.set(Err(Error::Device { message: "the mapping was abandoned".to_owned() }));
    }
}

fn no_mapping(error: impl std::fmt::Display) -> Error {
    Error::Device { message: error.to_string() }
}
