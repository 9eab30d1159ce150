//! The vectorizer alone: what it makes of a function, what it refuses, and that it can do all files
//! of `shaders/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::super::linker::{Library, tokens};
use super::super::parameters_are_constant;
use super::{LaneOrder, Untranslatable, keyword, vectorize};

/// Declarations that the functions of the tables may need.
const COMMON: &str = "
const LIMIT: f32 = 2.5;
const MASK: u32 = 0xffu;
const UNTYPED = 1.0;
struct Pair { hi: f32, lo: f32 }
struct Point { x: f32, other: f32 }
struct Index { at: f16 }
struct Nested { pair: Pair, count: u32 }
fn twice(x: f32) -> f32 { return x + x; }
fn by_hand(x: f32) -> f32 { return x; }
fn by_hand_vec4(x: vec4<f32>) -> vec4<f32> { return x; }
fn looping(x: f32) -> f32 { while (x > 0.0) { } return x; }
";

/// The vec4 version of the function `f` in a text.
fn translated(f: &str) -> Result<String, Untranslatable> {
    vectorize(
        &Library::new([f, COMMON]),
        "f_vec4(x)",
        LaneOrder::SideBySide,
    )
}

/// Each function, and the first declaration that is made of it: those that it needs come after.
const TRANSLATED: &[(&str, &str)] = &[
    (
        "fn f(x: f32, n: u32, is_it: bool) -> f32 { return select(-x, abs(x) * 2.0, is_it & (n > 1u)); }",
        "fn f_vec4(x: vec4<f32>, n: vec4<u32>, is_it: vec4<bool>) -> vec4<f32> { \
         return select(-x, abs(x) * vec4<f32>(2.0), is_it & (n > vec4<u32>(1u))); }",
    ),
    (
        "// A comment stays.\nfn f(x: f32) -> u32 {\n  let bits = bitcast<u32>(x) >> 0x1fu; // And 1.\n  return bits;\n}",
        "// A comment stays.\nfn f_vec4(x: vec4<f32>) -> vec4<u32> {\n  \
         let bits = bitcast<vec4<u32>>(x) >> vec4<u32>(0x1fu); // And 1.\n  return bits;\n}",
    ),
    (
        "fn f(x: f32) -> f32 { let y: f32 = LIMIT * x; return select(y, 1e-3, (bitcast<u32>(y) & MASK) == 0u); }",
        "fn f_vec4(x: vec4<f32>) -> vec4<f32> { let y: vec4<f32> = vec4<f32>(LIMIT) * x; \
         return select(y, vec4<f32>(1e-3), (bitcast<vec4<u32>>(y) & vec4<u32>(MASK)) == vec4<u32>(0u)); }",
    ),
    (
        "fn f(x: f32) -> bool { return true; }",
        "fn f_vec4(x: vec4<f32>) -> vec4<bool> { return vec4<bool>(true); }",
    ),
    // A local name may be that of a function.
    (
        "fn f(x: f32) -> Pair { let twice = twice(x); return Pair(twice, by_hand(x)); }",
        "fn f_vec4(x: vec4<f32>) -> Pair_vec4 { let twice = twice_vec4(x); return Pair_vec4(twice, by_hand_vec4(x)); }",
    ),
    (
        "fn f(x: f32, p: Pair) -> f32 {\n  var y = x;\n  if (y > LIMIT) { var z = p.hi; while (z > 0.0 && y < 1.0) { z = looping(z); } y = z; }\n  return y;\n}",
        "fn f_vec4(x: vec4<f32>, p: Pair_vec4) -> vec4<f32> {\n  var y = x;\n  \
         if (y.x > LIMIT) { var z = p.hi.x; while (z > 0.0 && y.x < 1.0) { z = looping(z); } y.x = z; }\n  \
         if (y.y > LIMIT) { var z = p.hi.y; while (z > 0.0 && y.y < 1.0) { z = looping(z); } y.y = z; }\n  \
         if (y.z > LIMIT) { var z = p.hi.z; while (z > 0.0 && y.z < 1.0) { z = looping(z); } y.z = z; }\n  \
         if (y.w > LIMIT) { var z = p.hi.w; while (z > 0.0 && y.w < 1.0) { z = looping(z); } y.w = z; }\n  return y;\n}",
    ),
    (
        "fn f(x: f32) -> bool { let order: i32 = bitcast<i32>(x); return order > 0i; }",
        "fn f_vec4(x: vec4<f32>) -> vec4<bool> { let order: vec4<i32> = bitcast<vec4<i32>>(x); \
         return order > vec4<i32>(0i); }",
    ),
    // A value that is the same in all lanes stays as it is.
    (
        "fn f(n: u32, divisor: vec4<u32>) -> f32 { _ = n; return f32(n >> divisor.y) * f32(uniforms.parameters[2]) + f32(uniforms.rate.x); }",
        "fn f_vec4(n: vec4<u32>, divisor: vec4<u32>) -> vec4<f32> { _ = n; \
         return vec4<f32>(n >> divisor.y) * vec4<f32>(uniforms.parameters[2]) + vec4<f32>(uniforms.rate.x); }",
    ),
];

