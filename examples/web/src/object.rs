//! Objects for JavaScript.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

/// An object with these properties.
pub fn object<const N: usize>(properties: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in properties {
        // This fails for objects only that refuse properties.
        drop(Reflect::set(&object, &name.into(), &value));
    }
    object.into()
}

/// An error to throw, with properties besides its message.
pub fn error<const N: usize>(message: &str, properties: [(&str, JsValue); N]) -> JsValue {
    let error = js_sys::Error::new(message);
    for (name, value) in properties {
        drop(Reflect::set(&error, &name.into(), &value));
    }
    error.into()
}
