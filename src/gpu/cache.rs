//! The pipeline cache on disk, with compiled kernels.

use std::path::{Path, PathBuf};
use std::{fs, process};

use super::{Gpu, open};
use crate::Error;
use crate::kernels::error_scope::with_error_scope;

/// A file begins with this text. A checksum follows, then the data.
const MAGIC: &[u8; 8] = b"wgpuact1";

#[derive(Debug)]
pub(super) struct Cache {
    cache: wgpu::PipelineCache,
    path: PathBuf,
}

impl Gpu {
    /// Opens a [`Gpu`] that reuses the kernels which an earlier process has compiled and saved with
    /// [`Gpu::save_pipeline_cache`]. The folder has one file for each driver. A file that is
    /// damaged or made by another version of the driver is ignored. Only Vulkan has a pipeline
    /// cache. On other backends this function does what [`Gpu::new`] does.
    ///
    /// The file is passed to the driver, so nobody else may write it.
    ///
    /// ```no_run
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # pollster::block_on(async {
    /// let gpu = Gpu::with_pipeline_cache("pipelines").await?;
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
    pub async fn with_pipeline_cache(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let (device, queue) = open::device(wgpu::Features::PIPELINE_CACHE).await?;
        let gpu = Self::from_device(device, queue);
        let has_cache = gpu
            .device
            .features()
            .contains(wgpu::Features::PIPELINE_CACHE);
        let key = wgpu::util::pipeline_cache_key(&gpu.device.adapter_info());
        let Some(key) = key.filter(|_| has_cache) else {
            return Ok(gpu);
        };
        let path = folder.as_ref().join(key);
        let data = fs::read(&path).ok().and_then(checked);
        let descriptor = wgpu::PipelineCacheDescriptor {
            label: Some("wgpu-activations"),
            data: data.as_deref(),
            fallback: true,
        };
        #[expect(
            unsafe_code,
            reason = "wgpu has no safe way to pass compiled kernels to a driver"
        )]
        let make = || {
            // SAFETY: `get_data` has returned this data to `save_pipeline_cache`, on an adapter
            // with the same key. Nothing else writes this path, and the checksum detects damage.
            // wgpu compares its own version and the driver's.
            unsafe { gpu.device.create_pipeline_cache(&descriptor) }
        };
        let cache = with_error_scope(&gpu.device, || "the pipeline cache".to_owned(), make)?;
        let kernels = gpu.kernels.with_pipeline_cache(&cache);
        Ok(Self {
            kernels,
            cache: Some(Cache { cache, path }),
            ..gpu
        })
    }

    /// Writes the kernels that are compiled so far to the folder of [`Gpu::with_pipeline_cache`].
    /// The file is replaced as a whole or not at all. Nothing is written if there is no folder, or
    /// if the backend has no pipeline cache.
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
        let contents = [MAGIC, &checksum(&data).to_le_bytes(), data.as_slice()].concat();
        let beside = path.with_extension(format!("{}.tmp", process::id()));
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.and_then(|()| fs::write(&beside, contents));
        let renamed = written.and_then(|()| fs::rename(&beside, path));
        renamed.map_err(|error| {
            // If the incomplete file cannot be removed either, the first error is the reason.
            let _ = fs::remove_file(&beside);
            Error::PipelineCache {
                path: path.clone(),
                message: error.to_string(),
            }
        })
    }
}

/// Returns the data of a file, unless it is damaged.
fn checked(file: Vec<u8>) -> Option<Vec<u8>> {
    let (magic, rest) = file.split_first_chunk::<8>()?;
    let (sum, data) = rest.split_first_chunk::<8>()?;
    (magic == MAGIC && checksum(data) == u64::from_le_bytes(*sum)).then(|| data.to_vec())
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// FNV-1a.
fn checksum(data: &[u8]) -> u64 {
    data.iter().fold(FNV_OFFSET, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::{MAGIC, checked, checksum};

    #[test]
    fn damaged_files_are_none() {
        let data = b"compiled".to_vec();
        let file = [MAGIC, &checksum(&data).to_le_bytes(), data.as_slice()].concat();
        assert_eq!(checked(file.clone()), Some(data));
        for position in 0..file.len() {
            let mut damaged = file.clone();
            damaged[position] ^= 1;
            assert_eq!(checked(damaged), None, "byte {position}");
            assert_eq!(
                checked(file[..position].to_vec()),
                None,
                "the first {position} bytes"
            );
        }
    }
}
