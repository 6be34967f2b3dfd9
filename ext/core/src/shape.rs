//! The shape of JSON from elsewhere, looked at before anything is made of it. Parsers meet depth with
//! recursion and numbers with memory; what nobody reads they pass over without a limit. This looks at
//! all of it, in one go and next to no memory.

use thiserror::Error;

/// As deep as a request may be, and as deep as Ruby's own parser goes.
const DEEPEST: usize = 100;
/// No answer has so many choices, and a list of the odds of every token stays below it.
const MOST: usize = 1_000_000;

/// Why JSON is not so much as parsed.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Misshapen {
    #[error("it is nested deeper than {DEEPEST} levels")]
    TooDeep,
    #[error("it has a list or an object of more than {MOST} entries")]
    TooMany,
}

/// Whether JSON is of a size in each direction that an answer can have. Whether it is JSON at all is
/// left to the parser, which never sees more than this has allowed.
///
/// # Errors
/// [`Misshapen`].
pub(crate) fn check(json: &[u8]) -> Result<(), Misshapen> {
    let mut commas = Vec::with_capacity(DEEPEST);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' if commas.len() == DEEPEST => return Err(Misshapen::TooDeep),
            b'[' | b'{' => commas.push(0),
            b']' | b'}' => drop(commas.pop()),
            b',' => count(commas.last_mut())?,
            _ => {}
        }
    }
    Ok(())
}

fn skip_string<'b>(bytes: &mut impl Iterator<Item = &'b u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

fn count(commas: Option<&mut usize>) -> Result<(), Misshapen> {
    let Some(commas) = commas else { return Ok(()) };
    *commas += 1;
    if *commas < MOST {
        Ok(())
    } else {
        Err(Misshapen::TooMany)
    }
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
