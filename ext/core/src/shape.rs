//! The shape of JSON from elsewhere, looked at before anything is made of it. Parsers meet depth with
//! recursion and numbers with memory; what nobody reads they pass over without a limit. This looks at
//! all of it, in one go and next to no memory.

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

/// Whether JSON is of a size in each direction that an answer can have. Whether it is JSON at all is
/// left to the parser, which never sees more than this has allowed.
///
/// # Errors
/// [`Misshapen`].
pub(crate) fn check(json: &[u8]) -> Result<(), Misshapen> {
    let mut open: Vec<Open> = Vec::with_capacity(DEEPEST);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                let length = skip_string(&mut bytes);
                if length > LONGEST_NAME && open.last().is_some_and(|open| open.name_next) {
                    return Err(Misshapen::LongName);
                }
            }
            b'[' | b'{' if open.len() == DEEPEST => return Err(Misshapen::TooDeep),
            b'[' | b'{' => open.push(Open { entries: 1, object: *byte == b'{', name_next: *byte == b'{' }),
            b']' | b'}' => drop(open.pop()),
            b':' => open.last_mut().into_iter().for_each(|open| open.name_next = false),
            b',' => open.last_mut().map_or(Ok(()), Open::count)?,
            _ => {}
        }
    }
    Ok(())
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

/// Goes on to behind the end of the string, and tells how long it was.
fn skip_string<'b>(bytes: &mut impl Iterator<Item = &'b u8>) -> usize {
    let mut length = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => break,
            _ => {}
        }
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: impl AsRef<[u8]>) -> Result<(), Misshapen> {
        check(json.as_ref())
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
