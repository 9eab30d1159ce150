//! Inputs and measures that the test programs share.

mod inputs;
mod measure;
mod moved_zeros;
mod parameters;
mod random;
mod suite;
#[path = "../../examples/common/ulp.rs"]
mod ulp;

pub use inputs::*;
pub use measure::*;
pub use moved_zeros::*;
pub use parameters::*;
pub use random::Random;
pub use suite::*;
pub use ulp::*;
