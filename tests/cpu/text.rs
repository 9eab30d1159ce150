//! The text form of activations: parsing and printing.

use proptest::prelude::*;
use wgpu_activations::{Activation, AxisFunction, FunctionKind, Glu, ParameterError, ParseError};

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
        message("LeakyRELU"),
        "there is no activation `LeakyRELU`: did you mean `LeakyReLU`?"
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
        message("LeakyReLU(slope=1)"),
        "LeakyReLU has no parameter `slope`: it takes negative_slope"
    );
    assert_eq!(
        message("ELU(alpha=nan)"),
        "ELU: alpha must be a number from -inf to inf, got NaN"
    );
    assert_eq!(
        message("Elu(alpha=1, alpha=1)"),
        "Elu: alpha is given twice"
    );
    assert_eq!(
        message("ReLU(inplace=yes)"),
        "ReLU: inplace must be True or False, got `yes`"
    );
    assert_eq!(
        message("PReLU(0.5)"),
        "PReLU: num_parameters must be a whole number, got `0.5`"
    );
    assert_eq!(
        message("Softmax(dim=1)"),
        "`Softmax` is a function along an axis (`AxisFunction`), but an activation (`Activation`) \
         is wanted here"
    );
    for text in [
        "",
        "()",
        "elu(",
        "elu)",
        "elu=",
        "elu(1))",
        "elu(1)x",
        "elu((1)",
        "elu(=1)",
        "elu(alpha==1)",
        "elu(alpha=1=2)",
        "elu(alpha=1",
        "elu(,)",
        "elu(alpha=1,)",
    ] {
        let written = "write an activation as `relu` or `leaky_relu(negative_slope=0.2)`";
        assert_eq!(message(text), format!("cannot read `{text}`: {written}"));
    }
}

#[test]
fn values_without_names_stand_in_order() {
    for (text, same) in [
        ("leaky_relu(0.2)", "leaky_relu(negative_slope=0.2)"),
        ("softplus(2, 15)", "softplus(beta=2, threshold=15)"),
        (
            "softplus(2, threshold=15)",
            "softplus(beta=2, threshold=15)",
        ),
        ("hardtanh( -2 ,2 )", "hardtanh(min_val=-2, max_val=2)"),
        (
            "LeakyReLU(1e-05, True)",
            "leaky_relu(negative_slope=0.00001)",
        ),
        ("gelu(tanh)", "gelu(approximate=tanh)"),
        ("gelu('tanh')", "gelu(approximate=tanh)"),
        ("GELU(approximate=\"none\")", "gelu(approximate=none)"),
        ("PReLU(1, 0.5)", "prelu(weight=0.5)"),
        ("ThresholdedRelu(2)", "threshold(threshold=2, value=0)"),
        (
            "HardSigmoid(beta=0.25)",
            "hardsigmoid(slope=0.2, offset=0.25)",
        ),
    ] {
        assert_eq!(text.parse(), same.parse::<Activation>(), "{text}");
        assert!(text.parse::<Activation>().is_ok(), "{text}");
    }
    assert_eq!(
        "RReLU(0.125, 0.3333333333333333)".parse(),
        Ok(Activation::RRELU)
    );
    assert_eq!(
        message("elu(1, 2)"),
        "elu has no parameter for `2`: it takes alpha"
    );
    assert_eq!(
        message("relu(1)"),
        "relu has no parameter for `1`: it takes no parameters"
    );
    assert_eq!(message("elu(1, alpha=2)"), "elu: alpha is given twice");
    assert_eq!(
        message("softplus(beta=2, 15)"),
        "softplus: `15` has no name, so it must stand before parameters with names"
    );
    assert_eq!(
        message("elu(1_000)"),
        "elu: alpha must be a number, got `1_000`"
    );
    assert_eq!(
        message("elu('1')"),
        "elu: alpha must be a number, got `'1'`"
    );
    assert_eq!(
        message("elu(f(1, x=2))"),
        "elu: alpha must be a number, got `f(1, x=2)`"
    );
    assert_eq!(
        message("gelu(approximate=tanh, none)"),
        "gelu: `none` has no name, so it must stand before parameters with names"
    );
}

#[test]
fn functions_along_an_axis_and_gated_units_take_the_axis_apart() {
    let axis = |text: &str| {
        text.parse::<AxisFunction>()
            .map_err(|error| error.to_string())
    };
    let unit = |text: &str| text.parse::<Glu>().map_err(|error| error.to_string());
    let apart = |name: &str, argument: &str| {
        format!("{name}: `{argument}` is refused: the axis is given apart, and parameters by name")
    };
    assert_eq!(axis("LogSoftmax"), Ok(AxisFunction::LOG_SOFTMAX));
    assert_eq!(
        axis("Maxout(groups=4)"),
        Ok(AxisFunction::Maxout { groups: 4 })
    );
    assert_eq!(axis("Softmax(dim=-1)"), Err(apart("Softmax", "dim=-1")));
    assert_eq!(axis("softmax(axis=0)"), Err(apart("softmax", "axis=0")));
    assert_eq!(unit("GLU(dim=1)"), Err(apart("GLU", "dim=1")));
    // In `torch.nn.functional.softmax(x, 2)` the number is the axis, and no temperature.
    assert_eq!(axis("softmax(2)"), Err(apart("softmax", "2")));
    assert_eq!(
        axis("softmax(beta=2)"),
        Err("softmax has no parameter `beta`: it takes temperature".to_owned())
    );
    let wanted = Glu::SwigluOai {
        alpha: 2.0,
        limit: 3.0,
        offset: 1.0,
    };
    assert_eq!(unit("swiglu_oai(2, 3)"), Ok(wanted));
    assert_eq!(unit("swigluoai(limit=3, alpha=2)"), Ok(wanted));
}

