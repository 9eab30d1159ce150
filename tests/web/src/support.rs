//! The parts of the native tests' support that need no adapter.

#[path = "../../gpu/support/glu.rs"]
mod glu;
#[allow(dead_code, reason = "the native tests use all of it")]
#[path = "../../gpu/support/half.rs"]
mod half;

pub use glu::*;
pub use half::*;
