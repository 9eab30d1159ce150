//! Prints an activation as WGSL functions, for a kernel of your own. docs/fusing.md shows how to
//! use them.
//!
//! `cargo run --example wgsl -- "elu(alpha=0.5)" --prefix my_ > elu.wgsl`

use std::process::ExitCode;

use clap::Parser;
use wgpu_activations::Activation;

/// Prints an activation and its derivatives as WGSL functions, for a kernel of your own.
#[derive(Parser)]
struct Options {
    /// The activation, such as `gelu` or `elu(alpha=0.5)`.
    activation: Activation,
    /// All names in the text begin with this prefix.
    #[arg(long, default_value = "my_")]
    prefix: String,
}

fn main() -> ExitCode {
    let Options { activation, prefix } = Options::parse();
    match activation.wgsl(&prefix) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
