//! WGSL functions of expressions for the caller's own kernels.

use super::super::emitter::{Emitter, STEPS, activations, wgsl_functions};
use super::super::linker::Library;
use super::super::words::is_free;
use super::super::{MATH, wgsl_function};
use super::{Context, Export, Part, Piece};
use crate::expression::program::Program;
use crate::{Error, Expression, WgslFunction};

impl Expression {
    /// Returns WGSL functions of the expression for kernels of your own:
    /// - `PREFIXexpression(a, b, …)`, whose arguments are the operands, in the order of
    ///   [`operands`](Self::operands);
    /// - `PREFIXexpression_gradient_a(a, b, …, grad_output)` for each operand `a` that the
    ///   expression can be differentiated by: the gradient of one element. Where an operand is
    ///   broadcast, your kernel adds these up.
    ///
    /// An operand whose name cannot stand in the text, as `from`, which WGSL reserves, or
    /// `layer.bias`, gets another one: `from_`, `layer_bias`. A comment in the text says so. Each
    /// call of dropout adds an argument behind the operands, `w0`, `w1` and so on: a random `u32`,
    /// which the gradients need again.
    ///
    /// Each function has the bits of [`Gpu::evaluate`](crate::Gpu::evaluate) and
    /// [`Gpu::gradients`](crate::Gpu::gradients). The text consists of functions, structs and
    /// constants, whose names all begin with the prefix. It has no bindings, variables, entry points
    /// or extensions, and nothing that these functions do not need.
    ///
    /// ```
    /// use wgpu_activations::Expression;
    ///
    /// let expression: Expression = "gelu(x + bias) * gate".parse()?;
    /// let module = expression.wgsl("my_")? + "
    /// fn mine(x: f32, bias: f32, gate: f32) -> vec2<f32> {
    ///   let y = my_expression(x, bias, gate);
    ///   return vec2(y, my_expression_gradient_bias(x, bias, gate, 2.0 * y));
    /// }";
    /// # naga::front::wgsl::parse_str(&module).unwrap();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if no WGSL names can begin with the prefix.
    pub fn wgsl(&self, prefix: &str) -> Result<String, Error> {
        Export::new(prefix).function(self).text_without_command()
    }
}

/// The functions of an expression.
pub(super) fn piece(expression: &Expression, context: &Context<'_>) -> Piece {
    let forward = expression.fuse();
    let gradients = expression.operands().iter().map(|name| {
        let gradient = expression.fuse_gradients([name.as_str()]);
        gradient.map(|gradient| (name, gradient))
    });
    // An operand that the expression cannot be differentiated by has no gradient.
    let gradients: Vec<_> = gradients.filter_map(Result::ok).collect();
    let all: Vec<_> = std::iter::once(&forward)
        .chain(gradients.iter().map(|(_, gradient)| gradient))
        .map(|fused| fused.program(&[0]))
        .collect();
    let has_defaults = all.iter().all(|program| program.has_defaults());
    let functions = wgsl_functions(all.iter().map(|program| &**program));
    let mut texts = vec![wgsl_function::texts(&functions), STEPS.to_owned()];
    let rows = all.iter().flat_map(|program| activations(program));
    texts.extend(rows.map(|info| info.shader.to_owned()));

    let library = Library::new(texts.iter().map(String::as_str).chain([MATH]));
    let arguments = arguments(expression.operands(), &library, context);
    let mut signature: Vec<_> = arguments
        .iter()
        .map(|name| format!("{name}: f32"))
        .collect();
    signature.extend((0..expression.graph().dropouts().len()).map(|k| format!("w{k}: u32")));
    let function = Function {
        functions: &functions,
        has_defaults,
    };
    let mut piece = Piece {
        texts: texts.clone(),
        has_defaults,
        ..Piece::default()
    };
    let mut notes = String::new();
    for (operand, argument) in expression.operands().iter().zip(&arguments) {
        if operand != argument {
            notes += &format!("// The argument {argument} is the operand `{operand}`.\n");
        }
    }
    if context.has(Part::Forward) {
        let own = context.own("");
        let text = function.text(&own, &signature, &all[0], &arguments);
        piece.declare(own, "", std::mem::take(&mut notes) + &text);
    }
    if context.has(Part::Derivative) {
        signature.push("grad_output: f32".to_owned());
        let operands: Vec<_> = arguments
            .iter()
            .cloned()
            .chain(["grad_output".to_owned()])
            .collect();
        for ((operand, _), program) in gradients.iter().zip(&all[1..]) {
            let position = expression
                .operands()
                .iter()
                .position(|name| name == *operand);
            let argument = &arguments[position.unwrap_or_default()];
            let suffix = format!("_gradient_{argument}");
            let own = context.own(&suffix);
            let text = function.text(&own, &signature, program, &operands);
            let note = format!(
                "// The gradient with respect to {argument}. grad_output is that with respect to the result.\n"
            );
            piece.declare(own, &suffix, std::mem::take(&mut notes) + &note + &text);
        }
    }
    piece
}

/// The arguments of the operands: each name as it is, if WGSL and the text leave it free.
fn arguments(operands: &[String], library: &Library<'_>, context: &Context<'_>) -> Vec<String> {
    let prefix = context.export.prefix.as_str();
    // A name of a function that is still to be written.
    let is_function =
        |name: &str| name.starts_with(&context.name) || name.starts_with(&context.own);
    let mut arguments: Vec<String> = Vec::new();
    for operand in operands {
        let mut name = operand.replace('.', "_");
        let is_taken = |name: &String| {
            let is_other = operands.contains(name) && name != operand;
            let renamed = name
                .strip_prefix(prefix)
                .is_some_and(|name| library.get(name).is_some());
            is_other
                || renamed
                || library.has_other_than_function(name)
                || is_numbered(name)
                || is_function(name)
                || name == "zero"
                || arguments.contains(name)
                || !is_free(name)
        };
        while is_taken(&name) {
            let needs_beginning = name.starts_with("__") || is_function(&name);
            name = match needs_beginning {
                true => format!("a{name}"),
                false => name + "_",
            };
        }
        arguments.push(name);
    }
    arguments
}

/// True for the names that values and random words have in the text.
fn is_numbered(name: &str) -> bool {
    let digits = name.strip_prefix(['v', 'w']);
    digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Writes functions.
struct Function<'a> {
    /// The caller's functions.
    functions: &'a [&'a WgslFunction],
    has_defaults: bool,
}

impl Function<'_> {
    /// The function of a program with one result. `operands` has the arguments of all operands of
    /// the graph.
    fn text(
        &self,
        name: &str,
        signature: &[String],
        program: &Program,
        operands: &[String],
    ) -> String {
        let own = program.operands().iter().map(|&k| operands[k].as_str());
        let own: Vec<_> = own.collect();
        let bits = own.iter().map(|name| format!("bitcast<u32>({name})"));
        let bits = bits.collect::<Vec<_>>().join(" + ");
        let emitter = Emitter {
            nodes: program.nodes(),
            operands: own,
            functions: self.functions,
            has_defaults: self.has_defaults,
            zero: ", zero",
        };
        let (steps, roots) = emitter.steps(program.roots());
        let zero = match bits.as_str() {
            _ if !(steps.contains("zero") || roots[0].contains("zero")) => String::new(),
            "" => "  let zero = 0u;\n".to_owned(),
            bits => format!("  let zero = unknown_zero({bits});\n"),
        };
        let (signature, root) = (signature.join(", "), &roots[0]);
        format!("fn {name}({signature}) -> f32 {{\n{zero}{steps}  return {root};\n}}\n\n")
    }
}
