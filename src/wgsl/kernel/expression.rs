//! The text of kernels of expressions: a function of one element that computes all results, and
//! what kernels call around it.

use super::super::emitter::{Emitter, activations, wgsl_functions};
use super::super::linker::Library;
use super::super::vectorize::{Untranslatable, vectorize};
use super::super::{MATH, parameters_are_constant, shader, wgsl_function};
use super::key::{KernelKey, Mapping};
use super::operand::{Access, Layout, Slot};
use super::{REPEAT, entry_point};
use crate::WgslFunction;
use crate::expression::program::Program;

/// The texts that give the kernel's entry point and what the program computes, in the order in
/// which they override each other.
pub(super) fn texts(
    key: &KernelKey,
    program: &Program,
    operands: &str,
) -> Result<Vec<String>, Untranslatable> {
    let mapping = match key.mapping {
        Mapping::Elements if key.entry_point() == "packed16" => shader!("kernels/packed16"),
        Mapping::Elements => shader!("kernels/elements"),
        Mapping::Sums { .. } => shader!("kernels/sums"),
        _ => shader!("kernels/vectors_results"),
    };
    let mapping = &*entry_point(key, mapping);
    let adapter = Adapter { key, program }.text();
    let functions = wgsl_functions([program]);
    let mut texts = vec![adapter, results(program, &functions)];
    texts.push(wgsl_function::texts(&functions));
    texts.extend(activations(program).map(|info| info.shader.to_owned()));
    texts.extend(
        [
            operands,
            shader!("kernels/expression"),
            shader!("kernels/philox"),
        ]
        .map(str::to_owned),
    );
    let constant = parameters_are_constant(program.has_defaults());
    let given = texts.iter().map(String::as_str);
    let uniforms = shader!("kernels/uniforms");
    let library = Library::new(given.chain([uniforms, REPEAT, MATH, constant]));
    let vectorised = vectorize(
        &library,
        &[&texts[0], mapping].concat(),
        key.driver.lane_order,
    )?;
    texts.extend([mapping.to_owned(), vectorised]);
    Ok(texts)
}

/// The function `results`, which computes all results of an element: its arguments are the
/// operands, `a0` and so on, and then a random word for each dropout, `w0` and so on.
fn results(program: &Program, functions: &[&WgslFunction]) -> String {
    let names: Vec<_> = arguments(program).collect();
    let arguments = names.iter().map(|(name, ty)| format!("{name}: {ty}"));
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    let fields = (0..program.roots().len()).map(|k| format!("r{k}: f32"));
    let fields = fields.collect::<Vec<_>>().join(", ");
    let operands = names.iter().map(|(name, _)| name.as_str()).collect();
    let emitter = Emitter {
        nodes: program.nodes(),
        operands,
        functions,
        has_defaults: program.has_defaults(),
        zero: "",
    };
    let (steps, roots) = emitter.steps(program.roots());
    let roots = roots.join(", ");
    format!(
        "struct Results {{ {fields} }}

fn results({arguments}) -> Results {{
{steps}  return Results({roots});
}}
"
    )
}

/// The arguments of `results` with their types.
fn arguments(program: &Program) -> impl Iterator<Item = (String, &'static str)> {
    let operands = (0..program.operands().len()).map(|k| (format!("a{k}"), "f32"));
    let words = program.dropouts().iter();
    operands.chain(words.map(|id| (format!("w{id}"), "u32")))
}

/// What kernels call around `results`.
struct Adapter<'a> {
    key: &'a KernelKey,
    program: &'a Program,
}

