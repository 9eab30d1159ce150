//! Several tensors as one argument of Burn's backend extensions, which take no lists.

#[cfg(feature = "fusion")]
use burn::backend::fusion::custom::TensorSpec;
use burn::backend::{Backend, ExtensionType, tensor::FloatTensor};

/// The most tensors that a function takes.
pub const MOST: usize = 8;

/// From one tensor to [`MOST`]. It is made of a list of them, and becomes one again.
#[derive(Clone, Debug, ExtensionType)]
#[extension_type(fusion: cfg(feature = "fusion"))]
#[rustfmt::skip]
pub enum Tensors<B: Backend> {
    One(FloatTensor<B>),
    Two(FloatTensor<B>, FloatTensor<B>),
    Three(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    Four(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    Five(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    Six(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    Seven(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    Eight(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
}

macro_rules! lists {
    (@each $Enum:ident $(<$B:ident: $Bound:ident>)?, $Item:ty, $($Variant:ident $($item:ident)+;)+) => {
        impl$(<$B: $Bound>)? From<$Enum$(<$B>)?> for Vec<$Item> {
            fn from(items: $Enum$(<$B>)?) -> Self {
                match items {
                    $($Enum::$Variant($($item),+) => vec![$($item),+],)+
                }
            }
        }

        impl$(<$B: $Bound>)? From<Vec<$Item>> for $Enum$(<$B>)? {
            fn from(items: Vec<$Item>) -> Self {
                $(let items = match <[_; [$(stringify!($item)),+].len()]>::try_from(items) {
                    Ok([$($item),+]) => return Self::$Variant($($item),+),
                    Err(items) => items,
                };)+
                unreachable!("the number of tensors was checked when the function was called: {}", items.len())
            }
        }
    };
    ($($head:tt)+) => {
        lists! {
            @each $($head)+,
            One a;
            Two a b;
            Three a b c;
            Four a b c d;
            Five a b c d e;
            Six a b c d e f;
            Seven a b c d e f g;
            Eight a b c d e f g h;
        }
    };
}

lists!(Tensors<B: Backend>, FloatTensor<B>);
#[cfg(feature = "fusion")]
lists!(TensorsMetadata, TensorSpec);
