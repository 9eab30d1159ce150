//! f16 and bf16: what f32 gives, rounded once, at any offset and length, and nothing outside the slices is touched.

use wgpu::util::DeviceExt;
use wgpu_activations::half::{bf16, f16};
use wgpu_activations::{AxisFunction, AxisShape, Dtype, Error, MaskedInput, Saved, Slice, wgpu};

use crate::common::guarded::{Guarded, read, run};
use crate::common::{Random, gpu};
use crate::{functions, logits};

const GUARD: u16 = 0xbeef;

/// A buffer of the caller's with 16-bit elements at an offset, and guards around them.
struct GluLayout {
    buffer: wgpu::Buffer,
    dtype: Dtype,
    offset: usize,
    length: usize,
}

impl GluLayout {
    fn new(dtype: Dtype, bits: &[u16], offset: usize) -> Self {
        let guards = |count| std::iter::repeat_n(GUARD, count);
        let behind = 3 + (offset + bits.len() + 1) % 2;
        let contents: Vec<u16> = guards(offset)
            .chain(bits.iter().copied())
            .chain(guards(behind))
            .collect();
        let buffer = gpu()
            .device()
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("guarded halves"),
                contents: bytemuck::cast_slice(&contents),
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            });
        Self {
            buffer,
            dtype,
            offset,
            length: bits.len(),
        }
    }

    fn empty(dtype: Dtype, length: usize, offset: usize) -> Self {
        Self::new(dtype, &vec![GUARD; length], offset)
    }

    fn slice(&self) -> Slice<'_> {
        Slice::new(&self.buffer, 2 * self.offset as u64, 2 * self.length as u64)
            .with_dtype(self.dtype)
    }

    /// The elements, once the guards are seen to be whole.
    fn bits(&self) -> Vec<u16> {
        let all: Vec<u16> = bytemuck::pod_collect_to_vec(&read(&self.buffer));
        let (before, rest) = all.split_at(self.offset);
        let (bits, after) = rest.split_at(self.length);
        let whole = |guards: &[u16]| guards.iter().all(|&guard| guard == GUARD);
        assert!(
            whole(before) && whole(after),
            "written outside of {} elements at {}",
            self.length,
            self.offset
        );
        bits.to_vec()
    }
}

fn rounded(dtype: Dtype, values: &[f32]) -> Vec<u16> {
    let round = |&value| {
        if dtype == Dtype::F16 {
            f16::from_f32(value).to_bits()
        } else {
            bf16::from_f32(value).to_bits()
        }
    };
    values.iter().map(round).collect()
}

fn widened(dtype: Dtype, bits: &[u16]) -> Vec<f32> {
    let widen = |&bits| {
        if dtype == Dtype::F16 {
            f16::from_bits(bits).to_f32()
        } else {
            bf16::from_bits(bits).to_f32()
        }
    };
    bits.iter().map(widen).collect()
}

/// NaN may have any bits, and a subnormal result may be a zero.
fn assert_same(got: &[u16], wanted: &[f32], dtype: Dtype, what: &str) {
    let (of_got, of_wanted) = (widened(dtype, got), widened(dtype, &rounded(dtype, wanted)));
    for (i, (got, wanted)) in of_got.into_iter().zip(of_wanted).enumerate() {
        let is_flushed = got == 0.0 && wanted.is_subnormal();
        assert!(
            got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan() || is_flushed,
            "{what}: element {i} is {got:e} instead of {wanted:e}"
        );
    }
}

/// Rows that are short and long, strided and not, of whole words and not.
const SHAPES: [[usize; 3]; 11] = [
    [5, 1, 1],
    [3, 8, 1],
    [5, 3, 1],
    [2, 301, 1],
    [3, 1024, 1],
    [1, 10_001, 1],
    [2, 6, 5],
    [3, 2, 3],
    [1, 600, 7],
    [2, 4, 64],
    [1, 5000, 2],
];

/// Elements before x, grad_output, and what is written.
const OFFSETS: [[usize; 3]; 2] = [[0, 0, 0], [1, 6, 3]];

#[test]
fn every_pass_rounds_once() -> Result<(), Error> {
    let mut random = Random(70);
    for dtype in [Dtype::F16, Dtype::Bf16] {
        for shape in SHAPES {
            let (elements, rows) = (shape.iter().product(), AxisShape::along(&shape, 1)?);
            let mut x = logits(&mut random, elements);
            // Beyond f16, and not a number.
            x[elements / 2] = if elements % 3 == 0 {
                65_500.0
            } else {
                x[elements / 2]
            };
            x[elements / 3] = if elements % 7 == 0 {
                f32::NAN
            } else {
                x[elements / 3]
            };
            let (x, grad) = (
                rounded(dtype, &x),
                rounded(dtype, &random.vector(2 * elements)),
            );
            for function in functions() {
                for offsets in OFFSETS {
                    compare(function, rows, dtype, [&x, &grad], offsets)?;
                }
            }
        }
    }
    Ok(())
}

