//! Bad arguments of every kind, at both levels: an error names the argument before anything is
//! recorded.

use wgpu::BufferUsages as Usages;
use wgpu_activations::{
    Activation, AxisFunction, AxisShape, Error, Glu, GluLayout, Gpu, Kernels, LearnedParam, Slice,
    SplitLayout, TensorArgs, wgpu,
};

use crate::support::{buffer, gpu, read, refusal, storage, upload};

const RELU: Activation = Activation::Relu;
const PRELU: Activation = Activation::Prelu { weight: 0.25 };
const SOFTMAX: AxisFunction = AxisFunction::Softmax { temperature: 1.0 };

#[test]
fn lengths_must_agree() {
    let (kernels, [a, b, c, d]) = (gpu().kernels(), [16, 20, 20, 16].map(storage));
    assert_eq!(
        refusal(kernels.forward(RELU, &a, &b)),
        "output: there are 5 elements, but there must be 4"
    );
    assert_eq!(
        refusal(kernels.backward(RELU, &a, &b, &d)),
        "grad_output: there are 5 elements, but there must be 4"
    );
    assert_eq!(
        refusal(kernels.backward(RELU, &b, &c, &a)),
        "grad_x: there are 4 elements, but there must be 5"
    );
    assert_eq!(
        refusal(kernels.backward_in_place(RELU, &a, &b)),
        "grad: there are 5 elements, but there must be 4"
    );
    let inputs = (&a, LearnedParam::scalar(b.slice(..4)));
    assert_eq!(
        refusal(kernels.backward_parameter(PRELU, "weight", inputs, &d, &c)),
        "grad_parameter: there are 5 elements, but there must be 1"
    );
}

#[test]
fn slices_must_lie_in_their_buffers() {
    let (kernels, x, y) = (gpu().kernels(), storage(64), storage(64));
    let slice = |offset, size| Slice::new(&x, offset, size);
    let refused = |slice| refusal(kernels.forward(RELU, slice, &y));
    assert_eq!(
        refused(slice(32, 36)),
        "x: bytes 32 to 32 + 36 are asked for, but the buffer has 64"
    );
    assert!(refused(slice(u64::MAX - 3, 64)).starts_with("x: bytes 18446744073709551612 to"));
    assert!(refused(slice(4, u64::MAX - 3)).starts_with("x: bytes 4 to"));
    assert_eq!(
        refused(slice(2, 8)),
        "x: the slice begins at byte 2 and has 8 bytes, but both must be multiples of 4 for f32"
    );
    assert_eq!(
        refused(slice(4, 7)),
        "x: the slice begins at byte 4 and has 7 bytes, but both must be multiples of 4 for f32"
    );
    assert!(
        refusal(kernels.forward(RELU, &x, Slice::new(&y, 60, 64))).starts_with("output: bytes 60")
    );
    assert!(refusal(kernels.forward_in_place(RELU, slice(60, 64))).starts_with("x: bytes 60"));
    assert!(
        refusal(kernels.forward(PRELU, (&x, LearnedParam::scalar(Slice::new(&y, 1, 4))), &y))
            .starts_with("weight: the slice begins")
    );
}

/// A view may be smaller than its slice, also where its elements are contiguous.
#[test]
fn views_have_the_elements_of_their_shape() -> Result<(), Error> {
    let (kernels, x, y) = (gpu().kernels(), storage(64), storage(16));
    let contiguous = Slice::from(&x).strided(&[2, 2], &[2, 1])?;
    assert!(kernels.forward(RELU, contiguous, &y).is_ok());
    assert!(kernels.glu(Glu::GLU, contiguous, x.slice(..16), &y).is_ok());
    let empty = Slice::from(&x).strided(&[0, u64::MAX, 3], &[u64::MAX, 3, 1])?;
    assert!(kernels.forward(RELU, empty, Slice::new(&y, 0, 0)).is_ok());
    Ok(())
}

