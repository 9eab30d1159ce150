//! WGSL for kernels of others: the functions of activations, with a prefix of the caller's choice.

use super::linker::Library;
use super::{MATH, parameters_are_constant};
use crate::activation::{ActivationInfo, Parameter};
use crate::{Activation, Error};

/// WGSL functions of these activations, parameters as arguments, for kernels of your own.
///
/// For each activation, with the names of its parameters in place of `parameters…`:
/// - `PREFIXname(x, parameters…)`, `PREFIXname_derivative(x, parameters…)` and
///   `PREFIXname_second_derivative(x, parameters…)`,
/// - `PREFIXname_derivative_parameter(x, parameters…)` for each parameter that can be learned;
///
/// and once `PREFIXscaled(derivative, grad_output)`, the product that a gradient is: 0 where the
/// derivative is 0, even with an infinite `grad_output`, and NaN where either is NaN.
///
/// All take and give `f32`, and have the bounds of [`ActivationInfo::ulps`]. The text has nothing
/// but functions, structs and constants, whose names all begin with the prefix: no bindings, no
/// variables, no entry points, no extensions. It has only what these functions need, once. Texts
/// with different prefixes can be in one module. [`Activation::wgsl`] is the same for one
/// activation with its values.
/// ```
/// use wgpu_activations::{Activation, wgsl};
///
/// let text = wgsl::functions([Activation::Gelu.info(), Activation::Elu { alpha: 1.0 }.info()], "my_")?;
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

impl Activation {
    /// WGSL functions of x with the values of this activation's parameters, for kernels of your
    /// own: the same names for every activation.
    /// - `PREFIXactivation(x)`, `PREFIXactivation_derivative(x)` and
    ///   `PREFIXactivation_second_derivative(x)`,
    /// - `PREFIXactivation_derivative_parameter(x)` for each parameter that can be learned, as
    ///   `my_activation_derivative_alpha`;
    ///
    /// and all that [`wgsl::functions`](crate::wgsl::functions) has for the activation: `my_elu(x,
    /// alpha)` for values of `alpha` that are not known before run time, and `my_scaled(derivative,
    /// grad_output)`. What is said there of the text holds here, too.
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
        // With values that they know, compilers merge constants, which rounds otherwise or loses a
        // tail, and take 0 * x for 0. Defaults do no harm: tests/cpu/hostile has them as constants.
        let argument = |value| {
            if has_defaults {
                format!(", {value:?}f")
            } else {
                format!(", opt_barrier({value:?}f, x * x)")
            }
        };
        let values: String = activation
            .parameters()
            .map(|(_, value)| argument(value))
            .collect();
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

/// The functions that an activation has.
fn names(info: &ActivationInfo) -> Vec<String> {
    let learnable = info
        .parameters
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let suffixes = ["", "_derivative", "_second_derivative"]
        .map(str::to_owned)
        .into_iter();
    let suffixes =
        suffixes.chain(learnable.map(|parameter| format!("_derivative_{}", parameter.name)));
    suffixes
        .map(|suffix| [info.name, &suffix].concat())
        .collect()
}

/// The wanted functions of these activations and of `more`, with all that they need.
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
    let (package, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    Ok(format!(
        "// {title}: functions from {package} {version}, MIT or Apache-2.0.\n\n{functions}"
    ))
}

/// The second derivative of an activation that has straight parts only.
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

/// WGSL's own functions that a prefix and a function of ours make.
const OF_WGSL: [&str; 1] = ["atanh"];

/// Whether names that begin with this prefix are WGSL's to give.
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
mod tests;
