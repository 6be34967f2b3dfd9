//! The letters of a text, under whatever escapes they stand: those of JSON, also within JSON, of Python and its like,
//! of HTML and of URLs. Each escape is read by itself: one that is none spoils nothing but itself.
//!
//! A text that was sent and a quotation of it are read in the same way, so that it does not matter that a backslash of
//! somebody's prompt, too, is taken for an escape. What matters is that all spellings of a text come to the same.

/// A letter, and by how many bytes of the text it is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) meant: char,
    pub(super) length: usize,
}

pub(super) struct Letters<'t> {
    rest: &'t str,
}

impl<'t> Letters<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { rest: text }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// Passes over so many bytes, at the end of which a letter ends.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

impl Iterator for Letters<'_> {
    type Item = Letter;

    fn next(&mut self) -> Option<Letter> {
        let plain = self.rest.chars().next()?;
        let letter = match plain {
            '\\' | '%' => escaped(self.rest),
            '&' => entity(self.rest),
            _ => None,
        };
        let letter = letter.unwrap_or(Letter { meant: plain, length: plain.len_utf8() });
        self.pass(letter.length);
        Some(letter)
    }
}

/// What an escape says: a letter, or a part of one.
enum Said {
    Letter(char),
    /// Of UTF-16.
    Unit(u16),
    /// Of UTF-8, or of Latin-1.
    Byte(u8),
}

fn escaped(text: &str) -> Option<Letter> {
    let (said, length) = escape(text)?;
    let letter = |meant, length| Some(Letter { meant, length });
    match said {
        Said::Letter(meant) => letter(meant, length),
        Said::Unit(unit) => {
            let next = text.get(length..).and_then(escape);
            let (units, both) = match next {
                Some((Said::Unit(low), more)) => ([unit, low], length + more),
                _ => ([unit, 0], length),
            };
            let meant = char::decode_utf16(units).next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
            letter(meant, if meant.len_utf16() == 2 { both } else { length })
        }
        Said::Byte(first) => {
            let (meant, length) = utf8(first, text, length).unwrap_or((char::from(first), length));
            letter(meant, length)
        }
    }
}

/// The letter of several bytes, each of which is an escape of its own.
fn utf8(first: u8, text: &str, mut length: usize) -> Option<(char, usize)> {
    let mut bytes = vec![first];
    for _ in 0..first.leading_ones().checked_sub(1)?.min(3) {
        let (Said::Byte(byte), more) = escape(text.get(length..)?)? else { return None };
        bytes.push(byte);
        length += more;
    }
    Some((std::str::from_utf8(&bytes).ok()?.chars().next()?, length))
}

/// What the escape says that the text begins with, and how long it is.
fn escape(text: &str) -> Option<(Said, usize)> {
    if let Some(percent) = text.strip_prefix('%') {
        return hex(percent, 2).map(|byte| (Said::Byte(byte as u8), 3));
    }
    // JSON within JSON doubles the backslashes.
    let behind = text.trim_start_matches('\\');
    let slashes = text.len() - behind.len();
    let kind = behind.chars().next().filter(|_| slashes > 0)?;
    let digits = behind.get(1..).unwrap_or_default();
    let letter = |code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    let (said, length) = match kind {
        // Whoever writes a quotation in capitals, writes its escapes so.
        'n' | 'r' | 't' | 'b' | 'f' | 'v' | 'a' | 'e' | 'N' | 'R' | 'T' | 'B' | 'F' => (Said::Letter(' '), 1),
        'u' | 'U' => {
            let braced = digits.strip_prefix('{').and_then(|digits| {
                let end = digits.bytes().take(9).position(|byte| byte == b'}').filter(|end| *end > 0)?;
                Some((hex(digits, end)?, end + 3))
            });
            let long = hex(digits, 8).filter(|_| kind == 'U').map(|code| (code, 9));
            match (braced.or(long), hex(digits, 4)) {
                (Some((code, length)), _) => (Said::Letter(letter(code)), length),
                (None, Some(unit)) => (Said::Unit(unit as u16), 5),
                (None, None) => (Said::Letter(kind), 1),
            }
        }
        'x' | 'X' => hex(digits, 2).map_or((Said::Letter(kind), 1), |byte| (Said::Byte(byte as u8), 3)),
        '0'..='3' => octal(behind).map_or((Said::Letter(kind), 1), |byte| (Said::Byte(byte), 3)),
        _ => (Said::Letter(kind), kind.len_utf8()),
    };
    Some((said, slashes + length))
}

