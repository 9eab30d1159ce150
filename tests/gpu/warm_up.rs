//! Kernels that are compiled before they are needed, and their cache on disk.

use std::path::Path;
use std::{fs, thread};

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
        let gpu = with_cache(folder.path())?;
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
        // What is left of a file after an accident, and what was never one.
        let whole = fs::read(file.path())?;
        for damaged in [&whole[..whole.len() / 2], &[], b"damaged"] {
            fs::write(file.path(), damaged)?;
            assert_eq!(work()?, first);
        }
    }
    assert_eq!(files().len(), usize::from(is_vulkan));
    Ok(())
}

/// A new GPU with the cache in `FOLDER/kernels`.
fn with_cache(folder: &Path) -> Result<Gpu, Error> {
    // SAFETY: the folder is this test's own. It cuts files off, which wgpu notices.
    pollster::block_on(unsafe { Gpu::with_pipeline_cache(folder.join("kernels")) })
}

/// Each save leaves a whole file, and none leaves another.
#[test]
fn many_threads_save_a_cache() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let gpus = [(); 3].map(|()| with_cache(folder.path()));
    thread::scope(|scope| {
        let mut saves = Vec::new();
        for gpu in &gpus {
            let gpu = gpu.as_ref().map_err(Clone::clone)?;
            gpu.kernels()
                .warm_up(&[WarmUp::Forward(Activation::Relu)], Dtype::F32)?;
            for _ in 0..4 {
                let save = || (0..20).try_for_each(|_| gpu.save_pipeline_cache());
                saves.push(scope.spawn(save));
            }
        }
        let mut results = saves.into_iter().map(|save| save.join().expect("no panic"));
        results.try_for_each(|result| result)
    })?;
    let is_vulkan = gpu().device().adapter_info().backend == wgpu::Backend::Vulkan;
    let files = fs::read_dir(folder.path().join("kernels")).map_or(0, Iterator::count);
    assert_eq!(files, usize::from(is_vulkan));
    let again = with_cache(folder.path())?;
    let y = again.forward(Activation::Relu, &again.upload(&[-1.0, 2.0], [2])?)?;
    assert_eq!(again.read_blocking(&y)?, [0.0, 2.0]);
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