#[test]
fn buffers_must_be_fit_for_it() {
    let (kernels, x) = (gpu().kernels(), storage(64));
    let y = buffer(gpu().device(), 64, Usages::COPY_DST | Usages::COPY_SRC);
    assert!(
        refusal(kernels.forward(RELU, &x, &y))
            .starts_with("output: the buffer was made with BufferUsages(COPY_SRC | COPY_DST)")
    );
    assert!(refusal(kernels.forward(RELU, &y, &x)).ends_with("but it needs BufferUsages::STORAGE"));
    let same = refusal(kernels.forward(RELU, x.slice(..16), x.slice(12..28)));
    assert!(same.starts_with("output: it overlaps x"), "{same}");
    let same = refusal(kernels.forward_in_place(
        PRELU,
        (x.slice(..16), LearnedParam::scalar(x.slice(12..16))),
    ));
    assert!(same.starts_with("x: it overlaps weight"), "{same}");
}

#[test]
fn buffers_of_another_device_are_refused() -> Result<(), Error> {
    // Both are devices of one adapter: buffers of two instances of wgpu may compare as equal.
    let adapter = pollster::block_on(wgpu_activations::request_adapter())?;
    let device = || pollster::block_on(adapter.request_device(&Default::default()));
    let ((device, queue), (other, _)) = (device().expect("a device"), device().expect("a device"));
    let [mine, other_of_mine, theirs] =
        [&device, &device, &other].map(|device| buffer(device, 64, Usages::STORAGE));
    let kernels = Kernels::new(&device, &queue);
    let rows = AxisShape::new(2, 8, 1);
    for (argument, result) in [
        ("output", kernels.forward(RELU, &mine, &theirs)),
        ("x", kernels.forward(RELU, &theirs, &mine)),
        (
            "weight",
            kernels.forward(
                PRELU,
                (&other_of_mine, LearnedParam::scalar(theirs.slice(..4))),
                &mine,
            ),
        ),
        (
            "gate",
            kernels.glu(Glu::GLU, &mine, &theirs, &other_of_mine),
        ),
        (
            "grad_parameter",
            kernels.backward_parameter(PRELU, "weight", &mine, &other_of_mine, theirs.slice(..4)),
        ),
        (
            "output",
            kernels.forward_axis(SOFTMAX, rows, &mine, &theirs),
        ),
        (
            "mask",
            kernels.forward_axis(SOFTMAX, rows, (&mine, &theirs), &other_of_mine),
        ),
        (
            "grad_x",
            kernels.backward_axis(SOFTMAX, rows, &mine, &other_of_mine, &theirs),
        ),
    ] {
        let text = refusal(result);
        assert!(
            text.starts_with(&format!("{argument}: wgpu refused the buffer: ")),
            "{argument}: {text}"
        );
        assert!(text.contains("the caller's"), "{text}");
    }

    let other = Gpu::new_blocking()?;
    let (mine, theirs) = (upload(&[1.0])?, other.upload(&[1.0], [1])?);
    assert_eq!(
        refusal(gpu().forward(RELU, &theirs)),
        "x: the tensor was made by another Gpu"
    );
    assert_eq!(
        refusal(gpu().backward(RELU, &mine, &theirs)),
        "grad_output: the tensor was made by another Gpu"
    );
    assert_eq!(
        refusal(gpu().forward(PRELU, (&mine, &theirs))),
        "weight: the tensor was made by another Gpu"
    );
    assert_eq!(
        refusal(gpu().read_blocking([&mine, &theirs])),
        "tensors: the tensor was made by another Gpu"
    );
    Ok(())
}

#[test]
fn destroyed_buffers_are_refused() {
    let (x, y) = (storage(64), storage(64));
    x.destroy();
    for (argument, result) in [
        ("x", gpu().kernels().forward(RELU, &x, &y)),
        ("output", gpu().kernels().forward(RELU, &y, &x)),
    ] {
        let text = refusal(result);
        assert!(
            text.starts_with(&format!("{argument}: wgpu refused the buffer: ")),
            "{text}"
        );
        assert!(text.contains("destroyed"), "{text}");
    }
}

