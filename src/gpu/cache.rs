//! The pipeline cache on disk, with compiled kernels. Browsers have none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Gpu, open};
use crate::Error;
use crate::kernels::error_scope::with_error_scope;

#[derive(Debug)]
pub(super) struct Cache {
    cache: wgpu::PipelineCache,
    path: PathBuf,
}

impl Gpu {
    /// Opens a [`Gpu`] that reuses the kernels which an earlier process has compiled and saved with
    /// [`Gpu::save_pipeline_cache`]. The folder has one file for each driver. wgpu ignores a file
    /// that is cut off, or that belongs to another driver, another version of it, or another GPU.
    /// Only Vulkan has a pipeline cache. On other backends this function does what [`Gpu::new`]
    /// does.
    ///
    /// # Safety
    /// The driver takes what is in the file for its own, and runs it. So each file in the folder
    /// must be as `save_pipeline_cache` has written it: nobody else may be able to write there, and
    /// the disk must keep what it was given. Nothing here can prove that. A folder that only this
    /// user can write, such as the one for caches in the home folder, serves; a shared temporary
    /// folder and a download do not.
    ///
    /// ```no_run
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # pollster::block_on(async {
    /// // SAFETY: only this program writes into its folder for caches.
    /// let gpu = unsafe { Gpu::with_pipeline_cache("/home/me/.cache/my-program") }.await?;
    /// let x = gpu.upload(&[1.0], [1])?;
    /// let y = gpu.forward(Activation::Gelu, &x)?;
    /// gpu.save_pipeline_cache()?; // The next process does not compile this kernel again.
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Gpu::new`].
    #[expect(
        unsafe_code,
        reason = "wgpu has no safe way to pass compiled kernels to a driver"
    )]
    pub async unsafe fn with_pipeline_cache(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let (device, queue) = open::device(wgpu::Features::PIPELINE_CACHE).await?;
        let gpu = Self::from_device(device, queue);
        let has_cache = gpu
            .device
            .features()
            .contains(wgpu::Features::PIPELINE_CACHE);
        let key = wgpu::util::pipeline_cache_key(&gpu.device.adapter_info());
        let Some(key) = key.filter(|_| has_cache) else {
            gpu.use_native_f16().await?;
            return Ok(gpu);
        };
        let path = folder.as_ref().join(key);
        let data = fs::read(&path).ok();
        let descriptor = wgpu::PipelineCacheDescriptor {
            label: Some("wgpu-activations"),
            data: data.as_deref(),
            fallback: true,
        };
        let make = || {
            // SAFETY: the caller promises that `get_data` has returned this data to
            // `save_pipeline_cache`. wgpu compares the driver and its version.
            unsafe { gpu.device.create_pipeline_cache(&descriptor) }
        };
        let cache = with_error_scope(&gpu.device, || "the pipeline cache".to_owned(), make)?;
        let kernels = gpu.kernels.with_pipeline_cache(&cache);
        let gpu = Self {
            kernels,
            cache: Some(Cache { cache, path }),
            ..gpu
        };
        gpu.use_native_f16().await?;
        Ok(gpu)
    }

    /// Writes the kernels that are compiled so far to the folder of [`Gpu::with_pipeline_cache`].
    /// The file is replaced as a whole or not at all, also if other threads and processes write it
    /// at the same time: the last one wins. Nothing is written if there is no folder, or if the
    /// backend has no pipeline cache.
    ///
    /// # Errors
    /// [`Error::PipelineCache`] if the file cannot be written.
    pub fn save_pipeline_cache(&self) -> Result<(), Error> {
        let Some(Cache { cache, path }) = &self.cache else {
            return Ok(());
        };
        let Some(data) = cache.get_data() else {
            return Ok(());
        };
        let save = || {
            let folder = path.parent().unwrap_or(Path::new(""));
            fs::create_dir_all(folder)?;
            let mut file = NamedTempFile::new_in(folder)?;
            file.write_all(&data)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        save().map_err(|error: std::io::Error| Error::PipelineCache {
            path: path.clone(),
            message: error.to_string(),
        })
    }
}
