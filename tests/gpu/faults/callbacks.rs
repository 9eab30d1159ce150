//! Callbacks of wgpu's, which run on the thread that submits or waits: none hangs a call, and their
//! errors and panics are not taken for the crate's own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use wgpu::BufferUsages as Usages;
use wgpu_activations::{Activation, Error, Gpu, Tensor, wgpu};

use super::{in_time, new_gpu};
use crate::support::buffer;

const RELU: Activation = Activation::Relu;

/// What a callback may call.
type Call = fn(&Gpu, Tensor) -> Result<(), Error>;

const CALLS: [(&str, Call); 7] = [
    ("submit", |gpu, _| gpu.submit()),
    ("upload", |gpu, _| gpu.upload(&[1.0; 100], [100]).map(drop)),
    ("read_blocking", |gpu, x| {
        assert_eq!(gpu.read_blocking(&gpu.forward(RELU, &x)?)?, [0.0, 2.0]);
        Ok(())
    }),
    ("read", |gpu, x| {
        assert_eq!(pollster::block_on(gpu.read(&x))?, [-1.0, 2.0]);
        Ok(())
    }),
    ("backward_parameter", |gpu, x| {
        gpu.backward_parameter(Activation::PRELU, "weight", &x, &x)
            .map(drop)
    }),
    ("as many calls as make a batch", |gpu, x| {
        (0..200).try_for_each(|_| gpu.forward(RELU, &x).map(drop))
    }),
    ("drop and empty_cache", |gpu, x| {
        drop(x);
        gpu.empty_cache();
        Ok(())
    }),
];

/// Has wgpu call something when the next thread submits or waits.
type Register = fn(&Gpu, Box<dyn FnOnce() + Send>);

const REGISTERS: [(&str, Register); 3] = [
    ("on_submitted_work_done", |gpu, callback| {
        gpu.queue().on_submitted_work_done(callback);
    }),
    ("map_async", |gpu, callback| {
        let mapped = buffer(gpu.device(), 16, Usages::MAP_READ | Usages::COPY_DST);
        mapped.map_async(wgpu::MapMode::Read, .., |_| callback());
    }),
    ("on_submitted_work_done twice", in_the_submission),
];

/// A callback that runs when the Gpu has polled, and is about to submit, has another one run in the
/// submission itself: nothing else is under way, nor is there anything that wgpu would submit first.
fn in_the_submission(gpu: &Gpu, callback: Box<dyn FnOnce() + Send>) {
    let (device, queue) = (gpu.device().clone(), gpu.queue().clone());
    gpu.queue().on_submitted_work_done(move || {
        queue.submit([]);
        let waited = device.poll(wgpu::PollType::wait_indefinitely());
        waited.expect("earlier submissions end");
        queue.on_submitted_work_done(callback);
    });
}

/// Calls in which wgpu runs callbacks.
const RUNS: [(&str, Call); 3] = [
    ("submit", |gpu, x| {
        gpu.forward(RELU, &x)?;
        gpu.submit()
    }),
    ("read_blocking", |gpu, x| gpu.read_blocking(&x).map(drop)),
    ("read", |gpu, x| pollster::block_on(gpu.read(&x)).map(drop)),
];

#[test]
fn a_callback_may_call_everything() {
    for (register_name, register) in REGISTERS {
        for (run_name, run) in RUNS {
            in_time(move || {
                let gpu = Arc::new(new_gpu());
                let x = || gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
                let (sender, receiver) = mpsc::channel();
                for (_, call) in CALLS {
                    let (inner, x, sender) = (gpu.clone(), x(), sender.clone());
                    let callback = move || sender.send(call(&inner, x)).expect("a receiver");
                    register(&gpu, Box::new(callback));
                }
                run(&gpu, x()).expect(run_name);
                gpu.device()
                    .poll(wgpu::PollType::wait_indefinitely())
                    .expect("a device");
                for (call, _) in CALLS {
                    let place = format!("{call} in {register_name} of {run_name}");
                    assert_eq!(receiver.recv(), Ok(Ok(())), "{place}");
                }
                let x = x();
                assert_eq!(gpu.read_blocking(&gpu.forward(RELU, &x)?)?, [0.0, 2.0]);
                Ok::<_, Error>(())
            })
            .expect("results");
        }
    }
}

