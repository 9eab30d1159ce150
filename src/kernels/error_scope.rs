//! wgpu reports errors to its device. Here they become results.

use std::ops::Deref;

use crate::Error;

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(not(target_family = "wasm"))]
mod native;

#[cfg(target_family = "wasm")]
pub(crate) use browser::is_lost;
#[cfg(target_family = "wasm")]
use browser::{LateErrors, scoped};
#[cfg(not(target_family = "wasm"))]
use native::{LateErrors, scoped};
#[cfg(not(target_family = "wasm"))]
pub(crate) use native::{error_of, in_scopes, is_lost};

/// The error for something that wgpu refuses to make, and its message.
pub(crate) type Refusal = fn(String, String) -> Error;

/// A device, with the errors of earlier calls that arrive later.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    device: wgpu::Device,
    late: LateErrors,
}

impl Device {
    pub(crate) fn new(device: &wgpu::Device) -> Self {
        Self {
            late: LateErrors::of(device),
            device: device.clone(),
        }
    }

    /// Returns the first error that has arrived after its call. What is valid is not known any
    /// more, so it is the error of all further calls.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.late.check()
    }

    /// Waits until the errors of all calls so far have arrived, and returns the first.
    pub(crate) async fn settled(&self) -> Result<(), Error> {
        self.late.settled(&self.device).await
    }
}

impl Deref for Device {
    type Target = wgpu::Device;

    fn deref(&self) -> &wgpu::Device {
        &self.device
    }
}

/// Runs `make` and returns what it made, or the error: there is no memory, the device is lost, or
/// wgpu refuses to make `what`. In browsers errors arrive later: see [`Device`].
///
/// An error scope takes all errors of its thread. So `make` must call nothing in which wgpu runs
/// callbacks of the program's: neither `Queue::submit` nor `Device::poll`.
pub(crate) fn with_error_scope<T>(
    device: &Device,
    what: impl FnOnce() -> String,
    make: impl FnOnce() -> T,
) -> Result<T, Error> {
    scoped(device, what, refused, make)
}

/// The same for a kernel, which does not compile if wgpu refuses it.
pub(crate) fn with_compile_scope<T>(
    device: &Device,
    kernel: &str,
    compile: impl FnOnce() -> T,
) -> Result<T, Error> {
    let refusal = |kernel, message| Error::Compile { kernel, message };
    scoped(device, || kernel.to_owned(), refusal, compile)
}

pub(crate) fn refused(what: String, message: String) -> Error {
    Error::Wgpu { what, message }
}
