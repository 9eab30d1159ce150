//! Unfinished results. Each is written under its own name in a hidden directory beside its place,
//! and moved to its place at the end. An error, Ctrl-C or SIGTERM before leaves nothing of it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use same_file::Handle;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use tempfile::TempDir;

/// The time that may pass until a signal is answered.
const PATIENCE: Duration = Duration::from_millis(20);

/// A hidden directory for each directory that gets results. Two results of one name collide in it,
/// also on file systems that ignore the case of names.
static DIRECTORIES: Mutex<Vec<(Handle, TempDir)>> = Mutex::new(Vec::new());

fn directories() -> MutexGuard<'static, Vec<(Handle, TempDir)>> {
    DIRECTORIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has SIGINT and SIGTERM remove what is unfinished before they end the program.
pub fn clean_up_on_signals() -> Result<()> {
    let received = Arc::new(AtomicUsize::new(0));
    for signal in [SIGINT, SIGTERM] {
        flag::register_usize(signal, received.clone(), signal as usize)?;
    }
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(PATIENCE);
                let signal = received.load(Ordering::Relaxed);
                if signal != 0 {
                    // The lock is kept, so that nothing new begins.
                    let mut directories = directories();
                    directories.clear();
                    // Shells see that the signal ended the program: its status is 130 or 143.
                    let _ = low_level::emulate_default_handler(signal as i32);
                }
            }
        })?;
    Ok(())
}

/// Creates the file that is to become this one. Fails if there is one already.
pub fn create(place: &Path) -> io::Result<(File, PathBuf)> {
    let (Some(directory), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(ErrorKind::InvalidFilename.into());
    };
    let mut directories = directories();
    let handle = Handle::from_path(directory)?;
    let known = directories.iter().position(|(known, _)| *known == handle);
    let position = match known {
        Some(position) => position,
        None => {
            let hidden = tempfile::Builder::new()
                .prefix(".apply-")
                .tempdir_in(directory)?;
            directories.push((handle, hidden));
            directories.len() - 1
        }
    };
    let path = directories[position].1.path().join(name);
    Ok((File::create_new(&path)?, path))
}

/// Moves all files to their places, and removes the hidden directories.
pub fn move_all<'a>(moves: impl Iterator<Item = (&'a str, &'a Path, &'a Path)>) -> Result<()> {
    let mut directories = directories();
    for (name, from, to) in moves {
        fs::rename(from, to).with_context(|| format!("{name}: cannot move the result there"))?;
    }
    directories.clear();
    Ok(())
}

/// Removes what is unfinished.
pub fn remove_all() {
    directories().clear();
}
