//! All that can be applied.

use std::io::{self, Write};

use anyhow::Result;
use wgpu_activations::{Activation, AxisFunction, AxisInfo, Info, Parameter};

pub fn list() -> Result<()> {
    let mut out = io::stdout().lock();
    for (activation, info) in Activation::ALL.iter().zip(Activation::list()) {
        let Info { formula, derivative, kinks, source, .. } = info;
        writeln!(out, "{activation}\n  f(x)  = {formula}\n  f'(x) = {derivative}")?;
        describe(&mut out, info.parameters, [kinks, source])?;
    }
    for (function, info) in AxisFunction::ALL.iter().zip(AxisFunction::list()) {
        let AxisInfo { formula, derivative, conventions, source, .. } = info;
        writeln!(out, "{function}, along an axis\n  f(x)     = {formula}\n  gradient = {derivative}")?;
        describe(&mut out, info.parameters, [conventions, source])?;
    }
    Ok(())
}

/// The parameters, and what else there is to say.
fn describe(out: &mut impl Write, parameters: &[Parameter], texts: [&str; 2]) -> Result<()> {
    for parameter @ Parameter { name, default, range, .. } in parameters {
        let values = match (*range.start(), *range.end()) {
            (f32::MIN, f32::MAX) => "any finite number".to_owned(),
            (least, most) => format!("from {least:?} to {most:?}"),
        };
        let learned = if parameter.is_learnable() { "; can be learned" } else { "" };
        writeln!(out, "  {name}: {values}, by default {default}{learned}")?;
    }
    for text in texts.iter().filter(|text| !text.is_empty()) {
        writeln!(out, "  {text}")?;
    }
    writeln!(out)?;
    Ok(())
}