/// Each function, the line and the construct that are named.
const REFUSED: &[(&str, usize, &str)] = &[
    (
        "fn f(x: f32) -> f32 {\n  var y = x;\n  if (x > 0.0) { y = 1.0; }\n  else { y = 2.0; }\n  return y;\n}",
        4,
        "`else`",
    ),
    (
        "fn f(x: f32) -> bool {\n  return x > 0.0 && x < 1.0;\n}",
        2,
        "`&&`",
    ),
    (
        "fn f(x: f32) -> bool {\n  return x > 0.0 || x < 1.0;\n}",
        2,
        "`||`",
    ),
    (
        "// Comment.\nfn f(x: f32) -> f32 {\n  while (x > 0.0) { }\n  return x;\n}",
        3,
        "`while` at the beginning of a statement",
    ),
    (
        "fn f(x: f32) -> f32 {\n  for (var i = 0u; i < 2u; i += 1u) { }\n  return x;\n}",
        2,
        "`for` at the beginning of a statement",
    ),
    (
        "fn f(x: f32) -> f32 {\n  loop { break; }\n  return x;\n}",
        2,
        "`loop` at the beginning of a statement",
    ),
    (
        "fn f(x: f32) -> f32 {\n  switch u32(x) { default: { } }\n  return x;\n}",
        2,
        "`switch` at the beginning of a statement",
    ),
    (
        "fn f(x: f32) -> f32 {\n  { let y = x; }\n  return x;\n}",
        2,
        "`{` at the beginning of a statement",
    ),
    (
        "fn f(x: f32) -> f32 {\n  twice(x);\n  return x;\n}",
        2,
        "`twice` at the beginning of a statement",
    ),
    (
        "fn f(x: f32) -> f32 {\n  var y = x;\n  y += 1.0;\n  return y;\n}",
        3,
        "`+` where `=` should be",
    ),
    (
        "fn f(x: f32) -> f32 {\n  var y = x;\n  y++;\n  return y;\n}",
        3,
        "`+` where `=` should be",
    ),
    (
        "fn f(x: f32) -> f32 {\n  if (x > 0.0) {\n    return x;\n  }\n  return 0.0;\n}",
        3,
        "`return` in a branch",
    ),
    (
        "fn f(x: f32) -> f32 {\n  if (x > 0.0) { discard; }\n  return 0.0;\n}",
        2,
        "`discard` in a branch",
    ),
    (
        "fn f(x: f32) -> f32 {\n  let y = x;\n  if (x > 0.0) { let y = 1.0; }\n  return y;\n}",
        3,
        "a second `y`",
    ),
    (
        "fn f(x: f16) -> f32 {\n  return 0.0;\n}",
        1,
        "the type `f16`",
    ),
    (
        "fn f(x: f32) -> array<f32, 2> {\n  return g(x);\n}",
        1,
        "the type `array`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  let y: f16 = 1.0h;\n  return x;\n}",
        2,
        "the type `f16`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  var y: f32;\n  return x;\n}",
        2,
        "`;` where `=` should be",
    ),
    (
        "fn f(x: f32) -> f32 {\n  return x * f32(f16(x));\n}",
        2,
        "a call of `f16`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  return x * 2;\n}",
        2,
        "the number `2`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  return dot(x, x);\n}",
        2,
        "a call of `dot`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  return x * GLOBAL;\n}",
        2,
        "`GLOBAL`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  return x * UNTYPED;\n}",
        2,
        "the constant `UNTYPED`, whose type is not said,",
    ),
    (
        "fn f(LIMIT: f32) -> f32 {\n  return LIMIT;\n}",
        1,
        "`LIMIT`, which is a constant's name, too,",
    ),
    (
        "fn f(x: f32) -> f32 {\n  return *(&x);\n}",
        2,
        "the pointer operator `*`",
    ),
    (
        "fn f(x: f32) -> f32 {\n  let y = x;\n  return y[0];\n}",
        3,
        "`[` in an expression",
    ),
    (
        "fn f(n: u32, divisor: vec4<u32>) -> u32 {\n  let products = n * divisor;\n  return n + products.x;\n}",
        2,
        "`divisor`, which is the same in all lanes,",
    ),
    (
        "fn f(n: u32) -> u32 {\n  return n + (uniforms.first);\n}",
        2,
        "`uniforms`, which is the same in all lanes,",
    ),
    // In what the function needs.
    (
        "fn f(x: f32) -> f32 { return looping(x); }",
        1,
        "`while` at the beginning of a statement",
    ),
    (
        "fn f(x: Point) -> f32 { return x.other; }",
        1,
        "a field `x`",
    ),
    ("fn f(x: Index) -> f32 { return 0.0; }", 1, "the type `f16`"),
];

