//! The end of a program: its exit status, and the message of an error.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;

/// Writes an error on one line, without a backtrace. Some of wgpu's messages have several lines.
pub fn exit(result: Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    let message = format!("{error:#}");
    let lines: Vec<_> = message.lines().map(str::trim).collect();
    // There is no one left to tell if stderr cannot be written.
    let _ = writeln!(io::stderr(), "error: {}", lines.join(" "));
    ExitCode::FAILURE
}
