//! wgpu reports errors to its device. Here they become results.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use crate::Error;

/// Runs `make` and returns what it made, or the error: there is no memory, the device is lost, or
/// wgpu refuses to make `what`.
///
/// In a browser errors arrive later: they go to the device's uncaptured-error handler instead.
pub(crate) fn with_error_scope<T>(
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

/// True if the device is lost.
///
/// wgpu makes invalid objects on a lost device without an error. Only a callback tells of the loss,
/// and that is the caller's to set. So this asks for a set of no queries: wgpu refuses it unless
/// the device is lost. No other error is as cheap.
pub(crate) fn is_lost(device: &wgpu::Device) -> bool {
    if cfg!(target_family = "wasm") {
        return false; // In a browser a refusal is known only later.
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

/// The future's result if it is ready.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}
