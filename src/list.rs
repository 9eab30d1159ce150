//! Code shared by the list of activations and the list of functions along an axis: the ranges of
//! parameters, and the enum that follows from a list's rows.

use crate::value::named;

/// Defines ranges of parameters, and `range_text!`, which gives their texts for the docs.
macro_rules! ranges {
    ($($(#[$doc:meta])* $NAME:ident = $range:expr;)+) => {
        $($(#[$doc])* pub(crate) const $NAME: std::ops::RangeInclusive<f32> = $range;)+
        macro_rules! range_text {
            $(($NAME) => { stringify!($range) };)+
        }
    };
}

ranges! {
    ANY = f32::NEG_INFINITY..=f32::INFINITY;
    FINITE = f32::MIN..=f32::MAX;
    NONNEGATIVE = 0.0..=f32::MAX;
    /// Factors whose product is a normal number.
    MODERATE = 1e-18..=1e18;
    POSITIVE = f32::MIN_POSITIVE..=f32::MAX;
    /// The thresholds of a softplus above which 1 - exp(-threshold) is 1 in f32.
    FROM_17 = 17.0..=f32::INFINITY;
    /// Divisors of an exponential's argument: from 2^-10 to 2^10.
    TEMPERATURE = 9.765_625e-4..=1024.0;
    /// The whole numbers of consecutive elements that maxout compares, as long as f32 holds them.
    GROUPS = 1.0..=16_777_216.0;
}

/// The tensor that a gradient is computed from, besides the gradient with respect to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Saved {
    /// The input x of the forward pass.
    Input,
    /// The output of the forward pass.
    Output,
    /// One of the two: there is a backward pass for either.
    Either,
}

named!(Saved, "tensor to save": Input = "input", Output = "output", Either = "either");

/// A text of a list's row as a paragraph of the docs, or as a part of one.
macro_rules! text_doc {
    ($derivative:literal formula $text:literal) => {
        concat!("\n\nf(x) = ", $text)
    };
    ($derivative:literal derivative $text:literal) => {
        concat!("\n\n", $derivative, $text)
    };
    ($derivative:literal source $text:literal) => {
        concat!("\n\nSource: ", $text)
    };
    ($derivative:literal strengths $text:literal) => {
        concat!("\n\nFor it: ", $text)
    };
    ($derivative:literal weaknesses $text:literal) => {
        concat!("Against it: ", $text)
    };
    ($derivative:literal used $text:literal) => {
        concat!("Used in: ", $text)
    };
    ($derivative:literal $kinks_or_conventions:ident $text:literal) => {
        concat!("\n\n", $text)
    };
}

/// Defines an enum of functions, with their constants and what all such enums can do, from rows of
/// `Variant / CONSTANT { parameter: type = default, in range } => its info`. The enum needs a
/// method `signature`.
macro_rules! functions {
    (
        $(#[$attribute:meta])*
        $Function:ident: $Info:ident, $Kind:ident;
        $(
            $(#[$doc:meta])*
            $Variant:ident $(/ $CONSTANT:ident {
                $($parameter:ident: $type:ident = $default:literal in $range:ident),+
            })? => $info:expr;
        )+
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum $Function {
            $(
                $(#[$doc])*
                $Variant $({ $(
                    #[doc = concat!(
                        "`", stringify!($parameter), "`, by default ", stringify!($default),
                        ", in the range `", range_text!($range), "`."
                    )]
                    $parameter: $type
                ),+ })?,
            )+
        }

        impl $Function {
            $($(
                #[doc = concat!(
                    "[`", stringify!($Variant), "`](Self::", stringify!($Variant),
                    ") with its defaults: `", stringify!($($parameter = $default),+), "`."
                )]
                pub const $CONSTANT: Self = Self::$Variant { $($parameter: $default),+ };
            )?)+

            /// Every function of this kind, with its default parameters.
            pub const ALL: &'static [Self] =
                &[$(Self::$Variant $({ $($parameter: $default),+ })?),+];

            const LIST: &'static [$Info] = &[$($info),+];

            const KIND: crate::FunctionKind = crate::FunctionKind::$Kind;

            /// The rows of the list, in the order of [`ALL`](Self::ALL).
            #[must_use]
            pub fn list() -> &'static [$Info] {
                Self::LIST
            }

            /// This function's row of the list.
            #[must_use]
            pub fn info(self) -> &'static $Info {
                &Self::LIST[self.index()]
            }

            /// The position of this function's row in the list.
            pub(crate) fn index(self) -> usize {
                enum Position { $($Variant),+ }
                match self {
                    $(Self::$Variant $({ $($parameter: _),+ })? => Position::$Variant as usize),+
                }
            }

            /// The values of the parameters, in the order of the row, then zeros.
            pub(crate) fn values(self) -> crate::parameter::Values {
                let mut values = [0.0; crate::parameter::MOST_PARAMETERS];
                let given: &[f32] = match self {
                    $(Self::$Variant $({ $($parameter),+ })? => &[$($($parameter as f32),+)?]),+
                };
                values[..given.len()].copy_from_slice(given);
                values
            }

            /// This function with other values of its parameters, in the order of the row.
            pub(crate) fn with_values(self, values: crate::parameter::Values) -> Self {
                match self { $(Self::$Variant $({ $($parameter: _),+ })? => {
                    let [$($($parameter,)+)? ..] = values;
                    Self::$Variant $({ $($parameter: $parameter as $type),+ })?
                }),+ }
            }

            /// Checks that the values of the parameters are within their ranges.
            ///
            /// # Errors
            /// [`ParameterError`](crate::ParameterError) names the first value out of its range.
            pub fn checked(self) -> Result<Self, crate::ParameterError> {
                self.signature().check(self.values()).map(|()| self)
            }

            /// The parameters with their values.
            pub fn parameters(self) -> impl Iterator<Item = (&'static crate::Parameter, f32)> {
                self.signature().given(self.values())
            }

            /// This function with another value of one parameter. Returns `None` if there is no
            /// such parameter, or if it takes whole numbers only and the value is none. Ranges are
            /// checked by [`checked`](Self::checked), not here.
            #[must_use]
            pub fn with(self, parameter: &str, value: f32) -> Option<Self> {
                let values = self.signature().with(self.values(), parameter, value)?;
                Some(self.with_values(values))
            }
        }

        impl $Function {
            fn key(self) -> (usize, [u32; crate::parameter::MOST_PARAMETERS]) {
                (self.index(), self.values().map(f32::to_bits))
            }
        }

        crate::value::compared_by!($Function, key);
        crate::value::text_form!($Function);

        impl std::fmt::Display for $Function {
            /// Writes `name`, or `name(parameter=value, …)` with every parameter. Parsing this
            /// text gives the same bits.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.signature().write(self.values(), f)
            }
        }

        impl std::str::FromStr for $Function {
            type Err = crate::ParseError;

            /// Reads `name` or `name(value, parameter=value, …)`, where values without a parameter
            /// stand first, in the order of the parameters. The name may be an alias of the list,
            /// with the parameters of the alias. Parameters that are not given take their
            /// defaults.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let functions = Self::ALL.iter().map(|function| function.signature());
                let (position, values) = crate::text::parse(text, Self::KIND, functions)?;
                Ok(Self::ALL[position].with_values(values))
            }
        }
    };
}

#[allow(
    clippy::single_component_path_imports,
    reason = "clippy overlooks that a macro from a macro needs it, too"
)]
pub(crate) use {functions, range_text, text_doc};
