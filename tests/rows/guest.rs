//! Slices of the caller's buffers, and devices with small limits.

use wgpu::BufferUsages as Usages;
use wgpu::util::DeviceExt;
use wgpu_activations::{AxisFunction, Error, Gpu, Operation, Rows, Saved, Slice, wgpu};

use crate::common::{Random, gpu};
use crate::{f64s, functions, logits, most_ulps, passes, worst};

const GUARD: f32 = f32::from_bits(0xdead_beef);

/// A buffer of the caller's with values at an offset, and guards around them.
struct Guarded {
    buffer: wgpu::Buffer,
    offset: usize,
    length: usize,
}

impl Guarded {
    fn new(values: &[f32], offset: usize) -> Self {
        let guards = |count| std::iter::repeat_n(GUARD, count);
        let contents: Vec<f32> = guards(offset).chain(values.iter().copied()).chain(guards(5)).collect();
        let buffer = gpu().device().create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some("guarded"),
            contents: bytemuck::cast_slice(&contents),
            usage: Usages::STORAGE | Usages::COPY_SRC,
        });
        Self { buffer, offset, length: values.len() }
    }

    fn slice(&self) -> Slice<'_> {
        Slice::new(&self.buffer, 4 * self.offset as u64, 4 * self.length as u64)
    }

    /// The values, once the guards are seen to be whole.
    fn values(&self) -> Vec<f32> {
        let (device, queue) = (gpu().device(), gpu().queue());
        let staging = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read"),
            size: self.buffer.size(),
            usage: Usages::MAP_READ | Usages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(&self.buffer, 0, &staging, 0, self.buffer.size());
        queue.submit([encoder.finish()]);
        staging.map_async(wgpu::MapMode::Read, .., |result| result.expect("a mapping"));
        device.poll(wgpu::PollType::wait_indefinitely()).expect("a result");
        let all: Vec<f32> = bytemuck::cast_slice(&staging.get_mapped_range(..).expect("mapped")).to_vec();
        let (values, after) = all[self.offset..].split_at(self.length);
        let whole = |guards: &[f32]| guards.iter().all(|guard| guard.to_bits() == GUARD.to_bits());
        assert!(whole(&all[..self.offset]) && whole(after), "written outside of {} elements", self.length);
        values.to_vec()
    }
}

fn run(operation: &Operation) {
    let mut encoder = gpu().device().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    operation.encode(&mut encoder);
    gpu().queue().submit([encoder.finish()]);
}

#[test]
fn any_offset_any_shape() -> Result<(), Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(40));
    for (shape, axis) in [([3, 8, 1], 1), ([2, 300, 1], 1), ([1, 10_000, 1], 1), ([2, 6, 5], 1), ([1, 600, 7], 1)] {
        let elements = shape.iter().product();
        let (x, grad) = (logits(&mut random, elements), random.vector(2 * elements));
        for function in functions() {
            let rows = Rows::along(&shape, axis)?;
            let wanted = passes(gpu(), function, &shape, axis, &x, &grad)?;
            let grad = &grad[..wanted.y.len()];
            for offsets in [[0, 1, 2], [3, 63, 100], [64, 65, 1]] {
                let empty = |length, offset| Guarded::new(&vec![GUARD; length], offset);
                let (x, y) = (Guarded::new(&x, offsets[0]), empty(wanted.y.len(), offsets[1]));
                run(&kernels.forward_rows(function, rows, x.slice(), y.slice())?);
                let (grad, grad_input) = (Guarded::new(grad, offsets[2]), empty(elements, offsets[1]));
                let saved = if function.info().saved == Saved::Output { &y } else { &x };
                run(&kernels.backward_rows(function, rows, saved.slice(), grad.slice(), grad_input.slice())?);
                assert_eq!(y.values(), wanted.y, "{function} of {shape:?} at {offsets:?}");
                assert_eq!(grad_input.values(), wanted.grad_input, "{function}, backward, of {shape:?} at {offsets:?}");
            }
        }
    }
    Ok(())
}

/// The adapter of the other tests, with limits so small that everything is split.
fn tiny() -> Gpu {
    let adapter = pollster::block_on(wgpu_activations::request_adapter()).expect("an adapter");
    let required_limits = wgpu::Limits {
        max_storage_buffer_binding_size: 2048,
        max_compute_workgroups_per_dimension: 3,
        ..wgpu::Limits::downlevel_defaults()
    };
    let descriptor = wgpu::DeviceDescriptor { label: Some("tiny"), required_limits, ..Default::default() };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).expect("a device");
    Gpu::from_device(device, queue)
}

/// Limits change how terms are grouped, and only that.
#[test]
fn tiny_limits() -> Result<(), Error> {
    let (tiny, mut random) = (tiny(), Random(41));
    for (shape, axis) in
        [([50, 1, 4], 2), ([1, 1, 440], 2), ([3, 1, 5000], 2), ([2, 2, 40_000], 2), ([2, 700, 2], 1), ([3, 300, 4], 1)]
    {
        let elements = shape.iter().product();
        let (x, grad) = (logits(&mut random, elements), random.vector(2 * elements));
        let rows = Rows::along(&shape, axis)?;
        for function in functions() {
            if function == AxisFunction::Crelu && rows.length * rows.inner > 200 {
                continue; // What is before and behind the axis's middle must lie in one binding.
            }
            let got = passes(&tiny, function, &shape, axis, &x, &grad)?;
            let wanted = function.forward(rows, &f64s(&x))?;
            let excuses = crate::excuses_of_logsumexp(function, rows, &x, &wanted)?;
            let (error, report) = worst(&got.y, &wanted, |i| excuses[i]);
            assert!(error <= most_ulps(rows.length), "{function} of {shape:?}: {report}");
            let wanted = function.backward(rows, &f64s(&got.saved), &f64s(&grad[..got.y.len()]))?;
            let excuses = crate::excuses(function, rows, &got.saved, &grad);
            let (error, report) = worst(&got.grad_input, &wanted, |i| excuses[i]);
            assert!(error <= most_ulps(rows.length), "{function}, backward, of {shape:?}: {report}");
        }
    }
    Ok(())
}

/// Rows whose elements are further apart than a binding reaches, and masks that are larger.
#[test]
fn what_no_binding_takes_is_refused() -> Result<(), Error> {
    let (tiny, softmax) = (tiny(), AxisFunction::Softmax { temperature: 1.0 });
    let most = "must lie in one binding, but on this device that takes 448";
    let x = tiny.upload(&[0.0; 2000], [2, 2, 500])?;
    let refused = tiny.forward_axis(softmax, &x, 1).err().map(|error| error.to_string());
    assert_eq!(refused, Some(format!("rows: 500 elements {most}")));
    let refused = tiny.forward_axis(softmax, (&x, &x), 2).err().map(|error| error.to_string());
    assert_eq!(refused, Some(format!("rows: 2000 elements {most}")));
    Ok(())
}

/// More rows than 65,535 workgroups.
#[test]
fn past_65535_workgroups() -> Result<(), Error> {
    let (count, length) = (70_001, 33);
    let x = Random(42).vector(count * length);
    let softmax = AxisFunction::Softmax { temperature: 1.0 };
    let wanted = softmax.forward(Rows::new(count as u64, length as u64, 1), &f64s(&x))?;
    let tensor = gpu().upload(&x, [count, length])?;
    let [y] = gpu().read_blocking([&gpu().forward_axis(softmax, &tensor, 1)?])?;
    let (error, report) = worst(&y, &wanted, |_| 0.0);
    assert!(error <= most_ulps(length as u64), "{report}");
    Ok(())
}
