//! Files that are whole or not there: written beside their place, then renamed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

/// A file in the directory of `path` and with its extension, to be written and then persisted as `path`.
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
    // As any new file, subject to the umask; temporary files are otherwise for their owner's eyes only.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
        .tempfile_in(directory)
        .context("cannot write beside it")
}

/// The directory that a file lies in.
pub fn directory(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
