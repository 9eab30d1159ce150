//! The text form of activations: parsing and printing.

use proptest::prelude::*;
use wgpu_activations::{Activation, ParameterError, ParseError};

fn message(text: &str) -> String {
    text.parse::<Activation>()
        .expect_err("not an activation")
        .to_string()
}

#[test]
fn defaults_are_filled_in() -> Result<(), ParseError> {
    assert_eq!(
        "leaky_relu".parse::<Activation>()?,
        Activation::LeakyRelu {
            negative_slope: 0.01
        }
    );
    assert_eq!(
        " elu ( alpha = 2 ) ".parse::<Activation>()?,
        Activation::Elu { alpha: 2.0 }
    );
    assert_eq!("relu()".parse::<Activation>()?, Activation::Relu);
    assert_eq!(
        "prelu".parse::<Activation>()?.to_string(),
        "prelu(weight=0.25)"
    );
    assert_eq!(
        Activation::LeakyRelu {
            negative_slope: 0.2
        }
        .to_string(),
        "leaky_relu(negative_slope=0.2)"
    );
    assert_eq!(Activation::Elu { alpha: 1.0 }.to_string(), "elu(alpha=1)");
    assert_eq!(Activation::Tanh.to_string(), "tanh");
    assert_eq!("gelu".parse::<Activation>()?, Activation::Gelu);
    assert_eq!(
        "gelu(approximate=tanh)".parse::<Activation>()?,
        Activation::GeluTanh
    );
    assert_eq!(Activation::GeluTanh.to_string(), "gelu(approximate=tanh)");
    assert_eq!(format!("[{:>6}]", Activation::Relu), "[  relu]");
    Ok(())
}

#[test]
fn errors_say_what_to_do() {
    assert_eq!(
        message("reluu"),
        "there is no activation `reluu`: did you mean `relu`?"
    );
    assert_eq!(
        message("LeakyReLU"),
        "there is no activation `LeakyReLU`: did you mean `leaky_relu`?"
    );
    assert_eq!(
        message("sigmiod(x=1)"),
        "there is no activation `sigmiod`: did you mean `sigmoid`?"
    );
    assert_eq!(
        message("relu(alpha=1)"),
        "relu has no parameter `alpha`: it takes no parameters"
    );
    assert_eq!(
        message("elu(negative_slope=1)"),
        "elu has no parameter `negative_slope`: it takes alpha"
    );
    assert_eq!(
        message("elu(alpha=1, alpha=2)"),
        "elu: alpha is given twice"
    );
    assert_eq!(
        message("elu(alpha=one)"),
        "elu: alpha must be a number, got `one`"
    );
    assert_eq!(
        message("elu(alpha=)"),
        "elu: alpha must be a number, got ``"
    );
    assert_eq!(
        message("elu(alpha=nan)"),
        "elu: alpha must be a number from -inf to inf, got NaN"
    );
    assert_eq!(
        message("rrelu(lower=inf)"),
        "rrelu: lower must be a number from -3.4028235e38 to 3.4028235e38, got inf"
    );
    assert_eq!(
        message("rrelu(lower=0.5, upper=0.1)"),
        "rrelu: lower must be a number from -3.4028235e38 to 0.1, the value of upper, got 0.5"
    );
    assert_eq!(
        message("gelu(approximate=erf)"),
        "gelu: approximate must be none or tanh, got `erf`"
    );
    assert_eq!(
        message("gelu(approximate=tanh, approximate=none)"),
        "gelu: approximate is given twice"
    );
    assert_eq!(
        message("gelu(beta=1)"),
        "gelu has no parameter `beta`: it takes approximate"
    );
    assert_eq!(
        message("softplus(alpha=1)"),
        "softplus has no parameter `alpha`: it takes beta, threshold"
    );
    assert_eq!(
        message("elu)"),
        "there is no activation `elu)`: did you mean `elu`?"
    );
    for text in [
        "",
        "()",
        "elu(",
        "elu(1)",
        "elu(alpha=1",
        "elu(,)",
        "elu(alpha=1,)",
    ] {
        let written = "write an activation as `relu` or `leaky_relu(negative_slope=0.2)`";
        assert_eq!(message(text), format!("cannot read `{text}`: {written}"));
    }
}

#[test]
fn values_made_by_hand_are_checked_too() {
    let error = Activation::Elu { alpha: f32::NAN }
        .checked()
        .expect_err("NaN is out of range");
    let ParameterError {
        activation,
        parameter,
        value,
        ..
    } = error;
    assert_eq!((activation, parameter), ("elu", "alpha"));
    assert!(value.is_nan());
    assert_eq!(
        Activation::Elu { alpha: 0.5 }.checked(),
        Ok(Activation::Elu { alpha: 0.5 })
    );
}

/// PyTorch takes these, and so do constants here.
#[test]
fn any_number_is_a_value() {
    for text in [
        "hardtanh(min_val=0, max_val=inf)",
        "softplus(beta=-1, threshold=inf)",
        "celu(alpha=-1)",
        "threshold(threshold=-inf, value=3)",
        "hardshrink(lambd=-0.5)",
        "leaky_relu(negative_slope=-inf)",
        "rrelu(lower=-0.5, upper=-0.5)",
    ] {
        let activation: Activation = text.parse().expect(text);
        assert_eq!(activation.to_string(), text);
        assert_eq!(activation.checked(), Ok(activation));
    }
}

proptest! {
    /// A printed activation parses to the same bits.
    #[test]
    fn text_and_value_agree(index in 0..Activation::ALL.len(), uniform in -2.0f32..2.0, bits: u32) {
        let bits = f32::from_bits(bits);
        for value in [uniform, if bits.is_nan() { 0.0 } else { bits }] {
            let mut activation = Activation::ALL[index];
            for parameter in activation.info().parameters {
                activation = activation.with(parameter.name, value).unwrap();
            }
            let again: Activation = activation.to_string().parse().unwrap();
            let bits = |activation: Activation| activation.parameters().map(|(_, value)| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(activation), bits(again));
            prop_assert_eq!(activation.info().name, again.info().name);
        }
    }

    /// No text panics.
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}", inside in "[a-z_=0-9.,() -]{0,40}") {
        for text in [&text, &inside, &format!("elu({inside})")] {
            if let Ok(activation) = text.parse::<Activation>() {
                prop_assert!(text.contains(activation.info().text_name));
            }
        }
    }
}
