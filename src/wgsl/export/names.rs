//! Names in texts: the prefixes and the names that WGSL allows.

use super::super::linker::tokens;
use super::super::words::is_free;
use crate::Error;

/// The most characters of a title.
const MOST_IN_TITLE: usize = 200;

/// A title that is not too long for a line.
pub(super) fn shortened(title: &str) -> String {
    match title.char_indices().nth(MOST_IN_TITLE) {
        Some((end, _)) => format!("{}…", &title[..end]),
        None => title.to_owned(),
    }
}

/// A word of a command line, quoted for a shell where that needs it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=.,/:".contains(c);
    match word {
        "" => "''".to_owned(),
        _ if word.chars().all(is_plain) => word.to_owned(),
        _ => format!("'{word}'"),
    }
}

/// True if WGSL allows the name for a function.
pub(super) fn is_name(name: &str) -> bool {
    let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_word && tokens(name).next() == Some((0, name)) && is_free(name)
}

/// The name itself, or one made of it that is not taken.
pub(super) fn free(mut name: String, is_taken: impl Fn(&str) -> bool) -> String {
    while is_taken(&name) {
        name += "_inner";
    }
    name
}

/// A text without comments and empty lines.
pub(super) fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| match line.find("//") {
        Some(start) => line[..start].trim_end(),
        None => line,
    });
    let lines = lines.filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Built-in functions of WGSL whose names a prefix and a function's name can form.
const OF_WGSL: [&str; 5] = ["acos", "atanh", "frexp", "ldexp", "smoothstep"];

/// True for these names.
pub(super) fn is_of_wgsl(name: &str) -> bool {
    OF_WGSL.contains(&name)
}

/// Checks that WGSL allows names with this prefix. None at all leaves the names as they are in
/// `shaders/`, which hide WGSL's own functions `exp`, `tanh` and others.
pub(super) fn check_prefix(prefix: &str) -> Result<(), Error> {
    let is_word = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && prefix
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_');
    match prefix.is_empty() || is_word && !prefix.starts_with("__") {
        true => Ok(()),
        false => Err(refused(prefix)),
    }
}

/// Checks that the prefix makes no name of WGSL's own of a function's name.
pub(super) fn check_public<'a>(
    prefix: &str,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<(), Error> {
    let mut names = names.into_iter();
    match names.any(|name| !prefix.is_empty() && is_of_wgsl(name)) {
        false => Ok(()),
        true => Err(refused(prefix)),
    }
}

fn refused(prefix: &str) -> Error {
    Error::argument(
        "prefix",
        format!(
            "it must be nothing, or an ASCII letter or `_`, then letters, digits or `_`, with no `__` at the beginning, and no function of WGSL may have the name that it makes, got `{prefix}`"
        ),
    )
}
