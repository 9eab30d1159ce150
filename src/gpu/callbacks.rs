//! The calls of wgpu's that run callbacks, whose errors and panics stay the program's.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::Error;
use crate::kernels::error_scope::{Device, is_lost};

/// Submits commands. The caller holds no lock, since wgpu runs callbacks of the program's. Returns
/// an error of theirs, for [`raise_again`].
///
/// wgpu finds at a submission that a buffer is destroyed, and without an error scope it would
/// panic. But the scope takes the errors of callbacks, too. wgpu runs them only if the submission
/// has succeeded, and it knows the index of such a submission: so the two can be told apart.
#[cfg(not(target_family = "wasm"))]
pub(super) fn submit(
    device: &Device,
    queue: &wgpu::Queue,
    commands: wgpu::CommandBuffer,
) -> Result<Option<wgpu::Error>, Error> {
    use std::time::Duration;

    use crate::kernels::error_scope::{error_of, in_scopes, refused};

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
            let what = || "what was recorded".to_owned();
            Err(error_of(device, what, refused, &error))
        }
        _ => Ok(Some(error)),
    }
}

/// In browsers a submission runs no callbacks.
#[cfg(target_family = "wasm")]
pub(super) fn submit(
    device: &Device,
    queue: &wgpu::Queue,
    commands: wgpu::CommandBuffer,
) -> Result<Option<wgpu::Error>, Error> {
    use crate::kernels::error_scope::with_error_scope;

    let what = || "what was recorded".to_owned();
    with_error_scope(device, what, || queue.submit([commands])).map(|_| None)
}

/// Gives the program an error that belongs to it. wgpu cannot raise an error again, so this raises
/// one of which it is a part: wgpu refuses to make a buffer without a usage, and names its label.
pub(super) fn raise_again(device: &wgpu::Device, error: &wgpu::Error) {
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
pub(super) fn poll(
    device: &Device,
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
        let (device, queue) = (&gpu.device, gpu.queue());
        let handled = Arc::<Mutex<Vec<String>>>::default();
        let log = handled.clone();
        device.on_uncaptured_error(Arc::new(move |error| lock(&log).push(error.to_string())));
        // The callback runs in the next submission, since no earlier one is under way.
        let call_back = || {
            let waited = device.poll(wgpu::PollType::wait_indefinitely());
            waited.expect("earlier submissions end");
            let device = gpu.device().clone();
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