#[test]
fn functions_are_translated() {
    for (function, expected) in TRANSLATED {
        let text = translated(function).unwrap_or_else(|error| panic!("{error}: {function}"));
        assert!(text.starts_with(expected), "{text}");
        assert!(!text.contains("fn by_hand_vec4("), "a second one: {text}");
    }
}

/// Each function, and what computes its lanes one by one.
const ONE_BY_ONE: &[(&str, &str)] = &[
    (
        "fn f(x: f32, n: u32, divisor: vec4<u32>) -> bool { while (x > 0.0) { return n > divisor.x; } return false; }",
        "fn f_vec4(x: vec4<f32>, n: vec4<u32>, divisor: vec4<u32>) -> vec4<bool> {
  let lane_x = f(x.x, n.x, divisor);
  let lane_y = f(x.y, n.y, divisor);
  let lane_z = f(x.z, n.z, divisor);
  let lane_w = f(x.w, n.w, divisor);
  return vec4<bool>(lane_x, lane_y, lane_z, lane_w);
}",
    ),
    (
        "fn f(of: Nested) -> Pair { return of.pair; }",
        "fn f_vec4(of: Nested_vec4) -> Pair_vec4 {
  let lane_x = f(Nested(Pair(of.pair.hi.x, of.pair.lo.x), of.count.x));
  let lane_y = f(Nested(Pair(of.pair.hi.y, of.pair.lo.y), of.count.y));
  let lane_z = f(Nested(Pair(of.pair.hi.z, of.pair.lo.z), of.count.z));
  let lane_w = f(Nested(Pair(of.pair.hi.w, of.pair.lo.w), of.count.w));
  return Pair_vec4(vec4<f32>(lane_x.hi, lane_y.hi, lane_z.hi, lane_w.hi), \
         vec4<f32>(lane_x.lo, lane_y.lo, lane_z.lo, lane_w.lo));
}",
    ),
];

