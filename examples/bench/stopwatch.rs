//! Measures one turn of a kernel: a number of dispatches in one submission.

use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, Result};
use cpu_time::ProcessTime;
use wgpu_activations::Gpu;
use wgpu_activations::wgpu::{self, BufferUsages};

/// The times of one dispatch, in seconds.
#[derive(Clone, Copy)]
pub struct Seconds {
    /// The time on the adapter's clock. If it has none, this is the host's time, without that of an
    /// empty submission.
    pub kernel: f64,
    /// The CPU time of this process, which on a software adapter does the adapter's work.
    pub cpu: f64,
}

/// The clocks of a device.
pub struct Stopwatch<'a> {
    gpu: &'a Gpu,
    timestamps: Option<Timestamps>,
}

/// The queries into which a pass writes the times of its beginning and end.
struct Timestamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readback: wgpu::Buffer,
}

/// The size of two timestamps in bytes.
const BOTH: u64 = 16;

impl<'a> Stopwatch<'a> {
    pub fn new(gpu: &'a Gpu) -> Self {
        let device = gpu.device();
        let buffer = |usage| {
            let label = Some("timestamps");
            device.create_buffer(&wgpu::BufferDescriptor {
                label,
                size: BOTH,
                usage,
                mapped_at_creation: false,
            })
        };
        let timestamps = device
            .features()
            .contains(wgpu::Features::TIMESTAMP_QUERY)
            .then(|| Timestamps {
                queries: device.create_query_set(&wgpu::QuerySetDescriptor {
                    label: Some("timestamps"),
                    ty: wgpu::QueryType::Timestamp,
                    count: 2,
                }),
                resolved: buffer(BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC),
                readback: buffer(BufferUsages::MAP_READ | BufferUsages::COPY_DST),
            });
        Self { gpu, timestamps }
    }

    /// Names the clock that measures kernels.
    pub fn clock(&self) -> &'static str {
        if self.timestamps.is_some() {
            "timestamp queries"
        } else {
            "differences of submissions"
        }
    }

    pub fn time(
        &self,
        repeats: u32,
        record: &dyn Fn(&mut wgpu::ComputePass<'_>),
    ) -> Result<Seconds> {
        let repeated = f64::from(repeats);
        let (wall, cpu) = self.submit(repeats, record)?;
        let kernel = match &self.timestamps {
            Some(timestamps) => timestamps.seconds(self.gpu)?,
            None => self.submit(2 * repeats, record)?.0 - wall,
        };
        Ok(Seconds {
            kernel: kernel / repeated,
            cpu: cpu / repeated,
        })
    }

    /// Returns the host's time and this process's CPU time, from the submission of the dispatches
    /// to their end.
    pub fn submit(
        &self,
        repeats: u32,
        record: &dyn Fn(&mut wgpu::ComputePass<'_>),
    ) -> Result<(f64, f64)> {
        let mut encoder = self
            .gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let timestamp_writes =
            self.timestamps
                .as_ref()
                .map(|timestamps| wgpu::ComputePassTimestampWrites {
                    query_set: &timestamps.queries,
                    beginning_of_pass_write_index: Some(0),
                    end_of_pass_write_index: Some(1),
                });
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                label: Some("turn"),
                timestamp_writes,
            });
            (0..repeats).for_each(|_| record(&mut pass));
        }
        let commands = encoder.finish();
        let (wall, cpu) = (Instant::now(), ProcessTime::now());
        self.gpu.queue().submit([commands]);
        self.gpu
            .device()
            .poll(wgpu::PollType::wait_indefinitely())?;
        Ok((wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64()))
    }
}

impl Timestamps {
    /// Returns the time from the beginning to the end of the last pass.
    fn seconds(&self, gpu: &Gpu) -> Result<f64> {
        let mut encoder = gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.readback, 0, BOTH);
        gpu.queue().submit([encoder.finish()]);
        let (sender, receiver) = mpsc::channel();
        self.readback
            .map_async(wgpu::MapMode::Read, .., move |mapped| {
                drop(sender.send(mapped))
            });
        gpu.device().poll(wgpu::PollType::wait_indefinitely())?;
        receiver.recv()??;
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&self.readback.get_mapped_range(..)?);
        self.readback.unmap();
        let passed = ticks[1]
            .checked_sub(ticks[0])
            .context("the adapter's clock went backwards")?;
        Ok(passed as f64 * f64::from(gpu.queue().get_timestamp_period()) * 1e-9)
    }
}
