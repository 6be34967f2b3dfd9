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
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_a_parser_makes_of_it() {
        for json in [
            r#""""#,
            r#""Hi""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""é\u00e9 \ud83d\ude00 😀\u0000""#,
            r#""\\ud83d""#,
            r#""\u2028\uffff\\""#,
        ] {
            assert_eq!(unescape(json).unwrap(), serde_json::from_str::<String>(json).unwrap(), "{json}");
        }
    }

    #[test]
    fn only_what_has_escapes_is_copied() {
        assert!(matches!(unescape(r#""é!""#), Some(Cow::Borrowed("é!"))));
        assert!(matches!(unescape(r#""\u00e9!""#), Some(Cow::Owned(_))));
    }

    #[test]
    fn half_an_emoji_takes_nothing_else_with_it() {
        assert_eq!(unescape(r#""a\ud83db""#).unwrap(), "a\u{fffd}b");
        assert_eq!(unescape(r#""\ud83d\n\ude00""#).unwrap(), "\u{fffd}\n\u{fffd}");
        assert_eq!(unescape(r#""\ud83d\ud83d\ude00""#).unwrap(), "\u{fffd}😀");
        assert_eq!(unescape(r#""\ud83d\u0041""#).unwrap(), "\u{fffd}A");
    }

    #[test]
    fn other_json_is_no_text() {
        for json in ["null", "1", "[\"a\"]", "{}", "true"] {
            assert_eq!(unescape(json), None, "{json}");
        }
    }
}
