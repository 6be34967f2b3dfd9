//! Checks the size of JSON in each direction before it is parsed. Parsers spend recursion on depth and memory on
//! entries, and skip unknown fields without a limit. This reads all of it once, in almost no memory.

use memchr::memchr2;
use thiserror::Error;

/// The same as for requests and in Ruby's own parser.
const MAX_DEPTH: usize = 100;
/// More than any answer has choices, or log probabilities of tokens.
const MAX_ENTRIES: usize = 1_000_000;
/// In bytes.
const MAX_NAME_BYTES: usize = 64 * 1024;

/// Why JSON was not parsed.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Misshapen {
    #[error("it is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("it has a list or an object of more than {MAX_ENTRIES} entries")]
    TooMany,
    #[error("it has a field whose name is longer than {MAX_NAME_BYTES} bytes")]
    LongName,
}

/// What else the check has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// A string has the escape of a surrogate, which may be a lone one.
    pub(crate) surrogates: bool,
    /// There may be a `NaN` or an `Infinity` outside of strings.
    pub(crate) constants: bool,
}

/// Whether the JSON is within bounds. Whether it is valid is left to the parser.
///
/// # Errors
/// [`Misshapen`].
pub(crate) fn check(json: &[u8]) -> Result<Shape, Misshapen> {
    let mut shape = Shape::default();
    let mut open: Vec<Open> = Vec::with_capacity(MAX_DEPTH);
    let mut rest = json;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match byte {
            b'"' => {
                let (length, behind) = skip_string(rest, &mut shape);
                rest = behind;
                if length > MAX_NAME_BYTES && open.last().is_some_and(|open| open.name_next) {
                    return Err(Misshapen::LongName);
                }
            }
            b'[' | b'{' if open.len() == MAX_DEPTH => return Err(Misshapen::TooDeep),
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

/// A list or an object that has begun and not ended.
struct Open {
    entries: usize,
    object: bool,
    /// The next string names a field.
    name_next: bool,
}

impl Open {
    fn count(&mut self) -> Result<(), Misshapen> {
        self.entries += 1;
        self.name_next = self.object;
        if self.entries > MAX_ENTRIES {
            return Err(Misshapen::TooMany);
        }
        Ok(())
    }
}

/// The length of the string and the rest behind it. An escape counts as one letter, and its digits as themselves.
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
mod tests;
