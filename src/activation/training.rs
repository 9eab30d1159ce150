//! What is random while a network is trained.

use super::{Activation, MOST_PARAMETERS};
use crate::reference::{philox, scaled};

/// What is random while a network is trained: dropout behind any activation, and the slopes of `rrelu`.
///
/// Random numbers come from a counter (Philox4x32-10): the same seed and offset give the same ones on every device, and the backward
/// pass needs no stored mask, only these. Each element takes one position of the sequence, so that `offset` advances by the number of
/// elements from one use to the next.
///
/// With probability `dropout` an element of the output is 0, else it is multiplied by `1 / (1 - dropout)`. NaN stays NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrainingMode {
    /// Which sequence of random numbers.
    pub seed: u64,
    /// Where in the sequence the first element is. Multiples of 4 are fastest.
    pub offset: u64,
    /// The probability that an element is dropped, from 0 to 1, in steps of 2^-24.
    pub dropout: f32,
}

impl TrainingMode {
    /// The same for elements from this one on.
    pub(crate) fn at_element(self, element: u64) -> Self {
        Self {
            offset: self.offset.wrapping_add(element),
            ..self
        }
    }

    /// In units of 2^-24: words below this are dropped.
    pub(crate) fn dropped_below(self) -> u32 {
        (self.dropout * (1 << 24) as f32).round() as u32
    }

    /// What the elements are multiplied by that are kept.
    pub(crate) fn keep_scale(self) -> f32 {
        if self.dropout < 1.0 {
            (1.0 / (1.0 - f64::from(self.dropout))) as f32
        } else {
            0.0
        }
    }

    /// The element's output on the CPU, in f64.
    #[must_use]
    pub fn forward(self, activation: Activation, x: f64, element: u64) -> f64 {
        let y = match activation.info().references.training {
            Some([forward, _]) => forward(x, &self.values(activation, element)),
            None => activation.forward(x),
        };
        scaled(self.kept(element), y)
    }

    /// The element's gradient on the CPU, in f64.
    #[must_use]
    pub fn backward(self, activation: Activation, x: f64, grad_output: f64, element: u64) -> f64 {
        let derivative = match activation.info().references.training {
            Some([_, derivative]) => derivative(x, &self.values(activation, element)),
            None => activation.derivative(x),
        };
        scaled(scaled(self.kept(element), derivative), grad_output)
    }

    /// The parameters, and after them a random number.
    fn values(self, activation: Activation, element: u64) -> [f64; MOST_PARAMETERS] {
        let mut values = activation.values().map(f64::from);
        values[activation.info().parameters.len()] =
            f64::from(self.word(element, 1) >> 8) / f64::from(1 << 24);
        values
    }

    /// What dropout multiplies an element by.
    fn kept(self, element: u64) -> f64 {
        if self.word(element, 0) >> 8 < self.dropped_below() {
            0.0
        } else {
            self.keep_scale().into()
        }
    }

    /// The element's random word: 0 for dropout, 1 for the activation.
    fn word(self, element: u64, purpose: u32) -> u32 {
        let position = self.offset.wrapping_add(element);
        let (group, key) = (position / 4, self.seed);
        philox(
            [group as u32, (group >> 32) as u32, purpose, 0],
            [key as u32, (key >> 32) as u32],
        )[(position % 4) as usize]
    }
}
