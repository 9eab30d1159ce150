//! The objects that calls work on: two devices, a caller's buffers with copies of what must be in
//! them, and wgpu's errors.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use wgpu::BufferUsages as Usages;
use wgpu_activations::{Dtype, Gpu, Operation, Slice, wgpu};

/// Bytes of each of the caller's buffers.
pub const SIZE: u64 = 2048;

/// Bytes that no kernel writes. An output has them before it is computed.
const NOT_WRITTEN: [u8; 4] = 0xdead_beef_u32.to_le_bytes();

/// The reason for which wgpu would refuse a buffer, if it would.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    None,
    /// Made without `STORAGE`.
    Usage,
    /// wgpu sees it only when the buffer is bound.
    Destroyed,
    OtherDevice,
}

const FLAWS: [Flaw; 10] = [
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::None,
    Flaw::Usage,
    Flaw::Destroyed,
    Flaw::OtherDevice,
];

/// A part of one of the caller's buffers.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub buffer: usize,
    pub offset: u64,
    pub size: u64,
    pub dtype: Dtype,
    pub view: Option<View>,
    /// True if the slice is marked by `Slice::accumulate`.
    pub accumulates: bool,
}

/// A matrix whose elements do not follow each other.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub shape: [u64; 2],
    pub strides: [u64; 2],
}

impl View {
    /// The number of a slice's elements that it needs.
    pub fn reach(self) -> u64 {
        let [rows, columns] = [0, 1].map(|i| (self.shape[i] - 1) * self.strides[i]);
        rows + columns + 1
    }

    /// True if its elements follow each other in spite of the strides.
    pub fn is_contiguous(self) -> bool {
        let ([rows, columns], [row, column]) = (self.shape, self.strides);
        (columns == 1 || column == 1) && (rows == 1 || row == columns)
    }
}

impl Part {
    pub fn elements(self) -> u64 {
        self.view.map_or(self.size / self.dtype.size(), |view| {
            view.shape.iter().product()
        })
    }

    fn range(self) -> Range<usize> {
        self.offset as usize..(self.offset + self.size) as usize
    }

    /// The bytes from the first element to the last one.
    pub fn bytes(self) -> Range<u64> {
        let reach = |view: View| view.reach() * self.dtype.size();
        let size = self.view.map_or(self.size, reach);
        self.offset..self.offset.saturating_add(size)
    }

    /// True if two parts have bytes of a buffer in common.
    pub fn overlaps(self, other: Self) -> bool {
        let (a, b) = (self.bytes(), other.bytes());
        self.buffer == other.buffer && a.start.max(b.start) < a.end.min(b.end)
    }
}

struct CallerBuffer {
    buffer: wgpu::Buffer,
    flaw: Flaw,
    /// The bytes that must be in it.
    contents: Vec<u8>,
}

pub struct World {
    pub gpu: Gpu,
    pub other: Gpu,
    uncaught: Arc<Mutex<Vec<String>>>,
    staging: wgpu::Buffer,
    /// The number of buffers that were alive before all others.
    at_first: isize,
}

impl World {
    pub fn new() -> Self {
        let adapter = pollster::block_on(wgpu_activations::request_adapter()).expect("an adapter");
        let device =
            || pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default()));
        let ((device, queue), (others, other_queue)) =
            (device().expect("a device"), device().expect("a device"));
        let uncaught = Arc::new(Mutex::new(Vec::new()));
        let log = uncaught.clone();
        device.on_uncaptured_error(Arc::new(move |error| {
            log.lock().expect("a log").push(error.to_string())
        }));
        // wgpu's own first buffers are freed by the first submission.
        queue.submit([]);
        device
            .poll(wgpu::PollType::wait_indefinitely())
            .expect("a result");
        let at_first = device.get_internal_counters().hal.buffers.read();
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: SIZE,
            usage: Usages::MAP_READ | Usages::COPY_DST,
            mapped_at_creation: false,
        });
        let (gpu, other) = (
            Gpu::from_device(device, queue),
            Gpu::from_device(others, other_queue),
        );
        Self {
            gpu,
            other,
            uncaught,
            staging,
            at_first,
        }
    }

    /// Fails if an error has reached wgpu's handler.
    pub fn is_quiet(&self) {
        let uncaught = self.uncaught.lock().expect("a log");
        assert!(
            uncaught.is_empty(),
            "errors that nobody predicted: {uncaught:?}"
        );
    }

    /// Drops everything and counts the buffers that are still alive on the device, without those of
    /// the start.
    pub fn leaked(self) -> isize {
        let Self {
            gpu,
            other,
            staging,
            at_first,
            ..
        } = self;
        let device = gpu.device().clone();
        drop((gpu, other, staging));
        device
            .poll(wgpu::PollType::wait_indefinitely())
            .expect("a result");
        device.get_internal_counters().hal.buffers.read() - at_first
    }
}

/// A caller's buffers.
pub struct Buffers(Vec<CallerBuffer>);

impl Buffers {
    pub const COUNT: usize = FLAWS.len();

    pub fn new(world: &World) -> Self {
        Self(
            FLAWS
                .into_iter()
                .enumerate()
                .map(|(number, flaw)| CallerBuffer::new(world, number, flaw))
                .collect(),
        )
    }