#[test]
fn errors_of_gated_units_name_what_was_written() {
    let unit = |text: &str| text.parse::<Glu>().map_err(|error| error.to_string());
    assert_eq!(unit(" gated( SiLU() ) "), Ok(Glu::SWIGLU));
    assert_eq!(
        unit("gated(LeakyReLU(0.2))"),
        Ok(Glu::With(Activation::LeakyRelu {
            negative_slope: 0.2
        }))
    );
    for (text, message) in [
        (
            "gated(swish(beta=x))",
            "in `gated(swish(beta=x))`: swish: beta must be a number, got `x`",
        ),
        (
            "gated(ELU(alpha=1, alpha=2))",
            "in `gated(ELU(alpha=1, alpha=2))`: ELU: alpha is given twice",
        ),
        (
            "gated(mihs)",
            "in `gated(mihs)`: there is no activation `mihs`: did you mean `mish`?",
        ),
        (
            "swiglu_oai(alpha=1, alpha=2)",
            "swiglu_oai: alpha is given twice",
        ),
        ("swiglu_oai(1, alpha=2)", "swiglu_oai: alpha is given twice"),
        (
            "swigluoai(beta=2)",
            "swigluoai has no parameter `beta`: it takes alpha, limit",
        ),
        (
            "silu",
            "`silu` is an activation (`Activation`), but a gated unit (`Glu`) is wanted here",
        ),
        (
            "gated",
            "cannot read `gated`: write a gated unit as `swiglu` or `gated(mish)`",
        ),
        (
            "gated(mish, relu)",
            "cannot read `gated(mish, relu)`: write a gated unit as `swiglu` or `gated(mish)`",
        ),
    ] {
        assert_eq!(unit(text), Err(message.to_owned()), "{text}");
    }
    let many = "gated(".repeat(100_000);
    assert!(unit(&many).is_err() && unit(&format!("{many}{}", ")".repeat(100_000))).is_err());
}

/// The function that an error suggests.
fn suggested(text: &str) -> Option<(&'static str, FunctionKind)> {
    match text.parse::<Activation>() {
        Err(ParseError::UnknownName { nearest, .. }) => nearest,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn slips_are_recognized() {
    use FunctionKind::{Activation, AlongAxis, Glu};
    for (text, wanted) in [
        ("reluu", ("relu", Activation)),
        ("rellu", ("relu", Activation)),
        ("gelo", ("gelu", Activation)),
        ("RELU", ("ReLU", Activation)),
        ("leaky-relu", ("leaky_relu", Activation)),
        ("leaky relu", ("leaky_relu", Activation)),
        ("gelu_nwe", ("gelu_new", Activation)),
        ("gelu_tanhh", ("gelu_tanh", Activation)),
        ("hardsigmiod", ("hardsigmoid", Activation)),
        ("HardSigmoidd", ("HardSigmoid", Activation)),
        ("softmx", ("softmax", AlongAxis)),
        ("log_softmaxx", ("log_softmax", AlongAxis)),
        ("softmax", ("softmax", AlongAxis)),
        ("Hardmax", ("Hardmax", AlongAxis)),
        ("swigul", ("swiglu", Glu)),
        ("gated(mish)", ("gated", Glu)),
        ("glu", ("glu", Glu)),
    ] {
        assert_eq!(suggested(text), Some(wanted), "{text}");
    }
    assert_eq!(
        message("softmx"),
        "there is no activation `softmx`: did you mean `softmax`, a function along an axis \
         (`AxisFunction`)?"
    );
    assert_eq!(
        message("vogue"),
        "there is no activation `vogue`: `Activation::list()` and docs/activations.md have all of \
         them"
    );
}

/// Functions that this crate does not have, and names that several functions are as near to.
#[test]
fn no_other_function_is_suggested() {
    let suggested = OTHERS
        .split_whitespace()
        .map(|text| (text, suggested(text)));
    let wrong: Vec<_> = suggested.filter(|(_, name)| name.is_some()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Functions of PyTorch, transformers, Keras, JAX, TensorFlow and ggml that this crate does not
/// have, functions of papers, and words that make another function of one that it has.
const OTHERS: &str = "
    gelu_10 sqrtsoftplus Softmax2d MultiheadAttention gumbel_softmax exponential
    standardize one_hot log1mexp logmeanexp sinh cosh asin
    asinh acos acosh atanh arctanh tan erfc sinc sgn neg
    expit log_ndtr relu1 relu3 relu7 relun srelu frelu arelu erelu drelu nelu pelu
    xelu serlu lelu qrelu dyrelu golu colu selu2 gelu2 gelu_fast2 gelu_tanh2 fast_gelu
    gelu_approx gelu_tanh_fast elish hard_elish smish phish logish eswish e_swish hswish h_swish
    tswish aria tanhexp maxsig nlsig sqnl sqlu srs symlog acon pau gcu dsilu bsilu psilu silu2
    swish1 linear2 bilinear2 softmax1 softmin2d softplusplus log_softmin hard_gelu quick_silu
    leaky_elu geglu_quick swiglu_clamp siglu seglu tanhglu rational dice elliott cloglog logit
    gaussian_error shiftedrelu
";

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
                let info = activation.info();
                let aliases = info.aliases.iter().filter_map(|alias| alias.split('(').next());
                let mut names = aliases.chain([info.text_name]);
                prop_assert!(names.any(|name| text.contains(name)));
            }
        }
    }
}