/// wgpu collects the callbacks of finished work, and then runs one after the other. The first of
/// them waits for values whose own callback may be the second.
#[test]
fn a_callback_may_wait_for_an_earlier_read() {
    in_time(|| {
        let gpu = new_gpu();
        let x = gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
        for _ in 0..20 {
            let (sender, receiver) = mpsc::channel();
            let earlier = gpu.read(&x);
            gpu.queue().on_submitted_work_done(move || {
                let values = pollster::block_on(earlier);
                sender.send(values).expect("a receiver");
            });
            gpu.read_blocking(&x).expect("values");
            assert_eq!(receiver.recv(), Ok(Ok(vec![-1.0, 2.0])));
        }
    });
}

/// A callback waits in a submission for a read, whose thread runs another callback, which submits.
#[test]
fn a_callback_may_wait_for_a_thread_with_a_callback() {
    in_time(|| {
        let gpu = Arc::new(new_gpu());
        let x = gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
        for _ in 0..20 {
            let y = gpu.forward(RELU, &x).expect("a tensor");
            let other = gpu.clone();
            thread::scope(|scope| {
                let (sender, receiver) = mpsc::channel();
                let earlier = gpu.read(&y);
                gpu.queue().on_submitted_work_done(move || {
                    // This callback is in the hands of one thread. Only then another submits.
                    other.submit().expect("a submission");
                    sender.send(()).expect("a receiver");
                    let other = thread::spawn(move || other.submit());
                    other.join().expect("no panic").expect("a submission");
                    let values = pollster::block_on(earlier);
                    assert_eq!(values, Ok(vec![0.0, 2.0]));
                });
                scope.spawn(|| gpu.submit().expect("a submission"));
                gpu.read_blocking(&x).expect("values");
                receiver.recv().expect("the callback");
            });
        }
    });
}

/// Threads that submit, and in each submission callbacks that submit: nothing hangs, and each
/// thread finds its work in the order in which it was recorded.
#[test]
fn callbacks_of_many_threads() {
    in_time(|| {
        let gpu = Arc::new(new_gpu());
        thread::scope(|scope| {
            for seed in 0..4u8 {
                let gpu = &gpu;
                scope.spawn(move || {
                    for round in 0..25u8 {
                        let value = f32::from(seed) + f32::from(round);
                        let x = gpu.upload(&[value; 8], [8]).expect("a tensor");
                        let inner = gpu.clone();
                        gpu.queue().on_submitted_work_done(move || {
                            let x = inner.upload(&[1.0], [1]).expect("a tensor");
                            inner.forward(RELU, &x).expect("a tensor");
                            inner.submit().expect("a submission");
                        });
                        let y = gpu.forward(RELU, &x).expect("a tensor");
                        gpu.submit().expect("a submission");
                        let z = gpu.forward(RELU, &y).expect("a tensor");
                        assert_eq!(gpu.read_blocking(&z).expect("values"), [value; 8]);
                    }
                });
            }
        });
    });
}

/// A device refuses a buffer without a usage.
fn make_an_error(device: &wgpu::Device) {
    buffer(device, 16, Usages::empty());
}

