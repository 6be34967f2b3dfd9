//! The shape of JSON from elsewhere, looked at before anything is made of it. Parsers meet depth with
//! recursion and numbers with memory; what nobody reads they pass over without a limit. This looks at
//! all of it, in one go and next to no memory.

use memchr::memchr2;
use thiserror::Error;

/// As deep as a request may be, and as deep as Ruby's own parser goes.
const DEEPEST: usize = 100;
/// No answer has so many choices, and a list of the odds of every token stays below it.
const MOST: usize = 1_000_000;
/// In bytes.
const LONGEST_NAME: usize = 64 * 1024;

/// Why JSON is not so much as parsed.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Misshapen {
    #[error("it is nested deeper than {DEEPEST} levels")]
    TooDeep,
    #[error("it has a list or an object of more than {MOST} entries")]
    TooMany,
    #[error("it has a field whose name is longer than {LONGEST_NAME} bytes")]
    LongName,
}

/// What else a look at all of it has shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Some text has the escape of a surrogate, which may be a lone one.
    pub(crate) surrogates: bool,
    /// Somewhere outside of texts there may be a `NaN` or an `Infinity`.
    pub(crate) constants: bool,
}

/// Whether JSON is of a size in each direction that an answer can have. Whether it is JSON at all is
/// left to the parser, which never sees more than this has allowed.
///
/// # Errors
/// [`Misshapen`].
pub(crate) fn check(json: &[u8]) -> Result<Shape, Misshapen> {
    let mut shape = Shape::default();
    let mut open: Vec<Open> = Vec::with_capacity(DEEPEST);
    let mut rest = json;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'"' => {
                let (length, behind) = skip_string(rest, &mut shape);
                rest = behind;
                if length > LONGEST_NAME && open.last().is_some_and(|open| open.name_next) {
                    return Err(Misshapen::LongName);
                }
            }
            b'[' | b'{' if open.len() == DEEPEST => return Err(Misshapen::TooDeep),
            b'[' | b'{' => open.push(Open { entries: 1, object: *byte == b'{', name_next: *byte == b'{' }),
            b']' | b'}' => drop(open.pop()),
            b':' => open.last_mut().into_iter().for_each(|open| open.name_next = false),
            b',' => open.last_mut().map_or(Ok(()), Open::count)?,
            b'N' | b'I' => shape.constants = true,
            _ => {}
        }
    }
    Ok(shape)
}

/// A list or an object whose end has not come yet.
struct Open {
    entries: usize,
    object: bool,
    /// Whether a string that comes now names a field.
    name_next: bool,
}

impl Open {
    fn count(&mut self) -> Result<(), Misshapen> {
        self.entries += 1;
        self.name_next = self.object;
        if self.entries > MOST {
            return Err(Misshapen::TooMany);
        }
        Ok(())
    }
}

/// What is behind the end of the string, and how long the string was: an escape counts as one letter, and
/// the digits of one as themselves.
fn skip_string<'j>(string: &'j [u8], shape: &mut Shape) -> (usize, &'j [u8]) {
    let (mut length, mut rest) = (0, string);
    while let Some(place) = memchr2(b'"', b'\\', rest) {
        length += place;
        match rest.get(place..) {
            Some([b'\\', escape @ ..]) => {
                length += 1;
                shape.surrogates |= matches!(escape, [b'u', b'd' | b'D', ..]);
                rest = escape.get(1..).unwrap_or_default();
            }
            behind => return (length, behind.and_then(|behind| behind.get(1..)).unwrap_or_default()),
        }
    }
    (length + rest.len(), &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: impl AsRef<[u8]>) -> Result<(), Misshapen> {
        check(json.as_ref()).map(drop)
    }

    #[test]
    fn what_a_parser_refuses_is_told_of() {
        for (json, surrogates, constants) in [
            (r#"["\ud83d"]"#, true, false),
            (r#"{"a":"b\\\uDC00"}"#, true, false),
            (r#""\ud83d\ude00"#, true, false),
            (r#"["\u00e9 \\ud83d","\n"]"#, false, false),
            (r#"["\"#, false, false),
            (r#"["\u"#, false, false),
            ("[NaN]", false, true),
            ("[1,-Infinity]", false, true),
            (r#"["NaN Infinity",null]"#, false, false),
        ] {
            assert_eq!(check(json.as_bytes()), Ok(Shape { surrogates, constants }), "{json}");
        }
    }

    #[test]
    fn depth_has_its_limit_in_lists_and_objects_alike() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
            let levels = DEEPEST / (open.len() - open.replace(['[', '{'], "").len());
            let nested = |times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));
            assert_eq!(checked(nested(levels)), Ok(()), "{open}");
            assert_eq!(checked(nested(levels + 1)), Err(Misshapen::TooDeep), "{open}");
            assert_eq!(checked(open.repeat(levels + 1)), Err(Misshapen::TooDeep), "{open}");
        }
        assert_eq!(checked("[]".repeat(200)), Ok(()));
    }

    #[test]
    fn number_has_its_limit_in_each_list_by_itself() {
        let list = |entries: usize| format!("[1{}]", ",1".repeat(entries - 1));
        assert_eq!(checked(list(MOST)), Ok(()));
        assert_eq!(checked(list(MOST + 1)), Err(Misshapen::TooMany));
        assert_eq!(checked(format!("[{},{}]", list(MOST), list(MOST))), Ok(()));
        assert_eq!(checked(format!("{{{}\"a\":1}}", "\"a\":1,".repeat(MOST))), Err(Misshapen::TooMany));
    }

    #[test]
    fn names_have_their_limit_and_texts_have_none() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for json in [format!(r#"{{"{long}":1}}"#), format!(r#"[{{"a":"b","{long}"#)] {
            assert_eq!(checked(&json), Err(Misshapen::LongName));
            assert_eq!(checked(json.replace(&long, &long[1..])), Ok(()));
        }
        for json in [format!(r#""{long}""#), format!(r#"{{"a":"{long}","b":["{long}","{long}"]}}"#)] {
            assert_eq!(checked(json), Ok(()));
        }
    }

    #[test]
    fn what_stands_in_a_string_has_no_shape() {
        for text in ["[".repeat(200), r#"\"["#.repeat(200), r"\\".to_owned(), ",".repeat(MOST + 1)] {
            assert_eq!(checked(format!(r#"["{text}",[1]]"#)), Ok(()), "{}", text.len());
        }
        assert_eq!(checked(format!(r#"["\\",{}"#, "[".repeat(200))), Err(Misshapen::TooDeep));
    }

    #[test]
    fn what_is_no_json_does_no_harm() {
        for odd in [&b""[..], b"]]]}", b"\"", b"\"\\", b"\xff,[\xff", b",,,,", b"<html>"] {
            assert_eq!(checked(odd), Ok(()), "{odd:?}");
        }
    }
}
