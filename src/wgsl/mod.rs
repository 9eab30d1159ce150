//! The text of kernels, and text for the kernels of others. Nothing in here needs a GPU.
//!
//! An [`Export`] has functions for kernels of your own. [`functions()`],
//! [`Activation::wgsl`](crate::Activation::wgsl) and
//! [`Expression::wgsl`](crate::Expression::wgsl) are shorter forms of it, and [`signatures()`] is a
//! table of what there is. A kernel of this crate is linked from the files in `shaders/`, from the declarations of its
//! operands, and from an adapter that calls the activation with its parameters.

mod emitter;
mod export;
#[cfg(feature = "gpu")]
mod kernel;
mod linker;
mod simplify;
mod vectorize;
mod wgsl_function;
mod words;

pub use export::{
    Export, Exported, Part, functions, signatures, signatures_json, switch_ids_json, with_vec4,
};
#[cfg(feature = "gpu")]
pub(crate) use kernel::{
    AxisOptions, AxisStage, Driver, ELEMENTS_PER_THREAD, Function, Held, HeldLanes, KernelKey,
    LOSS_WORDS, Mapping, NativeF16, Op, RowMapping, SumsKept, WORKGROUP, axis_kernel, expression,
    operand,
};
#[cfg(feature = "gpu")]
pub(crate) use vectorize::LaneOrder;

/// A file in `shaders/`.
macro_rules! shader {
    ($path:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/shaders/",
            $path,
            ".wgsl"
        ))
    };
}
use shader;

/// The functions that activations are built from.
pub(crate) const MATH: &str = concat!(
    shader!("math"),
    shader!("math/logarithms"),
    shader!("math/logistic"),
    shader!("math/normal"),
    shader!("math/pairs"),
    shader!("math/pieces"),
    shader!("math/quotients"),
    shader!("math/roots"),
    shader!("math/waves"),
);

/// The constant that `is_one()` in `shaders/math.wgsl` asks whether parameters are constants.
pub(crate) fn parameters_are_constant(are_constant: bool) -> &'static str {
    match are_constant {
        true => "const PARAMETERS_ARE_CONSTANT: bool = true;\n",
        false => "const PARAMETERS_ARE_CONSTANT: bool = false;\n",
    }
}
