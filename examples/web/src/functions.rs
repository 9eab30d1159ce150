//! The list of activations, for the page to search and to show.

use js_sys::Array;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use wgpu_activations::Activation;

use crate::object::object;

/// Name, title and functions of each family.
const FAMILIES: &[(&str, &str, &[&str])] = include!(concat!(env!("OUT_DIR"), "/families.rs"));

/// The families: objects with `name` and `title`, in the order of the list.
#[wasm_bindgen]
pub fn families() -> Array {
    let families = FAMILIES
        .iter()
        .map(|&(name, title, _)| object([("name", name.into()), ("title", title.into())]));
    families.collect()
}

/// All activations with all that the list says about them.
#[wasm_bindgen]
pub fn functions() -> Array {
    Activation::ALL
        .iter()
        .map(|&activation| describe(activation))
        .collect()
}

fn describe(activation: Activation) -> JsValue {
    let info = activation.info();
    let parameters = activation.parameters().map(|(parameter, _)| {
        let name = parameter.name;
        object([
            ("name", name.into()),
            ("default", parameter.default.into()),
            ("low", (*parameter.range.start()).into()),
            ("high", (*parameter.range.end()).into()),
            ("learnable", parameter.is_learnable().into()),
        ])
    });
    let family = FAMILIES
        .iter()
        .find(|(_, _, names)| names.contains(&info.name));
    let aliases = info.aliases.iter().map(|&alias| JsValue::from(alias));
    object([
        ("key", info.name.into()),
        ("name", label(activation).into()),
        ("family", family.map(|&(name, ..)| name).into()),
        ("formula", info.formula.into()),
        ("derivative", info.derivative.into()),
        ("kinks", info.kinks.into()),
        ("source", info.source.into()),
        ("strengths", info.strengths.into()),
        ("weaknesses", info.weaknesses.into()),
        ("used", info.used.into()),
        ("aliases", aliases.collect::<Array>().into()),
        (
            "ulps",
            info.ulps
                .iter()
                .map(|&ulps| JsValue::from(ulps))
                .collect::<Array>()
                .into(),
        ),
        ("parameters", parameters.collect::<Array>().into()),
    ])
}

/// The text form, without what need not be said: parameters if all have their defaults.
pub fn label(activation: Activation) -> String {
    let info = activation.info();
    let name = info.text_name;
    let chosen = info
        .choice
        .map(|(key, value)| format!("{name}({key}={value})"));
    let short = [Some(name.to_owned()), chosen];
    let is_same = |text: &String| text.parse() == Ok(activation);
    let short = short.into_iter().flatten().find(is_same);
    short.unwrap_or_else(|| activation.to_string())
}

/// The text form of an activation with these parameters, in the order of the list.
///
/// # Errors
/// The message names the parameter that is out of its range.
#[wasm_bindgen(js_name = withParameters)]
pub fn with_parameters(key: &str, values: &[f32]) -> Result<String, JsError> {
    let known = Activation::ALL
        .iter()
        .find(|activation| activation.info().name == key);
    let mut activation = *known.ok_or_else(|| JsError::new("there is no such activation"))?;
    for (parameter, &value) in activation.info().parameters.iter().zip(values) {
        let refused = || JsError::new(&format!("{} cannot be {value}", parameter.name));
        activation = activation.with(parameter.name, value).ok_or_else(refused)?;
    }
    Ok(label(activation.checked()?))
}
