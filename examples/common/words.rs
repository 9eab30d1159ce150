//! The values of options that are words of the crate's.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use wgpu_activations::ParseError;

/// A parser of these words, which `--help` lists.
pub fn words<T>(words: &[&'static str]) -> impl TypedValueParser<Value = T> + use<T>
where
    T: std::str::FromStr<Err = ParseError> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.to_owned()).try_map(|word| word.parse())
}
