//! The text of a JSON string: a part of the JSON where that spells it letter by letter, or one copy of the right size.

use std::borrow::Cow;

use memchr::memchr;

/// The text of a JSON string; `None` for other JSON. Half an emoji becomes U+FFFD.
pub(crate) fn unescape(json: &str) -> Option<Cow<'_, str>> {
    let inside = json.strip_prefix('"')?.strip_suffix('"')?;
    if memchr(b'\\', inside.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inside));
    }
    let mut text = String::with_capacity(inside.len());
    push(json, &mut text);
    Some(Cow::Owned(text))
}

/// Appends the text of a JSON string; nothing for other JSON.
pub(crate) fn push(json: &str, text: &mut String) {
    let quoted = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut rest = quoted.unwrap_or_default();
    while let Some((before, escape)) = memchr(b'\\', rest.as_bytes()).and_then(|start| rest.split_at_checked(start)) {
        text.push_str(before);
        let (letter, length) = unescaped(escape);
        text.push(letter);
        rest = escape.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
}

/// The letter that an escape means, and how long the escape is.
fn unescaped(escape: &str) -> (char, usize) {
    let letter = match escape.as_bytes().get(1) {
        Some(b'u') => return unicode(escape),
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        // Quotes and slashes mean themselves; a parser has seen to it that there is nothing else.
        Some(other) => char::from(*other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (letter, 2)
}

fn unicode(escape: &str) -> (char, usize) {
    let units = [escape.get(2..6), escape.get(6..).and_then(|next| next.strip_prefix("\\u")?.get(..4))];
    let units = units.into_iter().map_while(|digits| u16::from_str_radix(digits?, 16).ok());
    match char::decode_utf16(units).next() {
        Some(Ok(letter)) => (letter, 6 * letter.len_utf16()),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

#[cfg(test)]
mod tests;
