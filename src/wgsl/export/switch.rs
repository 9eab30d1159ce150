//! A choice among activations at run time, in texts.

use super::{Context, Part, Piece, activation};
use crate::activation::Parameter;
use crate::{Activation, Error};

pub(super) fn piece(activations: &[Activation], context: &Context<'_>) -> Result<Piece, Error> {
    if activations.is_empty() {
        let message = "a switch needs an activation at least";
        return Err(Error::argument("functions", message));
    }
    let mut piece = Piece {
        has_defaults: true,
        ..Piece::default()
    };
    for activation in activations {
        let info = activation.checked()?.info();
        piece.has_defaults &= Parameter::are_defaults(info.parameters, activation.values());
        piece.texts.extend(activation::texts(info));
    }
    for (part, suffix) in [
        (Part::Forward, ""),
        (Part::Derivative, "_derivative"),
        (Part::SecondDerivative, "_second_derivative"),
    ] {
        if !context.has(part) {
            continue;
        }
        let own = context.own(suffix);
        // Each case is a function, of which the one of four lanes is made.
        let mut cases = Vec::new();
        for (id, &activation) in activations.iter().enumerate() {
            let case = format!("{own}_case{id}");
            let call = activation::call(activation, suffix, "x");
            let text = format!("fn {case}(x: f32) -> f32 {{\n  return {call};\n}}\n");
            piece.texts.push(text);
            cases.push(case);
        }
        piece.vectors += &switch(&own, activations, &cases, "_vec4", "vec4<f32>", "vec4<u32>");
        piece.declare(
            own.clone(),
            suffix,
            switch(&own, activations, &cases, "", "f32", "u32"),
        );
    }
    Ok(piece)
}

/// A function of an id and x, for one lane or for four.
fn switch(
    own: &str,
    activations: &[Activation],
    cases: &[String],
    end: &str,
    number: &str,
    bits: &str,
) -> String {
    let cases = activations.iter().zip(cases).enumerate();
    let cases: String = cases
        .map(|(id, (activation, case))| {
            format!("    case {id}u: {{ y = {case}{end}(x); }} // {activation}\n")
        })
        .collect();
    format!(
        "fn {own}{end}(id: u32, x: {number}) -> {number} {{
  // No other id has a function.
  var y = bitcast<{number}>(bitcast<{bits}>(x) | {bits}(QUIET_NAN_BITS));
  switch id {{
{cases}    default: {{}}
  }}
  return y;
}}
"
    )
}