#[test]
fn parameters_are_checked() {
    let (x, y) = (storage(64), storage(64));
    let elu = Activation::Elu { alpha: f32::NAN };
    let wanted = "elu: alpha must be a number from -inf to inf, got NaN";
    assert_eq!(refusal(gpu().kernels().forward(elu, &x, &y)), wanted);
    assert_eq!(
        refusal(gpu().kernels().backward_in_place(elu, &x, &y)),
        wanted
    );
}

#[test]
fn learned_parameters_are_checked() -> Result<(), Error> {
    let (kernels, x, y) = (gpu().kernels(), storage(64), storage(64));
    let weight = storage(12);
    assert_eq!(
        refusal(kernels.forward(RELU, (&x, LearnedParam::scalar(&weight)), &y)),
        "learned: relu has no parameter that can be learned"
    );
    let three = refusal(kernels.forward(PRELU, (&x, LearnedParam::per_channel(&weight, 2)), &y));
    assert_eq!(
        three,
        "weight: there are 3 values, but there must be 1, or 8, one for each channel"
    );
    assert!(
        refusal(kernels.forward(PRELU, (&x, LearnedParam::per_channel(&weight, 0)), &y))
            .starts_with("weight: there are 3 values")
    );
    assert!(
        refusal(kernels.forward(
            PRELU,
            (&x, LearnedParam::scalar(Slice::new(&weight, 0, 0))),
            &y
        ))
        .starts_with("weight: there are 0")
    );
    let huge = refusal(kernels.forward(
        PRELU,
        (&x, LearnedParam::per_channel(&weight, u64::MAX / 2)),
        &y,
    ));
    assert!(huge.starts_with("weight: there are 3 values"), "{huge}");
    let three = refusal(kernels.backward_parameter(PRELU, "weight", &x, &y, &weight));
    assert_eq!(
        three,
        "grad_parameter: there are 3 elements, but there must be 1"
    );
    let twice = [
        LearnedParam::scalar(weight.slice(..4)),
        LearnedParam::scalar(weight.slice(4..8)).named("weight"),
    ];
    assert_eq!(
        refusal(kernels.forward(PRELU, (&x, twice), &y)),
        "weight: it is given twice"
    );
    let alpha = LearnedParam::scalar(weight.slice(..4)).named("alpha");
    assert_eq!(
        refusal(kernels.forward(PRELU, (&x, alpha), &y)),
        "alpha: prelu can learn weight"
    );

    let (x, weight) = (
        gpu().upload(&[0.0; 12], [2, 3, 2])?,
        gpu().upload(&[0.0; 4], [4])?,
    );
    assert_eq!(
        refusal(gpu().forward(PRELU, (&x, &weight))),
        "weight: the shape is [4], but it must broadcast to [2, 3, 2], the shape of x, or be [3], a value for each \
         index of dimension 1"
    );
    let along = |axis| TensorArgs::from((&x, &weight)).along(axis);
    assert_eq!(
        refusal(gpu().forward(PRELU, along(3))),
        "axis: 3 is out of range for 3 dimensions"
    );
    assert_eq!(
        refusal(gpu().forward(PRELU, along(-4))),
        "axis: -4 is out of range for 3 dimensions"
    );
    assert_eq!(
        gpu().backward_parameter(PRELU, "weight", &x, &x)?.shape(),
        [0; 0]
    );
    assert_eq!(
        refusal(gpu().backward_parameter(PRELU, "alpha", &x, &x)),
        "alpha: prelu can learn weight"
    );
    assert_eq!(
        refusal(gpu().backward_parameter(RELU, "weight", &x, &x)),
        "weight: relu has no parameter that can be learned"
    );
    let weight = gpu().upload(&[0.0; 2], [2])?;
    let along = |axis| TensorArgs::from((&x, &weight)).along(axis);
    assert!(gpu().forward(PRELU, along(0)).is_ok() && gpu().forward(PRELU, along(-1)).is_ok());
    assert_eq!(
        refusal(gpu().forward(PRELU, along(1))),
        "weight: the shape is [2], but it must broadcast to [2, 3, 2], the shape of x, or be [3], a value for each \
         index of dimension 1"
    );
    Ok(())
}

