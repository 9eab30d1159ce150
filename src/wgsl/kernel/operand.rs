//! The operands of a kernel: the WGSL of their bindings, and of the functions that read and write
//! them.
//!
//! Kernels know an operand by its name. Of an operand `x` there are, where they make sense and a
//! kernel needs them: `x_element(i)`, `x_vector(i)` (the i-th four elements), `x_four(i)` (four
//! elements from the i-th on), `x_element_vec4(i)` (four elements of a learned parameter),
//! `x_offset()` (the place of its first element in the binding), the arrays `x_elements` and
//! `x_vectors`, and for outputs `x_bits(value)` and `store_x_vector(at, value)`.

use super::key::Op;
use crate::Dtype;

/// The binding of the uniforms, as in `shaders/kernels/uniforms.wgsl`. All bindings are in group 0;
/// operand k has binding k + 1.
pub(crate) const UNIFORMS: u32 = 0;

/// No kernel has more operands. The uniforms have room for the offsets of so many.
pub(crate) const MOST_OPERANDS: usize = 12;

/// The binding of the strides, as in `shaders/kernels/strides.wgsl`.
pub(crate) const STRIDES: u32 = MOST_OPERANDS as u32 + 1;

/// The operand that has the searches for the thresholds of rows in spans.
pub(crate) const SEARCHED_ROWS: &str = "searched_rows";

/// The binding that all packed operands share.
pub(crate) const PACKED: u32 = STRIDES + 1;

/// The places of the elements of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Layout {
    /// Elements follow each other.
    Contiguous,
    /// Neighbours along each dimension are a stride apart: 0 repeats an element.
    Strided,
    /// Each element is repeated, and then all of them again and again: one element for each
    /// channel, or one for all.
    Repeated,
    /// The operand is the output, read before it is written. It has no binding of its own.
    InPlace,
    /// Some words for each row, or for each block of a row.
    RowStats,
    /// Whole numbers of 32 bits that follow each other. No kernel reads them as floats, since drivers
    /// may flush these or take them for NaN.
    Words,
}

/// What the four lanes of a vector have of an operand that repeats elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Lanes {
    /// Any elements.
    #[default]
    Any,
    /// Elements that follow each other, so that one load takes all.
    Neighbours,
    /// The same element.
    Same,
}

/// The use that a kernel makes of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    Read,
    Write,
    /// Two threads may write the same word of two 16-bit elements.
    WriteAtomic,
}

/// An operand as a kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    pub(crate) name: &'static str,
    pub(crate) dtype: Dtype,
    pub(crate) layout: Layout,
    pub(crate) access: Access,
    /// True if it lies in the binding of packed operands, as f32, because the device has too few
    /// bindings.
    pub(crate) is_packed: bool,
    /// True if its binding is writable, although it is only read: WebGPU takes a buffer that a
    /// dispatch writes in no other way.
    pub(crate) is_writable: bool,
    /// True if results are added to what the output has, as in `shaders/kernels/accumulated.wgsl`.
    pub(crate) accumulates: bool,
    pub(crate) lanes: Lanes,
}

impl Slot {
    pub(crate) fn new(name: &'static str, dtype: Dtype, layout: Layout, access: Access) -> Self {
        Self {
            name,
            dtype,
            layout,
            access,
            is_packed: false,
            is_writable: access != Access::Read,
            accumulates: false,
            lanes: Lanes::Any,
        }
    }

    /// True if the operand has a binding of its own.
    pub(crate) fn is_bound(&self) -> bool {
        !self.is_packed && self.layout != Layout::InPlace
    }

    /// The statement that stores the i-th element of an f32 output.
    pub(super) fn store(&self, i: &str, value: &str) -> String {
        let name = self.name;
        let value = match self.accumulates {
            true => format!("accumulated({name}_element({i}), {value})"),
            false => value.to_owned(),
        };
        format!("{name}_elements[{name}_offset() + {i}] = {value};")
    }

