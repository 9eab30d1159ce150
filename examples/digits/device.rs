//! A device: its buffers, and what is submitted to it.

use std::sync::mpsc;

use anyhow::{Context, Result};
use wgpu_activations::Gpu;
use wgpu_activations::wgpu::{self, BufferUsages, util::DeviceExt};

use super::kernels::Pipelines;

/// A device and the kernels that are compiled for it.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    pub gpu: &'a Gpu,
    pub pipelines: &'a Pipelines,
}

impl Device<'_> {
    /// Creates a storage buffer with these values.
    pub fn storage<T: bytemuck::NoUninit>(&self, label: &str, values: &[T]) -> wgpu::Buffer {
        self.buffer(
            label,
            values,
            BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
        )
    }

    /// Creates a storage buffer of zeros.
    pub fn zeros(&self, label: &str, values: usize) -> wgpu::Buffer {
        self.storage(label, &vec![0.0_f32; values])
    }

    pub fn uniform<T: bytemuck::NoUninit>(&self, label: &str, values: &[T]) -> wgpu::Buffer {
        self.buffer(
            label,
            values,
            BufferUsages::UNIFORM
                | BufferUsages::STORAGE
                | BufferUsages::COPY_SRC
                | BufferUsages::COPY_DST,
        )
    }

    /// Replaces the contents of a buffer before what is submitted next.
    pub fn write<T: bytemuck::NoUninit>(&self, buffer: &wgpu::Buffer, values: &[T]) {
        let bytes = bytemuck::cast_slice(values);
        self.gpu.queue().write_buffer(buffer, 0, bytes);
    }

    /// Records and submits commands.
    pub fn submit(&self, record: impl FnOnce(&mut wgpu::ComputePass<'_>)) {
        let mut encoder = self.encoder();
        record(&mut encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()));
        self.gpu.queue().submit([encoder.finish()]);
    }

    /// Waits until everything that was submitted is done.
    pub fn wait(&self) -> Result<()> {
        let device = self.gpu.device();
        device.poll(wgpu::PollType::wait_indefinitely())?;
        Ok(())
    }

    /// Waits for the contents of these buffers.
    pub fn read<const N: usize>(&self, buffers: [&wgpu::Buffer; N]) -> Result<[Vec<f32>; N]> {
        let staging = self.gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("digits readback"),
            size: buffers.iter().map(|buffer| buffer.size()).sum(),
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.encoder();
        let mut offset = 0;
        for buffer in buffers {
            encoder.copy_buffer_to_buffer(buffer, 0, &staging, offset, buffer.size());
            offset += buffer.size();
        }
        let (sender, receiver) = mpsc::channel();
        encoder.map_buffer_on_submit(&staging, wgpu::MapMode::Read, .., move |result| {
            drop(sender.send(result))
        });
        self.gpu.queue().submit([encoder.finish()]);
        self.wait()?;
        receiver.recv().context("the device gave no result")??;

        let view = staging.get_mapped_range(..)?;
        let mut rest: &[u8] = &view;
        Ok(buffers.map(|buffer| {
            let (values, after) = rest.split_at(buffer.size() as usize);
            rest = after;
            bytemuck::pod_collect_to_vec(values)
        }))
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        let descriptor = wgpu::CommandEncoderDescriptor {
            label: Some("digits"),
        };
        self.gpu.device().create_command_encoder(&descriptor)
    }

    fn buffer<T: bytemuck::NoUninit>(
        &self,
        label: &str,
        values: &[T],
        usage: BufferUsages,
    ) -> wgpu::Buffer {
        let (label, contents) = (format!("digits {label}"), bytemuck::cast_slice(values));
        self.gpu
            .device()
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(&label),
                contents,
                usage,
            })
    }
}
