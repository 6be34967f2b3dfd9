//! An endpoint's words as one printable line of bounded length.

use super::letters::{Letter, Letters};

pub(super) const MAX_MESSAGE_CHARS: usize = 300;
/// In bytes.
pub(super) const MAX_SCANNED_BYTES: usize = 15_000;

/// The part of an endpoint's words that is searched: far more than will be shown, since half a secret is not found.
pub(crate) fn beginning(words: &str) -> &str {
    cut(words, MAX_SCANNED_BYTES)
}

/// One line of printable text, shortened.
pub(crate) fn printable(text: &str) -> String {
    shorten(&flat(text))
}

/// The first `most` bytes, without a letter that they cut in two.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// Line breaks and other control characters would forge lines in a log.
pub(super) fn flat(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Replaces escapes by the letters that they stand for, except blanks and the escapes of URLs.
pub(super) fn readable(text: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    for Letter { meant, length } in Letters::of(text) {
        let (spelled, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = behind;
        // A backslash before a letter may be that of a path.
        let is_clear = length > 2 || !meant.is_alphanumeric();
        if is_clear && !meant.is_whitespace() && !meant.is_control() && !spelled.starts_with('%') {
            plain.push(meant);
        } else {
            plain.push_str(spelled);
        }
    }
    plain
}

pub(crate) fn shorten(line: &str) -> String {
    match line.char_indices().nth(MAX_MESSAGE_CHARS) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}
