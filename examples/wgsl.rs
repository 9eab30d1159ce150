//! The WGSL functions of an activation, for a kernel of your own: docs/fusing.md.
//!
//! `cargo run --example wgsl -- "elu(alpha=0.5)" --prefix my_ > elu.wgsl`

use std::process::ExitCode;

use clap::Parser;
use wgpu_activations::Activation;

/// Prints the WGSL functions of an activation, for a kernel of your own.
#[derive(Parser)]
struct Options {
    /// The activation, such as `gelu` or `elu(alpha=0.5)`
    activation: Activation,
    /// What all names in the text begin with
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
