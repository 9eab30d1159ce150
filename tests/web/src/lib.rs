//! Tests that run in a browser. drive.mjs opens the page and calls [`run`] with each name of
//! [`cases`]. A panic ends the page, and the driver opens it again for the other cases.

mod calls;
#[allow(dead_code, unused_imports, reason = "the native tests use all of it")]
#[path = "../../common/mod.rs"]
mod common;
#[path = "../../gpu/expressions/case.rs"]
mod expressions;
mod faults;
#[allow(dead_code, reason = "the native tests use all of it")]
#[path = "../../gpu/axis/measure.rs"]
mod measure;
mod support;
mod values;

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Lists the cases: each is an `async fn` that returns an [`Outcome`].
macro_rules! cases {
    ($($module:ident :: $case:ident)*) => {
        #[wasm_bindgen]
        pub fn cases() -> Vec<String> {
            vec![$(concat!(stringify!($module), "::", stringify!($case)).to_owned()),*]
        }

        async fn outcome(name: &str) -> Outcome {
            $(if name == concat!(stringify!($module), "::", stringify!($case)) {
                return $module::$case().await;
            })*
            Err(format!("there is no case {name}").into())
        }
    };
}

cases! {
    values::activations_in_f32
    values::activations_in_f16
    values::activations_in_bf16
    values::gated_units
    values::gated_units_in_16_bits
    values::functions_along_an_axis
    values::expressions
    values::expressions_in_16_bits
    calls::every_other_call
    calls::inputs_and_outputs_in_one_buffer
    calls::uploads_wait_for_what_is_recorded
    calls::much_is_read_and_uploaded
    calls::warm_up_returns_when_kernels_exist
    calls::everything_can_be_sent
    faults::a_buffer_of_another_device
    faults::a_buffer_of_another_device_beside_a_gpu
    faults::refused_work
    faults::a_device_destroyed_before_a_read
    faults::a_device_destroyed_during_a_read
    faults::a_device_destroyed_under_a_guest
    faults::too_little_memory
    faults::errors_of_the_host_stay_the_host_s
}

#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&panic.to_string().into());
    }));
}

/// Runs a case. The promise is rejected if it fails.
#[wasm_bindgen]
pub async fn run(name: String) -> Result<(), JsError> {
    outcome(&name)
        .await
        .map_err(|error| JsError::new(&error.to_string()))
}

/// The text of the error of some work.
#[wasm_bindgen]
pub async fn error_of_some_work() -> String {
    let error = calls::some_work().await.err();
    error.map_or("no error".to_owned(), |error| error.to_string())
}

/// Works until the page is closed.
#[wasm_bindgen]
pub async fn work_forever() -> Result<(), JsValue> {
    loop {
        if let Err(error) = calls::some_work().await {
            return Err(error.to_string().into());
        }
    }
}

/// Fails if the condition is false.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+).into());
        }
    };
}

pub fn say(text: &str) {
    web_sys::console::log_1(&text.into());
}

/// Milliseconds since the page was opened.
pub fn now() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |clock| clock.now())
}
