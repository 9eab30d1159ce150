//! Prints functions as WGSL for kernels of your own, as docs/fusing.md shows. It needs no GPU.
//!
//! `cargo run --example wgsl -- relu sigmoid silu --prefix wa_ --forward --vec4`
//! `cargo run --example wgsl -- gelu --name gelu=my_activation > gelu.wgsl`
//! `cargo run --example wgsl -- "x * sigmoid(1.5 * x)" swiglu softmax`
//! `cargo run --example wgsl -- relu tanh sine --switch`
//! `cargo run --example wgsl -- --list`

#[path = "common/exit.rs"]
mod exit;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use wgpu_activations::wgsl::{self, Export, Exported, Part};

/// Prints functions as WGSL for kernels of your own: one text, with what they share once.
#[derive(Parser)]
struct Options {
    /// Activations, gated units, expressions, or `softmax`, which is what a kernel needs of a row:
    /// `gelu`, `elu(alpha=0.5)`, `swiglu`, `x * sigmoid(1.5 * x)`.
    #[arg(required_unless_present = "list")]
    functions: Vec<String>,
    /// All names in the text begin with this prefix, which may be empty.
    #[arg(long, default_value = "my_")]
    prefix: String,
    /// Another name for a function, which stands in the text as it is: silu=silu_f32. The function
    /// is written as among the arguments. The option can be given several times.
    #[arg(long, value_name = "FUNCTION=NAME")]
    name: Vec<String>,
    /// Prints the functions themselves. Of this and of the next four options any can be given;
    /// without any, all are printed.
    #[arg(long)]
    forward: bool,
    /// Prints derivatives, and gradients of gated units and expressions.
    #[arg(long)]
    derivative: bool,
    /// Prints derivatives of activations as functions of the output, where they are.
    #[arg(long)]
    derivative_from_output: bool,
    /// Prints second derivatives of activations.
    #[arg(long)]
    second_derivative: bool,
    /// Prints derivatives with respect to parameters that can be learned.
    #[arg(long)]
    parameter_derivatives: bool,
    /// Makes arguments of the parameters of activations, whose values do not matter then.
    #[arg(long)]
    parameters_as_arguments: bool,
    /// Prints one function, `activate(id, x)`, which chooses among the activations at run time.
    #[arg(long, conflicts_with = "parameters_as_arguments")]
    switch: bool,
    /// Adds functions of vec4<f32>, `NAME_vec4`.
    #[arg(long)]
    vec4: bool,
    /// Adds functions of f16, `NAME_f16`, for modules that begin with `enable f16;`.
    #[arg(long)]
    f16: bool,
    /// Leaves out all comments but the first two lines.
    #[arg(long)]
    no_comments: bool,
    /// Prints the table of functions with their arguments, or with --switch the ids of these
    /// functions, in JSON.
    #[arg(long)]
    list: bool,
    /// Prints the table in JSON.
    #[arg(long, requires = "list")]
    json: bool,
}

fn main() -> ExitCode {
    exit::exit(run(&Options::parse()))
}

fn run(options: &Options) -> Result<()> {
    match (options.list, options.switch) {
        (true, true) => println!("{}", wgsl::switch_ids_json(&options.activations()?)),
        (true, false) if options.json => println!("{}", wgsl::signatures_json()),
        (true, false) => print!("{}", wgsl::signatures()),
        (false, _) => print!("{}", options.export()?.text()?),
    }
    Ok(())
}

impl Options {
    fn export(&self) -> Result<Export> {
        let mut export = Export::new(self.prefix.as_str());
        for (is_set, part) in [
            (self.forward, Part::Forward),
            (self.derivative, Part::Derivative),
            (self.derivative_from_output, Part::DerivativeFromOutput),
            (self.second_derivative, Part::SecondDerivative),
            (self.parameter_derivatives, Part::ParameterDerivatives),
        ] {
            if is_set {
                export = export.part(part);
            }
        }
        for (is_set, option) in [
            (self.vec4, Export::vec4 as fn(Export) -> Export),
            (self.f16, Export::f16),
            (self.no_comments, Export::without_comments),
        ] {
            if is_set {
                export = option(export);
            }
        }
        let mut names = Vec::new();
        for name in &self.name {
            // An expression may have `=`, but a name has none.
            let form = || format!("--name {name}: write FUNCTION=NAME");
            names.push(name.rsplit_once('=').with_context(form)?);
        }
        let functions = match self.switch {
            true => vec![("activate".to_owned(), Exported::Switch(self.activations()?))],
            false => {
                let functions = self.functions.iter();
                let functions = functions.map(|text| Ok((text.clone(), self.exported(text)?)));
                functions.collect::<Result<_>>()?
            }
        };
        for (key, _) in &names {
            if !functions.iter().any(|(text, _)| text == key) {
                bail!("--name {key}: there is no `{key}` among the functions");
            }
        }
        Ok(functions
            .into_iter()
            .fold(export, |export, (text, function)| {
                match names.iter().find(|(key, _)| *key == text) {
                    Some((_, name)) => export.named(*name, function),
                    None => export.function(function),
                }
            }))
    }

    fn exported(&self, text: &str) -> Result<Exported> {
        Ok(match text.parse()? {
            Exported::Activation(activation) if self.parameters_as_arguments => {
                Exported::WithParameters(activation)
            }
            other => other,
        })
    }

    fn activations(&self) -> Result<Vec<wgpu_activations::Activation>> {
        let activation = |text: &String| match text.parse()? {
            Exported::Activation(activation) => Ok(activation),
            _ => bail!("--switch chooses among activations, and `{text}` is none"),
        };
        self.functions.iter().map(activation).collect()
    }
}
