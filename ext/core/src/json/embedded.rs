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

/// The place of the JSON in a text: all of it, all of a fence, or the first object or list that is whole. A list or an
/// object without any text, such as a footnote's `[1]` or a `[ ]` to tick, counts only if there is no other.
///
/// # Errors
/// [`NoJson`], with the place at which the first object or list breaks; lines and columns count from 1.
pub fn embedded_json(text: &str) -> Result<Range<usize>, NoJson> {
    let start = behind_thoughts(text);
    let found = std::iter::once(0..text.len()).chain(fences(text, start)).find_map(|place| alone(text, place));
    found.map_or_else(|| among_words(text, start), Ok)
}

/// Where the answer begins: behind what a model thinks aloud, `<think>…</think>`. Some servers leave the first mark out;
/// the last begins a line then. Thoughts without an end have no answer behind them.
fn behind_thoughts(text: &str) -> usize {
    let begun = text.trim_start().starts_with("<think");
    let mark = if begun { "</think" } else { "\n</think" };
    let end = text.find(mark).and_then(|at| Some(at + text.get(at..)?.find('>')? + 1));
    end.unwrap_or(if begun { text.len() } else { 0 })
}

/// The place of a value, if nothing else is there.
fn alone(text: &str, place: Range<usize>) -> Option<Range<usize>> {
    let json = text.get(place.clone())?.trim_start_matches('\u{feff}');
    let start = place.end - json.len();
    let end = value(json).ok()?;
    json.get(end..)?.trim().is_empty().then_some(start..start + end)
}

/// What stands in fences. Their marks begin a line, which nothing in JSON's texts does.
fn fences(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut offset = from;
    let mut began = None;
    text.get(from..).unwrap_or_default().split_inclusive('\n').filter_map(move |line| {
        let start = offset;
        offset += line.len();
        if !["```", "~~~"].iter().any(|mark| line.trim_start().starts_with(mark)) {
            return None;
        }
        match began.take() {
            Some(first) => Some(first..start),
            None => {
                began = Some(offset);
                None
            }
        }
    })
}

fn among_words(text: &str, from: usize) -> Result<Range<usize>, NoJson> {
    let (mut from, mut fault, mut bare) = (from, None, None);
    for _ in 0..MAX_OPENINGS {
        let rest = text.get(from..).unwrap_or_default();
        let Some(start) = rest.find(['{', '[']).map(|at| from + at) else { break };
        let json = text.get(start..).unwrap_or_default();
        match value(json) {
            Ok(length) => {
                from = start + length;
                if json.get(..length).is_some_and(|json| json.contains('"')) {
                    return Ok(start..from);
                }
                bare = bare.or(Some(start..from));
            }
            Err(error) => {
                // What is inside of JSON that is broken is no answer.
                let skipped = if is_json(json, &error) { length(json) } else { Some(1) };
                fault = fault.or(Some((start, error)));
                let Some(skipped) = skipped else { break };
                from = start + skipped;
            }
        }
    }
    if let Some(place) = bare {
        return Ok(place);
    }
    let Some((start, error)) = fault else { return Err(NoJson::Missing) };
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

/// Whether what breaks is JSON, and not words in brackets: it goes on to a text or to another opening.
fn is_json(text: &str, error: &serde_json::Error) -> bool {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let end = lines.map(str::len).sum::<usize>() + error.column();
    error.is_eof() || text.bytes().take(end.saturating_sub(1)).skip(1).any(|byte| matches!(byte, b'"' | b'{' | b'['))
}

/// The length of what begins with an opening, up to its closing.
fn length(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => (),
        }
    }
    None
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