/// Callbacks of work that is under way run in the submission itself, or before it. Whatever wgpu
/// does first, their errors reach the program, and are no error of a call's.
#[test]
fn errors_of_callbacks_of_work_under_way() {
    in_time(|| {
        let gpu = new_gpu();
        let errors = Arc::new(AtomicUsize::new(0));
        let count = errors.clone();
        gpu.device().on_uncaptured_error(Arc::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let x = gpu
            .upload(&vec![0.5; 1 << 12], [1 << 12])
            .expect("a tensor");
        for round in 1..=200 {
            gpu.forward(Activation::Gelu, &x).expect("a tensor");
            gpu.submit().expect("a submission");
            let device = gpu.device().clone();
            gpu.queue()
                .on_submitted_work_done(move || make_an_error(&device));
            gpu.forward(Activation::Gelu, &x).expect("a tensor");
            gpu.submit().expect("a submission");
            gpu.read_blocking(&x).expect("values");
            assert_eq!(errors.load(Ordering::Relaxed), round);
        }
    });
}

/// An error of a callback goes where wgpu sends it: to the program's scope, or to its handler.
#[test]
fn an_error_of_a_callback_is_the_programs() {
    for (register_name, register) in REGISTERS {
        for (run_name, run) in RUNS {
            in_time(move || {
                let gpu = new_gpu();
                let errors = Arc::new(AtomicUsize::new(0));
                let count = errors.clone();
                gpu.device().on_uncaptured_error(Arc::new(move |_| {
                    count.fetch_add(1, Ordering::Relaxed);
                }));
                let x = || gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
                let place = format!("{register_name} of {run_name}");
                for is_scoped in [false, true] {
                    let device = gpu.device().clone();
                    register(&gpu, Box::new(move || make_an_error(&device)));
                    let scope = gpu.device().push_error_scope(wgpu::ErrorFilter::Validation);
                    let scope = if is_scoped {
                        Some(scope)
                    } else {
                        drop(scope);
                        None
                    };
                    assert_eq!(run(&gpu, x()), Ok(()), "{place}");
                    let poll = gpu.device().poll(wgpu::PollType::wait_indefinitely());
                    poll.expect("a device");
                    let scoped = scope.and_then(|scope| pollster::block_on(scope.pop()));
                    let handled = errors.swap(0, Ordering::Relaxed);
                    // The thread that waits for a read has no scope of the program's.
                    assert_eq!(handled + usize::from(scoped.is_some()), 1, "{place}");
                    assert!(is_scoped || handled == 1, "{place}");
                }
                assert_eq!(gpu.read_blocking(&x()), Ok(vec![-1.0, 2.0]), "{place}");
            });
        }
    }
}

/// A panic of a callback reaches the caller of a call that runs it, and no panic is a lost device.
#[test]
fn a_panic_of_a_callback_is_a_panic() {
    in_time(|| {
        let gpu = new_gpu();
        let x = gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
        let panicking = || {
            gpu.device()
                .poll(wgpu::PollType::wait_indefinitely())
                .expect("a device");
            gpu.queue()
                .on_submitted_work_done(|| panic!("a callback's"));
        };
        let message = |panic: Box<dyn std::any::Any + Send>| panic.downcast_ref::<&str>().copied();

        gpu.submit().expect("a submission");
        panicking();
        // There is nothing to submit, so the callback runs when this waits.
        let read = catch_unwind(AssertUnwindSafe(|| gpu.read_blocking([])));
        assert_eq!(read.map_err(message), Err(Some("a callback's")));
        assert_eq!(gpu.read_blocking(&x), Ok(vec![-1.0, 2.0]));

        // A thread of the crate's waits for this read, and nobody waits for that thread.
        let read = gpu.read(&x);
        gpu.queue()
            .on_submitted_work_done(|| panic!("a callback's"));
        assert_eq!(pollster::block_on(read), Ok(vec![-1.0, 2.0]));
        let poll = || gpu.device().poll(wgpu::PollType::wait_indefinitely());
        // If that thread was too early, the callback runs here.
        drop(catch_unwind(AssertUnwindSafe(poll)));

        // What was recorded before is submitted later.
        panicking();
        let y = gpu.forward(RELU, &x).expect("a tensor");
        let submitted = catch_unwind(AssertUnwindSafe(|| gpu.submit()));
        assert_eq!(submitted.map_err(message), Err(Some("a callback's")));
        assert_eq!(gpu.read_blocking(&y), Ok(vec![0.0, 2.0]));

        // Nobody knows whether this batch was submitted.
        in_the_submission(&gpu, Box::new(|| panic!("a callback's")));
        gpu.forward(RELU, &x).expect("a tensor");
        let submitted = catch_unwind(AssertUnwindSafe(|| gpu.submit()));
        assert_eq!(submitted.map_err(message), Err(Some("a callback's")));
        let refused = gpu.submit().expect_err("results nobody can trust");
        assert_eq!(
            refused.to_string(),
            "wgpu refused what was recorded: a callback has panicked meanwhile"
        );
    });
}

/// The device's lost callback stays the program's, and may call the `Gpu`.
#[test]
fn the_lost_callback_is_the_programs() {
    in_time(|| {
        let gpu = Arc::new(new_gpu());
        let x = gpu.upload(&[-1.0, 2.0], [2]).expect("a tensor");
        let (sender, receiver) = mpsc::channel();
        let inner = Arc::downgrade(&gpu);
        gpu.device().set_device_lost_callback(move |reason, _| {
            let submitted = inner.upgrade().map(|gpu| gpu.submit());
            sender.send((reason, submitted)).expect("a receiver");
        });
        gpu.read_blocking(&x).expect("values");
        gpu.device().destroy();
        assert_eq!(gpu.forward(RELU, &x).map(drop), Err(Error::DeviceLost));
        assert_eq!(gpu.read_blocking(&x), Err(Error::DeviceLost));
        gpu.device().poll(wgpu::PollType::Poll).expect("a poll");
        let (reason, submitted) = receiver.try_recv().expect("the callback is called");
        assert_eq!(reason, wgpu::DeviceLostReason::Destroyed);
        assert_eq!(submitted, Some(Err(Error::DeviceLost)));
    });
}
