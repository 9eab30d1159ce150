//! Values on their way from the GPU to the host.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use half::{bf16, f16};

#[cfg(not(target_family = "wasm"))]
use super::callbacks::poll;
use super::{Memory, Submissions};
use crate::kernels::error_scope::{Device, is_lost, with_error_scope};
use crate::kernels::lock;
use crate::{Dtype, Error};

/// Values on their way to the host.
pub(super) struct Readback {
    pub(super) device: Device,
    pub(super) stagings: Vec<Staging>,
    /// The elements of each tensor, and those that lie in one of its buffers.
    pub(super) sizes: Vec<(usize, usize)>,
    pub(super) memory: Arc<Memory>,
    pub(super) submissions: Arc<Submissions>,
}

/// A buffer that the host can read. Each slice in it begins at a whole word.
pub(super) struct Staging {
    pub(super) buffer: wgpu::Buffer,
    pub(super) mapped: Arc<Mapped>,
    pub(super) dtypes: Vec<Dtype>,
}

impl Readback {
    /// Starts a thread that waits for the GPU. In a browser the mappings' callbacks tell when it is
    /// done.
    pub(super) fn wait_in_thread(self) -> Result<Self, Error> {
        #[cfg(not(target_family = "wasm"))]
        {
            use std::panic::{AssertUnwindSafe, catch_unwind};
            use std::thread;

            let device = self.device.clone();
            let stagings = self.stagings.iter();
            let mapped: Vec<_> = stagings.map(|staging| staging.mapped.clone()).collect();
            let waiting = move || {
                // If a callback panics here, its message is printed. wgpu has mapped all buffers
                // before it runs callbacks, and who reads finds out if it has not.
                let result = catch_unwind(AssertUnwindSafe(|| wait(&device))).unwrap_or(Ok(()));
                mapped.iter().for_each(|mapped| mapped.set(result.clone()));
            };
            let thread = thread::Builder::new().spawn(waiting);
            thread.map_err(Error::mapping)?;
        }
        Ok(self)
    }

    #[cfg(not(target_family = "wasm"))]
    pub(super) fn wait(&self) -> Result<(), Error> {
        wait(&self.device).map_err(|error| self.lost_or(error))?;
        let stagings = self.stagings.iter();
        stagings.for_each(|staging| staging.mapped.set(Ok(())));
        Ok(())
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
        self.device.settled().await?;
        for staging in &self.stagings {
            staging.mapped(&self.submissions).await?;
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
            // The device may have been lost meanwhile, and the buffer with it.
            let what = || "the end of a readback".to_owned();
            with_error_scope(&self.device, what, || buffer.unmap())?;
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

/// A mapping that a task waits for.
///
/// Outside of browsers it is set by who has polled the device. The mapping's callback tells too
/// little: another thread may have it in its hands, behind a callback that waits for these values.
#[derive(Default)]
pub(super) struct Mapped(Mutex<MappedState>);

#[derive(Default)]
struct MappedState {
    result: Option<Result<(), Error>>,
    waker: Option<Waker>,
}

impl Mapped {
    /// Sets the result.
    pub(super) fn set(&self, result: Result<(), Error>) {
        let mut state = lock(&self.0);
        state.result = Some(result);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Staging {
    /// Asks wgpu to map the buffer, once the copies into it are submitted. wgpu could also do so at
    /// the submission (`map_buffer_on_submit`), but it would run callbacks first: the thread that
    /// submits may be kept in one while another polls, and finds nothing to map.
    pub(super) fn map(&self, device: &Device) -> Result<(), Error> {
        let mapped = self.mapped.clone();
        let map = || {
            self.buffer
                .map_async(wgpu::MapMode::Read, .., move |result| {
                    if cfg!(target_family = "wasm") {
                        // A buffer that was made and is not mapped yet cannot fail otherwise.
                        mapped.set(result.map_err(|_| Error::DeviceLost));
                    }
                });
        };
        with_error_scope(device, || "a readback".to_owned(), map)
    }

    /// Waits until the buffer is mapped.
    ///
    /// Who waits in a callback must not keep others from submitting: one of them may be the thread
    /// that polls for these values, in another callback. Or it is this thread, which then sets the
    /// result only after its callbacks. But before it runs them, it has mapped the buffer.
    fn mapped(&self, submissions: &Submissions) -> impl Future<Output = Result<(), Error>> {
        let is_mapped = || {
            let is_in_browser = cfg!(target_family = "wasm");
            !is_in_browser && self.buffer.slice(..).get_mapped_range().is_ok()
        };
        poll_fn(move |context| {
            submissions.end_turn_of_this_thread();
            let (waker, is_mapped) = (context.waker().clone(), is_mapped());
            let mut state = lock(&self.mapped.0);
            match &state.result {
                Some(result) => return Poll::Ready(result.clone()),
                None if is_mapped => return Poll::Ready(Ok(())),
                None => {}
            }
            let before = state.waker.replace(waker);
            // The destructor of a waker is the executor's code, so it runs without the lock.
            drop(state);
            drop(before);
            Poll::Pending
        })
    }
}

/// Waits for all submitted work. Then its buffers are mapped, by this thread or by another that
/// polled, or cannot be mapped any more.
#[cfg(not(target_family = "wasm"))]
fn wait(device: &Device) -> Result<(), Error> {
    let polled = poll(device, wgpu::PollType::wait_indefinitely())?;
    polled.map(drop).map_err(Error::mapping)
}