fn compare(
    function: AxisFunction,
    rows: AxisShape,
    dtype: Dtype,
    [x, grad]: [&[u16]; 2],
    offsets: [usize; 3],
) -> Result<(), Error> {
    let kernels = gpu().kernels();
    let what = format!("{function} of {rows:?} in {dtype} at {offsets:?}");
    let elements = x.len();
    // maxout takes whole groups only.
    let Ok(outputs) = function.forward(rows, &vec![0.0; elements]) else {
        return Ok(());
    };
    let outputs = outputs.len();
    let half = |bits: &[u16], at: usize| GluLayout::new(dtype, bits, offsets[at]);
    let empty = |length| GluLayout::empty(dtype, length, offsets[2]);
    let wide = |bits: &[u16]| Guarded::new(&widened(dtype, bits), 0);
    let wide_empty = |length| Guarded::empty(length, 0);

    let (x_half, x_wide) = (half(x, 0), wide(x));
    let (y, y_wide, of_half) = (empty(outputs), wide_empty(outputs), wide_empty(outputs));
    run(&kernels.forward_axis(function, rows, x_half.slice(), y.slice())?);
    run(&kernels.forward_axis(function, rows, x_wide.slice(), y_wide.slice())?);
    run(&kernels.forward_axis(function, rows, x_half.slice(), of_half.slice())?);
    let y_bits = y.bits();
    assert_same(&y_bits, &y_wide.values(), dtype, &what);
    assert_same(
        &rounded(dtype, &of_half.values()),
        &y_wide.values(),
        dtype,
        &format!("{what}, to f32"),
    );

    let saved = if function.info().saved == Saved::Output {
        &y_bits
    } else {
        x
    };
    let (saved, saved_wide) = (half(saved, 0), wide(saved));
    let (grad, tangent) = (&grad[..outputs], &grad[elements..]);
    let (grad, grad_wide) = (half(grad, 1), wide(grad));
    let (grad_x, grad_x_wide) = (empty(elements), wide_empty(elements));
    run(&kernels.backward_axis(function, rows, saved.slice(), grad.slice(), grad_x.slice())?);
    run(&kernels.backward_axis(
        function,
        rows,
        saved_wide.slice(),
        grad_wide.slice(),
        grad_x_wide.slice(),
    )?);
    assert_same(
        &grad_x.bits(),
        &grad_x_wide.values(),
        dtype,
        &format!("{what}, backward"),
    );

    let (tangent, tangent_wide) = (half(tangent, 1), wide(tangent));
    let (twice, twice_wide) = (empty(elements), wide_empty(elements));
    let halves = (saved.slice(), grad.slice(), tangent.slice());
    match kernels.double_backward_axis(function, rows, halves.0, halves.1, halves.2, twice.slice())
    {
        Err(Error::NoDoubleBackward { .. }) => return Ok(()),
        operation => run(&operation?),
    }
    let wides = (saved_wide.slice(), grad_wide.slice(), tangent_wide.slice());
    run(&kernels.double_backward_axis(
        function,
        rows,
        wides.0,
        wides.1,
        wides.2,
        twice_wide.slice(),
    )?);
    assert_same(
        &twice.bits(),
        &twice_wide.values(),
        dtype,
        &format!("{what}, double backward"),
    );
    let (twice, twice_wide) = (empty(elements), wide_empty(elements));
    run(&kernels.double_backward_rows_grad_output(
        function,
        rows,
        saved.slice(),
        tangent.slice(),
        twice.slice(),
    )?);
    run(&kernels.double_backward_rows_grad_output(
        function,
        rows,
        wides.0,
        wides.2,
        twice_wide.slice(),
    )?);
    assert_same(
        &twice.bits(),
        &twice_wide.values(),
        dtype,
        &format!("{what}, gradient of grad_output"),
    );

    let mask = &x[..(rows.length * rows.inner) as usize];
    let (mask, mask_wide) = (half(mask, 1), wide(mask));
    run(&kernels.forward_axis(
        function,
        rows,
        MaskedInput::new(x_half.slice(), mask.slice()),
        y.slice(),
    )?);
    run(&kernels.forward_axis(
        function,
        rows,
        MaskedInput::new(x_wide.slice(), mask_wide.slice()),
        y_wide.slice(),
    )?);
    assert_same(
        &y.bits(),
        &y_wide.values(),
        dtype,
        &format!("{what}, masked"),
    );
    Ok(())
}
