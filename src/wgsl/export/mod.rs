//! WGSL functions for the caller's own kernels. The caller chooses what is in the text, and its
//! names.

mod activation;
mod exported;
mod expression;
mod glu;
mod names;
mod row;
mod switch;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use exported::Exported;
pub use table::{signatures, signatures_json, switch_ids_json};

use super::linker::{Library, members};
use super::simplify::simplify;
use super::vectorize::{LaneOrder, vectorize};
use super::{MATH, parameters_are_constant};
use crate::activation::ActivationInfo;
use crate::value::named;
use crate::{Activation, Error};

/// A part of what an [`Export`] has of a function. The command line has an option of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The function itself.
    Forward,
    /// The derivative, or the gradients of all operands.
    Derivative,
    /// The derivative as a function of the output, for the [activations](ActivationInfo::from_output)
    /// that have one.
    DerivativeFromOutput,
    /// The second derivative. Activations have one.
    SecondDerivative,
    /// The derivatives with respect to parameters that can be learned. Activations have them.
    ParameterDerivatives,
}

named!(
    Part, "part":
    Forward = "forward",
    Derivative = "derivative",
    DerivativeFromOutput = "derivative-from-output",
    SecondDerivative = "second-derivative",
    ParameterDerivatives = "parameter-derivatives"
);

/// A text of WGSL functions for kernels of your own: any number of functions, with what they share
/// once.
///
/// | [function](Exported) | in the text |
/// |---|---|
/// | [`Activation`] | `NAME(x)`, `NAME_derivative(x)`, `NAME_second_derivative(x)`, `NAME_derivative_from_output(y)` if [there is one](ActivationInfo::from_output), and `NAME_derivative_PARAMETER(x)` for each parameter that can be learned. The values of parameters are in the text |
/// | [`ActivationInfo`] | the same with parameters as arguments: `NAME(x, PARAMETERS…)` |
/// | [`Glu`](crate::Glu) | `NAME(value, gate)`, `NAME_gradient_value(value, gate, grad_output)` and `NAME_gradient_gate(value, gate, grad_output)` |
/// | [`Expression`](crate::Expression) | `NAME(OPERANDS…)` and `NAME_gradient_OPERAND(OPERANDS…, grad_output)`: [`Expression::wgsl`](crate::Expression::wgsl) |
/// | [`Exported::Softmax`] | what a kernel needs of a row |
/// | [`Exported::Switch`] | `NAME(id, x)`, `NAME_derivative(id, x)`, `NAME_second_derivative(id, x)` |
///
/// With a derivative the text also has `scaled(derivative, grad_output)`, which multiplies the two
/// for a gradient. The product is 0 if the derivative is 0, even with an infinite `grad_output`, and
/// NaN if either is NaN.
///
/// All functions take and return `f32`, and keep the bounds of [`ActivationInfo::ulps`]. The text
/// consists of functions, structs and constants, whose names all begin with the prefix, but for
/// those that you [choose](Self::named). It has no bindings, variables, entry points, directives or
/// extensions, and nothing that these functions do not need. Its first line is a comment, and the
/// second one is the command that makes the same text.
///
/// ```
/// use wgpu_activations::wgsl::{Export, Part};
/// use wgpu_activations::{Activation, Glu};
///
/// let text = Export::new("wa_")
///     .part(Part::Forward)
///     .vec4()
///     .function(Activation::Relu)
///     .function(Activation::LeakyRelu { negative_slope: 0.2 })
///     .function(Glu::SWIGLU)
///     .named("silu_f32", Activation::Silu)
///     .text()?;
/// let module = text + "
/// fn mine(x: vec4<f32>, gate: vec4<f32>) -> vec4<f32> {
///   return wa_swiglu_vec4(wa_leaky_relu_vec4(x), gate) + silu_f32(wa_relu(x.y));
/// }";
/// # naga::front::wgsl::parse_str(&module).unwrap();
/// # Ok::<(), wgpu_activations::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Export {
    prefix: String,
    parts: BTreeSet<Part>,
    has_vec4: bool,
    has_f16: bool,
    has_comments: bool,
    functions: Vec<(Name, Exported)>,
}

