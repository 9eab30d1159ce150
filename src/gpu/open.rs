//! Choosing an adapter and opening a device.

use wgpu::{
    Adapter, Backends, Instance, InstanceDescriptor, PowerPreference, RequestAdapterOptions,
};

use crate::Error;

const NAME: &str = "WGPU_ADAPTER_NAME";

/// Requests the adapter that [`Gpu::new`](crate::Gpu::new) opens, for a device of your own.
///
/// wgpu's environment variables choose it: `WGPU_BACKEND`, `WGPU_ADAPTER_NAME` (a part of the name,
/// in upper or lower case) and `WGPU_POWER_PREF`. Without them wgpu chooses, and takes a software
/// adapter if there is no other.
///
/// ```
/// use wgpu_activations::{Gpu, request_adapter, wgpu};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # pollster::block_on(async {
/// let adapter = request_adapter().await?;
/// println!("{}", adapter.get_info().name);
/// let descriptor = wgpu::DeviceDescriptor {
///     required_limits: adapter.limits(), // tensors may then be as large as the adapter allows
///     ..Default::default()
/// };
/// let (device, queue) = adapter.request_device(&descriptor).await?;
/// let gpu = Gpu::from_device(device, queue);
/// # Ok(())
/// # })
/// # }
/// ```
///
/// # Errors
/// [`Error::NoAdapter`] or [`Error::UnknownAdapter`] if there is no such adapter. The text says how
/// to get one.
pub async fn request_adapter() -> Result<Adapter, Error> {
    let backends = match Backends::from_env() {
        Some(backends) => vec![backends],
        None if std::env::var_os(NAME).is_some() => vec![Backends::PRIMARY | Backends::SECONDARY],
        None if cfg!(target_family = "wasm") => vec![Backends::BROWSER_WEBGPU],
        // OpenGL is the last resort, since it is the weakest backend.
        None => vec![Backends::PRIMARY, Backends::SECONDARY],
    };
    let mut failure = None;
    for backends in backends {
        let descriptor = InstanceDescriptor {
            backends,
            ..InstanceDescriptor::new_without_display_handle_from_env()
        };
        let instance = Instance::new(descriptor);
        match adapter_of(&instance).await {
            Ok(adapter) => {
                keep(instance);
                return Ok(adapter);
            }
            // The last resort says nothing of why there is no better adapter.
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.unwrap_or_else(|| Error::NoAdapter {
        reason: "no backend is allowed".to_owned(),
    }))
}

/// Keeps one instance until the process ends, so that no driver is unloaded before: Mesa's lavapipe
/// ends one program in some hundreds by a fault if the device is dropped as soon as it is there.
#[cfg(not(target_family = "wasm"))]
fn keep(instance: Instance) {
    static KEPT: std::sync::OnceLock<Instance> = std::sync::OnceLock::new();
    KEPT.get_or_init(|| instance);
}

/// A browser has no drivers to unload.
#[cfg(target_family = "wasm")]
fn keep(_instance: Instance) {}

async fn adapter_of(instance: &Instance) -> Result<Adapter, Error> {
    if let Ok(name) = std::env::var(NAME) {
        let adapters = instance.enumerate_adapters(Backends::all()).await;
        let name_of = |adapter: &Adapter| adapter.get_info().name;
        let available = adapters.iter().map(name_of).collect();
        let part = name.to_lowercase();
        let mut adapters = adapters.into_iter();
        let adapter = adapters.find(|adapter| name_of(adapter).to_lowercase().contains(&part));
        return adapter.ok_or(Error::UnknownAdapter { name, available });
    }
    let power_preference = PowerPreference::from_env().unwrap_or_default();
    let options = RequestAdapterOptions {
        power_preference,
        ..Default::default()
    };
    let adapter = instance.request_adapter(&options).await;
    adapter.map_err(|error| Error::NoAdapter {
        reason: error.to_string(),
    })
}

/// Opens a device with the adapter's own limits, so that tensors can be as large as it allows, and
/// with those of the features that it has.
pub(super) async fn device(features: wgpu::Features) -> Result<(wgpu::Device, wgpu::Queue), Error> {
    let adapter = request_adapter().await?;
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("wgpu-activations"),
        required_limits: adapter.limits(),
        required_features: features & adapter.features(),
        ..Default::default()
    };
    let device = adapter.request_device(&descriptor).await;
    device.map_err(|error| Error::Wgpu {
        what: format!("a device on {}", adapter.get_info().name),
        message: error.to_string(),
    })
}
