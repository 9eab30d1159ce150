//! What follows from a row of the list: the enum, its values and its twins.

/// Rows of `Variant { parameter: default in range => twin of its derivative } = twins of f, f' and f'' { texts, bounds }`. Without a
/// twin, a parameter cannot be learned, or f'' is 0 where f' does not jump. `error_scale` is for functions whose zeros are in no table.
macro_rules! activations {
    (@optional) => { None };
    (@optional $value:expr) => { Some($value) };
    (@reference) => { None };
    (@reference $twin:ident) => { Some(|x, values| of(reference::$twin, x, values)) };
    (@real $value:ident $default:literal) => { f64::from($value) };
    (@real $value:ident $default:literal real) => { if $value == $default { $default } else { f64::from($value) } };
    (@text_name $name:ident) => { stringify!($name) };
    (@text_name $name:ident $text_name:literal) => { $text_name };
    ($(
        $variant:ident $({ $($parameter:ident: $default:literal $(($real:ident))? in $range:expr $(=> $parameter_derivative:ident)?),+ })?
            = $name:ident, $derivative_name:ident $(, $second_derivative_name:ident)? {
            formula: $formula:literal,
            derivative: $derivative:literal,
            kinks: $kinks:literal,
            source: $source:literal,
            strengths: $strengths:literal,
            weaknesses: $weaknesses:literal,
            used: $used:literal,
            ulps: [$forward_ulps:literal, $backward_ulps:literal],
            $(error_scale: $error_scale:ident,)?
            $(text: $text_name:literal with $choice:ident = $chosen:ident,)?
            $(training: [$training:ident, $training_derivative:ident],)?
        }
    )+) => {
        /// An activation function, with the values of its parameters.
        ///
        /// Its text form names what is here in lower case: `"leaky_relu(negative_slope=0.2)".parse()`. A parameter may
        /// take any value in its range; kernels refuse others with [`ParameterError`](crate::ParameterError).
        ///
        /// All of them: NaN gives NaN, in both directions; an infinite x gives the limit, or NaN where there is none.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Activation {
            $(
                #[doc = concat!("**", stringify!($name), "**: f(x) = ", $formula)]
                #[doc = concat!("\n\nf'(x) = ", $derivative)]
                #[doc = concat!("\n\n", $kinks)]
                #[doc = concat!("\n\nFor it: ", $strengths, " Against it: ", $weaknesses, " Used in: ", $used)]
                #[doc = concat!("\n\nSource: ", $source)]
                $variant $({ $(
                    #[doc = concat!("`", stringify!($parameter), "`, by default ", stringify!($default), ".")]
                    $parameter: f32
                ),+ })?,
            )+
        }

        impl Activation {
            const LIST: &'static [ActivationInfo] = &[$(ActivationInfo {
                name: stringify!($name),
                text_name: activations!(@text_name $name $($text_name)?),
                choice: activations!(@optional $((stringify!($choice), stringify!($chosen)))?),
                parameters: &[$($(Parameter {
                    name: stringify!($parameter),
                    default: $default,
                    range: $range,
                    derivative: activations!(@reference $($parameter_derivative)?),
                }),+)?],
                formula: $formula,
                derivative: $derivative,
                kinks: $kinks,
                source: $source,
                strengths: $strengths,
                weaknesses: $weaknesses,
                used: $used,
                ulps: [$forward_ulps, $backward_ulps],
                shader: include_str!(concat!("../../shaders/activations/", stringify!($name), ".wgsl")),
                references: References {
                    forward: |x, values| of(reference::$name, x, values),
                    derivative: |x, values| of(reference::$derivative_name, x, values),
                    second_derivative: activations!(@reference $($second_derivative_name)?),
                    training: activations!(@optional $([
                        |x, values| of(reference::$training, x, values),
                        |x, values| of(reference::$training_derivative, x, values),
                    ])?),
                    error_scale: activations!(@reference $($error_scale)?),
                },
            }),+];

            /// Every activation there is, with its default parameters.
            pub const ALL: &'static [Activation] = &[$(Activation::$variant $({ $($parameter: $default),+ })?),+];

            /// Every row of the list.
            #[must_use]
            pub fn list() -> &'static [ActivationInfo] {
                Self::LIST
            }

            /// This activation's row.
            #[must_use]
            pub fn info(self) -> &'static ActivationInfo {
                &Self::LIST[self.index()]
            }

            /// The position of this activation's row in the list.
            pub(crate) fn index(self) -> usize {
                #[derive(Clone, Copy)]
                enum Position { $($variant),+ }
                match self { $(Activation::$variant $({ $($parameter: _),+ })? => Position::$variant as usize),+ }
            }

            /// The values of the parameters, in the order of [`ActivationInfo::parameters`], then zeros.
            pub(crate) fn values(self) -> [f32; MOST_PARAMETERS] {
                let mut values = [0.0; MOST_PARAMETERS];
                let given: &[f32] = match &self { $(Activation::$variant $({ $($parameter),+ })? => &[$($(*$parameter),+)?]),+ };
                values[..given.len()].copy_from_slice(given);
                values
            }

            /// The same for the twins, where defaults are the real numbers that they stand for.
            pub(crate) fn real_values(self) -> [f64; MOST_PARAMETERS] {
                let mut values = [0.0; MOST_PARAMETERS];
                let given: &[f64] = match self { $(Activation::$variant $({ $($parameter),+ })? => &[$($(activations!(@real $parameter $default $($real)?)),+)?]),+ };
                values[..given.len()].copy_from_slice(given);
                values
            }

            /// This activation with other values of its parameters, in the order of [`ActivationInfo::parameters`].
            pub(crate) fn with_values(self, values: [f32; MOST_PARAMETERS]) -> Self {
                let mut _values = values.into_iter();
                match self { $(Activation::$variant $({ $($parameter),+ })? => Activation::$variant $({
                    $($parameter: _values.next().unwrap_or($parameter)),+
                })?),+ }
            }
        }
    };
}

pub(super) use activations;