    /// The declarations of operand k.
    fn declarations(&self, k: usize) -> String {
        let Self {
            name,
            dtype,
            layout,
            ..
        } = *self;
        let dtype = if self.is_packed { Dtype::F32 } else { dtype };
        let [elements, offset] = match layout {
            Layout::InPlace => ["output_elements", "output_offset()"].map(str::to_owned),
            _ if self.is_packed => ["packed_values".to_owned(), format!("{name}_offset()")],
            _ => [format!("{name}_elements"), format!("{name}_offset()")],
        };
        let (group, component) = (k / 4, ["x", "y", "z", "w"][k % 4]);
        let mut text = self.bindings(k);
        text += &format!(
            "fn {name}_offset() -> u32 {{ return uniforms.offsets[{group}].{component}; }}\n"
        );
        // A kernel reads an output as it writes it.
        let is_atomic = self.access == Access::WriteAtomic;
        let element = match self.is_packed {
            true => format!("bitcast<f32>({elements}[at])"),
            false => element(dtype, &elements, "at", is_atomic),
        };
        let place = match layout {
            Layout::RowStats => return text,
            Layout::Words => {
                return text
                    + &format!(
                        "fn {name}_word(i: u32) -> u32 {{ return {elements}[{offset} + i]; }}\n"
                    );
            }
            Layout::Repeated if self.lanes == Lanes::Neighbours => "place_in_row(i)".to_owned(),
            Layout::Repeated => {
                format!("repeated_place(i) * ((uniforms.repeated >> {k}u) & 1u)")
            }
            Layout::Strided => format!("strided_offset(i, {k}u)"),
            Layout::Contiguous | Layout::InPlace => "i".to_owned(),
        };
        text += &format!(
            "fn {name}_element(i: u32) -> f32 {{
  let at = {offset} + {place};
  return {element};
}}
"
        );
        let vectors = elements.replace("_elements", "_vectors");
        let elements = ["x", "y", "z", "w"].map(|lane| format!("{name}_element(i.{lane})"));
        let four = match (layout, self.lanes) {
            (Layout::Contiguous, _) => format!("{name}_vector(i.x / 4u)"),
            (_, Lanes::Same) => format!("vec4<f32>({name}_element(i.x))"),
            (_, Lanes::Neighbours) if !self.is_packed => {
                let at = format!("({offset} + {}) / 4u", place.replace("(i)", "(i.x)"));
                vector(dtype, &format!("{vectors}[{at}]"))
            }
            _ => format!("vec4<f32>({})", elements.join(", ")),
        };
        text +=
            &format!("fn {name}_element_vec4(i: vec4<u32>) -> vec4<f32> {{ return {four}; }}\n");
        for (function, at, first) in [
            ("vector", format!("{offset} + i"), "4u * i"),
            ("four", format!("({offset} + i) / 4u"), "i"),
        ] {
            let value = if self.is_packed {
                let element = |k| format!("{name}_element({first} + {k}u)");
                format!("vec4<f32>({})", [0, 1, 2, 3].map(element).join(", "))
            } else {
                vector(dtype, &format!("{vectors}[{at}]"))
            };
            text += &format!("fn {name}_{function}(i: u32) -> vec4<f32> {{ return {value}; }}\n");
        }
        if self.access != Access::Read && layout != Layout::InPlace {
            text += &self.stores();
        }
        text
    }

    /// The binding as an array of elements and as one of vectors; a kernel uses one of them. Two
    /// 16-bit elements are a word.
    fn bindings(&self, k: usize) -> String {
        if !self.is_bound() {
            return String::new();
        }
        let Self {
            name,
            dtype,
            access,
            ..
        } = self;
        let mode = if self.is_writable {
            "read_write"
        } else {
            "read"
        };
        let declare = |name: &str, ty: &str| {
            format!(
                "@group(0) @binding({}) var<storage, {mode}> {name}: array<{ty}>;\n",
                k + 1
            )
        };
        match self.layout {
            Layout::RowStats if *name == SEARCHED_ROWS => return declare(name, "SearchedRow"),
            Layout::RowStats => return declare(name, "Stats"),
            Layout::Words => return declare(&format!("{name}_elements"), "u32"),
            _ => {}
        }
        let (element, vector) = match (dtype, access) {
            (Dtype::F32, _) => ("f32", "vec4<f32>"),
            (_, Access::WriteAtomic) => ("atomic<u32>", "vec2<u32>"),
            _ => ("u32", "vec2<u32>"),
        };
        declare(&format!("{name}_elements"), element) + &declare(&format!("{name}_vectors"), vector)
    }

    /// The functions that store a vector and, of 16-bit elements, give an element's bits.
    fn stores(&self) -> String {
        let Self { name, dtype, .. } = *self;
        let value = match self.accumulates {
            true => {
                let before = vector(dtype, &format!("{name}_vectors[at]"));
                format!("accumulated_vec4({before}, value)")
            }
            false => "value".to_owned(),
        };
        let (bits, value) = match dtype {
            Dtype::F32 => (String::new(), value),
            half => (
                format!("fn {name}_bits(value: f32) -> u32 {{ return to_{half}(value); }}\n"),
                format!("pack_{half}({value})"),
            ),
        };
        format!(
            "{bits}fn store_{name}_vector(at: u32, value: vec4<f32>) {{ {name}_vectors[at] = {value}; }}\n"
        )
    }
}

/// The declarations of all operands of a kernel. Learned parameters follow the op's tensors.
pub(super) fn declarations(op: Op, slots: &[Slot]) -> String {
    let each: String = slots
        .iter()
        .enumerate()
        .map(|(k, slot)| slot.declarations(k))
        .collect();
    let packed =
        format!("@group(0) @binding({PACKED}) var<storage, read> packed_values: array<u32>;\n");
    each + &packed + &inputs(op, slots)
}

/// The function `inputs_at(i)`: the i-th vector of each input of an op.
fn inputs(op: Op, slots: &[Slot]) -> String {
    let is_tensor = |slot: &Slot| op.tensors().iter().any(|(name, _)| *name == slot.name);
    let inputs = slots.iter().filter(|slot| {
        slot.access == Access::Read
            && matches!(slot.layout, Layout::Contiguous | Layout::InPlace)
            && is_tensor(slot)
    });
    let list = |of: fn(&Slot) -> String| inputs.clone().map(of).collect::<Vec<_>>().join(", ");
    let members = list(|slot| format!("{}: vec4<f32>", slot.name));
    let vectors = list(|slot| format!("{}_vector(i)", slot.name));
    format!(
        "struct Inputs {{ {members} }}\nfn inputs_at(i: u32) -> Inputs {{ return Inputs({vectors}); }}\n"
    )
}

/// The element of an array that has this index.
fn element(dtype: Dtype, array: &str, at: &str, is_atomic: bool) -> String {
    let word = match is_atomic {
        true => format!("atomicLoad(&{array}[{at} / 2u])"),
        false => format!("{array}[{at} / 2u]"),
    };
    match dtype {
        Dtype::F32 => format!("{array}[{at}]"),
        half => format!("from_{half}({word} >> (16u * ({at} % 2u)))"),
    }
}

/// Four elements, from what an array of vectors holds.
fn vector(dtype: Dtype, held: &str) -> String {
    match dtype {
        Dtype::F32 => held.to_owned(),
        half => format!("unpack_{half}({held})"),
    }
}