#[test]
fn shapes_are_checked() -> Result<(), Error> {
    assert_eq!(
        refusal(gpu().upload(&[1.0, 2.0], [3])),
        "values: there are 2 elements, but there must be 3"
    );
    let huge = refusal(gpu().upload::<f32>(&[], [usize::MAX, 2]));
    assert!(
        huge.starts_with("shape: [18446744073709551615, 2] has more elements"),
        "{huge}"
    );
    let (x, grad) = (
        gpu().upload(&[0.0; 6], [2, 3])?,
        gpu().upload(&[0.0; 6], [3, 2])?,
    );
    assert_eq!(
        refusal(gpu().backward(RELU, &x, &grad)),
        "grad_output: the shape is [3, 2], but it must be [2, 3]"
    );
    let refused = gpu().read_into_blocking([(&x, &mut [0.0; 6][..]), (&grad, &mut [0.0; 5][..])]);
    assert_eq!(
        refusal(refused),
        "values: there are 5 elements, but there must be 6"
    );
    let refused = pollster::block_on(gpu().read_into([(&x, &mut [0.0; 7][..])]));
    assert_eq!(
        refusal(refused),
        "values: there are 7 elements, but there must be 6"
    );
    Ok(())
}

#[test]
fn empty_tensors_and_single_numbers_work() -> Result<(), Error> {
    for shape in [
        vec![0],
        vec![0, usize::MAX, 2],
        vec![usize::MAX, 2, 0],
        vec![3, 0],
    ] {
        let x = gpu().upload::<f32>(&[], &shape)?;
        let (y, grad) = (gpu().forward(RELU, &x)?, gpu().backward(RELU, &x, &x)?);
        assert_eq!((y.shape(), grad.shape()), (&shape[..], &shape[..]));
        assert_eq!(gpu().read_blocking([&y, &grad])?, [vec![], vec![]]);
        gpu().read_into_blocking([(&y, &mut [][..]), (&grad, &mut [][..])])?;
    }
    // Dimensions beside a 0 may have any product.
    let x = gpu().upload::<f32>(&[], [0, 2, usize::MAX, 4])?;
    assert_eq!(
        gpu()
            .glu_split(Glu::GLU, 1, GluLayout::ValueGate, &x)?
            .shape(),
        [0, 1, usize::MAX, 4]
    );
    assert_eq!(
        gpu()
            .forward(PRELU, (&x, &gpu().upload(&[0.1, 0.2], [2])?))?
            .shape(),
        x.shape()
    );
    let x = gpu().upload::<f32>(&[], [0, 4])?;
    assert_eq!(
        gpu().forward(RELU, x.view().narrow(1, 2, 2)?)?.shape(),
        [0, 2]
    );
    let x = gpu().upload(&[0.0; 6], [2, 3])?;
    let none = x.view().narrow(0, 1, 1)?.narrow(1, 3, 0)?.narrow(0, 1, 0)?;
    assert_eq!(gpu().forward(RELU, none)?.shape(), [0, 0]);
    let split = SplitLayout::new(u64::MAX - 1, 4, GluLayout::ValueGate);
    let refused = gpu()
        .kernels()
        .glu_split(Glu::GLU, split, &storage(16), &storage(8));
    assert!(
        refusal(refused)
            .starts_with("x: there are 4 elements, but there must be a multiple of two runs")
    );
    let (x, weight) = (
        gpu().upload::<f32>(&[], [0, 3])?,
        gpu().upload(&[0.1, 0.2, 0.3], [3])?,
    );
    let gradient = gpu().backward_parameter(PRELU, "weight", (&x, &weight), &x)?;
    assert_eq!(read(&gradient), [0.0; 3]);
    let x = gpu().upload(&[-2.0], [])?;
    let y = gpu().forward(PRELU, (&x, &gpu().upload(&[0.5], [])?))?;
    assert_eq!(read(&y), [-1.0]);
    assert_eq!(gpu().read_blocking([])?, [[0.0; 0]; 0]);
    Ok(())
}
