//! A body as text that a parser accepts. A paid answer is not lost because of a byte order mark, half an emoji, or
//! `NaN`.

use serde::Deserialize;
use thiserror::Error;

use crate::json::{constants, shape, surrogates};

/// Why a body was not parsed. serde's own message can quote the answer, so only the position is given.
#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    #[error("the answer was not parsed: {0}")]
    Misshapen(#[from] shape::Misshapen),
    #[error("the answer is not UTF-8")]
    NotUtf8,
    #[error("the answer is not the JSON that this API returns (line {0}, column {1})")]
    NotAnAnswer(usize, usize),
}

pub(crate) struct Readable {
    text: String,
    /// The text with what JSON does not allow replaced, of the same length; `None` if it has nothing of the kind.
    json: Option<String>,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Readable {
    /// Checks the shape of the body. An error returns the body too.
    pub(crate) fn of(mut body: Vec<u8>) -> Result<Self, (Unreadable, Vec<u8>)> {
        blank_marks(&mut body);
        let shape = match shape::check(&body) {
            Ok(shape) => shape,
            Err(misshapen) => return Err((misshapen.into(), body)),
        };
        let text = String::from_utf8(body).map_err(|error| (Unreadable::NotUtf8, error.into_bytes()))?;
        let text = if shape.surrogates { surrogates::replaced(text) } else { text };
        let json = shape.constants.then(|| constants::replaced(text.clone()));
        Ok(Self { text, json })
    }

    pub(crate) fn parse<'j, T: Deserialize<'j>>(&'j self) -> Result<T, Unreadable> {
        serde_json::from_str(self.json()).map_err(|error| Unreadable::NotAnAnswer(error.line(), error.column()))
    }

    /// What is parsed. Strings are at the same places as in the body.
    pub(crate) fn json(&self) -> &str {
        self.json.as_deref().unwrap_or(&self.text)
    }

    /// The body as it came, except for half emojis and byte order marks.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Blanks the marks before the JSON, which may come before or after the newlines that keep a connection open.
fn blank_marks(body: &mut [u8]) {
    let mut rest = body;
    while let Some(first) = rest.first() {
        let length = match first {
            b' ' | b'\n' | b'\r' | b'\t' => 1,
            _ if rest.starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len(),
            _ => return,
        };
        let (blank, behind) = rest.split_at_mut(length);
        if length > 1 {
            blank.fill(b' ');
        }
        rest = behind;
    }
}
