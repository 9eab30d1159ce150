//! A guest's buffers, whose ends are guarded, and a device with small limits.

use wgpu::BufferUsages as Usages;
use wgpu::util::DeviceExt;
use wgpu_activations::{Gpu, Operation, Slice, wgpu};

use super::gpu;

const GUARD: f32 = f32::from_bits(0xdead_beef);

/// A buffer of the caller's with values at an offset, and guards around them.
pub struct Guarded {
    buffer: wgpu::Buffer,
    offset: usize,
    length: usize,
}

impl Guarded {
    pub fn new(values: &[f32], offset: usize) -> Self {
        let guards = |count| std::iter::repeat_n(GUARD, count);
        let contents: Vec<f32> = guards(offset)
            .chain(values.iter().copied())
            .chain(guards(5))
            .collect();
        let usage = Usages::STORAGE | Usages::COPY_SRC;
        let contents = bytemuck::cast_slice(&contents);
        let buffer = gpu()
            .device()
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("guarded"),
                contents,
                usage,
            });
        Self {
            buffer,
            offset,
            length: values.len(),
        }
    }

    pub fn empty(length: usize, offset: usize) -> Self {
        Self::new(&vec![GUARD; length], offset)
    }

    pub fn slice(&self) -> Slice<'_> {
        Slice::new(&self.buffer, 4 * self.offset as u64, 4 * self.length as u64)
    }

    /// The values, once the guards are seen to be whole.
    pub fn values(&self) -> Vec<f32> {
        let all = read(&self.buffer);
        let (before, rest) = all.split_at(self.offset);
        let (values, after) = rest.split_at(self.length);
        let whole = |guards: &[f32]| {
            guards
                .iter()
                .all(|guard| guard.to_bits() == GUARD.to_bits())
        };
        assert!(
            whole(before) && whole(after),
            "written outside of {} elements at {}",
            self.length,
            self.offset
        );
        values.to_vec()
    }
}

/// All of a buffer, as a guest reads it.
pub fn read(buffer: &wgpu::Buffer) -> Vec<f32> {
    let (device, queue) = (gpu().device(), gpu().queue());
    let usage = Usages::MAP_READ | Usages::COPY_DST;
    let staging = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("read"),
        size: buffer.size(),
        usage,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, buffer.size());
    queue.submit([encoder.finish()]);
    staging.map_async(wgpu::MapMode::Read, .., |result| result.expect("a mapping"));
    device
        .poll(wgpu::PollType::wait_indefinitely())
        .expect("a result");
    bytemuck::cast_slice(&staging.get_mapped_range(..).expect("mapped")).to_vec()
}

pub fn run(operation: &Operation) {
    let mut encoder = gpu()
        .device()
        .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    operation.encode(&mut encoder);
    gpu().queue().submit([encoder.finish()]);
}

/// The adapter of the other tests, with limits so small that everything is split.
pub fn tiny(max_storage_buffers_per_shader_stage: u32) -> Gpu {
    let adapter = pollster::block_on(wgpu_activations::request_adapter()).expect("an adapter");
    let required_limits = wgpu::Limits {
        max_storage_buffer_binding_size: 2048,
        max_compute_workgroups_per_dimension: 3,
        max_storage_buffers_per_shader_stage,
        ..wgpu::Limits::downlevel_defaults()
    };
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("tiny"),
        required_limits,
        ..Default::default()
    };
    let (device, queue) =
        pollster::block_on(adapter.request_device(&descriptor)).expect("a device");
    Gpu::from_device(device, queue)
}

/// What wgpu's downlevel limits allow.
pub const DOWNLEVEL_BUFFERS: u32 = 4;