/// The name of a function in the text.
#[derive(Clone, Debug)]
enum Name {
    /// Its own, behind the prefix.
    Own,
    /// Another one behind the prefix.
    Prefixed(&'static str),
    /// The caller's.
    Chosen(String),
}

/// What a function adds to a text.
#[derive(Debug, Default)]
struct Piece {
    /// Declarations, of which the first ones win.
    texts: Vec<String>,
    /// The functions of the text: their names here, and there behind the name of the whole.
    wanted: Vec<(String, String)>,
    /// The functions of four lanes that cannot be made of those of one.
    vectors: String,
    /// True if all parameters are constants with their defaults.
    has_defaults: bool,
}

impl Piece {
    /// A function that the text has, with its declaration.
    fn declare(&mut self, own: String, suffix: &str, text: String) {
        self.texts.insert(0, text);
        self.wanted.push((own, suffix.to_owned()));
    }
}

impl Export {
    /// An empty text whose names will begin with this prefix. It may be empty, for texts that are a
    /// module of their own.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            parts: BTreeSet::new(),
            has_vec4: false,
            has_f16: false,
            has_comments: true,
            functions: Vec::new(),
        }
    }

    /// Adds a part of all functions. Without any, the text has [all](Part::ALL).
    pub fn part(mut self, part: Part) -> Self {
        self.parts.insert(part);
        self
    }

    /// Adds functions of four lanes: `NAME_vec4` for each `NAME`, with `vec4<f32>` in place of
    /// `f32`.
    ///
    /// Each lane has the bits of `NAME`. Drivers for CPUs work on four chains of arithmetic side by
    /// side in these, where they would compute four calls one after the other.
    pub fn vec4(mut self) -> Self {
        self.has_vec4 = true;
        self
    }

    /// Adds functions of 16-bit numbers: `NAME_f16` for each `NAME`, with `f16` in place of `f32`,
    /// and `NAME_vec4_f16` if there are functions of four lanes. They compute in f32 and round the
    /// result once. Your module needs `enable f16;`, which must stand in front of this text.
    pub fn f16(mut self) -> Self {
        self.has_f16 = true;
        self
    }

    /// Leaves out all comments but for the first two lines.
    pub fn without_comments(mut self) -> Self {
        self.has_comments = false;
        self
    }

    /// Adds a function under its own name behind the prefix. That of an activation is
    /// [`ActivationInfo::name`], that of a gated unit is the one of its text form, and `gated_mish`
    /// for `gated(mish)`. Others are `expression`, `softmax` and `activate`.
    pub fn function(mut self, function: impl Into<Exported>) -> Self {
        self.functions.push((Name::Own, function.into()));
        self
    }

    /// Adds a function under a name of your choice, which stands in the text as it is, without the
    /// prefix.
    pub fn named(mut self, name: impl Into<String>, function: impl Into<Exported>) -> Self {
        self.functions
            .push((Name::Chosen(name.into()), function.into()));
        self
    }

    /// Adds a function under a name of this crate's choice behind the prefix.
    fn prefixed(mut self, name: &'static str, function: impl Into<Exported>) -> Self {
        self.functions.push((Name::Prefixed(name), function.into()));
        self
    }

    /// Returns the text.
    ///
    /// # Errors
    /// [`Error::Argument`] if no WGSL names can begin with the prefix, if a name is no name in WGSL,
    /// or if two functions have the same name. [`Error::Parameter`] if a parameter is out of its
    /// range.
    pub fn text(&self) -> Result<String, Error> {
        let command = format!("// {}", self.command());
        Ok(self.header() + &command + "\n\n" + &self.declarations()?)
    }

    /// The same without the command, for the shorter forms that have none.
    fn text_without_command(&self) -> Result<String, Error> {
        Ok(self.header() + "\n" + &self.declarations()?)
    }

    /// The first line.
    fn header(&self) -> String {
        let titles: Vec<_> = self
            .functions
            .iter()
            .map(|(_, function)| function.to_string())
            .collect();
        let title = names::shortened(&titles.join(", "));
        let (package, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        format!("// {title}: functions from {package} {version}, MIT or Apache-2.0.\n")
    }

    /// Returns the command that prints this text.
    ///
    /// ```
    /// use wgpu_activations::wgsl::{Export, Part};
    /// use wgpu_activations::Activation;
    ///
    /// let export = Export::new("wa_").part(Part::Forward).named("silu_f32", Activation::Silu);
    /// let command = "cargo run --example wgsl -- silu --prefix wa_ --name silu=silu_f32 --forward";
    /// assert_eq!(export.command(), command);
    /// ```
    #[must_use]
    pub fn command(&self) -> String {
        let mut words = Vec::new();
        let (mut names, mut as_arguments, mut is_switch) = (Vec::new(), false, false);
        for (name, function) in &self.functions {
            words.extend(function.words());
            as_arguments |= matches!(function, Exported::WithParameters(_));
            is_switch |= matches!(function, Exported::Switch(_));
            if let Name::Chosen(name) = name {
                names.extend(["--name".to_owned(), format!("{}={name}", function.key())]);
            }
        }
        words.extend(["--prefix".to_owned(), self.prefix.clone()]);
        words.append(&mut names);
        if self.parts.len() < Part::ALL.len() {
            words.extend(self.parts.iter().map(|part| format!("--{part}")));
        }
        for (is_set, option) in [
            (as_arguments, "--parameters-as-arguments"),
            (is_switch, "--switch"),
            (self.has_vec4, "--vec4"),
            (self.has_f16, "--f16"),
            (!self.has_comments, "--no-comments"),
        ] {
            words.extend(is_set.then(|| option.to_owned()));
        }
        let words: Vec<_> = words.iter().map(|word| names::quoted(word)).collect();
        format!("cargo run --example wgsl -- {}", words.join(" "))
    }

    fn has(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }

    /// The name of a function in the text.
    fn name(&self, name: &Name, function: &Exported) -> String {
        match name {
            Name::Own => [&self.prefix, &*function.name()].concat(),
            Name::Prefixed(name) => [&self.prefix, *name].concat(),
            Name::Chosen(name) => name.clone(),
        }
    }

    fn declarations(&self) -> Result<String, Error> {
        names::check_prefix(&self.prefix)?;
        // The names of the text by those in here.
        let mut public = BTreeMap::new();
        let (mut texts, mut vectors, mut has_defaults) = (Vec::new(), String::new(), true);
        let has_derivatives = [
            Part::Derivative,
            Part::DerivativeFromOutput,
            Part::SecondDerivative,
            Part::ParameterDerivatives,
        ]
        .into_iter()
        .any(|part| self.has(part));
        if has_derivatives {
            public.insert("scaled".to_owned(), [&self.prefix, "scaled"].concat());
        }
        for (position, (name, function)) in self.functions.iter().enumerate() {
            let name = self.name(name, function);
            if !names::is_name(&name) {
                let message =
                    format!("it must be a name of WGSL's that is not reserved, got `{name}`");
                return Err(Error::argument("name", message));
            }
            let context = Context {
                export: self,
                own: format!("item{position}"),
                is_prefixed: matches!(self.functions[position].0, Name::Prefixed(_)),
                name,
            };
            let piece = function.piece(&context)?;
            has_defaults &= piece.has_defaults;
            texts.extend(piece.texts);
            vectors += &piece.vectors;
            for (own, suffix) in piece.wanted {
                let name = [&*context.name, &*suffix].concat();
                // The same function under the same name is one.
                if public.get(&own).is_none_or(|other| *other != name) {
                    if public.values().any(|other| *other == name) || public.contains_key(&own) {
                        let message = format!(
                            "two functions are called `{name}`, or one is there twice: give one of them another name"
                        );
                        return Err(Error::argument("functions", message));
                    }
                    public.insert(own, name);
                }
            }
        }
        names::check_public(&self.prefix, public.values())?;

        let constants = parameters_are_constant(has_defaults);
        let library = Library::new(texts.iter().map(String::as_str).chain([constants, MATH]));
        let wanted: Vec<_> = public.keys().cloned().collect();
        let needed = library.select(&str::to_owned, &wanted);
        let by_hand = Library::new([vectors.as_str(), MATH]);
        let is_by_hand = |name: &str| by_hand.get(&[name, "_vec4"].concat()).is_some();
        let scalar = simplify(&needed, &wanted, &is_by_hand);
        if self.has_vec4 {
            for own in &wanted {
                let vector = [own, "_vec4"].concat();
                public.insert(vector, [&public[own], "_vec4"].concat());
            }
            let calls = wanted.iter().map(|own| [own, "_vec4 "].concat());
            let calls = calls.collect::<String>() + &vectors;
            let library = Library::new([scalar.as_str(), vectors.as_str(), MATH]);
            let made = vectorize(&library, &calls, LaneOrder::SideBySide);
            let made = made.map_err(|error| Error::argument("functions", error.to_string()))?;
            vectors += &made;
        }
        let library = Library::new([scalar.as_str(), vectors.as_str(), MATH]);
        let mut halves = String::new();
        if self.has_f16 {
            for (own, name) in public.clone() {
                let half = [&own, "_f16"].concat();
                let Some(declaration) = library.get(&own) else {
                    continue;
                };
                halves += &f16_function(&half, &own, &members(declaration));
                public.insert(half, [&*name, "_f16"].concat());
            }
        }
        let library = Library::new([scalar.as_str(), vectors.as_str(), halves.as_str(), MATH]);
        let wanted: Vec<_> = public.keys().cloned().collect();
        let taken: BTreeSet<_> = public.values().cloned().collect();
        let rename = |own: &str| match public.get(own) {
            Some(name) => name.clone(),
            None => names::free([&self.prefix, own].concat(), |name| {
                taken.contains(name) || !self.prefix.is_empty() && names::is_of_wgsl(name)
            }),
        };
        let text = library.select(&rename, &wanted);
        Ok(match self.has_comments {
            true => text,
            false => names::without_comments(&text),
        })
    }
}

