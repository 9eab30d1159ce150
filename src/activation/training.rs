//! Training mode: dropout and random slopes.

use super::Activation;
use crate::parameter::MOST_PARAMETERS;
use crate::reference::{philox, scaled};
use crate::value::compared_by;

/// The random parts of training: dropout after any activation, and the slopes of `rrelu`.
///
/// Random numbers come from a counter (Philox4x32-10), so that the same seed and offset give the
/// same numbers on every device. The backward pass needs no stored mask, only the same
/// `TrainingMode`. Each element takes one position of the sequence; the next use should therefore
/// have an `offset` that is larger by the number of elements.
///
/// With probability `dropout` an element of the output is 0, else it is multiplied by
/// `1 / (1 - dropout)`. NaN stays NaN.
///
/// ```
/// use wgpu_activations::{Activation, TrainingMode};
///
/// let training = TrainingMode { seed: 7, offset: 0, dropout: 0.5 };
/// let outputs = [0, 1, 2, 3].map(|element| training.forward(Activation::Relu, 3.0, element));
/// assert!(outputs.iter().all(|y| [0.0, 6.0].contains(y)));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TrainingMode {
    /// The seed of the sequence of random numbers.
    pub seed: u64,
    /// The position of the first element in the sequence. Multiples of 4 are fastest.
    pub offset: u64,
    /// The probability that an element is dropped, from 0 to 1, in steps of 2^-24.
    pub dropout: f32,
}

/// Random words are reduced to this many bits, which an f32 holds exactly.
const RANDOM_BITS: u32 = 24;

/// The uses of random words: each has a sequence of its own.
const FOR_DROPOUT: u32 = 0;
const FOR_ACTIVATION: u32 = 1;

compared_by!(TrainingMode, key);

impl TrainingMode {
    fn key(self) -> (u64, u64, u32) {
        (self.seed, self.offset, self.dropout.to_bits())
    }

    /// The mode for the part of a tensor that begins at this element.
    pub(crate) fn at_element(self, element: u64) -> Self {
        Self {
            offset: self.offset.wrapping_add(element),
            ..self
        }
    }

    /// The dropout in units of 2^-24: elements whose random number is below it are dropped.
    pub(crate) fn dropped_below(self) -> u32 {
        (self.dropout * (1 << RANDOM_BITS) as f32).round() as u32
    }

    /// The factor of the elements that are not dropped.
    pub(crate) fn keep_scale(self) -> f32 {
        if self.dropout < 1.0 {
            (1.0 / (1.0 - f64::from(self.dropout))) as f32
        } else {
            0.0
        }
    }

    /// Computes the output of an element on the CPU, in f64.
    #[must_use]
    pub fn forward(self, activation: Activation, x: f64, element: u64) -> f64 {
        let y = match activation.references().training {
            Some([forward, _]) => forward(x, &self.values(activation, element)),
            None => activation.forward(x),
        };
        scaled(self.kept(element), y)
    }

    /// Computes the gradient of an element on the CPU, in f64.
    #[must_use]
    pub fn backward(self, activation: Activation, x: f64, grad_output: f64, element: u64) -> f64 {
        let derivative = match activation.references().training {
            Some([_, derivative]) => derivative(x, &self.values(activation, element)),
            None => activation.derivative(x),
        };
        scaled(scaled(self.kept(element), derivative), grad_output)
    }

    /// The values of the parameters, and after them a random number from 0 to 1.
    fn values(self, activation: Activation, element: u64) -> [f64; MOST_PARAMETERS] {
        let mut values = activation.values().map(f64::from);
        let random = f64::from(self.random(element, FOR_ACTIVATION));
        values[activation.info().parameters.len()] = random / f64::from(1 << RANDOM_BITS);
        values
    }

    /// The factor that dropout gives an element.
    fn kept(self, element: u64) -> f64 {
        self.kept_for(FOR_DROPOUT, element)
    }

    /// The factor that the call of dropout at this place of an expression gives an element.
    pub(crate) fn kept_by_call(self, place: usize, element: u64) -> f64 {
        let purpose = match place {
            0 => FOR_DROPOUT,
            _ => FOR_ACTIVATION + place as u32,
        };
        self.kept_for(purpose, element)
    }

    fn kept_for(self, purpose: u32, element: u64) -> f64 {
        if self.random(element, purpose) < self.dropped_below() {
            0.0
        } else {
            self.keep_scale().into()
        }
    }

    /// An element's random number of [`RANDOM_BITS`] bits. A call of Philox gives those of four
    /// elements.
    fn random(self, element: u64, purpose: u32) -> u32 {
        let position = self.offset.wrapping_add(element);
        let (group, key) = (position / 4, self.seed);
        let words = philox(
            [group as u32, (group >> 32) as u32, purpose, 0],
            [key as u32, (key >> 32) as u32],
        );
        words[(position % 4) as usize] >> (u32::BITS - RANDOM_BITS)
    }
}
