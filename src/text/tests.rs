use super::{ParseError, parse_number};
use crate::{Activation, AxisFunction, Glu};

/// Numbers are read as the standard library reads them: texts of all sizes, halfway cases, and
/// what is no number.
#[test]
fn numbers_are_read_as_in_rust() {
    let same = |text: &str| {
        let bits = |number: Option<f32>| match number {
            Some(number) if number.is_nan() => Some(f32::NAN.to_bits()),
            number => number.map(f32::to_bits),
        };
        assert_eq!(bits(parse_number(text)), bits(text.parse().ok()), "{text}");
    };
    for bits in (0..=u32::MAX).step_by(9973) {
        let number = f32::from_bits(bits);
        same(&number.to_string());
        same(&format!("{number:e}"));
        // The middle between two numbers, and what is just above it.
        let middle = f64::midpoint(number.into(), f32::from_bits(bits ^ 1).into());
        same(&middle.to_string());
        same(&format!("{middle}1"));
    }
    for text in [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "--1",
        "1.",
        ".5",
        ".",
        "-.",
        "1e",
        "e5",
        "1e5",
        "1E+05",
        "1e-",
        "1e400",
        "-1e400",
        "1e-400",
        "1_000",
        "1,5",
        "0x10",
        "inf",
        "-inf",
        "+Infinity",
        "infin",
        "nan",
        "-NaN",
        "nan(1)",
        "1f32",
        "1e99999999999",
        "0e99999999999",
        "00001.50",
    ] {
        same(text);
    }
}

#[test]
fn all_functions_refuse_the_same_arguments() {
    type Parse = fn(&str) -> Option<ParseError>;
    let functions: [(&str, &str, Parse); 3] = [
        ("elu", "alpha", |text| text.parse::<Activation>().err()),
        ("swiglu_oai", "alpha", |text| text.parse::<Glu>().err()),
        ("softmax", "temperature", |text| {
            text.parse::<AxisFunction>().err()
        }),
    ];
    for (name, key, parse) in functions {
        let message = |arguments: &str| {
            let error = parse(&format!("{name}({arguments})"));
            error.map(|error| error.to_string())
        };
        assert_eq!(message(&format!("{key} = 1")), None);
        assert_eq!(
            message(&format!("{key}=1, {key}=2")),
            Some(format!("{name}: {key} is given twice"))
        );
        assert_eq!(
            message(&format!("{key}=one")),
            Some(format!("{name}: {key} must be a number, got `one`"))
        );
        let unknown = message("other=1").unwrap_or_default();
        assert!(unknown.starts_with(&format!("{name} has no parameter `other`: it takes {key}")));
        let range = format!("{name}: {key} must be a number from ");
        assert!(message(&format!("{key}=nan")).is_some_and(|text| text.starts_with(&range)));
    }
}
