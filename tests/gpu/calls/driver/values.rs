//! Functions, with parameters that are mostly within their ranges.

use wgpu_activations::{Activation, AxisFunction, Glu, TrainingMode};

use super::choices::Choices;
use super::predicted::Predicted;

/// They are few, as each has many kernels: without parameters, with one or two that can be learned,
/// and one that is random in training.
const ACTIVATIONS: [Activation; 4] = [
    Activation::Relu,
    Activation::Prelu { weight: 0.25 },
    Activation::Hardtanh {
        min_val: -1.0,
        max_val: 1.0,
    },
    Activation::Rrelu {
        lower: 0.1,
        upper: 0.3,
    },
];

pub fn activation(choices: &mut Choices<'_>, predicted: &mut Predicted) -> Activation {
    if !choices.once_in(24) {
        return choices.of(&ACTIVATIONS);
    }
    let activation = choices.of(&[
        Activation::Elu { alpha: f32::NAN },
        Activation::Rrelu {
            lower: f32::INFINITY,
            upper: f32::INFINITY,
        },
        Activation::Rrelu {
            lower: 0.5,
            upper: 0.1,
        },
    ]);
    predicted.wrong_if(true, activation.info().name);
    activation
}

pub fn glu(choices: &mut Choices<'_>, predicted: &mut Predicted) -> Glu {
    match choices.below(8) {
        0 => {
            let limit = if choices.once_in(8) { f32::NAN } else { 7.0 };
            predicted.wrong_if(limit.is_nan(), "swiglu_oai");
            Glu::SwigluOai {
                alpha: 1.702,
                limit,
                offset: 0.0,
            }
        }
        1 => Glu::SITUGLU,
        _ => Glu::With(activation(choices, predicted)),
    }
}

pub fn function(choices: &mut Choices<'_>, predicted: &mut Predicted) -> AxisFunction {
    if !choices.once_in(12) {
        return choices.of(AxisFunction::ALL);
    }
    let function = choices.of(&[
        AxisFunction::Maxout { groups: 3 },
        AxisFunction::Softmax { temperature: 0.0 },
        AxisFunction::LogSoftmax {
            temperature: f32::NAN,
        },
        AxisFunction::Maxout { groups: 0 },
    ]);
    predicted.wrong_if(
        function != AxisFunction::Maxout { groups: 3 },
        function.info().name,
    );
    function
}

pub fn training(choices: &mut Choices<'_>, predicted: &mut Predicted) -> TrainingMode {
    let dropout = choices.of(&[0.0, 0.1, 0.5, 1.0, 0.25, 0.75, 0.9, 1.5, -0.1, f32::NAN]);
    predicted.wrong_if(!(0.0..=1.0).contains(&dropout), "dropout");
    TrainingMode {
        seed: choices.byte().into(),
        offset: choices.of(&[0, 4, 5, 1 << 33, u64::MAX]),
        dropout,
    }
}
