//! Half an emoji: JavaScript cuts text between the two UTF-16 units of a character and writes the
//! half that is left as an escape, `\\ud83d`. JSON allows it, Unicode does not, and neither do Rust's
//! strings. It is no reason to throw a paid answer away.

const REPLACEMENT: &str = "\\ufffd";
const ESCAPE: usize = 6;

/// The JSON with the escapes of lone surrogates replaced by that of U+FFFD.
pub(crate) fn replaced(json: &str) -> String {
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        mended.push_str(before);
        let keep = match (unit(escape), escape.get(ESCAPE..).and_then(unit)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => 0,
            (Some(_), _) => ESCAPE,
            // Any other escape is two characters, the second of them never the start of one.
            (None, _) => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let taken = if keep == 0 { ESCAPE } else { keep };
        mended.push_str(if keep == 0 { REPLACEMENT } else { escape.get(..keep).unwrap_or(escape) });
        rest = escape.get(taken..).unwrap_or_default();
    }
    mended + rest
}

/// The UTF-16 unit that the text starts with an escape of.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn halves_are_replaced_and_the_rest_is_kept() {
        assert_eq!(replaced(r"Hi \ud83d"), r"Hi \ufffd");
        assert_eq!(replaced(r"\ude00!"), r"\ufffd!");
        assert_eq!(replaced(r"\ud83d\ude00 \u00e9 \n \\ud83d é"), r"\ud83d\ude00 \u00e9 \n \\ud83d é");
        assert_eq!(replaced(r"\ud83d\ud83d\ude00"), r"\ufffd\ud83d\ude00");
        assert_eq!(replaced(r"cut \u12"), r"cut \u12");
        assert_eq!(replaced("é\\"), "é\\");
    }
}
