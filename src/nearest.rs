//! The name that was probably meant where there is no such name.

use crate::text::FunctionKind;
use crate::{Activation, AxisFunction, CrossEntropy, Glu};

/// Functions that this crate does not have, and whose names differ from others by one letter.
const ELSEWHERE: [&str; 8] = [
    "arctanh",
    "colu",
    "geglu_quick",
    "golu",
    "leaky_elu",
    "sinc",
    "sinh",
    "smish",
];

/// The name that a text probably means, of any kind of function: the same name, or one that differs
/// by one slip, which is a letter that is missing, too much, another or in its neighbour's place.
/// Case and `_` do not count. The first letter and digits are never slips, since they distinguish
/// functions, and neither are letters that short names have too much, unless they are doubled, or
/// that they lack. Among names that are as near, those of the wanted kind count. Returns `None` if
/// these are names of several functions, or [`ELSEWHERE`].
pub(crate) fn nearest(name: &str, wanted: FunctionKind) -> Option<(&'static str, FunctionKind)> {
    let activations = Activation::ALL.iter().map(|function| function.signature());
    let functions = AxisFunction::ALL
        .iter()
        .map(|function| function.signature());
    let signatures = activations
        .map(|signature| (FunctionKind::Activation, signature))
        .chain(functions.map(|signature| (FunctionKind::AlongAxis, signature)))
        .chain(Glu::signatures().map(|signature| (FunctionKind::Glu, signature)))
        .chain(CrossEntropy::signatures().map(|signature| (FunctionKind::Loss, signature)));
    let mut known: Vec<_> = ELSEWHERE.iter().map(|name| (*name, None)).collect();
    for (function, (kind, signature)) in signatures.enumerate() {
        for name in signature.names() {
            // The first function of a name is the default.
            if known.iter().all(|(other, _)| *other != name) {
                known.push((name, Some((function, kind))));
            }
        }
    }

    let rated = known.into_iter().filter_map(|(other, function)| {
        let is_wanted = function.is_none_or(|(_, kind)| kind == wanted);
        Some(((slips(name, other)?, !is_wanted), other, function))
    });
    let mut near: Vec<_> = rated.collect();
    let (best, ..) = near.iter().copied().min_by_key(|(rating, ..)| *rating)?;
    near.retain(|(rating, ..)| *rating == best);
    let (_, _, function) = near[0];
    if near.iter().any(|(_, _, other)| *other != function) {
        return None;
    }
    let names = near.into_iter().map(|(_, other, _)| other);
    let nearest = names.min_by_key(|other| strsim::osa_distance(name, other))?;
    Some((nearest, function?.1))
}

/// The one of these names that a text probably means, by the same rule.
pub(crate) fn nearest_of<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rated = names.filter_map(|other| Some((slips(name, other)?, other)));
    let mut near: Vec<_> = rated.collect();
    near.sort_unstable();
    match near[..] {
        [(best, _), (next, _), ..] if best == next => None,
        [(_, nearest), ..] => Some(nearest),
        [] => None,
    }
}

/// The number of slips that make a text of a name, or `None` if these are too many.
fn slips(name: &str, other: &str) -> Option<usize> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let digits = |name: &str| name.replace(|c: char| !c.is_ascii_digit(), "");
    let undoubled = |name: &str| {
        let mut letters: Vec<_> = name.chars().collect();
        letters.dedup();
        letters
    };
    let (given, other_plain) = (plain(name), plain(other));
    let slips = strsim::osa_distance(&given, &other_plain);
    let may_slip = match given.len() {
        0..4 => false,
        4..6 => given.len() == other_plain.len() || undoubled(&given) == undoubled(&other_plain),
        _ => true,
    };
    let is_near = slips <= usize::from(may_slip)
        && other_plain.chars().next() == given.chars().next()
        && digits(other) == digits(name);
    is_near.then_some(slips)
}
