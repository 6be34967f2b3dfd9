//! `NaN`, `Infinity` and `-Infinity`: Python writes them, and JSON does not know them.

use memchr::{memchr2, memchr3};

const NAN: &[u8] = b"NaN";
const INFINITY: &[u8] = b"Infinity";
/// Their replacement. It is no number, string or object, and not `null` either: a cost of `NaN` is not a missing cost.
const NOTHING: &[u8] = b"[]";

/// The JSON with an empty list for each constant, padded with blanks so that nothing moves.
pub(crate) fn replaced(json: String) -> String {
    let mut json = json.into_bytes();
    let mut start = 0;
    while let Some(place) = next(&json, start) {
        start = replace(&mut json, place);
    }
    // Nothing but ASCII has taken the place of ASCII.
    String::from_utf8(json).unwrap_or_default()
}

/// The next place where a string or a constant may begin.
fn next(json: &[u8], start: usize) -> Option<usize> {
    memchr3(b'"', b'N', b'I', json.get(start..)?).map(|place| start + place)
}

/// Replaces the constant at `place`, if there is one. Returns where to go on.
fn replace(json: &mut [u8], place: usize) -> usize {
    let (before, rest) = json.split_at_mut(place);
    if rest.first() == Some(&b'"') {
        return place + string(rest);
    }
    let Some(constant) = [NAN, INFINITY].into_iter().find(|constant| rest.starts_with(constant)) else {
        return place + 1;
    };
    let stand_in = NOTHING.iter().chain(std::iter::repeat(&b' '));
    rest.iter_mut().take(constant.len()).zip(stand_in).for_each(|(byte, new)| *byte = *new);
    if let (Some(sign @ b'-'), INFINITY) = (before.last_mut(), constant) {
        *sign = b' ';
    }
    place + constant.len()
}

/// The length of the string at the beginning of `json`.
fn string(json: &[u8]) -> usize {
    let mut length = 1;
    while let Some(place) = memchr2(b'"', b'\\', json.get(length..).unwrap_or_default()) {
        length += place;
        match json.get(length) {
            Some(b'\\') => length += 2,
            _ => return length + 1,
        }
    }
    json.len()
}

#[cfg(test)]
mod tests;
