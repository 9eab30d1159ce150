//! Many threads on one device.

use std::future::Future;

use wgpu_activations::{
    Activation, AxisFunction, AxisInput, AxisShape, Dtype, Error, Glu, Gpu, Kernels, LearnedParam,
    Operation, Slice, SliceArgs, Tensor, TensorArgs, TrainingMode,
};

use super::new_gpu;
use crate::common::Random;
use crate::support::{Guarded, bits, gpu, run};

/// Every public type can be sent to and shared with other threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Gpu>();
    shared::<Tensor>();
    shared::<TensorArgs<'_>>();
    shared::<Kernels>();
    shared::<Operation>();
    shared::<Slice<'_>>();
    shared::<SliceArgs<'_>>();
    shared::<LearnedParam<'_>>();
    shared::<AxisInput<Slice<'_>>>();
    shared::<Activation>();
    shared::<AxisFunction>();
    shared::<Error>();
};

const THREADS: u64 = 8;
const SIZE: usize = 1555;

/// Computes with kernels, parameters and scratch memory that other threads use, too.
fn by_tensors(seed: u64) -> Result<Vec<u32>, Error> {
    let mut random = Random(seed);
    let mut all = Vec::new();
    let prelu = Activation::Prelu { weight: 0.25 };
    for round in 0..12 {
        let (x, grad) = (random.vector(SIZE), random.vector(SIZE));
        let (x, grad) = (gpu().upload(&x, [5, 311])?, gpu().upload(&grad, [5, 311])?);
        let weight = gpu().upload(&random.vector(311), [311])?;
        let training = TrainingMode {
            seed,
            offset: round,
            dropout: 0.3,
        };
        let results = [
            gpu().forward(
                Activation::Elu {
                    alpha: round as f32 + 0.5,
                },
                &x,
            )?,
            gpu().backward(prelu, (&x, &weight), &grad)?,
            gpu().backward_parameter(prelu, "weight", (&x, &weight), &grad)?,
            gpu().backward_parameter(prelu, "weight", &x, &grad)?,
            gpu().forward_training(Activation::Gelu, training, &x)?,
            gpu().glu(Glu::SWIGLU, &x, &grad)?,
            gpu().forward_axis(AxisFunction::Softmax { temperature: 1.0 }, -1, &x)?,
            gpu().forward_axis(AxisFunction::Logsumexp, 0, &x)?,
        ];
        for values in gpu().read_blocking(results.each_ref())? {
            all.extend(bits(&values));
        }
    }
    Ok(all)
}

/// Computes at the low level, with the `Kernels` of all threads and encoders of its own.
fn by_slices(seed: u64) -> Result<Vec<u32>, Error> {
    let (kernels, mut random) = (gpu().kernels(), Random(seed));
    let mut all = Vec::new();
    for round in 0..12 {
        let offset = (seed + round) as usize % 7;
        let [x, grad] = [0, 1].map(|more| Guarded::new(&random.vector(SIZE), offset + more));
        let (y, grad_weight) = (
            Guarded::empty(Dtype::F32, SIZE, offset),
            Guarded::empty(Dtype::F32, 1, offset),
        );
        let softplus = Activation::Softplus {
            beta: round as f32 + 0.5,
            threshold: 20.0,
        };
        run(&kernels.forward(softplus, x.slice(), y.slice())?);
        run(&kernels.backward_parameter(
            softplus,
            "beta",
            x.slice(),
            grad.slice(),
            grad_weight.slice(),
        )?);
        run(&kernels.backward_in_place(softplus, x.slice(), grad.slice())?);
        let rows = AxisShape::new(5, 311, 1);
        let z = Guarded::empty(Dtype::F32, SIZE, offset);
        run(&kernels.forward_axis(
            AxisFunction::LogSoftmax { temperature: 1.0 },
            rows,
            x.slice(),
            z.slice(),
        )?);
        for values in [y.values(), grad_weight.values(), grad.values(), z.values()] {
            all.extend(bits(&values));
        }
    }
    Ok(all)
}

/// Eight threads on one device give the same bits as one.
#[test]
fn eight_threads_give_the_bits_of_one() -> Result<(), Error> {
    for work in [by_tensors, by_slices] {
        let alone: Vec<_> = (0..THREADS).map(work).collect::<Result<_, _>>()?;
        let together: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|seed| scope.spawn(move || work(seed)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("no panic"))
                .collect::<Result<_, _>>()
        })?;
        for (seed, (alone, together)) in alone.iter().zip(&together).enumerate() {
            assert!(
                alone == together,
                "thread {seed} got other bits beside others than alone"
            );
        }
    }
    Ok(())
}

/// Eight threads record one operation at once.
#[test]
fn threads_record_one_operation() -> Result<(), Error> {
    let (x, y) = (
        Guarded::new(&[-8.0; 64], 4),
        Guarded::empty(Dtype::F32, 64, 0),
    );
    let operation = gpu().kernels().forward(
        Activation::LeakyRelu {
            negative_slope: 0.5,
        },
        x.slice(),
        y.slice(),
    )?;
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| (0..50).for_each(|_| run(&operation)));
        }
    });
    assert_eq!(y.values(), [-4.0; 64]);
    Ok(())
}

/// The future of a read is a task of its own: it borrows nothing, and goes to any thread.
#[test]
fn a_read_outlives_what_it_reads() -> Result<(), Error> {
    fn spawn<T: Send + 'static>(
        read: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let thread = std::thread::spawn(|| pollster::block_on(read));
        thread.join().expect("no panic")
    }
    let reads = || {
        let gpu = new_gpu();
        let x = gpu.upload(&[-1.0, 2.0], [2])?;
        let y = gpu.forward(Activation::Relu, &x)?;
        // The Gpu and the tensors are gone before the reads are awaited.
        Ok::<_, Error>((gpu.read(&y), gpu.read([&x, &y]), gpu.read(&[&y, &x][..])))
    };
    let (one, two, many) = reads()?;
    assert_eq!(spawn(one)?, [0.0, 2.0]);
    assert_eq!(spawn(two)?, [[-1.0, 2.0], [0.0, 2.0]]);
    assert_eq!(spawn(many)?, [[0.0, 2.0], [-1.0, 2.0]]);
    Ok(())
}
