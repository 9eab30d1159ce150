//! The device, and what the page must know of it.

use std::cell::OnceCell;
use std::sync::{Arc, Mutex};

use futures_channel::oneshot;
use js_sys::Function;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use wgpu_activations::wgpu::{self, DeviceDescriptor, Features};
use wgpu_activations::{Gpu, request_adapter};

use crate::clock::Timestamps;
use crate::kernel::Pipelines;

/// A device of the visitor's GPU.
#[wasm_bindgen]
pub struct Device {
    gpu: Gpu,
    pub(crate) pipelines: Pipelines,
    pub(crate) timestamps: OnceCell<Option<Timestamps>>,
}

#[wasm_bindgen]
impl Device {
    /// Opens the adapter that the browser prefers, with timestamps if it has them. `on_lost` is
    /// called with the reason if the device is lost.
    ///
    /// # Errors
    /// The crate's or wgpu's, if there is no adapter or if it gives no device.
    pub async fn open(on_lost: Function) -> Result<Self, JsError> {
        let adapter = request_adapter().await?;
        let descriptor = DeviceDescriptor {
            label: Some("page"),
            required_limits: adapter.limits(),
            required_features: adapter.features() & Features::TIMESTAMP_QUERY,
            ..Default::default()
        };
        let (device, queue) = adapter.request_device(&descriptor).await?;
        // Without this, wgpu would panic.
        device.on_uncaptured_error(Arc::new(|error: wgpu::Error| {
            web_sys::console::error_1(&error.to_string().into());
        }));
        let (sender, receiver) = oneshot::channel::<String>();
        let sender = Mutex::new(Some(sender));
        device.set_device_lost_callback(move |_, reason| {
            let sender = sender.lock().ok().and_then(|mut sender| sender.take());
            if let Some(sender) = sender {
                // If nobody listens, the page is gone.
                drop(sender.send(reason));
            }
        });
        spawn_local(async move {
            if let Ok(reason) = receiver.await {
                drop(on_lost.call1(&JsValue::NULL, &reason.into()));
            }
        });
        Ok(Self {
            gpu: Gpu::from_device(device, queue),
            pipelines: Pipelines::default(),
            timestamps: OnceCell::new(),
        })
    }

    /// The most elements that a tensor of f32 may have in one binding.
    #[wasm_bindgen(getter, js_name = mostElements)]
    pub fn most_elements(&self) -> f64 {
        let limits = self.gpu.device().limits();
        (limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size)
            / 4) as f64
    }

    /// Frees the memory of tensors that are no longer used, as after measurements.
    #[wasm_bindgen(js_name = freeMemory)]
    pub fn free_memory(&self) {
        self.gpu.empty_cache();
    }
}

impl Device {
    pub(crate) fn gpu(&self) -> &Gpu {
        &self.gpu
    }
}
