//! The device is lost, at every stage of the work.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wgpu_activations::{
    Activation, AxisFunction, AxisShape, Error, Glu, Gpu, Kernels, LearnedParam, wgpu,
};

use super::{in_time, new_gpu};
use crate::support::{buffer, device};

const TANH: Activation = Activation::Tanh;
const PRELU: Activation = Activation::Prelu { weight: 0.25 };
const SOFTMAX: AxisFunction = AxisFunction::Softmax { temperature: 1.0 };

/// Every call of a `Gpu` says that the device is lost, more than once.
fn all_is_lost(gpu: &Gpu, x: &wgpu_activations::Tensor) {
    for _ in 0..2 {
        let results = [
            ("upload", gpu.upload(&[1.0], [1]).map(drop)),
            ("upload, empty", gpu.upload::<f32>(&[], [0]).map(drop)),
            ("forward", gpu.forward(TANH, x).map(drop)),
            (
                "forward, of another kernel",
                gpu.forward(Activation::Mish, x).map(drop),
            ),
            ("backward", gpu.backward(TANH, x, x).map(drop)),
            (
                "backward_parameter",
                gpu.backward_parameter(PRELU, "weight", x, x).map(drop),
            ),
            (
                "forward_training",
                gpu.forward_training(TANH, Default::default(), x).map(drop),
            ),
            (
                "backward_training",
                gpu.backward_training(TANH, Default::default(), x, x)
                    .map(drop),
            ),
            (
                "double_backward",
                gpu.double_backward(TANH, x, x, x).map(drop),
            ),
            ("glu", gpu.glu(Glu::GLU, x, x).map(drop)),
            (
                "glu_backward",
                gpu.glu_backward(Glu::GLU, x, x, x).map(drop),
            ),
            ("forward_axis", gpu.forward_axis(SOFTMAX, 0, x).map(drop)),
            (
                "backward_axis",
                gpu.backward_axis(SOFTMAX, 0, x, x).map(drop),
            ),
            ("read", pollster::block_on(gpu.read([x])).map(drop)),
            ("read_blocking", gpu.read_blocking([x]).map(drop)),
            (
                "read_into",
                pollster::block_on(gpu.read_into([(x, &mut vec![0.0; x.len()][..])])),
            ),
            (
                "read_into_blocking",
                gpu.read_into_blocking([(x, &mut vec![0.0; x.len()][..])]),
            ),
            ("read_blocking, of nothing", gpu.read_blocking([]).map(drop)),
        ];
        for (call, result) in results {
            assert_eq!(result, Err(Error::DeviceLost), "{call}");
        }
    }
}

#[test]
fn before_anything_is_submitted() {
    in_time(|| {
        let gpu = new_gpu();
        let x = gpu.upload(&[0.5; 100], [100]).expect("a tensor");
        let y = gpu.forward(TANH, &x).expect("a tensor");
        gpu.device().destroy();
        assert_eq!(gpu.submit(), Err(Error::DeviceLost));
        all_is_lost(&gpu, &y);
    });
}

#[test]
fn before_the_first_call() {
    in_time(|| {
        let gpu = new_gpu();
        let x = gpu.upload::<f32>(&[], [0]).expect("a tensor of nothing");
        gpu.device().destroy();
        assert_eq!(gpu.upload(&[1.0; 4], [4]).map(drop), Err(Error::DeviceLost));
        all_is_lost(&gpu, &x);
    });
}

/// A result that was computed before may still arrive, if it is whole and right. All else is an
/// error.
#[test]
fn while_a_read_is_under_way() {
    in_time(|| {
        let values = vec![0.5; 1 << 20];
        for blocking_after in [false, true] {
            let gpu = new_gpu();
            let x = gpu.upload(&values, [values.len()]).expect("a tensor");
            let y = gpu.forward(Activation::Relu, &x).expect("a tensor");
            let read = gpu.read([&y]);
            gpu.device().destroy();
            if blocking_after {
                assert_eq!(gpu.read_blocking([&y]), Err(Error::DeviceLost));
            }
            match pollster::block_on(read) {
                Ok([got]) => assert!(got == values, "a result that is not whole"),
                Err(error) => assert_eq!(error, Error::DeviceLost),
            }
            all_is_lost(&gpu, &y);
        }
    });
}

