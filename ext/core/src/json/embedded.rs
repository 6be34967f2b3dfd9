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
mod tests {
    use super::*;

    fn found(text: &str) -> Result<&str, NoJson> {
        embedded_json(text).map(|place| &text[place])
    }

    #[test]
    fn json_alone_is_all_of_it() {
        for text in ["{\"a\": [1, {\"b\": null}]}", "[]", "42", "\"yes\"", "null", " \n{} \n"] {
            assert_eq!(found(text).map(str::trim), Ok(text.trim()), "{text}");
        }
    }

    #[test]
    fn fences_and_words_around_it_are_left_out() {
        let json = "{\"a\": \"} ```\"}";
        for text in [
            format!("```json\n{json}\n```"),
            format!("```\n{json}```"),
            format!("Sure! Here it is:\n\n{json}\n\nDoes that {{help}}?"),
            format!("As in [the manual] and {{so on}}: {json}"),
            format!("\u{feff}{json}"),
        ] {
            assert_eq!(found(&text), Ok(json), "{text}");
        }
    }

    #[test]
    fn where_it_breaks_is_said_without_a_quotation() {
        assert_eq!(found(""), Err(NoJson::Missing));
        assert_eq!(found("I would rather not."), Err(NoJson::Missing));
        assert_eq!(found("{\"a\": 1,}"), Err(NoJson::Broken { line: 1, column: 9 }));
        assert_eq!(found("Here:\n{\"a\": 1,\n \"b\" 2}"), Err(NoJson::Broken { line: 3, column: 6 }));
        assert_eq!(found("Here: {\"a\" 1}"), Err(NoJson::Broken { line: 1, column: 12 }));
        assert_eq!(found("```json\n{\"a\": \"the secr"), Err(NoJson::CutOff { line: 2, column: 15 }));
    }

    #[test]
    fn hostile_text_is_read_a_bounded_number_of_times() {
        assert!(found(&"[\"".repeat(1 << 16)).is_err());
        assert!(found(&"[".repeat(1 << 16)).is_err());
        assert!(found(&format!("{}{}", "{".repeat(1000), "\"a\" ".repeat(1 << 14))).is_err());
    }
}
