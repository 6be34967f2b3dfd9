//! Half an emoji: JavaScript cuts text between the two UTF-16 units of a character and writes the
//! half that is left as an escape, `\\ud83d`. JSON allows it, Unicode does not, and neither do Rust's
//! strings. It is no reason to throw a paid answer away.

use memchr::memchr;

const REPLACEMENT: &[u8] = b"\\ufffd";
const ESCAPE: usize = 6;

/// The JSON with the escapes of lone surrogates replaced by that of U+FFFD, which is as long: in place,
/// for it may fill what memory there is.
pub(crate) fn replaced(json: String) -> String {
    let mut json = json.into_bytes();
    let mut start = 0;
    while let Some(escape) = next_escape(&json, start) {
        let rest = json.get_mut(escape..).unwrap_or_default();
        start = escape + replace_lone(rest);
    }
    // Nothing but ASCII has taken the place of ASCII.
    String::from_utf8(json).unwrap_or_default()
}

fn next_escape(json: &[u8], start: usize) -> Option<usize> {
    memchr(b'\\', json.get(start..)?).map(|place| start + place)
}

/// Replaces the escape at the beginning of `json` if it is a lone surrogate. Returns how many bytes to go on.
fn replace_lone(json: &mut [u8]) -> usize {
    match (unit(json), json.get(ESCAPE..).and_then(unit)) {
        (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE,
        (Some(0xD800..=0xDFFF), _) => {
            json.iter_mut().zip(REPLACEMENT).for_each(|(byte, new)| *byte = *new);
            ESCAPE
        }
        (Some(_), _) => ESCAPE,
        // Any other escape is two characters, the second of them never the start of one.
        (None, _) => 2,
    }
}

/// The UTF-16 unit that the text starts with an escape of.
fn unit(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)? as u16))
}

#[cfg(test)]
mod tests;
