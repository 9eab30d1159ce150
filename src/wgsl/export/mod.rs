//! WGSL functions of activations for the caller's own kernels. The caller chooses their prefix.

mod expression;

use super::linker::Library;
use super::vectorize::vectorize;
use super::{MATH, parameters_are_constant};
use crate::activation::{ActivationInfo, Parameter};
use crate::{Activation, Error};

/// Returns WGSL functions of activations for kernels of your own. Parameters are arguments.
///
/// For each activation the text has, with the names of its parameters in place of `parameters…`:
/// - `PREFIXname(x, parameters…)`, `PREFIXname_derivative(x, parameters…)` and
///   `PREFIXname_second_derivative(x, parameters…)`,
/// - `PREFIXname_derivative_parameter(x, parameters…)` for each parameter that can be learned;
///
/// It also has `PREFIXscaled(derivative, grad_output)`, which multiplies the two for a gradient.
/// The product is 0 if the derivative is 0, even with an infinite `grad_output`, and NaN if either
/// is NaN.
///
/// All functions take and return `f32`, and keep the bounds of [`ActivationInfo::ulps`]. The text
/// consists of functions, structs and constants, whose names all begin with the prefix. It has no
/// bindings, variables, entry points or extensions, and nothing that these functions do not need.
/// Texts with different prefixes can be in one module. [`Activation::wgsl`] returns the functions
/// of one activation with fixed parameters.
///
/// ```
/// use wgpu_activations::{Activation, wgsl};
///
/// let text = wgsl::functions([Activation::Gelu.info(), Activation::ELU.info()], "my_")?;
/// let module = text + "fn mine(x: f32, alpha: f32) -> f32 { return 0.5 * my_gelu(my_elu(x, alpha)); }";
/// # naga::front::wgsl::parse_str(&module).unwrap();
/// # Ok::<(), wgpu_activations::Error>(())
/// ```
///
/// # Errors
/// [`Error::Argument`] if no WGSL names can begin with the prefix.
pub fn functions<'a>(
    activations: impl IntoIterator<Item = &'a ActivationInfo>,
    prefix: &str,
) -> Result<String, Error> {
    let activations: Vec<_> = activations.into_iter().collect();
    let wanted: Vec<_> = activations.iter().flat_map(|info| names(info)).collect();
    let names: Vec<_> = activations.iter().map(|info| info.name).collect();
    text(&activations, true, "", wanted, &names.join(", "), prefix)
}

/// Returns a text of [`functions`], [`Activation::wgsl`] or [`Expression::wgsl`] with functions of
/// four lanes added: `NAME_vec4` for each `NAME`, with `vec4<f32>` in place of `f32`.
///
/// Each lane has the bits of `NAME`. Drivers for CPUs work on four chains of arithmetic side by
/// side in these, where they would compute four calls one after the other.
///
/// ```
/// use wgpu_activations::{Activation, wgsl};
///
/// let text = wgsl::with_vec4(&Activation::Gelu.wgsl("my_")?, ["my_activation"])?;
/// let module = text + "fn mine(x: vec4<f32>) -> vec4<f32> { return 0.5 * my_activation_vec4(x); }";
/// # naga::front::wgsl::parse_str(&module).unwrap();
/// # Ok::<(), wgpu_activations::Error>(())
/// ```
///
/// # Errors
/// [`Error::Argument`] if the text has no function of a name, or if it is not one of the texts
/// above and has what cannot be translated.
///
/// [`Expression::wgsl`]: crate::Expression::wgsl
pub fn with_vec4<'a>(
    text: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<String, Error> {
    let library = Library::new([text]);
    let mut calls = String::new();
    for name in names {
        if library.get(name).is_none() {
            let message = format!("the text has no function `{name}`");
            return Err(Error::argument("names", message));
        }
        calls += &format!("{name}_vec4 ");
    }
    let vectors = vectorize(&library, &calls);
    let vectors = vectors.map_err(|error| Error::argument("text", error.to_string()))?;
    Ok(format!("{text}\n{vectors}"))
}

