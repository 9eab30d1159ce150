//! The functions of [`reference`](crate::reference), called with the values of all parameters.

use crate::parameter::{MOST_PARAMETERS, Reference};
use crate::reference::ErrorScale;

/// The references of an activation, but for that of f itself.
#[derive(Debug)]
pub(crate) struct References {
    pub(crate) derivative: Reference,
    /// Without a second derivative it is 0 wherever the first one does not jump.
    pub(crate) second_derivative: Option<Reference>,
    /// f' as a function of f(x).
    pub(crate) derivative_from_output: Option<Reference>,
    /// The function differentiated with respect to each parameter that can be learned.
    pub(crate) parameters: &'static [Option<Reference>],
    /// f and f' in training mode. They take a random number from 0 to 1 after the parameters.
    pub(crate) training: Option<[Reference; 2]>,
    pub(crate) error_scale: Option<fn(f64, &[f64; MOST_PARAMETERS]) -> ErrorScale>,
}

/// A function of x and of some parameters that can be called with the values of all. The type
/// `Parameters` only keeps the implementations for different numbers of parameters apart.
pub(super) trait CallWith<Parameters> {
    type Output;
    fn call_with(&self, x: f64, values: &[f64; MOST_PARAMETERS]) -> Self::Output;
}

macro_rules! call_with {
    ($($($value:ident: $f64:ident)*;)+) => { $(
        impl<F: Fn(f64 $(, $f64)*) -> Output, Output> CallWith<($($f64,)*)> for F {
            type Output = Output;
            fn call_with(&self, x: f64, &[$($value,)* ..]: &[f64; MOST_PARAMETERS]) -> Output {
                self(x $(, $value)*)
            }
        }
    )+ };
}

call_with! {
    ;
    a: f64;
    a: f64 b: f64;
    a: f64 b: f64 c: f64;
    a: f64 b: f64 c: f64 d: f64;
}
