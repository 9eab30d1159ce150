//! Kernels that are compiled before they are needed, and their cache on disk.

use std::fs;

use wgpu_activations::{Activation, Dtype, Error, Gpu, Kernels, WarmUp, wgpu};

use crate::support::{gpu, refusal};

#[test]
fn what_cannot_be_warmed_up_is_refused() {
    let error = gpu().kernels().warm_up(
        &[WarmUp::BackwardParameter(Activation::Relu, "alpha")],
        Dtype::F32,
    );
    assert_eq!(
        refusal(error),
        "alpha: relu has no parameter that can be learned"
    );
}

#[test]
fn a_cache_is_written_and_read() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let work = || -> Result<Vec<f32>, Box<dyn std::error::Error>> {
        let gpu = pollster::block_on(Gpu::with_pipeline_cache(folder.path().join("kernels")))?;
        let y = gpu.forward(Activation::Gelu, &gpu.upload(&[-1.0, 0.0, 2.0], [3])?)?;
        gpu.save_pipeline_cache()?;
        Ok(gpu.read_blocking([&y])?.concat())
    };
    let first = work()?;
    // Only the Vulkan backend has a cache.
    let files = || {
        fs::read_dir(folder.path().join("kernels"))
            .map_or(vec![], |files| files.flatten().collect())
    };
    let is_vulkan = gpu().device().adapter_info().backend == wgpu::Backend::Vulkan;
    assert_eq!(files().len(), usize::from(is_vulkan));
    assert_eq!(work()?, first);
    for file in files() {
        fs::write(file.path(), b"damaged")?;
    }
    assert_eq!(work()?, first);
    assert_eq!(files().len(), usize::from(is_vulkan));
    Ok(())
}

/// A caller's `Kernels` have a cache of their own.
#[test]
fn kernels_can_be_warmed_up_by_many_threads() -> Result<(), Error> {
    let kernels = Kernels::new(gpu().device(), gpu().queue());
    let warm: Vec<_> = Activation::ALL
        .iter()
        .map(|&activation| WarmUp::Forward(activation))
        .collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| kernels.warm_up(&warm, Dtype::F16)))
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().expect("no panic"))
    })
}
