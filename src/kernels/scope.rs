//! wgpu reports errors to its device: here they become results.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::Error;

/// Runs `make` and returns what it made, or wgpu's error with `what` was to be made.
///
/// In a browser errors arrive later and go to the device's uncaptured-error handler instead.
pub(crate) fn caught<T>(
    device: &wgpu::Device,
    what: impl FnOnce() -> String,
    make: impl FnOnce() -> T,
) -> Result<T, Error> {
    use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
    let (validation, memory, internal) =
        (device.push_error_scope(Validation), device.push_error_scope(OutOfMemory), device.push_error_scope(Internal));
    let made = make();
    // Scopes nest: the last one pushed is the first to go.
    let error = [now(internal.pop()), now(memory.pop()), now(validation.pop())].into_iter().flatten().flatten().next();
    match error {
        None => Ok(made),
        Some(error) => Err(Error::Wgpu { what: what(), message: error.to_string() }),
    }
}

/// The future's result, if it is there already.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
