//! Writes files that are either complete or absent: each is written under a temporary name beside
//! its place, then renamed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

/// Creates a temporary file in the directory of `path` and with its extension. The caller writes it
/// and persists it as `path`.
pub fn beside(path: &Path) -> Result<NamedTempFile> {
    // A rename would replace a device such as /dev/null by a file.
    ensure!(
        path.metadata().map_or(true, |metadata| metadata.is_file()),
        "it is there, but it is not a file"
    );
    let directory = directory(path);
    ensure!(
        directory.is_dir(),
        "there is no directory {}",
        directory.display()
    );

    let suffix = path
        .extension()
        .map(|extension| format!(".{}", extension.display()))
        .unwrap_or_default();
    let mut builder = tempfile::Builder::new();
    builder.suffix(&suffix);
    // Give it the usual permissions of a new file, subject to the umask. Temporary files are
    // private by default.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(directory)
        .context("cannot write beside it")
}

/// Returns the directory of a file.
pub fn directory(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