#[test]
fn while_other_threads_work() {
    in_time(|| {
        let (gpu, is_over) = (new_gpu(), Arc::new(AtomicBool::new(false)));
        let work = || {
            let mut reads = 0;
            let values = [-1.0, 2.0, -3.0];
            let lost = loop {
                let attempt = gpu
                    .upload(&values, [3])
                    .and_then(|x| gpu.forward(Activation::Relu, &x));
                match attempt.and_then(|y| gpu.read_blocking([&y])) {
                    Ok([y]) => assert_eq!(y, [0.0, 2.0, 0.0]),
                    Err(error) => break error,
                }
                reads += 1;
                // The device is lost once some reads have succeeded.
                is_over.store(reads >= 20, Ordering::Release);
            };
            assert_eq!(lost, Error::DeviceLost);
        };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(work);
            }
            while !is_over.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            gpu.device().destroy();
        });
    });
}

#[test]
fn the_low_level_reports_it() {
    in_time(|| {
        let (device, queue) = device(wgpu::Limits::default());
        let kernels = Kernels::new(&device, &queue);
        let [x, grad, y, weight] =
            [64, 64, 64, 4].map(|size| buffer(&device, size, wgpu::BufferUsages::STORAGE));
        let ready = kernels.forward(TANH, &x, &y).expect("an operation");
        device.destroy();

        let rows = AxisShape::new(4, 4, 1);
        let inputs = || (&x, LearnedParam::scalar(&weight));
        let results = [
            ("forward, again", kernels.forward(TANH, &x, &y)),
            (
                "forward, of another kernel",
                kernels.forward(Activation::Mish, &x, &y),
            ),
            ("forward_in_place", kernels.forward_in_place(TANH, &x)),
            ("backward", kernels.backward(PRELU, inputs(), &grad, &y)),
            (
                "backward_parameter",
                kernels.backward_parameter(PRELU, "weight", &x, &grad, &weight),
            ),
            ("glu", kernels.glu(Glu::GLU, &x, &grad, &y)),
            ("forward_axis", kernels.forward_axis(SOFTMAX, rows, &x, &y)),
            (
                "backward_axis",
                kernels.backward_axis(SOFTMAX, rows, &x, &grad, &y),
            ),
        ];
        for (call, result) in results {
            assert_eq!(result.map(drop), Err(Error::DeviceLost), "{call}");
        }
        // Recording cannot fail. What it records does not run.
        let mut encoder = device.create_command_encoder(&Default::default());
        ready.encode(&mut encoder);
        queue.submit([encoder.finish()]);
    });
}

/// A batch that wgpu refuses may compute other tensors, too, and none of them can be read as if it
/// had been computed.
#[test]
fn a_refused_batch_is_no_result() {
    in_time(|| {
        let gpu = new_gpu();
        let (x, other) = (
            gpu.upload(&[0.5; 100], [100]).expect("a tensor"),
            gpu.upload(&[2.0], [1]).expect("a tensor"),
        );
        let y = gpu.forward(TANH, &x).expect("a tensor");
        let doomed = gpu.forward(TANH, &other).expect("a tensor");
        doomed.slice().expect("one buffer").buffer.destroy();
        let refused = gpu.read_blocking([&y]).expect_err("the batch is refused");
        assert!(
            refused
                .to_string()
                .starts_with("wgpu refused what was recorded: "),
            "{refused}"
        );
        assert_eq!(gpu.read_blocking([&y]), Err(refused.clone()));
        assert_eq!(gpu.forward(TANH, &x).map(drop), Err(refused));
    });
}
