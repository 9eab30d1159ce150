//! The clocks of the device and of the browser, and how coarse they are.

use futures_channel::oneshot;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use wgpu_activations::wgpu::{self, BufferUsages, Features};

use crate::device::Device;
use crate::object::object;

/// Two timestamps in bytes.
const BOTH: u64 = 16;

/// Passes whose timestamps show the step of the clock.
const PASSES: usize = 12;

/// Submissions of no work, of which the shortest counts.
const SUBMISSIONS: usize = 3;

/// The queries into which a pass writes the times of its beginning and end.
pub struct Timestamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    readback: wgpu::Buffer,
}

/// The commands of a pass.
pub type Record<'a> = &'a dyn Fn(&mut wgpu::ComputePass<'_>);

#[wasm_bindgen]
impl Device {
    /// Tells which clock measures kernels, and its step in seconds: `hasTimestamps` and `step`.
    ///
    /// # Errors
    /// If the device is lost.
    pub async fn clock(&self) -> Result<JsValue, JsError> {
        let step = match self.timestamps() {
            Some(timestamps) => self.step_of(timestamps).await?,
            None => step_of_browser(),
        };
        let has_timestamps = self.timestamps().is_some().into();
        Ok(object([
            ("hasTimestamps", has_timestamps),
            ("step", step.into()),
        ]))
    }
}

impl Device {
    fn timestamps(&self) -> Option<&Timestamps> {
        let make = || {
            let device = self.gpu().device();
            let has_timestamps = device.features().contains(Features::TIMESTAMP_QUERY);
            has_timestamps.then(|| Timestamps::new(device))
        };
        self.timestamps.get_or_init(make).as_ref()
    }

    /// The time of one of these repetitions in seconds: by timestamps if the device has them, else
    /// by the browser's clock, without what a submission of no work takes.
    pub async fn time(&self, repeats: u32, record: Record<'_>) -> Result<f64, JsError> {
        let seconds = match self.timestamps() {
            Some(timestamps) => {
                let [begin, end] = self.ticks(timestamps, repeats, record).await?;
                end.saturating_sub(begin) as f64 * 1e-9
            }
            None => (self.wall(repeats, record).await? - self.least_wall().await?).max(0.0),
        };
        Ok(seconds / f64::from(repeats))
    }

    /// The time of all of these repetitions in seconds, by the clock that [`time`](Self::time) has.
    pub async fn turn(&self, repeats: u32, record: Record<'_>) -> Result<f64, JsError> {
        match self.timestamps() {
            Some(_) => Ok(self.time(repeats, record).await? * f64::from(repeats)),
            None => self.wall(repeats, record).await,
        }
    }

    /// The browser's time from a submission to its end.
    async fn wall(&self, repeats: u32, record: Record<'_>) -> Result<f64, JsError> {
        let commands = self.commands(repeats, record, None).finish();
        let queue = self.gpu().queue();
        let begin = now();
        queue.submit([commands]);
        let (sender, receiver) = oneshot::channel();
        queue.on_submitted_work_done(move || sender.send(()).unwrap_or_default());
        receiver.await.map_err(|_| lost())?;
        Ok(now() - begin)
    }

    /// The browser's time of a submission of no work: the least of some, since whatever else the
    /// machine does can only add to it.
    async fn least_wall(&self) -> Result<f64, JsError> {
        let mut least = f64::INFINITY;
        for _ in 0..SUBMISSIONS {
            least = least.min(self.wall(0, &|_| ()).await?);
        }
        Ok(least)
    }

    /// The timestamps of a pass, in nanoseconds.
    async fn ticks(
        &self,
        timestamps: &Timestamps,
        repeats: u32,
        record: Record<'_>,
    ) -> Result<[u64; 2], JsError> {
        let Timestamps {
            queries,
            resolved,
            readback,
        } = timestamps;
        let mut encoder = self.commands(repeats, record, Some(queries));
        encoder.resolve_query_set(queries, 0..2, resolved, 0);
        encoder.copy_buffer_to_buffer(resolved, 0, readback, 0, BOTH);
        self.gpu().queue().submit([encoder.finish()]);
        let (sender, receiver) = oneshot::channel();
        readback.map_async(wgpu::MapMode::Read, .., move |mapped| {
            drop(sender.send(mapped))
        });
        receiver.await.map_err(|_| lost())?.map_err(|_| lost())?;
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&readback.get_mapped_range(..)?);
        readback.unmap();
        Ok([ticks[0], ticks[1]])
    }

    fn commands(
        &self,
        repeats: u32,
        record: Record<'_>,
        queries: Option<&wgpu::QuerySet>,
    ) -> wgpu::CommandEncoder {
        let device = self.gpu().device();
        let mut encoder = device.create_command_encoder(&Default::default());
        let timestamp_writes = queries.map(|query_set| wgpu::ComputePassTimestampWrites {
            query_set,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        });
        let descriptor = wgpu::ComputePassDescriptor {
            label: Some("turn"),
            timestamp_writes,
        };
        let mut pass = encoder.begin_compute_pass(&descriptor);
        (0..repeats).for_each(|_| record(&mut pass));
        drop(pass);
        encoder
    }

    /// The greatest common divisor of the differences of many timestamps, in seconds.
    async fn step_of(&self, timestamps: &Timestamps) -> Result<f64, JsError> {
        let mut ticks = Vec::new();
        for _ in 0..PASSES {
            ticks.extend(self.ticks(timestamps, 0, &|_| ()).await?);
        }
        let differences = ticks.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
        let step = differences.fold(0, greatest_common_divisor);
        Ok(step as f64 * 1e-9)
    }
}

impl Timestamps {
    fn new(device: &wgpu::Device) -> Self {
        let buffer = |usage| {
            let (label, mapped_at_creation) = (Some("timestamps"), false);
            let descriptor = wgpu::BufferDescriptor {
                label,
                size: BOTH,
                usage,
                mapped_at_creation,
            };
            device.create_buffer(&descriptor)
        };
        let descriptor = wgpu::QuerySetDescriptor {
            label: Some("timestamps"),
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        };
        Self {
            queries: device.create_query_set(&descriptor),
            resolved: buffer(BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC),
            readback: buffer(BufferUsages::MAP_READ | BufferUsages::COPY_DST),
        }
    }
}

fn lost() -> JsError {
    JsError::new("the device is lost: open it again")
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// The smallest step of the browser's clock, of some, in seconds.
fn step_of_browser() -> f64 {
    let step = |_| {
        let begin = now();
        loop {
            let end = now();
            if end > begin {
                return end - begin;
            }
        }
    };
    (0..PASSES).map(step).fold(f64::INFINITY, f64::min)
}

/// The browser's clock, in seconds.
fn now() -> f64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    performance.map_or(0.0, |performance| performance.now() * 1e-3)
}
