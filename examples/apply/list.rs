//! Lists all functions that can be applied.

use std::io::{self, Write};

use anyhow::Result;
use wgpu_activations::{
    Activation, ActivationInfo, AxisFunction, AxisInfo, CrossEntropy, Glu, Parameter,
};

pub fn list() -> Result<()> {
    let mut out = io::stdout().lock();
    for (activation, info) in Activation::ALL.iter().zip(Activation::list()) {
        let ActivationInfo {
            formula,
            derivative,
            kinks,
            source,
            strengths,
            weaknesses,
            used,
            ..
        } = info;
        writeln!(
            out,
            "{activation}\n  f(x)  = {formula}\n  f'(x) = {derivative}"
        )?;
        if let Some(told) = &info.from_output {
            let where_told = told.ranges.iter().map(|(name, range)| {
                format!(" {name} from {:?} to {:?}", range.start(), range.end())
            });
            let where_told: Vec<_> = where_told.collect();
            let values = match where_told.as_slice() {
                [] => String::new(),
                values => format!(", for{}", values.join(" and")),
            };
            writeln!(out, "  gradient also from the output{values}")?;
        }
        describe(
            &mut out,
            info.aliases,
            info.parameters,
            [kinks, source],
            [strengths, weaknesses, used],
        )?;
    }
    for (function, info) in AxisFunction::ALL.iter().zip(AxisFunction::list()) {
        let AxisInfo {
            formula,
            derivative,
            conventions,
            source,
            strengths,
            weaknesses,
            used,
            ..
        } = info;
        writeln!(
            out,
            "{function}, along an axis\n  f(x)     = {formula}\n  gradient = {derivative}"
        )?;
        describe(
            &mut out,
            info.aliases,
            info.parameters,
            [conventions, source],
            [strengths, weaknesses, used],
        )?;
    }
    for gated in Glu::NAMED {
        writeln!(out, "{gated}, of values and gates\n  {}", gated.formula())?;
        also(&mut out, gated.aliases())?;
    }
    writeln!(
        out,
        "gated(ACTIVATION), of values and gates\n  value * ACTIVATION(gate)"
    )?;
    writeln!(
        out,
        "{}, of logits and classes along an axis\n  sum(-share * log_softmax(x)) + z_loss * logsumexp(x)^2",
        CrossEntropy::default()
    )?;
    also(&mut out, &["CrossEntropyLoss"])?;
    Ok(())
}

/// Writes the names that other libraries have for a function.
fn also(out: &mut impl Write, aliases: &[&str]) -> Result<()> {
    if !aliases.is_empty() {
        writeln!(out, "  also: {}", aliases.join(", "))?;
    }
    Ok(())
}

/// Writes the aliases, the parameters and the remarks.
fn describe(
    out: &mut impl Write,
    aliases: &[&str],
    parameters: &[Parameter],
    texts: [&str; 2],
    advice: [&str; 3],
) -> Result<()> {
    also(out, aliases)?;
    for parameter @ Parameter {
        name,
        default,
        range,
        at_most,
        ..
    } in parameters
    {
        let values = match (*range.start(), *range.end()) {
            (f32::NEG_INFINITY, f32::INFINITY) => "any number".to_owned(),
            (f32::MIN, f32::MAX) => "any finite number".to_owned(),
            (least, most) => format!("from {least:?} to {most:?}"),
        };
        let up_to = at_most.map_or_else(String::new, |other| format!(" up to {other}"));
        let learned = if parameter.is_learnable() {
            "; can be learned"
        } else {
            ""
        };
        writeln!(
            out,
            "  {name}: {values}{up_to}, by default {default}{learned}"
        )?;
    }
    let [strengths, weaknesses, used] = advice;
    let [kinks, source] = texts;
    if !kinks.is_empty() {
        writeln!(out, "  {kinks}")?;
    }
    writeln!(
        out,
        "  for it: {strengths}\n  against it: {weaknesses}\n  used in: {used}\n  {source}\n"
    )?;
    Ok(())
}
