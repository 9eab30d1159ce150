//! The WGSL of the npm package `wgsl-activations`. `wgsl.js` makes these calls, and has the package's own functions.

use wasm_bindgen::prelude::*;
use wgpu_activations::wgsl::{self, Exported, Part};
use wgpu_activations::{Activation, Error, Expression};

/// A text of WGSL functions that is being put together: `wgpu_activations::wgsl::Export`.
#[wasm_bindgen]
pub struct Export(wgsl::Export);

#[wasm_bindgen]
impl Export {
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        // The files of shaders have no comments in the package.
        Self(wgsl::Export::new(prefix).without_comments())
    }

    fn change(&mut self, change: impl FnOnce(wgsl::Export) -> wgsl::Export) {
        self.0 = change(self.0.clone());
    }

    fn add(&mut self, name: Option<String>, function: Exported) {
        self.change(|export| match name {
            Some(name) => export.named(name, function),
            None => export.function(function),
        });
    }

    /// Adds a part of all functions by its name.
    pub fn part(&mut self, name: &str) -> Result<(), JsError> {
        let part = name.parse::<Part>().map_err(|refused| error(refused.into()))?;
        self.change(|export| export.part(part));
        Ok(())
    }

    pub fn vec4(&mut self) {
        self.change(wgsl::Export::vec4);
    }

    pub fn f16(&mut self) {
        self.change(wgsl::Export::f16);
    }

    /// Adds a function by its text form.
    pub fn function(
        &mut self,
        text: &str,
        name: Option<String>,
        parameters_as_arguments: bool,
    ) -> Result<(), JsError> {
        let function = match text.parse().map_err(error)? {
            Exported::Activation(activation) if parameters_as_arguments => {
                Exported::WithParameters(activation)
            }
            function => function,
        };
        self.add(name, function);
        Ok(())
    }

    /// Adds an expression, whose text may be the name of an operand alone.
    pub fn expression(&mut self, text: &str, name: Option<String>) -> Result<(), JsError> {
        self.add(name, parsed(text)?.into());
        Ok(())
    }

    /// Adds a choice among activations.
    pub fn switch(&mut self, texts: Vec<String>, name: Option<String>) -> Result<(), JsError> {
        self.add(name, Exported::Switch(activations(texts)?));
        Ok(())
    }

    pub fn text(&self) -> Result<String, JsError> {
        self.0.text().map_err(error)
    }
}

/// The table of functions, in JSON.
#[wasm_bindgen]
#[must_use]
pub fn signatures() -> String {
    wgsl::signatures_json()
}

/// The ids of a switch, in JSON.
#[wasm_bindgen(js_name = switchIds)]
pub fn switch_ids(texts: Vec<String>) -> Result<String, JsError> {
    Ok(wgsl::switch_ids_json(&activations(texts)?))
}

/// The operands of an expression, in the order of the arguments.
#[wasm_bindgen]
pub fn operands(expression: &str) -> Result<Vec<String>, JsError> {
    Ok(parsed(expression)?.operands().to_vec())
}

/// The gradient of an expression by an operand, as a text.
#[wasm_bindgen]
pub fn gradient(expression: &str, operand: &str) -> Result<String, JsError> {
    let gradient = parsed(expression)?.gradient(operand);
    Ok(gradient
        .map_err(|refused| error(refused.into()))?
        .to_string())
}

fn parsed(text: &str) -> Result<Expression, JsError> {
    text.parse()
        .map_err(|refused: wgpu_activations::ExpressionError| error(refused.into()))
}

fn activations(texts: Vec<String>) -> Result<Vec<Activation>, JsError> {
    let activation = |text: String| match text.parse::<Activation>() {
        Ok(activation) => Ok(activation),
        Err(refused) => Err(error(refused.into())),
    };
    texts.into_iter().map(activation).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn error(error: Error) -> JsError {
    JsError::new(&error.to_string())
}