#[test]
fn lanes_are_called_one_by_one() {
    for (function, expected) in ONE_BY_ONE {
        let library = Library::new([function, COMMON]);
        let text = vectorize(&library, "f_vec4(x)", LaneOrder::OneByOne).expect(function);
        assert!(text.starts_with(expected), "{text}");
        let names: BTreeSet<_> = Library::new([&*text]).names().map(str::to_owned).collect();
        let of_structs = ["Nested", "Pair"].map(|name| format!("{name}_vec4"));
        let has_structs = function.contains("Nested");
        let needed = of_structs.into_iter().filter(|_| has_structs);
        assert_eq!(names, needed.chain(["f_vec4".to_owned()]).collect());
    }
    let library = Library::new(["fn f(x: f16) -> f32 { return 0.0; }"]);
    let error = vectorize(&library, "f_vec4(x)", LaneOrder::OneByOne).expect_err("a type");
    assert_eq!(
        error.to_string(),
        "`f`, line 1: the type `f16` cannot be vectorized"
    );
}

#[test]
fn what_is_needed_comes_along_once() {
    let text = translated(
        "fn f(x: f32) -> f32 { let p = Pair(twice(x), twice(LIMIT)); return p.hi + twice(p.lo); }",
    );
    let text = text.expect("a translation");
    let library = Library::new([&*text]);
    let names: BTreeSet<_> = library.names().collect();
    assert_eq!(names, ["Pair_vec4", "f_vec4", "twice_vec4"].into());
    assert_eq!(tokens(&text).filter(|(_, token)| *token == "fn").count(), 2);
}

#[test]
fn the_rest_is_refused() {
    for &(function, line, construct) in REFUSED {
        let error = translated(function).expect_err(function);
        assert_eq!(
            (error.line, &*error.construct),
            (line, construct),
            "{function}"
        );
    }
}

/// Every function of `shaders/activations` and `shaders/math*` that kernels may call for four
/// lanes: those that no other function calls, and all that these need.
#[test]
fn all_shaders_are_translated() {
    let shaders = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let in_folder = |name: &str| fs::read_dir(shaders.join(name)).expect("a folder");
    let in_folders = ["activations", "math"].into_iter().flat_map(in_folder);
    let paths = in_folders.map(|entry| entry.expect("a file").path());
    let paths = paths.chain([
        shaders.join("math.wgsl"),
        shaders.join("kernels/glu_gradients.wgsl"),
    ]);
    let files: Vec<_> = paths
        .map(|path| (fs::read_to_string(&path).expect("a text"), path))
        .collect();
    let texts = files.iter().map(|(text, _)| text.as_str());
    let library = Library::new(texts.chain([parameters_are_constant(true)]));

    let is_function = |name: &str| library.get(name).is_some_and(|text| keyword(text) == "fn");
    // A name is called wherever else it stands before a parenthesis.
    let called: BTreeSet<_> = files.iter().flat_map(|(text, _)| calls(text)).collect();
    let refused: Vec<_> = library
        .names()
        .filter(|name| is_function(name) && !called.contains(name) && !is_left_out(name))
        .filter_map(|name| {
            vectorize(&library, &format!("{name}_vec4(x)"), LaneOrder::SideBySide).err()
        })
        .map(|error| {
            let declaration = library.get(&error.declaration).expect("a declaration");
            let place = files.iter().find_map(|(text, path)| {
                let start = text.find(declaration)?;
                Some((path, text[..start].matches('\n').count() + error.line))
            });
            let (path, line) = place.expect("a file");
            format!("{}:{line}: {error}", path.display())
        })
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// True for a function that calls one of the adapter (src/wgsl/elementwise.rs), and for one that is
/// written by hand for four lanes.
fn is_left_out(name: &str) -> bool {
    matches!(name, "glu_gradients" | "select_bits_vec4")
}

/// The names that stand before a parenthesis, but for declarations.
fn calls(text: &str) -> Vec<&str> {
    let tokens: Vec<_> = tokens(text).map(|(_, token)| token).collect();
    let is_call = |words: &[&str]| words[0] != "fn" && words[2] == "(";
    tokens
        .windows(3)
        .filter(|words| is_call(words))
        .map(|words| words[1])
        .collect()
}
