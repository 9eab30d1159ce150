//! Values on their way from the GPU to the host.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use half::{bf16, f16};

use super::Memory;
use crate::kernels::error_scope::is_lost;
use crate::kernels::lock;
use crate::{Dtype, Error};

/// Values on their way to the host.
pub(super) struct Readback {
    pub(super) device: wgpu::Device,
    pub(super) stagings: Vec<Staging>,
    /// The elements of each tensor, and those that lie in one of its buffers.
    pub(super) sizes: Vec<(usize, usize)>,
    pub(super) memory: Arc<Memory>,
}

/// A buffer that the host can read. Each slice in it begins at a whole word.
pub(super) struct Staging {
    pub(super) buffer: wgpu::Buffer,
    pub(super) mapped: Arc<Mapped>,
    pub(super) dtypes: Vec<Dtype>,
}

impl Readback {
    /// Starts a thread that waits for the GPU, so that the mappings' callbacks run. A browser runs
    /// them by itself.
    pub(super) fn wait_in_thread(self) -> Result<Self, Error> {
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

    pub(super) fn wait(&self) -> Result<(), Error> {
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

    pub(super) async fn vectors(self) -> Result<Vec<Vec<f32>>, Error> {
        let mut values: Vec<_> = self
            .sizes
            .iter()
            .map(|&(length, _)| vec![0.0; length])
            .collect();
        self.finish(values.iter_mut().map(Vec::as_mut_slice).collect())
            .await?;
        Ok(values)
    }

    pub(super) async fn finish(self, values: Vec<&mut [f32]>) -> Result<(), Error> {
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

/// A mapping that the GPU completes and that a task waits for.
#[derive(Default)]
pub(super) struct Mapped(Mutex<MappedState>);

#[derive(Default)]
struct MappedState {
    result: Option<Result<(), Error>>,
    waker: Option<Waker>,
}

impl Mapped {
    /// Sets the result, unless it is known already.
    pub(super) fn set(&self, result: Result<(), Error>) {
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
pub(super) struct Outcome(pub(super) Arc<Mapped>);

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
