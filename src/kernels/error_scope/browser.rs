//! Error scopes of a browser. They answer after the call that caused an error, so their answers are
//! kept for later calls.
//!
//! wgpu's own scopes panic at an internal error. So these call WebGPU.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Poll, Waker};

use wasm_bindgen_futures::js_sys::{Function, Promise, Reflect};
use wasm_bindgen_futures::wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use wgpu::webgpu::GpuDevice;

use super::{Device, Refusal, refused};
use crate::Error;
use crate::kernels::lock;

/// The errors that arrive after the calls that caused them.
#[derive(Clone, Debug)]
pub(super) struct LateErrors(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The number of scopes that were popped, and of those that have answered. They answer in
    /// order.
    popped: u64,
    answered: u64,
    /// The first error.
    error: Option<Error>,
    is_lost: bool,
    wakers: Vec<Waker>,
}

/// The kinds of errors in WebGPU. There is a scope for each.
const FILTERS: [&str; 3] = ["validation", OUT_OF_MEMORY, "internal"];
const OUT_OF_MEMORY: &str = "out-of-memory";

impl LateErrors {
    /// Also finds out when the device is lost. WebGPU tells everyone who asks for it, so the
    /// callback of wgpu's stays the program's.
    pub(super) fn of(device: &wgpu::Device) -> Self {
        let errors = Self(Arc::default());
        if let Some(device) = device.as_webgpu() {
            let (lost, state) = (answer(device.lost()), Arc::downgrade(&errors.0));
            spawn_local(async move {
                drop(lost.await);
                update(&state, |state| state.is_lost = true);
            });
        }
        errors
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let state = lock(&self.0);
        if state.is_lost {
            return Err(Error::DeviceLost);
        }
        state.error.clone().map_or(Ok(()), Err)
    }

    /// Waits for the answers of all scopes so far. A lost device may owe some forever.
    pub(super) async fn settled(&self, device: &wgpu::Device) -> Result<(), Error> {
        // This answer comes after all others, and after the loss of a device that is lost already.
        self.scoped(device, String::new, refused, || ());
        let popped = lock(&self.0).popped;
        poll_fn(|context| {
            let mut state = lock(&self.0);
            if state.answered >= popped || state.is_lost {
                return Poll::Ready(());
            }
            let waker = context.waker();
            if !state.wakers.iter().any(|other| other.will_wake(waker)) {
                state.wakers.push(waker.clone());
            }
            Poll::Pending
        })
        .await;
        self.check()
    }

    fn scoped<T>(
        &self,
        device: &wgpu::Device,
        what: impl FnOnce() -> String,
        refusal: Refusal,
        make: impl FnOnce() -> T,
    ) -> T {
        let Some(device) = device.as_webgpu() else {
            return make();
        };
        FILTERS.iter().for_each(|filter| push(device, filter));
        let made = make();
        // Scopes nest: the last one pushed is the first to go.
        let answers = FILTERS.map(|_| answer(device.pop_error_scope()));
        lock(&self.0).popped += 1;
        let (what, state) = (what(), Arc::downgrade(&self.0));
        spawn_local(async move {
            let mut first = None;
            for (filter, answer) in FILTERS.into_iter().rev().zip(answers) {
                // A lost device may refuse to answer.
                let error = answer.await.unwrap_or(JsValue::NULL);
                if first.is_none() && !error.is_null() {
                    first = Some(match filter {
                        OUT_OF_MEMORY => Error::OutOfMemory { what: what.clone() },
                        _ => refusal(what.clone(), message(&error)),
                    });
                }
            }
            update(&state, |state| {
                state.answered += 1;
                state.error = state.error.take().or(first);
            });
        });
        made
    }
}

/// Runs `make`. Its errors arrive later.
pub(super) fn scoped<T>(
    device: &Device,
    what: impl FnOnce() -> String,
    refusal: Refusal,
    make: impl FnOnce() -> T,
) -> Result<T, Error> {
    Ok(device.late.scoped(device, what, refusal, make))
}

/// True if the device is known to be lost.
pub(crate) fn is_lost(device: &Device) -> bool {
    lock(&device.late.0).is_lost
}

/// Changes the state, and wakes those who wait for it.
fn update(state: &Weak<Mutex<State>>, change: impl FnOnce(&mut State)) {
    let Some(state) = state.upgrade() else { return };
    let mut state = lock(&state);
    change(&mut state);
    let wakers = std::mem::take(&mut state.wakers);
    drop(state);
    wakers.into_iter().for_each(Waker::wake);
}

/// wgpu does not export the type of the filters.
fn push(device: &GpuDevice, filter: &str) {
    let push = Reflect::get(device, &"pushErrorScope".into());
    let push = push.expect("a device has error scopes");
    let pushed = push
        .unchecked_ref::<Function>()
        .call1(device, &filter.into());
    pushed.expect("WebGPU has errors of this kind");
}

fn answer(promise: impl JsCast) -> JsFuture {
    JsFuture::from(promise.unchecked_into::<Promise>())
}

fn message(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok();
    message
        .and_then(|message| message.as_string())
        .unwrap_or_default()
}
