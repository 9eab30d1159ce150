//! Too little memory.

use std::process::Command;

use wgpu_activations::{Activation, Error, Gpu, Tensor, wgpu};

use super::new_gpu;
use crate::support::{gpu, much_memory};

/// Set in the process whose memory is limited.
const LIMITED: &str = "WGPU_ACTIVATIONS_LIMITED";

/// MiB of address space, from which software adapters take their memory. They need far less to
/// begin with.
const LIMIT: usize = 3 << 10;

/// Elements of 128 MiB.
const LARGE: usize = 32 << 20;

/// More tensors than fit, but not more than are recorded before the GPU begins.
const TOO_MANY: usize = LIMIT / 128;

/// Runs this program once more, with a limit, as a lack of memory would reach the other tests.
#[test]
#[cfg(unix)]
fn no_memory_is_an_error_and_not_the_end() {
    if gpu().device().adapter_info().device_type != wgpu::DeviceType::Cpu {
        println!(
            "not tested: the memory of this adapter is not the process's, and cannot be limited"
        );
        return;
    }
    let this = std::env::current_exe().expect("this program");
    let limited = format!(
        "ulimit -v {} && exec \"$0\" --exact faults::memory::in_little_memory --ignored --nocapture",
        LIMIT << 10
    );
    let output = Command::new("sh")
        .args(["-c", &limited])
        .arg(this)
        .env(LIMITED, "1")
        .env("MALLOC_ARENA_MAX", "2")
        .output()
        .expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// Makes tensors until there is no memory for another. Those that are there keep their values, and
/// when they are gone there is memory again.
#[test]
#[ignore = "it needs a process of its own, which no_memory_is_an_error_and_not_the_end starts"]
fn in_little_memory() {
    assert!(
        std::env::var_os(LIMITED).is_some(),
        "the memory of this process must be limited"
    );
    let gpu = Gpu::new_blocking().expect("a GPU");
    let small = gpu.upload(&[-1.0, 2.0], [2]).expect("a small tensor");
    let large = gpu
        .upload(&vec![-1.0; LARGE], [LARGE])
        .expect("one large tensor");
    let larger = vec![-1.0; LARGE / 2 * 3];
    let mut held: Vec<Tensor> = Vec::new();
    let error = loop {
        match gpu.forward(Activation::Relu, &large) {
            Ok(tensor) => held.push(tensor),
            Err(error) => break error,
        }
        if held.len() == TOO_MANY {
            println!("not tested: this driver takes memory only when it is used");
            return;
        }
    };
    println!("{} tensors of 128 MiB, then: {error}", held.len());
    assert!(matches!(error, Error::OutOfMemory { .. }), "{error:?}");
    let most = held.len();
    for _ in 0..2 {
        let y = gpu
            .forward(Activation::Relu, &small)
            .expect("a small tensor");
        assert_eq!(gpu.read_blocking([&y]), Ok([vec![0.0, 2.0]]));
        held.clear();
        held.extend((0..most).map(|_| {
            gpu.forward(Activation::Relu, &large)
                .expect("as many, once others are gone")
        }));
    }
    // All that memory is idle once the GPU is done with it, and makes room for a tensor of another
    // size.
    held.clear();
    gpu.read_blocking([&small])
        .expect("what was recorded before");
    gpu.upload(&larger, [larger.len()])
        .expect("a larger tensor");
}

/// The tensors of a step, all alive at once, reuse the memory of the step before, also if it is
/// more than is usually kept: no new buffer is made. When none is used any more, it can be freed.
#[test]
fn what_was_used_at_once_is_used_again() {
    const ELEMENTS: usize = 16 << 20;
    const TENSORS: usize = 6;
    let _memory = much_memory();
    let gpu = new_gpu();
    let x = gpu
        .upload(&vec![-1.0; ELEMENTS], [ELEMENTS])
        .expect("a tensor");
    let count = || {
        gpu.submit().expect("what was recorded");
        gpu.device()
            .poll(wgpu::PollType::wait_indefinitely())
            .expect("a device");
        gpu.device().get_internal_counters().hal.buffers.read()
    };
    let step = || {
        let held: Vec<_> = (0..TENSORS)
            .map(|_| gpu.forward(Activation::Relu, &x).expect("a tensor"))
            .collect();
        (count(), drop(held)).0
    };
    let after_the_first = step();
    for _ in 0..3 {
        assert_eq!(step(), after_the_first);
    }
    gpu.empty_cache();
    assert!(
        count() <= after_the_first - TENSORS as isize,
        "{} buffers of {after_the_first}",
        count()
    );
}