/// The first so many digits, if they are some.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn octal(text: &str) -> Option<u8> {
    let digits = text.get(..3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    u8::from_str_radix(digits, 8).ok()
}

/// Those that templates write, also where the ampersand was escaped again.
fn entity(text: &str) -> Option<Letter> {
    const NAMES: [(&str, char); 5] = [("quot;", '"'), ("apos;", '\''), ("lt;", '<'), ("gt;", '>'), ("nbsp;", ' ')];
    let mut name = text.get(1..)?;
    while let Some(rest) = without_prefix(name, "amp;") {
        name = rest;
    }
    let named = NAMES.iter().find_map(|(known, meant)| without_prefix(name, known).map(|rest| (*meant, rest)));
    let ampersand = (name.len() + 1 < text.len()).then_some(('&', name));
    let (meant, rest) = named.or_else(|| numbered(name)).or(ampersand)?;
    Some(Letter { meant, length: text.len() - rest.len() })
}

fn numbered(name: &str) -> Option<(char, &str)> {
    // A number has seven digits at most.
    let end = name.bytes().take(10).position(|byte| byte == b';')?;
    let digits = name.get(..end)?.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    Some((char::from_u32(code.ok()?)?, name.get(end + 1..)?))
}

fn without_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(text: &str) -> String {
        let letters: Vec<_> = Letters::of(text).collect();
        assert_eq!(letters.iter().map(|letter| letter.length).sum::<usize>(), text.len(), "{text}");
        letters.iter().map(|letter| letter.meant).collect()
    }

    #[test]
    fn escapes_of_all_kinds_are_read() {
        for (text, letters) in [
            (r"caf\u00e9 caf\u00E9 caf\\u00e9 caf\\\\u00e9", "café café café café"),
            (r"\ud83d\ude00 \\ud83d\\ude00 \U0001f600 \u{1f600}", "😀 😀 😀 😀"),
            (r"b'\xd0\xbf\xd1\x80' '\xe9' \320\277", "b'пр' 'é' п"),
            (r#"say \"no\" \'no\' \/"#, r#"say "no" 'no' /"#),
            (r"a\nb\tc\\nd\Ne", "a b c d e"),
            ("&quot;a&quot; &#39;b&#39; &#x27;c&#X27; &lt;&gt;", r#""a" 'b' 'c' <>"#),
            ("a &amp; b &amp;amp; c &amp;quot; &QUOT; &amp;#39;", r#"a & b & c " " '"#),
            ("caf%C3%A9%20au%20lait", "café au lait"),
        ] {
            assert_eq!(meant(text), letters, "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_spoils_nothing_but_itself() {
        for (text, letters) in [
            (r"\u12 \u00e9", "u12 é"),
            (r"\ud83d \ud83d\u00e9 \ude00", "\u{fffd} \u{fffd}é \u{fffd}"),
            (r"\xd0 \xd0a \xd0\n \xg0", "Ð Ða Ð  xg0"),
            (
                "50% off, 5 %, AT&T & more &unknown; &#; &#xffffffff; &",
                "50% off, 5 %, AT&T & more &unknown; &#; &#xffffffff; &",
            ),
            (r"\u{110000} \u{} \777 \9 \é", "\u{fffd} u{} 777 9 é"),
            (r"at the end \\", r"at the end \\"),
        ] {
            assert_eq!(meant(text), letters, "{text}");
        }
    }
}
