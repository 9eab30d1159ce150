//! How an adapter is chosen and a device opened.

use wgpu::{
    Adapter, Backends, Instance, InstanceDescriptor, PowerPreference, RequestAdapterOptions,
};

use crate::Error;

const NAME: &str = "WGPU_ADAPTER_NAME";

/// The adapter that wgpu's environment variables ask for: `WGPU_BACKEND`, `WGPU_ADAPTER_NAME` (a
/// part of the name, in any case) and `WGPU_POWER_PREF`; without them wgpu's first choice, a
/// software adapter if there is no other. It is what [`Gpu::new`](crate::Gpu::new) opens; ask for
/// it to make a device of your own.
///
/// # Errors
/// If there is no such adapter; the text says how to get one.
pub async fn request_adapter() -> Result<Adapter, Error> {
    let backends = match Backends::from_env() {
        Some(backends) => vec![backends],
        None if std::env::var_os(NAME).is_some() => vec![Backends::PRIMARY | Backends::SECONDARY],
        // OpenGL only if nothing else will do: it is the least of the backends.
        None => vec![Backends::PRIMARY, Backends::SECONDARY],
    };
    let mut failure = Error::NoAdapter {
        reason: "no backend is allowed".to_owned(),
    };
    for backends in backends {
        let descriptor = InstanceDescriptor {
            backends,
            ..InstanceDescriptor::new_without_display_handle_from_env()
        };
        match adapter_of(&Instance::new(descriptor)).await {
            Ok(adapter) => return Ok(adapter),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

async fn adapter_of(instance: &Instance) -> Result<Adapter, Error> {
    if let Ok(name) = std::env::var(NAME) {
        let adapters = instance.enumerate_adapters(Backends::all()).await;
        let available: Vec<_> = adapters
            .iter()
            .map(|adapter| adapter.get_info().name)
            .collect();
        let matches = |adapter: &Adapter| {
            adapter
                .get_info()
                .name
                .to_lowercase()
                .contains(&name.to_lowercase())
        };
        return adapters
            .into_iter()
            .find(matches)
            .ok_or(Error::UnknownAdapter { name, available });
    }
    let power_preference = PowerPreference::from_env().unwrap_or_default();
    let options = RequestAdapterOptions {
        power_preference,
        ..Default::default()
    };
    instance
        .request_adapter(&options)
        .await
        .map_err(|error| Error::NoAdapter {
            reason: error.to_string(),
        })
}

/// A device with the adapter's own limits, so that tensors can be as large as it allows, and those
/// of these features that it has.
pub(super) async fn device(features: wgpu::Features) -> Result<(wgpu::Device, wgpu::Queue), Error> {
    let adapter = request_adapter().await?;
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("wgpu-activations"),
        required_limits: adapter.limits(),
        required_features: features & adapter.features(),
        ..Default::default()
    };
    let what = || format!("a device on {}", adapter.get_info().name);
    adapter
        .request_device(&descriptor)
        .await
        .map_err(|error| Error::Wgpu {
            what: what(),
            message: error.to_string(),
        })
}
