//! Gated units in texts.

use super::super::shader;
use super::{Context, Part, Piece, activation};
use crate::activation::Parameter;
use crate::{Error, Glu};

/// The name in a text.
pub(super) fn name(glu: Glu) -> String {
    let text = glu.to_string();
    let word = |text: &str| -> String {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("_")
    };
    match glu.kind() {
        Err(unit) => unit.name().to_owned(),
        // A unit that has no name of its own has that of its activation's function.
        Ok(activation) if text.starts_with("gated(") => {
            format!("gated_{}", activation.info().name)
        }
        Ok(_) => word(&text.replace("approximate=", "")),
    }
}

/// The function of a value and a gate, and its gradients.
pub(super) fn piece(glu: Glu, context: &Context<'_>) -> Result<Piece, Error> {
    let glu = glu.checked()?;
    let (forward, derivatives, texts, has_defaults) = match glu.kind() {
        Ok(activation) => {
            let info = activation.info();
            let [f, derivative] =
                ["", "_derivative"].map(|suffix| activation::call(activation, suffix, "gate"));
            (
                format!("scaled({f}, value)"),
                [f, format!("scaled({derivative}, value)")],
                activation::texts(info).collect(),
                Parameter::are_defaults(info.parameters, activation.values()),
            )
        }
        Err(unit) => {
            let (name, values) = (
                unit.name(),
                activation::values(unit.parameters(), glu.values(), "gate"),
            );
            let both = format!("{name}_derivatives(value, gate{values})");
            let texts = unit
                .shaders()
                .iter()
                .chain([&shader!("kernels/glu_gradients")]);
            (
                format!("{name}(value, gate{values})"),
                [format!("{both}.value"), format!("{both}.gate")],
                texts.map(|text| (*text).to_owned()).collect(),
                Parameter::are_defaults(unit.parameters(), glu.values()),
            )
        }
    };
    let mut piece = Piece {
        texts,
        has_defaults,
        ..Piece::default()
    };
    if context.has(Part::Forward) {
        let own = context.own("");
        let text = format!("fn {own}(value: f32, gate: f32) -> f32 {{\n  return {forward};\n}}\n");
        piece.declare(own, "", text);
    }
    if context.has(Part::Derivative) {
        for (suffix, derivative) in ["_gradient_value", "_gradient_gate"]
            .into_iter()
            .zip(derivatives)
        {
            let own = context.own(suffix);
            let text = format!(
                "fn {own}(value: f32, gate: f32, grad_output: f32) -> f32 {{\n  return scaled({derivative}, grad_output);\n}}\n"
            );
            piece.declare(own, suffix, text);
        }
    }
    Ok(piece)
}
