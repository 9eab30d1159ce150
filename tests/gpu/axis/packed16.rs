//! f16 and bf16 along an axis: results are those of f32, rounded once, at any offset and length.
//! Nothing outside the slices is touched.

use wgpu_activations::{AxisFunction, AxisInput, AxisShape, Dtype, Error, Saved, Slice};

use super::logits;
use crate::common::{Random, axis_functions};
use crate::support::{Guarded, gpu, packed, rounded, run, widened};

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

/// Elements before x, before `grad_output`, and before outputs.
const OFFSETS: [[usize; 3]; 2] = [[0, 0, 0], [1, 6, 3]];

#[test]
fn every_op_rounds_once() -> Result<(), Error> {
    let mut random = Random(70);
    for dtype in [Dtype::F16, Dtype::Bf16] {
        for shape in SHAPES {
            let (elements, rows) = (shape.iter().product(), AxisShape::along(&shape, 1)?);
            let mut x = logits(&mut random, elements);
            // One element may be beyond f16, and one NaN.
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
                packed(dtype, &x),
                packed(dtype, &random.vector(2 * elements)),
            );
            for function in axis_functions() {
                for offsets in OFFSETS {
                    compare(function, rows, dtype, [&x, &grad], offsets)?;
                }
            }
        }
    }
    Ok(())
}

/// A tensor of a 16-bit type, and the same numbers as f32.
struct Pair {
    narrow: Guarded,
    wide: Guarded,
}

impl Pair {
    fn new(dtype: Dtype, bits: &[u16], offset: usize) -> Self {
        Self {
            narrow: Guarded::packed16(dtype, bits, offset),
            wide: Guarded::new(&widened(dtype, bits), 0),
        }
    }

    fn empty(dtype: Dtype, length: usize, offset: usize) -> Self {
        Self {
            narrow: Guarded::empty(dtype, length, offset),
            wide: Guarded::empty(Dtype::F32, length, 0),
        }
    }

    /// The slices of some pairs: those of the 16-bit type, and those of f32.
    fn slices<const N: usize>(pairs: [&Self; N]) -> [[Slice<'_>; N]; 2] {
        [
            pairs.map(|pair| pair.narrow.slice()),
            pairs.map(|pair| pair.wide.slice()),
        ]
    }

    /// The results of the 16-bit type are those of f32, rounded. NaN may have any bits, and a
    /// subnormal result may be a zero.
    fn assert_same(&self, dtype: Dtype, what: &str) {
        assert_rounded(&self.narrow.values(), &self.wide.values(), dtype, what);
    }
}

fn assert_rounded(got: &[f32], wanted: &[f32], dtype: Dtype, what: &str) {
    for (i, (&got, &wanted)) in got.iter().zip(wanted).enumerate() {
        let wanted = rounded(dtype, wanted);
        let is_flushed = got == 0.0 && wanted.is_subnormal();
        assert!(
            got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan() || is_flushed,
            "{what}: element {i} is {got:e} instead of {wanted:e}"
        );
    }
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
    let pair = |bits: &[u16], at: usize| Pair::new(dtype, bits, offsets[at]);
    let empty = |length| Pair::empty(dtype, length, offsets[2]);

    let (x_pair, y, to_f32) = (
        pair(x, 0),
        empty(outputs),
        Guarded::empty(Dtype::F32, outputs, 0),
    );
    for [x, y] in Pair::slices([&x_pair, &y]) {
        run(&kernels.forward_axis(function, rows, x, y)?);
    }
    y.assert_same(dtype, &what);
    run(&kernels.forward_axis(function, rows, x_pair.narrow.slice(), to_f32.slice())?);
    let got: Vec<f32> = to_f32
        .values()
        .into_iter()
        .map(|y| rounded(dtype, y))
        .collect();
    assert_rounded(&got, &y.wide.values(), dtype, &format!("{what}, to f32"));

    let y_bits = y.narrow.bits();
    let saved = pair(
        if function.info().saved == Saved::Output {
            &y_bits
        } else {
            x
        },
        0,
    );
    let (grad, tangent) = (&grad[..outputs], &grad[elements..]);
    let (grad, grad_x) = (pair(grad, 1), empty(elements));
    for [saved, grad, grad_x] in Pair::slices([&saved, &grad, &grad_x]) {
        run(&kernels.backward_axis(function, rows, saved, grad, grad_x)?);
    }
    grad_x.assert_same(dtype, &format!("{what}, backward"));

    if function.info().takes_mask() {
        let mask = pair(&x[..(rows.length * rows.inner) as usize], 1);
        for [x, mask, y] in Pair::slices([&x_pair, &mask, &y]) {
            run(&kernels.forward_axis(function, rows, AxisInput::new(x).mask(mask), y)?);
        }
        y.assert_same(dtype, &format!("{what}, masked"));
    }
    if !function.info().has_double_backward() {
        return Ok(());
    }
    let tangent = pair(tangent, 1);
    let (of_x, of_grad_output) = (empty(elements), empty(elements));
    for [saved, grad, tangent, of_x, of_grad_output] in
        Pair::slices([&saved, &grad, &tangent, &of_x, &of_grad_output])
    {
        let operation = kernels.double_backward_axis(
            function,
            rows,
            saved,
            grad,
            tangent,
            of_x,
            of_grad_output,
        )?;
        run(&operation);
    }
    of_x.assert_same(dtype, &format!("{what}, double backward"));
    of_grad_output.assert_same(dtype, &format!("{what}, gradient of grad_output"));
    Ok(())
}
