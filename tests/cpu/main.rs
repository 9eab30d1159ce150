//! The tests that need no GPU: the f64 references, the shaders on simulated devices, the text form,
//! the documents' tables.

mod axis_reference;
#[path = "../common/mod.rs"]
mod common;
mod golden;
mod hostile;
mod names;
mod readme;
mod reference;
mod text;
