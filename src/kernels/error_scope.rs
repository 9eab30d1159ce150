//! wgpu reports errors to its device. Here they become results. In wgpu's calls that run callbacks,
//! which are here, too, the errors and panics of these stay the program's.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Error;

/// Runs `make` and returns what it made, or the error: there is no memory, the device is lost, or
/// wgpu refuses to make `what`.
///
/// In a browser errors arrive later: they go to the device's uncaptured-error handler instead.
///
/// An error scope takes all errors of its thread. So `make` must call nothing in which wgpu runs
/// callbacks of the program's: neither `Queue::submit`, nor `Device::poll`, nor
/// `Buffer::map_async`.
pub(crate) fn with_error_scope<T>(
    device: &wgpu::Device,
    what: impl FnOnce() -> String,
    make: impl FnOnce() -> T,
) -> Result<T, Error> {
    let (made, error) = in_scopes(device, make);
    match error {
        Some(error) => Err(of_wgpu(device, what, &error)),
        None if is_lost(device) => Err(Error::DeviceLost),
        None => Ok(made),
    }
}

/// The error that the caller gets for one of wgpu's.
fn of_wgpu(device: &wgpu::Device, what: impl FnOnce() -> String, error: &wgpu::Error) -> Error {
    match error {
        wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory { what: what() },
        _ if is_lost(device) => Error::DeviceLost,
        error => Error::Wgpu {
            what: what(),
            message: error.to_string(),
        },
    }
}

/// Submits commands. The caller holds no lock, since wgpu runs callbacks of the program's. Returns
/// an error of theirs, for [`raise_again`].
///
/// wgpu finds at a submission that a buffer is destroyed, and without an error scope it would
/// panic. But the scope takes the errors of callbacks, too. wgpu runs them only if the submission
/// has succeeded, and it knows the index of such a submission: so the two can be told apart.
pub(crate) fn submit(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    commands: wgpu::CommandBuffer,
) -> Result<Option<wgpu::Error>, Error> {
    let (index, error) = in_scopes(device, || queue.submit([commands]));
    let Some(error) = error else {
        return if is_lost(device) {
            Err(Error::DeviceLost)
        } else {
            Ok(None)
        };
    };
    let now = wgpu::PollType::Wait {
        submission_index: Some(index),
        timeout: Some(Duration::ZERO),
    };
    match poll(device, now)? {
        Err(wgpu::PollError::WrongSubmissionIndex(..)) => {
            Err(of_wgpu(device, || "what was recorded".to_owned(), &error))
        }
        _ => Ok(Some(error)),
    }
}

/// Gives the program an error that belongs to it. wgpu cannot raise an error again, so this raises
/// one of which it is a part: wgpu refuses to make a buffer without a usage, and names its label.
pub(crate) fn raise_again(device: &wgpu::Device, error: &wgpu::Error) {
    drop(device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(&format!("no buffer, but an error of a callback: {error}")),
        size: 0,
        usage: wgpu::BufferUsages::empty(),
        mapped_at_creation: false,
    }));
}

/// Polls the device, in which wgpu runs callbacks of the program's. The caller holds no lock and is
/// in no error scope. wgpu panics if the driver reports a lost device. This function returns an
/// error instead.
pub(crate) fn poll(
    device: &wgpu::Device,
    how: wgpu::PollType,
) -> Result<Result<wgpu::PollStatus, wgpu::PollError>, Error> {
    catch_unwind(AssertUnwindSafe(|| device.poll(how))).or_else(|panic| {
        if is_lost(device) {
            Err(Error::DeviceLost)
        } else {
            resume_unwind(panic) // It is a callback's.
        }
    })
}

/// Runs `make` in error scopes of all kinds. Returns what it made, and the first error.
fn in_scopes<T>(device: &wgpu::Device, make: impl FnOnce() -> T) -> (T, Option<wgpu::Error>) {
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
    if cfg!(target_family = "wasm") {
        return false; // In a browser errors arrive only later.
    }
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{is_lost, raise_again, submit};
    use crate::kernels::lock;
    use crate::{Error, Gpu};

    fn buffer(device: &wgpu::Device, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("a test's"),
            size: 16,
            usage,
            mapped_at_creation: false,
        })
    }

    /// A submission that is made, and one that is refused, with a callback that makes an error.
    #[test]
    fn errors_go_to_whom_they_belong() -> Result<(), Error> {
        let gpu = Gpu::new_blocking()?;
        let (device, queue) = (gpu.device(), gpu.queue());
        let handled = Arc::<Mutex<Vec<String>>>::default();
        let log = handled.clone();
        device.on_uncaptured_error(Arc::new(move |error| lock(&log).push(error.to_string())));
        let call_back = || {
            let device = device.clone();
            queue
                .on_submitted_work_done(move || drop(buffer(&device, wgpu::BufferUsages::empty())));
        };
        let encoder = || device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());

        call_back();
        let error = submit(device, queue, encoder().finish())?.expect("the callback's error");
        assert_eq!(*lock(&handled), [""; 0]);
        raise_again(device, &error);
        let texts = std::mem::take(&mut *lock(&handled));
        assert!(
            matches!(&texts[..], [text] if text.contains(&error.to_string())),
            "{texts:?}"
        );

        call_back();
        let gone = buffer(device, wgpu::BufferUsages::COPY_DST);
        let mut commands = encoder();
        commands.clear_buffer(&gone, 0, None);
        gone.destroy();
        let refused =
            submit(device, queue, commands.finish()).expect_err("the buffer is destroyed");
        assert!(
            refused.to_string().contains("has been destroyed"),
            "{refused}"
        );
        assert_eq!(*lock(&handled), [""; 0]);

        assert!(!is_lost(device));
        device.destroy();
        assert!(is_lost(device));
        let lost = submit(device, queue, encoder().finish());
        assert_eq!(lost.map(drop), Err(Error::DeviceLost));
        Ok(())
    }
}
