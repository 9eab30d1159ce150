//! The functions of `reference`, all called in one way.

use crate::reference::ErrorScale;

/// No activation has more parameters.
pub(crate) const MOST_PARAMETERS: usize = 4;

/// A function of x and of the values of all parameters.
pub(crate) type Reference = fn(f64, &[f64; MOST_PARAMETERS]) -> f64;

/// An activation's twins. Without a second derivative it is 0 where the first does not jump.
#[derive(Debug)]
pub(crate) struct References {
    pub(crate) forward: Reference,
    pub(crate) derivative: Reference,
    pub(crate) second_derivative: Option<Reference>,
    /// f and f' in training mode, which take a random number from 0 to 1 after the parameters.
    pub(crate) training: Option<[Reference; 2]>,
    pub(crate) error_scale: Option<fn(f64, &[f64; MOST_PARAMETERS]) -> ErrorScale>,
}

/// What takes x and some parameters. `Parameters` tells the implementations apart.
pub(super) trait Function<Parameters> {
    type Value;
    fn at(&self, x: f64, values: &[f64; MOST_PARAMETERS]) -> Self::Value;
}

macro_rules! functions {
    ($($($value:ident)*;)+) => { $(
        impl<F: Fn(f64 $(, functions!(@f64 $value))*) -> Value, Value> Function<($(functions!(@f64 $value),)*)> for F {
            type Value = Value;
            fn at(&self, x: f64, &[$($value,)* ..]: &[f64; MOST_PARAMETERS]) -> Value {
                self(x $(, $value)*)
            }
        }
    )+ };
    (@f64 $value:ident) => { f64 };
}

functions! { ; a; a b; a b c; a b c d; }

/// The twin's value.
pub(super) fn of<Parameters, F: Function<Parameters>>(
    twin: F,
    x: f64,
    values: &[f64; MOST_PARAMETERS],
) -> F::Value {
    twin.at(x, values)
}