impl Adapter<'_> {
    fn text(&self) -> String {
        match self.key.mapping {
            Mapping::Elements => self.element(),
            Mapping::Sums { width, .. } => self.inputs(width) + &self.sums(width),
            _ => self.inputs(4) + &self.stores(4),
        }
    }

    fn inputs_slots(&self) -> impl Iterator<Item = &Slot> {
        let slots = self.key.operands.iter();
        slots.filter(|slot| slot.access == Access::Read)
    }

    /// The arguments of `results`: tensors, run-time scalars, which are the operands without a
    /// slot, and random words.
    fn arguments(
        &self,
        tensor: impl Fn(&str) -> String,
        scalar: impl Fn(String) -> String,
        words: impl Fn(u64) -> String,
    ) -> String {
        let mut scalars = 0..;
        let operands = (0..self.program.operands().len()).map(|k| {
            let name = INPUTS[k];
            if self.key.has_operand(name) {
                return tensor(name);
            }
            let position = scalars.next().unwrap_or_default();
            scalar(format!(
                "uniforms.scalars[{}][{}]",
                position / 4,
                position % 4
            ))
        });
        let operands: Vec<_> = operands.collect();
        let words = self.program.dropouts().iter().map(|&id| words(id));
        operands
            .into_iter()
            .chain(words)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The function `element(i)`, which kernels by elements call.
    fn element(&self) -> String {
        let arguments = self.arguments(
            |name| format!("{name}_element(i)"),
            |scalar| format!("f32({scalar})"),
            |dropout| format!("random_words(at / 4u, {}u)[at % 4u]", purpose(dropout)),
        );
        format!(
            "fn element(i: u32) -> f32 {{
  let at = uniforms.phase + i;
  return results({arguments}).r0;
}}
"
        )
    }

    /// The struct `Inputs` of a vector of each tensor, or of an element, and what loads it and
    /// computes results of it.
    fn inputs(&self, width: u32) -> String {
        let (ty, results, suffix) = match width {
            4 => ("vec4<f32>", "Results_vec4", "_vec4"),
            _ => ("f32", "Results", ""),
        };
        let list = |of: &dyn Fn(&Slot) -> String| self.inputs_slots().map(of).collect::<String>();
        let load = |slot: &Slot| match (width, slot.layout) {
            (4, Layout::Contiguous | Layout::InPlace) => format!(", {}_vector(i)", slot.name),
            (4, _) => format!(", {}_element_vec4(vector_elements(i))", slot.name),
            _ => format!(", {}_element(i)", slot.name),
        };
        let is_shared = |slot: &Slot| {
            matches!(
                self.key.mapping,
                Mapping::Sums {
                    shares_repeated: true,
                    ..
                }
            ) && slot.layout == Layout::Repeated
        };
        let members = list(&|slot| format!(", {}: {ty}", slot.name));
        let all = list(&load);
        let shared = list(&|slot| match is_shared(slot) {
            true => load(slot),
            false => format!(", {ty}()"),
        });
        let beside = list(&|slot| match is_shared(slot) {
            true => format!(", shared_inputs.{}", slot.name),
            false => load(slot),
        });
        let arguments = self.arguments(
            |name| format!("inputs.{name}"),
            |scalar| format!("{ty}({scalar})"),
            |dropout| match width {
                4 => format!("random_words(i, {}u)", purpose(dropout)),
                _ => format!(
                    "random_words((uniforms.phase + i) / 4u, {}u)[(uniforms.phase + i) % 4u]",
                    purpose(dropout)
                ),
            },
        );
        format!(
            "struct Inputs {{ at: u32{members} }}

fn inputs_at(i: u32) -> Inputs {{ return Inputs(i{all}); }}
fn shared_inputs_at(i: u32) -> Inputs {{ return Inputs(i{shared}); }}
fn inputs_beside(i: u32, shared_inputs: Inputs) -> Inputs {{ return Inputs(i{beside}); }}

fn results_at(i: u32, inputs: Inputs) -> {results} {{
  return results{suffix}({arguments});
}}
"
        )
    }

    /// The function `store_results(i, results)`. Results that are summed come behind those that are
    /// stored.
    fn stores(&self, width: u32) -> String {
        let outputs = self.key.operands.iter();
        let outputs = outputs.filter(|slot| slot.access != Access::Read);
        let stored = self.program.roots().len() - self.summed();
        let stores = outputs.take(stored).enumerate().map(|(k, slot)| {
            let name = slot.name;
            match width {
                4 => format!("  store_{name}_vector({name}_offset() + i, results.r{k});\n"),
                _ => format!("  {}\n", slot.store("i", &format!("results.r{k}"))),
            }
        });
        let results = if width == 4 {
            "Results_vec4"
        } else {
            "Results"
        };
        format!(
            "fn store_results(i: u32, results: {results}) {{\n{}}}\n",
            stores.collect::<String>()
        )
    }

    fn summed(&self) -> usize {
        match self.key.mapping {
            Mapping::Sums { sums, .. } => usize::from(sums.count),
            _ => 0,
        }
    }

    /// The struct `Sums` of partial sums. Those of which each lane of a vector is another value are
    /// stored as vectors.
    fn sums(&self, width: u32) -> String {
        let Mapping::Sums {
            sums: kept, steps, ..
        } = self.key.mapping
        else {
            return String::new();
        };
        let stored = self.program.roots().len() - self.summed();
        let (ty, results) = match width {
            4 => ("vec4<f32>", "Results_vec4"),
            _ => ("f32", "Results"),
        };
        let steps = match steps {
            0 => "uniforms.length".to_owned(),
            steps => format!("{steps}u"),
        };
        if self.summed() == 0 {
            return self.stores(width)
                + &NO_SUMS.replace("Results", results).replace("STEPS", &steps);
        }
        let each = |of: &dyn Fn(usize) -> String, separator: &str| {
            let all: Vec<_> = (0..self.summed()).map(of).collect();
            all.join(separator)
        };
        let members = each(&|k| format!("s{k}: {ty}"), ", ");
        let zeros = each(&|_| format!("{ty}(0.0)"), ", ");
        let added = each(&|k| format!("sums.s{k} + results.r{}", stored + k), ", ");
        let stores = each(
            &|k| {
                // Outputs come first among the operands.
                let slot = &self.key.operands[stored + k];
                let (name, sum) = (slot.name, format!("sums.s{k}"));
                let store = match width {
                    4 if kept.is_apart(k) => {
                        format!("store_{name}_vector({name}_offset() + at, {sum});")
                    }
                    4 => slot.store("at", &format!("({sum}.x + {sum}.y) + ({sum}.z + {sum}.w)")),
                    _ => slot.store("at", &sum),
                };
                format!("  {store}")
            },
            "\n",
        );
        self.stores(width)
            + &format!(
                "struct Sums {{ {members} }}

fn steps() -> u32 {{ return {steps}; }}
fn no_sums() -> Sums {{ return Sums({zeros}); }}
fn added(sums: Sums, results: {results}) -> Sums {{ return Sums({added}); }}
fn store_sums(at: u32, sums: Sums) {{
{stores}
}}
"
            )
    }
}