impl Activation {
    /// Returns WGSL functions of x for kernels of your own. They have the values of this
    /// activation's parameters, and every activation has the same names:
    /// - `PREFIXactivation(x)`, `PREFIXactivation_derivative(x)` and
    ///   `PREFIXactivation_second_derivative(x)`,
    /// - `PREFIXactivation_derivative_parameter(x)` for each parameter that can be learned, as
    ///   `my_activation_derivative_alpha`;
    ///
    /// The text also has all that [`wgsl::functions`](crate::wgsl::functions) returns for the
    /// activation: `my_elu(x, alpha)` for values of `alpha` that are not known before run time, and
    /// `my_scaled(derivative, grad_output)`.
    ///
    /// ```
    /// use wgpu_activations::Activation;
    ///
    /// let elu = Activation::Elu { alpha: 0.5 }.wgsl("my_")?;
    /// let module = elu + "fn mine(x: f32) -> f32 { return my_activation(x) + my_elu(x, 0.5) + my_elu_derivative_alpha(x, 0.5); }";
    /// # naga::front::wgsl::parse_str(&module).unwrap();
    /// # Ok::<(), wgpu_activations::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if no WGSL names can begin with the prefix, [`Error::Parameter`] if a
    /// parameter is out of its range.
    pub fn wgsl(self, prefix: &str) -> Result<String, Error> {
        let (activation, info) = (self.checked()?, self.info());
        let has_defaults = Parameter::are_defaults(info.parameters, activation.values());
        // The barrier hides the values from compilers. With constants these would fold operations,
        // which changes the rounding or loses a small term, and they would take 0 * x for 0. The
        // defaults need no barrier: tests/cpu/hostile has them as constants.
        // WGSL has no infinite constants, so that the barrier is around an infinity's bits.
        let argument = |(_, value): (_, f32)| match has_defaults {
            true => format!(", {value:?}f"),
            false if value.is_infinite() => format!(
                ", bitcast<f32>({:#x}u ^ (bitcast<u32>(x * x) & SIGN_BIT))",
                value.to_bits()
            ),
            false => format!(", opt_barrier({value:?}f, x * x)"),
        };
        let values: String = activation.parameters().map(argument).collect();
        let (mut bound, mut wanted) = (String::new(), names(info));
        for name in names(info) {
            let of_x = name.replacen(info.name, "activation", 1);
            bound += &format!("fn {of_x}(x: f32) -> f32 {{\n  return {name}(x{values});\n}}\n");
            wanted.push(of_x);
        }
        text(
            &[info],
            has_defaults,
            &bound,
            wanted,
            &activation.to_string(),
            prefix,
        )
    }
}

/// Returns the names of an activation's functions.
fn names(info: &ActivationInfo) -> Vec<String> {
    let learnable = info
        .parameters
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let suffixes = ["", "_derivative", "_second_derivative"].map(str::to_owned);
    let learnable = learnable.map(|parameter| format!("_derivative_{}", parameter.name));
    let suffixes = suffixes.into_iter().chain(learnable);
    suffixes
        .map(|suffix| [info.name, &suffix].concat())
        .collect()
}

/// Links the wanted functions of the activations and of `more`, with all functions that they call.
fn text(
    activations: &[&ActivationInfo],
    are_constant: bool,
    more: &str,
    mut wanted: Vec<String>,
    title: &str,
    prefix: &str,
) -> Result<String, Error> {
    let straight: String = activations
        .iter()
        .filter(|info| !info.is_smooth())
        .map(|info| no_curvature(info))
        .collect();
    let shaders = activations.iter().map(|info| info.shader);
    wanted.push("scaled".to_owned());
    check(prefix, &wanted)?;
    let functions = Library::new(
        [parameters_are_constant(are_constant), MATH]
            .into_iter()
            .chain(shaders)
            .chain([&*straight, more]),
    )
    .select(|name| [prefix, name].concat(), &wanted);
    Ok(titled(title, &functions))
}

/// A text with its first line.
fn titled(title: &str, functions: &str) -> String {
    let (package, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    format!("// {title}: functions from {package} {version}, MIT or Apache-2.0.\n\n{functions}")
}

/// Returns the second derivative of a piecewise linear activation.
fn no_curvature(info: &ActivationInfo) -> String {
    let parameters: String = info
        .parameters
        .iter()
        .map(|Parameter { name, .. }| format!(", {name}: f32"))
        .collect();
    let name = info.name;
    format!(
        "// 0; f' jumps, and has no bends.\nfn {name}_second_derivative(x: f32{parameters}) -> f32 {{\n  return keep_nan(0.0, x);\n}}\n"
    )
}

/// Built-in functions of WGSL whose names a prefix and a function's name can form.
const OF_WGSL: [&str; 4] = ["acos", "atanh", "frexp", "ldexp"];

/// Checks that WGSL allows names with this prefix.
fn check(prefix: &str, names: &[String]) -> Result<(), Error> {
    let is_word = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && prefix
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_taken = names
        .iter()
        .any(|name| OF_WGSL.contains(&[prefix, name].concat().as_str()));
    if !is_word || prefix.starts_with("__") || is_taken {
        return Err(Error::argument(
            "prefix",
            format!(
                "it must be an ASCII letter or `_`, then letters, digits or `_`, with no `__` at the beginning, and no function of WGSL may have the name that it makes, got `{prefix}`"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod expression_tests;
#[cfg(test)]
mod tests;
