//! The JSON in what a model wrote: alone, in a fence of Markdown, or among words.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// Openings that are tried, so that hostile text costs no more than this many readings of it.
const MAX_OPENINGS: usize = 64;

/// Why a text holds no JSON. It quotes nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoJson {
    #[error("there is no JSON object or list in it")]
    Missing,
    /// The text ends in the middle, as an answer that was cut off does.
    #[error("it ends before its JSON does, at line {line}, column {column}")]
    CutOff { line: usize, column: usize },
    #[error("its JSON breaks at line {line}, column {column}")]
    Broken { line: usize, column: usize },
}

/// The place of the JSON in a text: all of it, or the first object or list that is whole.
///
/// # Errors
/// [`NoJson`], with the place at which the first object or list breaks; lines and columns count from 1.
pub fn embedded_json(text: &str) -> Result<Range<usize>, NoJson> {
    if let Ok(end) = value(text) {
        if text.get(end..).is_some_and(|rest| rest.trim().is_empty()) {
            return Ok(0..end);
        }
    }
    let mut first = None;
    for start in text.match_indices(['{', '[']).map(|(start, _)| start).take(MAX_OPENINGS) {
        match value(text.get(start..).unwrap_or_default()) {
            Ok(length) => return Ok(start..start + length),
            Err(error) => first = first.or(Some((start, error))),
        }
    }
    let Some((start, error)) = first else { return Err(NoJson::Missing) };
    let (line, column) = place(text.get(..start).unwrap_or_default(), &error);
    Err(if error.is_eof() { NoJson::CutOff { line, column } } else { NoJson::Broken { line, column } })
}

/// The length of the value with which a text begins.
fn value(text: &str) -> Result<usize, serde_json::Error> {
    let mut values = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        Some(Err(error)) => Err(error),
        None => Err(serde::de::Error::custom("nothing")),
    }
}

/// Where an error is in the whole text, of which the part that was read begins after `before`.
fn place(before: &str, error: &serde_json::Error) -> (usize, usize) {
    let line = before.matches('\n').count() + error.line();
    let on_first = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
    let column = error.column() + if error.line() == 1 { on_first } else { 0 };
    (line, column)
}

#[cfg(test)]
mod tests;
