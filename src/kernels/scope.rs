//! wgpu reports errors to its device: here they become results.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::Error;

/// Runs `make` and returns what it made, or why there is nothing: no memory, no device, or wgpu's words for `what` was to be
/// made.
///
/// In a browser errors arrive later and go to the device's uncaptured-error handler instead.
pub(crate) fn caught<T>(
    device: &wgpu::Device,
    what: impl FnOnce() -> String,
    make: impl FnOnce() -> T,
) -> Result<T, Error> {
    use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
    let (validation, memory, internal) = (
        device.push_error_scope(Validation),
        device.push_error_scope(OutOfMemory),
        device.push_error_scope(Internal),
    );
    let made = make();
    // Scopes nest: the last one pushed is the first to go.
    let error = [
        now(internal.pop()),
        now(memory.pop()),
        now(validation.pop()),
    ]
    .into_iter()
    .flatten()
    .flatten()
    .next();
    match error {
        Some(wgpu::Error::OutOfMemory { .. }) => Err(Error::OutOfMemory { what: what() }),
        _ if is_lost(device) => Err(Error::DeviceLost),
        None => Ok(made),
        Some(error) => Err(Error::Wgpu {
            what: what(),
            message: error.to_string(),
        }),
    }
}

/// Whether the device is lost.
///
/// On a lost device wgpu makes invalid objects without an error: only a callback tells, and that is the caller's to set. So this
/// asks for a set of no queries, which is refused, unless the device is lost: the cheapest error there is.
pub(crate) fn is_lost(device: &wgpu::Device) -> bool {
    if cfg!(target_family = "wasm") {
        return false; // There, what is refused is known later only.
    }
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let none = wgpu::QuerySetDescriptor {
        label: None,
        ty: wgpu::QueryType::Occlusion,
        count: 0,
    };
    drop(device.create_query_set(&none));
    matches!(now(scope.pop()), Some(None))
}

/// The future's result, if it is there already.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
