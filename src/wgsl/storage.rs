//! How a kernel's tensors are stored: the text of their bindings, and of the functions that read and write them.

use crate::Dtype;

/// The bindings of a kernel, all in group 0.
pub(crate) const CALL: u32 = 0;
pub(crate) const X: u32 = 1;
pub(crate) const GRAD_OUTPUT: u32 = 2;
pub(crate) const OUTPUT: u32 = 3;
pub(crate) const TANGENT: u32 = 4;
pub(crate) const GATE: u32 = 5;
pub(crate) const GRAD_GATE: u32 = 6;
/// The first of the learned parameters, which follow each other.
pub(crate) const LEARNED: u32 = 7;
/// As in `shaders/kernels/views.wgsl`.
pub(crate) const VIEWS: u32 = 11;
/// Of all tensors that have no binding of their own.
pub(crate) const GATHERED: u32 = 12;

/// How one tensor is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Storage {
    pub(crate) dtype: Dtype,
    pub(crate) is_strided: bool,
    /// Whether it lies in the binding of all that have none of their own, as f32.
    pub(crate) is_gathered: bool,
}

/// Of every tensor, by its binding.
pub(crate) type Storages = [Storage; VIEWS as usize];

const VIEWS_TEXT: &str = include_str!("../../shaders/kernels/views.wgsl");

/// A tensor that a kernel reads: the name of its functions, its binding, and the field of `Call` that says where it begins.
#[derive(Clone, Copy)]
pub(super) struct Read {
    pub(super) name: &'static str,
    pub(super) binding: u32,
    pub(super) field: &'static str,
}

const fn read(name: &'static str, binding: u32, field: &'static str) -> Read {
    Read {
        name,
        binding,
        field,
    }
}

pub(super) const READ_X: Read = read("x", X, "x");
pub(super) const READ_VALUE: Read = read("value", X, "x");
pub(super) const READ_GATE: Read = read("gate", GATE, "gate");
pub(super) const READ_GRAD_OUTPUT: Read = read("grad_output", GRAD_OUTPUT, "grad_output");
pub(super) const READ_TANGENT: Read = read("tangent", TANGENT, "tangent");

/// The functions that pack and unpack what is not f32.
pub(super) fn conversions(dtypes: impl Iterator<Item = Dtype> + Clone) -> String {
    let used = |dtype| dtypes.clone().any(|used| used == dtype);
    let f16 = if used(Dtype::F16) {
        include_str!("../../shaders/storage/f16.wgsl")
    } else {
        ""
    };
    let bf16 = if used(Dtype::Bf16) {
        include_str!("../../shaders/storage/bf16.wgsl")
    } else {
        ""
    };
    [f16, bf16].concat()
}

/// The functions that read a tensor: `NAME_element(i)` and, of one that is contiguous, `NAME_vector(i)`, four elements.
pub(super) fn reads(read: Read, storages: &Storages, in_place: bool) -> String {
    let Read {
        name,
        binding,
        field,
    } = read;
    // In place, what is read is what is written.
    let (variable, field, binding) = if in_place {
        ("output", "output", OUTPUT)
    } else {
        (name, field, binding)
    };
    let Storage {
        dtype,
        is_strided,
        is_gathered,
    } = storages[binding as usize];
    if is_gathered {
        return format!(
            "fn {name}_element(i: u32) -> f32 {{
  return gathered_elements[call.{field} + i];
}}
fn {name}_vector(i: u32) -> vec4<f32> {{
  return vec4<f32>({name}_element(4u * i), {name}_element(4u * i + 1u), {name}_element(4u * i + 2u), {name}_element(4u * i + 3u));
}}
"
        );
    }
    let bindings = if in_place {
        String::new()
    } else {
        bindings(variable, binding, types(dtype), "read")
    };
    // The order of `Views::strides`.
    let component = match read.binding {
        X => "x",
        GRAD_OUTPUT => "y",
        TANGENT => "z",
        _ => "w",
    };
    let offset = if is_strided {
        format!("offsets(i).{component}")
    } else {
        "i".to_owned()
    };
    let [element, vector] = [
        format!("call.{field} + {offset}"),
        format!("call.{field} + i"),
    ];
    bindings + &reading(name, variable, dtype, &element, &vector)
}

/// The function `inputs_at(i)`, the i-th vector of each.
pub(super) fn inputs(reads: &[Read]) -> String {
    let list = |of: fn(&Read) -> String| reads.iter().map(of).collect::<Vec<_>>().join(", ");
    let members = list(|read| format!("{}: vec4<f32>", read.name));
    let vectors = list(|read| format!("{}_vector(i)", read.name));
    format!(
        "struct Inputs {{ {members} }}\nfn inputs_at(i: u32) -> Inputs {{ return Inputs({vectors}); }}\n"
    )
}

/// The same of a tensor that functions along an axis read, where `NAME_vector(i)` begins with the i-th element.
pub(super) fn reads_of_rows(name: &str, binding: u32, field: &str, dtype: Dtype) -> String {
    let [element, vector] = [
        format!("call.{field} + i"),
        format!("(call.{field} + i) / 4u"),
    ];
    bindings(name, binding, types(dtype), "read") + &reading(name, name, dtype, &element, &vector)
}

