//! The macro that reads the rows of the list of activations.

/// Reads rows of `Variant / CONSTANT { parameter: default in RANGE => derivative } = f, f', f''
/// { texts; bounds }`, where f, its derivatives and a parameter's derivative are functions of
/// [`reference`](crate::reference).
///
/// `lower: 0 in RANGE up_to upper` is a parameter that may not exceed the value of another one. A
/// default marked `(real)` stands for that real number and not for its nearest f32. A parameter
/// without a derivative cannot be learned. `text` is the name of the text form, where that is not
/// f: either activations share it, and `with` has the parameter that chooses among them, or the
/// shaders need the name for another function. Without f'', the second derivative is 0 wherever f' does
/// not jump. `from_output` has f' as a function of f(x), its bound, and the values of parameters for
/// which it is one. `aliases` are declarations of other libraries. `error_scale` is for functions with
/// zeros at more numbers than tests could list.
macro_rules! activations {
    (@optional) => { None };
    (@optional $value:expr) => { Some($value) };
    (@reference) => { None };
    (@reference $function:ident) => { Some(|x, values| reference::$function.call_with(x, values)) };
    (@is_there) => { false };
    (@is_there $($there:tt)+) => { true };
    (@name) => { None };
    (@name $name:ident) => { Some(stringify!($name)) };
    (@exact $default:literal) => { { let default: f32 = $default; default as f64 } };
    (@exact $default:literal real) => { $default };
    (@saved) => { Saved::Input };
    (@saved $there:ident) => { Saved::Either };
    (@text_name $name:ident) => { stringify!($name) };
    (@text_name $name:ident $text_name:literal) => { $text_name };
    ($(
        $Variant:ident $(/ $CONSTANT:ident { $(
            $parameter:ident: $default:literal $(($real:ident))? in $range:ident
            $(up_to $other:ident)? $(=> $parameter_derivative:ident)?
        ),+ })? = $name:ident, $derivative_name:ident $(, $second_derivative_name:ident)? {
            $($field:ident: $text:literal),+;
            $(aliases: [$($alias:literal),+],)?
            ulps: [$forward_ulps:literal, $backward_ulps:literal],
            $(from_output: $derivative_from_output:ident [$output_ulps:literal]
                $(where $($told:ident in $told_range:ident),+)?,)?
            $(error_scale: $error_scale:ident,)?
            $(text: $text_name:literal $(with $choice:ident = $chosen:ident)?,)?
            $(training: [$training:ident, $training_derivative:ident],)?
        }
    )+) => { functions! {
        /// An activation function with the values of its parameters.
        ///
        /// NaN gives NaN, in both directions. An infinite x gives the limit, or NaN where there is
        /// none. A parameter may take any value in its range, infinities included; kernels refuse
        /// other values with [`ParameterError`](crate::ParameterError). Learned parameters are not
        /// looked at: NaN among them gives NaN where the formula uses it.
        ///
        /// The text form has the name in lower case, as in `leaky_relu(negative_slope=0.2)`. Names
        /// of other libraries are read, too, with their parameters and defaults; the
        /// [aliases](ActivationInfo::aliases) of the list have them.
        ///
        /// ```
        /// use wgpu_activations::Activation;
        ///
        /// let activation: Activation = "leaky_relu(negative_slope=0.2)".parse()?;
        /// assert_eq!(activation, Activation::LeakyRelu { negative_slope: 0.2 });
        /// assert_eq!("leaky_relu".parse(), Ok(Activation::LEAKY_RELU));
        /// assert_eq!("leaky_relu(0.2)".parse(), Ok(activation));
        /// assert_eq!("LeakyReLU(negative_slope=0.2, inplace=True)".parse(), Ok(activation));
        /// assert_eq!("GELU(approximate='tanh')".parse(), Ok(Activation::GeluTanh));
        /// assert_eq!(Activation::LEAKY_RELU.to_string(), "leaky_relu(negative_slope=0.01)");
        ///
        /// assert_eq!(Activation::Hardtanh { min_val: -2.0, max_val: 2.0 }.forward(5.0), 2.0);
        /// assert_eq!(Activation::ELU.with("alpha", 0.5), Some(Activation::Elu { alpha: 0.5 }));
        /// # Ok::<(), wgpu_activations::ParseError>(())
        /// ```
        Activation: ActivationInfo, Activation;
        $(
            #[doc = concat!("**", stringify!($name), "**")]
            $(#[doc = text_doc!("f'(x) = " $field $text)])+
            $Variant $(/ $CONSTANT { $($parameter: f32 = $default in $range),+ })? => ActivationInfo {
                name: stringify!($name),
                text_name: activations!(@text_name $name $($text_name)?),
                aliases: &[$($($alias),+)?],
                choice: activations!(@optional $($((stringify!($choice), stringify!($chosen)))?)?),
                parameters: &[$($(Parameter {
                    exact_default: activations!(@exact $default $($real)?),
                    at_most: activations!(@name $($other)?),
                    is_learnable: activations!(@is_there $($parameter_derivative)?),
                    ..Parameter::new(stringify!($parameter), $default, $range)
                }),+)?],
                $($field: $text,)+
                ulps: [$forward_ulps, $backward_ulps],
                saved: activations!(@saved $($derivative_from_output)?),
                from_output: activations!(@optional $(FromOutput {
                    ulps: $output_ulps,
                    ranges: &[$($((stringify!($told), $told_range)),+)?],
                })?),
                shader: include_str!(concat!("../../shaders/activations/", stringify!($name), ".wgsl")),
                is_random: activations!(@is_there $($training)?),
                is_smooth: activations!(@is_there $($second_derivative_name)?),
            };
        )+
    }

    impl Activation {
        /// The reference of f. This and the other references are no part of the list, so that a program is
        /// linked with those only that it calls.
        pub(crate) fn reference(self) -> Reference {
            match self {
                $(Self::$Variant $({ $($parameter: _),+ })? => {
                    |x, values| reference::$name.call_with(x, values)
                }),+
            }
        }

        /// The other references.
        pub(crate) fn references(self) -> &'static References {
            match self {
                $(Self::$Variant $({ $($parameter: _),+ })? => &References {
                    derivative: |x, values| reference::$derivative_name.call_with(x, values),
                    second_derivative: activations!(@reference $($second_derivative_name)?),
                    derivative_from_output: activations!(@reference $($derivative_from_output)?),
                    parameters: &[$($(activations!(@reference $($parameter_derivative)?)),+)?],
                    training: activations!(@optional $([
                        |x, values| reference::$training.call_with(x, values),
                        |x, values| reference::$training_derivative.call_with(x, values),
                    ])?),
                    error_scale: activations!(@reference $($error_scale)?),
                }),+
            }
        }
    }

    /// Activations with their default parameters: `x.gelu()` is `x.apply(Activation::Gelu)`.
    impl crate::Expression {
        $(
            #[doc = concat!("[`Activation::", stringify!($Variant), "`] with its defaults.")]
            #[must_use]
            pub fn $name(&self) -> Self {
                self.apply(Activation::$Variant $({ $($parameter: $default),+ })?)
            }
        )+
    }
    };
}

pub(super) use activations;
