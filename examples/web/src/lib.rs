//! The page's part in Rust: it draws nothing, and computes everything on the visitor's GPU with
//! wgpu-activations.
//!
//! - `functions`: the list of activations, for the page to search and to show.
//! - `chosen`: a function that the visitor has chosen or typed.
//! - `device`: the device, and what is computed on it.
//! - `curves`, `kinks`: f, f' and f'', and where they jump.
//! - `errors`, `textbook`, `kernel`: errors in ulps, and the formulas to compare with.
//! - `measure`, `clock`: how long kernels take.

mod chosen;
mod clock;
mod curves;
mod device;
mod errors;
mod functions;
mod kernel;
mod kinks;
mod measure;
mod object;
mod textbook;
#[path = "../../common/ulp.rs"]
mod ulp;

use wasm_bindgen::prelude::wasm_bindgen;

/// A panic is a fault of this program. It goes to the console, since nobody sees stderr.
#[wasm_bindgen(start)]
fn start() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
    }));
}
