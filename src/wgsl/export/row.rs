//! What softmax needs of a row, in texts.

use super::super::shader;
use super::{Context, Part, Piece};

const FORWARD: [&str; 6] = [
    "_max",
    "_exp",
    "_rescaled",
    "_result",
    "_logsumexp",
    "_log_result",
];
const GRADIENTS: [&str; 2] = ["_gradient", "_log_gradient"];

pub(super) fn piece(context: &Context<'_>) -> Piece {
    let forward = FORWARD.into_iter().filter(|_| context.has(Part::Forward));
    let gradients = GRADIENTS
        .into_iter()
        .filter(|_| context.has(Part::Derivative));
    let suffixes = forward.chain(gradients);
    Piece {
        texts: vec![shader!("export/softmax").to_owned()],
        wanted: suffixes
            .map(|suffix| (["softmax", suffix].concat(), suffix.to_owned()))
            .collect(),
        has_defaults: true,
        ..Piece::default()
    }
}