    pub fn flaw(&self, part: Part) -> Flaw {
        self.0[part.buffer].flaw
    }

    /// All slices are made here.
    pub fn slice(&self, part: Part) -> Slice<'_> {
        let slice =
            Slice::new(&self.0[part.buffer].buffer, part.offset, part.size).with_dtype(part.dtype);
        let slice = part.view.map_or(slice, |View { shape, strides }| {
            slice
                .strided(&shape, &strides)
                .expect("a view is made only where it fits")
        });
        if part.accumulates {
            slice.accumulate()
        } else {
            slice
        }
    }

    /// Records an operation and runs it. It must write all of these parts and nothing else. The
    /// flag says whether it reads what is there, in place or to add to it.
    pub fn run(&mut self, world: &World, operation: &Operation, writes: &[(Part, bool)]) {
        let writes: Vec<_> = writes.iter().filter(|(part, _)| part.size > 0).collect();
        for &&(part, _) in writes.iter().filter(|(_, in_place)| !in_place) {
            let CallerBuffer {
                buffer, contents, ..
            } = &mut self.0[part.buffer];
            contents[part.range()]
                .chunks_exact_mut(4)
                .for_each(|word| word.copy_from_slice(&NOT_WRITTEN));
            world.gpu.queue().write_buffer(buffer, 0, contents);
        }
        let mut encoder = world
            .gpu
            .device()
            .create_command_encoder(&Default::default());
        operation.encode(&mut encoder);
        world.gpu.queue().submit([encoder.finish()]);
        world.is_quiet();
        for &&(part, in_place) in &writes {
            let now = self.0[part.buffer].read(world);
            let contents = &mut self.0[part.buffer].contents;
            // Any bits of two bytes may be a result.
            let is_known = in_place || part.dtype != Dtype::F32;
            let is_whole = now[part.range()]
                .chunks_exact(4)
                .all(|word| word != NOT_WRITTEN);
            assert!(is_known || is_whole, "{part:?} is not written to its end");
            contents[part.range()].copy_from_slice(&now[part.range()]);
        }
        // Outputs may share a buffer, so that these are compared when all contents are known.
        for (part, _) in writes {
            let buffer = &self.0[part.buffer];
            assert!(
                buffer.read(world) == buffer.contents,
                "written outside {part:?}"
            );
        }
    }

    /// Puts what a buffer of others holds into each sound buffer.
    pub fn fill_from(&mut self, world: &World, others: &Self, buffer: usize) {
        let contents = &others.0[buffer].contents;
        for own in self.0.iter_mut().filter(|own| own.flaw == Flaw::None) {
            own.contents.clone_from(contents);
            world.gpu.queue().write_buffer(&own.buffer, 0, contents);
        }
    }

    /// Puts into each sound buffer what it holds among others.
    pub fn copy_from(&mut self, world: &World, others: &Self) {
        let pairs = self.0.iter_mut().zip(&others.0);
        for (own, other) in pairs.filter(|(own, _)| own.flaw == Flaw::None) {
            own.contents.clone_from(&other.contents);
            let queue = world.gpu.queue();
            queue.write_buffer(&own.buffer, 0, &own.contents);
        }
    }

    /// The bytes that a part must have.
    pub fn contents(&self, part: Part) -> &[u8] {
        &self.0[part.buffer].contents[part.range()]
    }

    /// No buffer has other bytes than it must have.
    pub fn check(&self, world: &World) {
        for buffer in self.0.iter().filter(|buffer| buffer.flaw == Flaw::None) {
            assert!(
                buffer.read(world) == buffer.contents,
                "a buffer was changed that no call was to write"
            );
        }
    }
}

impl CallerBuffer {
    fn new(world: &World, number: usize, flaw: Flaw) -> Self {
        let gpu = if flaw == Flaw::OtherDevice {
            &world.other
        } else {
            &world.gpu
        };
        let storage = if flaw == Flaw::Usage {
            Usages::empty()
        } else {
            Usages::STORAGE
        };
        let buffer = gpu.device().create_buffer(&wgpu::BufferDescriptor {
            label: Some("the caller's"),
            size: SIZE,
            usage: storage | Usages::COPY_SRC | Usages::COPY_DST,
            mapped_at_creation: false,
        });
        let values =
            (0..SIZE / 4).map(|i| ((i as usize * 37 + number * 11) % 97) as f32 / 16.0 - 3.0);
        let contents: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
        gpu.queue().write_buffer(&buffer, 0, &contents);
        if flaw == Flaw::Destroyed {
            buffer.destroy();
        }
        Self {
            buffer,
            flaw,
            contents,
        }
    }

    fn read(&self, world: &World) -> Vec<u8> {
        let (device, queue) = (world.gpu.device(), world.gpu.queue());
        let mut encoder = device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&self.buffer, 0, &world.staging, 0, SIZE);
        encoder.map_buffer_on_submit(&world.staging, wgpu::MapMode::Read, .., |mapped| {
            mapped.expect("a mapping")
        });
        queue.submit([encoder.finish()]);
        device
            .poll(wgpu::PollType::wait_indefinitely())
            .expect("a result");
        let contents = world.staging.get_mapped_range(..).expect("mapped").to_vec();
        world.staging.unmap();
        contents
    }
}
