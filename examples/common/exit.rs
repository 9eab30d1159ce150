//! The end of a program: its exit status, and the message of an error.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use wgpu_activations::ExpressionError;

/// Writes an error without a backtrace, and on one line, though some of wgpu's messages have
/// several. Those of expressions keep theirs, which show the place in the text.
pub fn exit(result: Result<()>) -> ExitCode {
    let Err(error) = result else {
        return ExitCode::SUCCESS;
    };
    let mut message = format!("{error:#}");
    if !error.chain().any(|cause| cause.is::<ExpressionError>()) {
        let lines: Vec<_> = message.lines().map(str::trim).collect();
        message = lines.join(" ");
    }
    // In one call, since other processes may write there, too. There is no one left to tell if
    // stderr cannot be written.
    let _ = io::stderr().write_all(format!("error: {message}\n").as_bytes());
    ExitCode::FAILURE
}
