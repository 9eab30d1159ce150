//! The text of the kernels that this crate runs.

mod axis;
mod axis_elements;
mod elementwise;
pub(crate) mod expression;
mod held;
mod key;
pub(crate) mod operand;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use axis::{LOSS_WORDS, axis_kernel};
pub(crate) use key::{
    AxisOptions, AxisStage, Driver, Function, Held, HeldLanes, KernelKey, Mapping, NativeF16, Op,
    RowMapping, SumsKept,
};
use operand::declarations;

use super::linker::Library;
use super::vectorize::Untranslatable;
use super::{MATH, parameters_are_constant, shader};

/// Division, and the channel of an element.
const REPEAT: &str = shader!("kernels/repeat");

/// The declarations that all kernels may need.
const COMMON: [&str; 7] = [
    shader!("kernels/uniforms"),
    shader!("kernels/accumulated"),
    shader!("kernels/strides"),
    REPEAT,
    shader!("storage/f16"),
    shader!("storage/bf16"),
    MATH,
];

/// Threads in a workgroup: the most that every device takes.
pub(crate) const WORKGROUP: u32 = 256;

/// The elements that each thread holds of a row in registers, as in `shaders/axis/registers.wgsl`.
pub(crate) const ELEMENTS_PER_THREAD: u64 = 16;

impl KernelKey {
    /// The kernel's WGSL.
    pub(crate) fn text(&self) -> Result<String, Untranslatable> {
        let constants = format!("const WORKGROUP = {WORKGROUP}u;\n");
        let operands = declarations(self.op, &self.operands);
        let native_f16 = self.driver.native_f16.text();
        let texts = match (self.mapping, &self.function) {
            (Mapping::Rows(stage, mapping), _) => axis::texts(self, stage, mapping, &operands)?,
            (Mapping::Fold { width }, _) => vec![fold(width, self.accumulates())],
            (Mapping::Copy, _) => vec![shader!("kernels/copy").to_owned()],
            _ if self.op == Op::CheckF16 => vec![shader!("kernels/check_f16").to_owned()],
            (_, Function::Expression(program)) => expression::texts(self, program, &operands)?,
            _ => elementwise::texts(self, &operands)?,
        };
        let texts = texts
            .iter()
            .map(String::as_str)
            .chain([
                &*constants,
                parameters_are_constant(self.has_defaults),
                &operands,
                &native_f16,
            ])
            .chain(COMMON);
        Ok(Library::new(texts).link(self.entry_point()))
    }
}

impl NativeF16 {
    /// The files that override the conversions of `shaders/storage/f16.wgsl`.
    fn text(self) -> String {
        let loads = self.loads.then_some(shader!("storage/f16_loads"));
        let stores = self.stores.then_some(shader!("storage/f16_stores"));
        [loads, stores].into_iter().flatten().collect()
    }
}

/// The kernel that adds partial sums, of elements or of vectors.
fn fold(width: u32, accumulates: bool) -> String {
    let mut of_elements = shader!("kernels/fold").to_owned();
    if accumulates {
        let sum = "= accumulated(output_element(thread), low + high)";
        of_elements = of_elements.replace("= low + high", sum);
    }
    match width {
        4 => of_elements
            .replace("f32", "vec4<f32>")
            .replace("_element", "_vector")
            .replace("accumulated", "accumulated_vec4"),
        _ => of_elements,
    }
}

/// The file of an entry point. If results are added to what outputs have, threads that repeat
/// others must not add once more.
fn entry_point(key: &KernelKey, file: &'static str) -> Cow<'static, str> {
    if !key.accumulates() {
        return file.into();
    }
    let store = "store_results(i, results);";
    let of_own = format!("if (invocation < uniforms.count) {{ {store} }}");
    let adding = file.replace("element(", "accumulated_element(");
    adding.replace(store, &of_own).into()
}
