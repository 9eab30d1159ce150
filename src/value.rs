//! What all values of this crate can do: they are compared bit by bit, hashed, read from text and,
//! with the feature `serde`, kept as text.

/// Compares and hashes a type by a key that has the bits of its numbers: -0 is another value than
/// 0, and NaN is itself.
macro_rules! compared_by {
    ($Type:ty, $key:ident) => {
        impl PartialEq for $Type {
            fn eq(&self, other: &Self) -> bool {
                self.$key() == other.$key()
            }
        }

        impl Eq for $Type {}

        impl std::hash::Hash for $Type {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.$key().hash(state);
            }
        }
    };
}

/// What follows from a type's text form, which `FromStr` reads and `Display` writes.
macro_rules! text_form {
    ($($Type:ty),+) => {$(
        impl TryFrom<&str> for $Type {
            type Error = <Self as std::str::FromStr>::Err;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $Type {
            /// Writes the text form.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $Type {
            /// Reads the text form.
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

/// The text form of an enum without fields: `Display` writes the first name of a variant, and
/// `FromStr` reads all of them.
macro_rules! named {
    ($Type:ident, $kind:literal: $($Variant:ident = $name:literal $(| $alias:literal)*),+) => {
        impl $Type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The name, which is the text form.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Variant => $name),+
                }
            }
        }

        impl std::fmt::Display for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $Type {
            type Err = crate::ParseError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($name $(| $alias)* => Ok(Self::$Variant),)+
                    _ => Err(crate::ParseError::Word {
                        kind: $kind,
                        text: text.to_owned(),
                        allowed: Self::ALL.iter().map(|value| value.name()).collect(),
                    }),
                }
            }
        }

        crate::value::text_form!($Type);
    };
}

pub(crate) use {compared_by, named, text_form};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use crate::wgsl::Part;
    use crate::{
        Activation, AxisFunction, CrossEntropy, Dtype, Expression, FunctionKind, Glu,
        LossReduction, Saved,
    };

    #[test]
    fn values_are_compared_by_their_bits() {
        let elu = |alpha| Activation::Elu { alpha };
        assert_eq!(elu(f32::NAN), elu(f32::NAN));
        assert_ne!(elu(0.0), elu(-0.0));
        assert_ne!(elu(1.0), Activation::Celu { alpha: 1.0 });
        let softcap = |softcap| CrossEntropy {
            softcap,
            ..CrossEntropy::default()
        };
        assert_ne!(softcap(None), softcap(Some(0.0)));
        let all: HashSet<_> = Activation::ALL.iter().chain(Activation::ALL).collect();
        assert_eq!(all.len(), Activation::ALL.len());
        let units = [Glu::SWIGLU_OAI, Glu::SWIGLU, Glu::GLU, Glu::SWIGLU];
        assert_eq!(HashSet::from(units).len(), 3);
        let axis = AxisFunction::ALL.iter().collect::<HashSet<_>>();
        assert_eq!(axis.len(), AxisFunction::ALL.len());
    }

    #[test]
    fn text_forms_go_both_ways() {
        fn there_and_back<T>(all: &[T])
        where
            T: PartialEq + std::fmt::Debug + std::fmt::Display + for<'a> TryFrom<&'a str>,
            for<'a> <T as TryFrom<&'a str>>::Error: std::fmt::Debug + std::fmt::Display,
        {
            for value in all {
                assert_eq!(&T::try_from(&*value.to_string()).unwrap(), value);
            }
            let error = T::try_from("no such thing").unwrap_err().to_string();
            assert!(error.contains("no such thing"), "{error}");
        }
        there_and_back(Activation::ALL);
        there_and_back(AxisFunction::ALL);
        there_and_back(&Glu::NAMED);
        there_and_back(&[CrossEntropy::default()]);
        there_and_back(&["gelu(x + bias) * 2".parse::<Expression>().unwrap()]);
        there_and_back(Dtype::ALL);
        there_and_back(LossReduction::ALL);
        there_and_back(Saved::ALL);
        there_and_back(FunctionKind::ALL);
        there_and_back(Part::ALL);
        assert_eq!("float16".parse(), Ok(Dtype::F16));
        let error = "f64".parse::<Dtype>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no dtype `f64`: it must be f32, f16 or bf16"
        );
    }

    #[cfg(feature = "serde")]
    #[test]
    fn serde_keeps_text_forms() -> Result<(), serde_json::Error> {
        let layer = (
            Activation::LEAKY_RELU,
            Glu::SWIGLU,
            AxisFunction::SOFTMAX,
            Dtype::Bf16,
        );
        let json = serde_json::to_string(&layer)?;
        assert_eq!(
            json,
            r#"["leaky_relu(negative_slope=0.01)","swiglu","softmax(temperature=1)","bf16"]"#
        );
        assert_eq!(
            serde_json::from_str::<(Activation, Glu, AxisFunction, Dtype)>(&json)?,
            layer
        );
        let expression: Expression = "gelu(x + bias)".parse().expect("an expression");
        assert_eq!(
            serde_json::from_value::<Expression>(serde_json::to_value(&expression)?)?,
            expression
        );
        let refused = serde_json::from_str::<Activation>(r#""gleu""#).unwrap_err();
        assert!(
            refused.to_string().contains("did you mean `gelu`"),
            "{refused}"
        );
        Ok(())
    }
}
