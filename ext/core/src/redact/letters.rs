//! The letters of a text without their escapes: those of JSON, also nested, of Python and the like, of HTML and of
//! URLs. An invalid escape stands for itself.
//!
//! A sent text and a quotation of it are read alike. So it does not matter that a plain backslash of a prompt is read
//! as an escape: what matters is that all spellings of a text come to the same.

/// A letter, and the number of bytes that spell it.
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

    /// The unread rest.
    pub(super) fn rest(&self) -> &'t str {
        self.rest
    }

    /// Skips so many bytes, which end at a letter.
    pub(super) fn skip_bytes(&mut self, bytes: usize) {
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
        self.skip_bytes(letter.length);
        Some(letter)
    }
}

/// What an escape stands for: a letter, or a part of one.
enum Escape {
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
        Escape::Letter(meant) => letter(meant, length),
        Escape::Unit(unit) => {
            let next = text.get(length..).and_then(escape);
            let (units, both) = match next {
                Some((Escape::Unit(low), more)) => ([unit, low], length + more),
                _ => ([unit, 0], length),
            };
            let meant = char::decode_utf16(units).next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
            letter(meant, if meant.len_utf16() == 2 { both } else { length })
        }
        Escape::Byte(first) => {
            let (meant, length) = utf8(first, text, length).unwrap_or((char::from(first), length));
            letter(meant, length)
        }
    }
}

/// The letter of several bytes, each of which is an escape of its own.
fn utf8(first: u8, text: &str, mut length: usize) -> Option<(char, usize)> {
    let mut bytes = vec![first];
    for _ in 0..first.leading_ones().checked_sub(1)?.min(3) {
        let (Escape::Byte(byte), more) = escape(text.get(length..)?)? else { return None };
        bytes.push(byte);
        length += more;
    }
    Some((std::str::from_utf8(&bytes).ok()?.chars().next()?, length))
}

/// What the escape at the beginning of the text stands for, and its length.
fn escape(text: &str) -> Option<(Escape, usize)> {
    if let Some(percent) = text.strip_prefix('%') {
        return hex(percent, 2).map(|byte| (Escape::Byte(byte as u8), 3));
    }
    // JSON within JSON doubles the backslashes.
    let behind = text.trim_start_matches('\\');
    let slashes = text.len() - behind.len();
    let kind = behind.chars().next().filter(|_| slashes > 0)?;
    let digits = behind.get(1..).unwrap_or_default();
    let letter = |code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    let (said, length) = match kind {
        // A quotation in capitals has its escapes in capitals.
        'n' | 'r' | 't' | 'b' | 'f' | 'v' | 'a' | 'e' | 'N' | 'R' | 'T' | 'B' | 'F' => (Escape::Letter(' '), 1),
        'u' | 'U' => {
            let braced = digits.strip_prefix('{').and_then(|digits| {
                let end = digits.bytes().take(9).position(|byte| byte == b'}').filter(|end| *end > 0)?;
                Some((hex(digits, end)?, end + 3))
            });
            let long = hex(digits, 8).filter(|_| kind == 'U').map(|code| (code, 9));
            match (braced.or(long), hex(digits, 4)) {
                (Some((code, length)), _) => (Escape::Letter(letter(code)), length),
                (None, Some(unit)) => (Escape::Unit(unit as u16), 5),
                (None, None) => (Escape::Letter(kind), 1),
            }
        }
        'x' | 'X' => hex(digits, 2).map_or((Escape::Letter(kind), 1), |byte| (Escape::Byte(byte as u8), 3)),
        '0'..='3' => octal(behind).map_or((Escape::Letter(kind), 1), |byte| (Escape::Byte(byte), 3)),
        _ => (Escape::Letter(kind), kind.len_utf8()),
    };
    Some((said, slashes + length))
}

/// The value of the first `digits` hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u32> {
    let digits = text.get(..digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn octal(text: &str) -> Option<u8> {
    let digits = text.get(..3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    u8::from_str_radix(digits, 8).ok()
}

/// The entities that templates write, even if the ampersand was escaped again.
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
mod tests;
