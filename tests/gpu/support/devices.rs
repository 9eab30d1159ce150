//! The GPU that the tests share, and devices with other limits.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use wgpu::BufferUsages as Usages;
use wgpu_activations::{Gpu, wgpu};

/// The GPU that the tests share. Tests fail where there is no adapter. If `EXPECTED_ADAPTER` is set
/// it must be a part of the adapter's description, which has the driver's version in it, since two
/// versions of lavapipe have the same name.
pub fn gpu() -> &'static Gpu {
    static GPU: OnceLock<Gpu> = OnceLock::new();
    GPU.get_or_init(|| {
        let gpu = Gpu::new_blocking()
            .unwrap_or_else(|error| panic!("these tests need a GPU adapter: {error}"));
        let info = gpu.device().adapter_info();
        let adapter = format!(
            "{}, {} {} ({})",
            info.name, info.driver, info.driver_info, info.backend
        );
        println!("adapter: {adapter}");
        if let Ok(expected) = std::env::var("EXPECTED_ADAPTER") {
            assert!(
                adapter.contains(&expected),
                "EXPECTED_ADAPTER is {expected}, but this is {adapter}"
            );
        }
        gpu
    })
}

/// A device of its own on the same adapter, which a test may lose.
pub fn device(required_limits: wgpu::Limits) -> (wgpu::Device, wgpu::Queue) {
    let adapter = pollster::block_on(wgpu_activations::request_adapter()).expect("an adapter");
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("a test's own"),
        required_limits,
        ..Default::default()
    };
    pollster::block_on(adapter.request_device(&descriptor)).expect("a device")
}

/// A GPU of its own on the same adapter.
pub fn gpu_with(limits: wgpu::Limits) -> Gpu {
    let (device, queue) = device(limits);
    Gpu::from_device(device, queue)
}

/// A GPU whose limits are so small that every call is split.
pub fn tiny(max_storage_buffers_per_shader_stage: u32) -> Gpu {
    gpu_with(wgpu::Limits {
        max_storage_buffer_binding_size: 2048,
        max_compute_workgroups_per_dimension: 3,
        max_storage_buffers_per_shader_stage,
        ..wgpu::Limits::downlevel_defaults()
    })
}

pub fn small_buffers() -> wgpu::Limits {
    wgpu::Limits {
        max_buffer_size: 1 << 16,
        ..wgpu::Limits::downlevel_defaults()
    }
}

/// The storage buffers that wgpu's downlevel limits allow a shader.
pub const DOWNLEVEL_BUFFERS: u32 = 4;

/// Held by tests that need gigabytes: they run one after another, however many threads there are.
pub fn much_memory() -> MutexGuard<'static, ()> {
    static MUCH_MEMORY: Mutex<()> = Mutex::new(());
    // A test that has failed holds no memory any more.
    MUCH_MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn buffer(device: &wgpu::Device, size: u64, usage: Usages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("the caller's"),
        size,
        usage,
        mapped_at_creation: false,
    })
}

/// A buffer of the shared GPU that kernels can use.
pub fn storage(size: u64) -> wgpu::Buffer {
    buffer(gpu().device(), size, Usages::STORAGE)
}

/// The bytes of a buffer of the shared GPU, read as a caller reads them.
pub fn read_buffer(buffer: &wgpu::Buffer) -> Vec<u8> {
    let (device, queue) = (gpu().device(), gpu().queue());
    let staging = self::buffer(device, buffer.size(), Usages::MAP_READ | Usages::COPY_DST);
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, buffer.size());
    queue.submit([encoder.finish()]);
    staging.map_async(wgpu::MapMode::Read, .., |result| result.expect("a mapping"));
    device
        .poll(wgpu::PollType::wait_indefinitely())
        .expect("a result");
    staging.get_mapped_range(..).expect("mapped").to_vec()
}
