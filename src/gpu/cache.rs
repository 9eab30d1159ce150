//! Compiled kernels on disk.

use std::path::{Path, PathBuf};
use std::{fs, process};

use super::{Gpu, open};
use crate::Error;
use crate::kernels::error_scope::with_error_scope;

/// Before the data: what the file is, and a checksum.
const MAGIC: &[u8; 8] = b"wgpuact1";

/// Where the cache of an open device lies.
#[derive(Debug)]
pub(super) struct Cache {
    cache: wgpu::PipelineCache,
    path: PathBuf,
}

impl Gpu {
    /// [`Gpu::new`] with what a driver has compiled kept in a folder, one file for each driver, for
    /// the next process: see [`Gpu::save_pipeline_cache`]. A file that is damaged, or that the
    /// driver does not know any more, is as none. Only Vulkan has such a cache; on other backends
    /// this is [`Gpu::new`].
    ///
    /// The file must be written by nobody else: what it holds is given to the driver.
    ///
    /// # Errors
    /// As [`Gpu::new`].
    pub async fn with_pipeline_cache(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let (device, queue) = open::device(wgpu::Features::PIPELINE_CACHE).await?;
        let gpu = Self::from_device(device, queue);
        let Some(key) = wgpu::util::pipeline_cache_key(&gpu.device.adapter_info()) else {
            return Ok(gpu);
        };
        if !gpu
            .device
            .features()
            .contains(wgpu::Features::PIPELINE_CACHE)
        {
            return Ok(gpu);
        }
        let path = folder.as_ref().join(key);
        let data = fs::read(&path).ok().and_then(checked);
        let descriptor = wgpu::PipelineCacheDescriptor {
            label: Some("wgpu-activations"),
            data: data.as_deref(),
            fallback: true,
        };
        #[expect(
            unsafe_code,
            reason = "there is no safe way to give a driver what it has compiled before"
        )]
        let make = || {
            // SAFETY: the data is what `get_data` has returned to `save_pipeline_cache`, on an adapter of the same key: nothing else
            // is written to this path, and the checksum tells a file that is damaged or cut short.
            // wgpu compares the driver's and its own version.
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

    /// Writes what has been compiled so far to the folder of [`Gpu::with_pipeline_cache`], whole or
    /// not at all. Without one, or where the backend has no such cache, there is nothing to do.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save_pipeline_cache(&self) -> Result<(), Error> {
        let Some(Cache { cache, path }) = &self.cache else {
            return Ok(());
        };
        let Some(data) = cache.get_data() else {
            return Ok(());
        };
        let contents = [MAGIC, &checksum(&data).to_le_bytes(), data.as_slice()].concat();
        let beside = path.with_extension(format!("{}.tmp", process::id()));
        let written = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&beside, contents));
        written
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|error| {
                // What is half written is of no use; if it cannot be removed either, the first
                // error says why.
                let _ = fs::remove_file(&beside);
                Error::PipelineCache {
                    path: path.clone(),
                    message: error.to_string(),
                }
            })
    }
}

/// The data of a file that is whole.
fn checked(file: Vec<u8>) -> Option<Vec<u8>> {
    let (magic, rest) = file.split_first_chunk::<8>()?;
    let (sum, data) = rest.split_first_chunk::<8>()?;
    (magic == MAGIC && checksum(data) == u64::from_le_bytes(*sum)).then(|| data.to_vec())
}

/// FNV-1a.
fn checksum(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |sum, &byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
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
