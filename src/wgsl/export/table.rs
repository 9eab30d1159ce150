//! The functions that texts can have, as tables for people and for programs.

use std::fmt::Write as _;

use crate::activation::{ActivationInfo, Parameter};
use crate::{Activation, Glu};

/// Returns a table of the signatures of all activations and gated units, for people: the call, with
/// defaults, the range of each parameter, and the other names of the function.
///
/// ```
/// let table = wgpu_activations::wgsl::signatures();
/// assert!(table.contains("\nelu(x, alpha=1.0)"));
/// ```
#[must_use]
pub fn signatures() -> String {
    let mut text = "# The functions of this table are those of the texts that `wgsl` prints. Names and aliases are read as the arguments of `wgsl`.\n".to_owned();
    for info in Activation::list() {
        let parameters = info.parameters.iter();
        let parameters =
            parameters.map(|Parameter { name, default, .. }| format!(", {name}={default:?}"));
        let _ = writeln!(
            text,
            "{}(x{}) = {}",
            info.name,
            parameters.collect::<String>(),
            info.formula
        );
        for parameter in info.parameters {
            let (low, high) = (parameter.range.start(), parameter.range.end());
            let learnable = if parameter.is_learnable() {
                ", can be learned"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "    {}: {low:?} to {high:?}{learnable}",
                parameter.name
            );
        }
        if !info.aliases.is_empty() {
            let _ = writeln!(text, "    as {}", info.aliases.join(", "));
        }
    }
    for glu in Glu::NAMED {
        let _ = writeln!(
            text,
            "{}(value, gate) = {}",
            super::glu::name(glu),
            glu.formula()
        );
        if !glu.aliases().is_empty() {
            let _ = writeln!(text, "    as {}", glu.aliases().join(", "));
        }
    }
    text
}

/// Returns the same table as JSON, for programs: an array of objects. Each has `name`, the name of
/// the WGSL function; `text`, the name that texts are read by; `kind`, `activation` or `glu`;
/// `arguments`; `parameters`, each with `name`, `default`, `min` and `max`, which are `null` where
/// there is no end, and `learnable`; `aliases`, `formula` and, for activations, `derivative`.
///
/// ```
/// let table = wgpu_activations::wgsl::signatures_json();
/// assert!(table.starts_with(r#"[{"name":"identity","text":"identity","kind":"activation""#));
/// ```
#[must_use]
pub fn signatures_json() -> String {
    let activations = Activation::ALL
        .iter()
        .map(|activation| of_activation(*activation, activation.info()));
    let units = Glu::NAMED.map(|glu| {
        object([
            ("name", string(&super::glu::name(glu))),
            ("text", string(&glu.to_string())),
            ("kind", string("glu")),
            ("arguments", array(["value", "gate"].map(string))),
            ("parameters", array([])),
            (
                "aliases",
                array(glu.aliases().iter().map(|alias| string(alias))),
            ),
            ("formula", string(&glu.formula())),
        ])
    });
    array(activations.chain(units))
}

fn of_activation(activation: Activation, info: &ActivationInfo) -> String {
    let names = info.parameters.iter().map(|parameter| parameter.name);
    let parameters = info.parameters.iter().map(|parameter| {
        object([
            ("name", string(parameter.name)),
            ("default", number(parameter.default)),
            ("min", number(*parameter.range.start())),
            ("max", number(*parameter.range.end())),
            ("learnable", parameter.is_learnable().to_string()),
        ])
    });
    object([
        ("name", string(info.name)),
        ("text", string(&text(activation, info))),
        ("kind", string("activation")),
        (
            "arguments",
            array(["x"].into_iter().chain(names).map(string)),
        ),
        ("parameters", array(parameters)),
        (
            "aliases",
            array(info.aliases.iter().map(|alias| string(alias))),
        ),
        ("formula", string(info.formula)),
        ("derivative", string(info.derivative)),
    ])
}

/// The text form without the values of parameters.
fn text(activation: Activation, info: &ActivationInfo) -> String {
    match info.parameters {
        [] => activation.to_string(),
        _ => info.text_name.to_owned(),
    }
}

/// Returns the ids of a [`Exported::Switch`](super::Exported::Switch) of these activations as a JSON
/// object, from the text form to the id.
///
/// ```
/// use wgpu_activations::{Activation, wgsl};
///
/// let ids = wgsl::switch_ids_json(&[Activation::Relu, Activation::LeakyRelu { negative_slope: 0.2 }]);
/// assert_eq!(ids, r#"{"relu":0,"leaky_relu(negative_slope=0.2)":1}"#);
/// ```
#[must_use]
pub fn switch_ids_json(activations: &[Activation]) -> String {
    let ids = activations.iter().enumerate();
    let ids = ids.map(|(id, activation)| format!("{}:{id}", string(&activation.to_string())));
    format!("{{{}}}", ids.collect::<Vec<_>>().join(","))
}

fn object<const N: usize>(members: [(&str, String); N]) -> String {
    let members = members.map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", members.join(","))
}

fn array(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

/// A number, which JSON has if it is finite.
fn number(value: f32) -> String {
    match value.is_finite() {
        true => format!("{value:?}"),
        false => "null".to_owned(),
    }
}

fn string(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted += &format!("\\u{:04x}", u32::from(c)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