/// The two functions that read a variable, where elements and vectors are.
fn reading(name: &str, variable: &str, dtype: Dtype, of_element: &str, of_vector: &str) -> String {
    let element = element(dtype, &format!("{variable}_elements"), "at");
    let vector = match dtype {
        Dtype::F32 => format!("return {variable}_vectors[{of_vector}];"),
        half => format!(
            "let words = {variable}_vectors[{of_vector}];
  return vec4<f32>(from_{half}(words.x), from_{half}(words.x >> 16u), from_{half}(words.y), from_{half}(words.y >> 16u));"
        ),
    };
    format!(
        "fn {name}_element(i: u32) -> f32 {{
  let at = {of_element};
  return {element};
}}
fn {name}_vector(i: u32) -> vec4<f32> {{
  {vector}
}}
"
    )
}

/// The functions that write a tensor: `NAME_vector_to(place, value)`, and of 16-bit elements `NAME_bits(value)`.
pub(super) fn writes(name: &str, binding: u32, storages: &Storages) -> String {
    let Storage { dtype, .. } = storages[binding as usize];
    bindings(name, binding, types(dtype), "read_write") + &writing(name, dtype)
}

/// The same of the output of functions along an axis. Words of two 16-bit elements are atomic: they may be those of two rows.
pub(super) fn writes_of_rows(binding: u32, dtype: Dtype) -> String {
    let [vector, element] = types(dtype);
    let element = if dtype == Dtype::F32 {
        element
    } else {
        "atomic<u32>"
    };
    bindings("output", binding, [vector, element], "read_write") + &writing("output", dtype)
}

fn writing(name: &str, dtype: Dtype) -> String {
    let (bits, value) = match dtype {
        Dtype::F32 => (String::new(), "value".to_owned()),
        half => (
            format!("fn {name}_bits(value: f32) -> u32 {{ return to_{half}(value); }}\n"),
            format!("vec2<u32>(two_to_{half}(value.x, value.y), two_to_{half}(value.z, value.w))"),
        ),
    };
    format!(
        "{bits}fn {name}_vector_to(place: u32, value: vec4<f32>) {{
  {name}_vectors[place] = {value};
}}
"
    )
}

/// A learned parameter: the text of its binding, and of the functions `learned_NAME(channel)`, of one channel and of four.
pub(super) fn learned(name: &str, position: usize, storages: &Storages) -> [String; 2] {
    let binding = LEARNED + position as u32;
    let Storage {
        dtype, is_gathered, ..
    } = storages[binding as usize];
    let variable = if is_gathered {
        "gathered_elements".to_owned()
    } else {
        format!("learned_{name}_elements")
    };
    let [_, ty] = types(dtype);
    let element = element(dtype, &variable, "at");
    [
        if is_gathered { String::new() } else { format!("@group(0) @binding({binding}) var<storage, read> {variable}: array<{ty}>;\n") },
        format!(
            "fn learned_{name}(channel: u32) -> f32 {{
  let at = call.learned[{position}] + channel * call.learned_step[{position}];
  return {element};
}}
fn learned_{name}_vec4(channel: vec4<u32>) -> vec4<f32> {{
  return vec4<f32>(learned_{name}(channel.x), learned_{name}(channel.y), learned_{name}(channel.z), learned_{name}(channel.w));
}}
"
        ),
    ]
}

/// What holds all tensors that have no binding of their own.
pub(super) fn gathered(storages: &Storages) -> String {
    let is_used = storages.iter().any(|storage| storage.is_gathered);
    let text = format!(
        "@group(0) @binding({GATHERED}) var<storage, read> gathered_elements: array<f32>;\n"
    );
    if is_used { text } else { String::new() }
}

/// What tells a kernel where the elements of strided tensors lie.
pub(super) fn views(storages: &Storages) -> &'static str {
    if storages.iter().any(|storage| storage.is_strided) {
        VIEWS_TEXT
    } else {
        ""
    }
}

/// What holds four elements, and what holds one. Two 16-bit elements are a word.
fn types(dtype: Dtype) -> [&'static str; 2] {
    if dtype == Dtype::F32 {
        ["vec4<f32>", "f32"]
    } else {
        ["vec2<u32>", "u32"]
    }
}

/// A tensor as an array of vectors and as one of elements, of which a kernel uses one.
fn bindings(name: &str, binding: u32, [vector, element]: [&str; 2], access: &str) -> String {
    format!(
        "@group(0) @binding({binding}) var<storage, {access}> {name}_vectors: array<{vector}>;
@group(0) @binding({binding}) var<storage, {access}> {name}_elements: array<{element}>;
"
    )
}

/// An element of an array.
fn element(dtype: Dtype, array: &str, at: &str) -> String {
    match dtype {
        Dtype::F32 => format!("{array}[{at}]"),
        half => format!("from_{half}({array}[{at} / 2u] >> (16u * ({at} % 2u)))"),
    }
}
