//! Writes the JavaScript of a WebAssembly file: `bindgen INPUT.wasm FOLDER [--no-names]`. It is
//! wasm-bindgen's own command-line program, without what is not needed here. `--no-names` leaves out the
//! names of functions, which are a tenth of a small file.

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [input, output] = [1, 2].map(|k| std::env::args().nth(k).expect("INPUT.wasm FOLDER"));
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).web(true)?.typescript(false);
    let is_bare = std::env::args().any(|argument| argument == "--no-names");
    bindgen.remove_name_section(is_bare).remove_producers_section(is_bare);
    bindgen.omit_default_module_path(false);
    bindgen.generate(output)?;
    Ok(())
}
