//! The prediction of a call: the arguments that are wrong, if any.

use std::collections::BTreeSet;

use wgpu_activations::Error;

/// The arguments with whose names an error may begin.
#[derive(Debug, Default)]
pub struct Predicted {
    wrong: BTreeSet<String>,
    /// These are wrong in a way that is seen only if there is something to compute.
    perhaps: BTreeSet<String>,
}

impl Predicted {
    pub fn wrong_if(&mut self, is_wrong: bool, argument: &str) {
        if is_wrong {
            self.wrong.insert(argument.to_owned());
        }
    }

    pub fn perhaps_wrong(&mut self, argument: &str) {
        self.perhaps.insert(argument.to_owned());
    }

    /// The result, if the call was to be accepted. An error must name one of the arguments that are
    /// wrong.
    pub fn check<T>(self, call: &str, got: Result<T, Error>) -> Option<T> {
        match got {
            Ok(value) => {
                assert!(
                    self.wrong.is_empty(),
                    "{call}: accepted, although there are wrong arguments: {self:?}"
                );
                Some(value)
            }
            Err(error) => {
                let text = error.to_string();
                let named = text.split(':').next().unwrap_or_default();
                let is_named = self.wrong.contains(named) || self.perhaps.contains(named);
                assert!(
                    is_named,
                    "{call}: refused with `{text}`, but wrong are {self:?}"
                );
                None
            }
        }
    }
}
