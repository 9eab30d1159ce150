//! Outside of browsers wgpu reports errors at once, to the error scopes of the calling thread.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Device, Refusal};
use crate::Error;

/// The errors that are still to come: none.
#[derive(Clone, Debug)]
pub(super) struct LateErrors;

impl LateErrors {
    pub(super) fn of(_device: &wgpu::Device) -> Self {
        Self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    pub(super) async fn settled(&self, _device: &wgpu::Device) -> Result<(), Error> {
        Ok(())
    }
}

/// Runs `make`, and returns what it made or the error.
pub(super) fn scoped<T>(
    device: &Device,
    what: impl FnOnce() -> String,
    refusal: Refusal,
    make: impl FnOnce() -> T,
) -> Result<T, Error> {
    let (made, error) = in_scopes(device, make);
    match error {
        Some(error) => Err(error_of(device, what, refusal, &error)),
        None if is_lost(device) => Err(Error::DeviceLost),
        None => Ok(made),
    }
}

/// The error that the caller gets for one of wgpu's.
pub(crate) fn error_of(
    device: &wgpu::Device,
    what: impl FnOnce() -> String,
    refusal: Refusal,
    error: &wgpu::Error,
) -> Error {
    match error {
        wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory { what: what() },
        _ if is_lost(device) => Error::DeviceLost,
        error => refusal(what(), error.to_string()),
    }
}

/// Runs `make` in error scopes of all kinds. Returns what it made, and the first error.
pub(crate) fn in_scopes<T>(
    device: &wgpu::Device,
    make: impl FnOnce() -> T,
) -> (T, Option<wgpu::Error>) {
    use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
    let (validation, memory, internal) = (
        device.push_error_scope(Validation),
        device.push_error_scope(OutOfMemory),
        device.push_error_scope(Internal),
    );
    let made = make();
    // Scopes nest: the last one pushed is the first to go.
    let errors = [
        now(internal.pop()),
        now(memory.pop()),
        now(validation.pop()),
    ];
    (made, errors.into_iter().flatten().flatten().next())
}

/// True if the device is lost.
///
/// wgpu 30 tells of a loss in two ways. It calls the device's lost callback, of which there is one,
/// and which is the program's to set. And, as WebGPU demands, a lost device makes objects that are
/// invalid, and reports no error. So this makes a buffer that can be asked whether it is valid,
/// because it is mapped at once. A device that cannot make it for another reason reports an error,
/// and does not count as lost.
pub(crate) fn is_lost(device: &wgpu::Device) -> bool {
    let make = |usage, mapped_at_creation| {
        let descriptor = wgpu::BufferDescriptor {
            label: Some("wgpu-activations: is the device lost?"),
            size: wgpu::COPY_BUFFER_ALIGNMENT,
            usage,
            mapped_at_creation,
        };
        let (buffer, error) = in_scopes(device, || device.create_buffer(&descriptor));
        error.is_none().then_some(buffer)
    };
    // A device that reports an error is not lost. So most calls end here, and allocate nothing:
    // WebGPU demands an error for a buffer without a usage.
    make(wgpu::BufferUsages::empty(), false).is_some()
        && make(wgpu::BufferUsages::MAP_WRITE, true)
            .is_some_and(|buffer| buffer.get_mapped_range(..).is_err())
}

/// The future's result if it is ready.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
