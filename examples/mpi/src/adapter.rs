//! The adapter of a rank.

use std::env;

use anyhow::{Context, Result};
use wgpu_activations::Gpu;
use wgpu_activations::wgpu::{
    Adapter, Backends, DeviceDescriptor, DeviceType, Instance, InstanceDescriptor,
};

/// The kinds of adapters. Those of the first kind that the machine has are taken.
const KINDS: [DeviceType; 5] = [
    DeviceType::DiscreteGpu,
    DeviceType::IntegratedGpu,
    DeviceType::VirtualGpu,
    DeviceType::Other,
    DeviceType::Cpu,
];

/// Opens the adapter of a rank, and describes it. The ranks of a machine take its adapters in turn.
/// `WGPU_BACKEND` and `WGPU_ADAPTER_NAME` restrict them.
pub async fn open(rank_on_machine: usize) -> Result<(Gpu, String)> {
    let backends = Backends::from_env().unwrap_or(Backends::PRIMARY);
    let instance = Instance::new(InstanceDescriptor {
        backends,
        ..InstanceDescriptor::new_without_display_handle_from_env()
    });
    let mut adapters = instance.enumerate_adapters(backends).await;
    let name = env::var("WGPU_ADAPTER_NAME").unwrap_or_default();
    adapters.retain(|adapter| {
        let own = adapter.get_info().name.to_lowercase();
        own.contains(&name.to_lowercase())
    });
    let kind = |adapter: &Adapter| {
        let info = adapter.get_info();
        let kind = KINDS.iter().position(|&kind| kind == info.device_type);
        (kind, info.backend)
    };
    let best = adapters
        .iter()
        .map(kind)
        .min_by_key(|&(kind, _)| kind)
        .with_context(|| format!("there is no adapter with `{name}` in its name"))?;
    adapters.retain(|adapter| kind(adapter) == best);
    let turn = rank_on_machine % adapters.len();
    let adapter = &adapters[turn];
    let info = adapter.get_info();
    let (name, backend, count) = (info.name, info.backend, adapters.len());
    let description = format!("{name} ({backend}), adapter {} of {count}", turn + 1);
    let descriptor = DeviceDescriptor {
        required_limits: adapter.limits(),
        ..DeviceDescriptor::default()
    };
    let (device, queue) = adapter.request_device(&descriptor).await?;
    Ok((Gpu::from_device(device, queue), description))
}
