//! Prints the functions of an activation or an expression for a kernel of your own, as
//! docs/fusing.md shows.
//!
//! `cargo run --example wgsl -- "elu(alpha=0.5)" --prefix my_ > elu.wgsl`
//! `cargo run --example wgsl -- "x * sigmoid(1.5 * x)"`

#[path = "common/exit.rs"]
mod exit;
#[path = "common/function.rs"]
mod function;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use function::Function;

/// Prints an activation and its derivatives, or an expression and its gradients, as WGSL functions.
#[derive(Parser)]
struct Options {
    /// The activation or the expression, such as `gelu`, `elu(alpha=0.5)` or
    /// `x * sigmoid(1.5 * x)`.
    function: Function,
    /// All names in the text begin with this prefix.
    #[arg(long, default_value = "my_")]
    prefix: String,
}

fn main() -> ExitCode {
    exit::exit(run(&Options::parse()))
}

fn run(options: &Options) -> Result<()> {
    match options.function {
        Function::Activation(activation) => print!("{}", activation.wgsl(&options.prefix)?),
        Function::Expression(expression) => print!("{}", expression.wgsl(&options.prefix)?),
        Function::Glu(glu) => {
            bail!("`{glu}` is a gated unit: write it as an expression, `gate(value, activation)`")
        }
        Function::AlongAxis(function) => {
            bail!("`{function}` is a function along an axis, which is no function of an element")
        }
        Function::Loss(loss) => {
            bail!("`{loss}` is a loss of rows, which is no function of an element")
        }
    }
    Ok(())
}