/// What a function needs to know of the text that it stands in.
struct Context<'a> {
    export: &'a Export,
    /// The beginning of names that no other function has.
    own: String,
    /// True if the function stands beside itself with its own name.
    is_prefixed: bool,
    /// The function's name in the text.
    name: String,
}

impl Context<'_> {
    fn has(&self, part: Part) -> bool {
        self.export.has(part)
    }

    /// A name in here that no other function has.
    fn own(&self, suffix: &str) -> String {
        [&*self.own, suffix].concat()
    }
}

/// A function of 16-bit numbers that calls one of 32 bits. Integers stay as they are.
fn f16_function(name: &str, function: &str, arguments: &[(&str, &str)]) -> String {
    let is_vector = arguments.iter().any(|(_, ty)| *ty == "vec4<f32>");
    let (f32_type, f16_type) = match is_vector {
        true => ("vec4<f32>", "vec4<f16>"),
        false => ("f32", "f16"),
    };
    let is_float = |ty: &str| ty == f32_type;
    let list = |of: &dyn Fn(&str, &str) -> String| {
        let all: Vec<_> = arguments.iter().map(|(name, ty)| of(name, ty)).collect();
        all.join(", ")
    };
    let signature = list(&|name, ty| match is_float(ty) {
        true => format!("{name}: {f16_type}"),
        false => format!("{name}: {ty}"),
    });
    let values = list(&|name, ty| match is_float(ty) {
        true => format!("{f32_type}({name})"),
        false => name.to_owned(),
    });
    format!(
        "fn {name}({signature}) -> {f16_type} {{\n  return {f16_type}({function}({values}));\n}}\n"
    )
}

/// Returns WGSL functions of activations for kernels of your own, with parameters as arguments: an
/// [`Export`] of these [`ActivationInfo`]s with all parts.
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
    let mut activations: Vec<_> = activations.into_iter().map(|info| info.name).collect();
    activations.sort_unstable();
    activations.dedup();
    let listed = Activation::ALL.iter().copied();
    let listed = listed.filter(|activation| activations.contains(&activation.info().name));
    listed
        .fold(Export::new(prefix), |export, activation| {
            export.function(Exported::WithParameters(activation))
        })
        .text()
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
    let vectors = vectorize(&library, &calls, LaneOrder::SideBySide);
    let vectors = vectors.map_err(|error| Error::argument("text", error.to_string()))?;
    Ok(format!("{text}\n{vectors}"))
}

#[cfg(test)]
mod expression_tests;
#[cfg(test)]
mod tests;
