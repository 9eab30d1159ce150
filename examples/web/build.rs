//! Writes the families of activations: each is a file of the crate's references.

use std::path::Path;
use std::{env, fs};

/// The files, and what the functions in each have in common.
const FAMILIES: [[&str; 2]; 9] = [
    ["rectified", "a kink at 0"],
    ["piecewise", "pieces of polynomials"],
    ["exponential", "an exponential below 0"],
    ["sigmoidal", "the logistic function and its relatives"],
    ["gated", "x times a step"],
    ["bounded", "between two limits"],
    ["algebraic", "roots"],
    ["periodic", "waves"],
    ["elementary", "what mathematics has a name for"],
];

fn main() {
    let folder = Path::new("../../src/reference");
    println!("cargo::rerun-if-changed={}", folder.display());
    let families = FAMILIES.map(|[name, title]| {
        let file = folder.join(name).with_extension("rs");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        let functions = text.lines().filter_map(|line| {
            let (function, _) = line.strip_prefix("pub fn ")?.split_once('(')?;
            (!function.contains("_derivative")).then_some(function)
        });
        format!(
            "({name:?}, {title:?}, &{:?})",
            functions.collect::<Vec<_>>()
        )
    });
    let text = format!("&[{}]", families.join(",\n"));
    let output = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&output).join("families.rs"), text).expect("OUT_DIR can be written");
}