/// A thread that sums nothing, but computes several rows that share what is broadcast.
const NO_SUMS: &str = "struct Sums { nothing: u32 }

fn steps() -> u32 { return STEPS; }
fn no_sums() -> Sums { return Sums(0u); }
fn added(sums: Sums, results: Results) -> Sums { return sums; }
fn store_sums(at: u32, sums: Sums) {}
";

/// The third word of the random number generator's counter: 1 is taken by activations that are
/// random themselves.
fn purpose(dropout: u64) -> u64 {
    if dropout == 0 { 0 } else { dropout + 1 }
}

/// The kernel's names of the operands.
pub(crate) const OUTPUTS: [&str; 12] = [
    "output",
    "output_1",
    "output_2",
    "output_3",
    "output_4",
    "output_5",
    "output_6",
    "output_7",
    "output_8",
    "output_9",
    "output_10",
    "output_11",
];
pub(crate) const INPUTS: [&str; 32] = [
    "input_0", "input_1", "input_2", "input_3", "input_4", "input_5", "input_6", "input_7",
    "input_8", "input_9", "input_10", "input_11", "input_12", "input_13", "input_14", "input_15",
    "input_16", "input_17", "input_18", "input_19", "input_20", "input_21", "input_22", "input_23",
    "input_24", "input_25", "input_26", "input_27", "input_28", "input_29", "input_30", "input_31",
];
