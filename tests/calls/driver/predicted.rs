//! What must come of a call: which arguments are wrong, if any.

use std::collections::BTreeSet;

use wgpu_activations::Error;

/// The names of the arguments that an error may begin with.
#[derive(Debug, Default)]
pub struct Predicted {
    wrong: BTreeSet<String>,
    /// Wrong in a way that is only seen where there is something to compute.
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

    /// What was got, if it was right to get it. An error names one of the arguments that are wrong.
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
