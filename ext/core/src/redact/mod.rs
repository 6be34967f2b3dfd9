//! Masks prompts and keys in an endpoint's error messages before they are logged. Providers quote requests in errors,
//! and some the key.

mod body;
mod folded;
mod identifying;
mod letters;
mod plain_text;
mod quotations;
mod refusal;
mod sent;
mod wanted;

use std::ops::Range;

use memchr::memmem;
use tokio::task::yield_now;

use crate::request::{Candidate, Request};
pub(crate) use body::body;
use folded::folded_with_places;
use identifying::identifying;
pub(crate) use plain_text::{beginning, printable, shorten};
use plain_text::{flat, readable, MAX_SCANNED_BYTES};
use quotations::{Passage, Quotations, TURN_BYTES};
pub use refusal::without_quotations;
use sent::Texts;

/// The same as in Rails, and plain ASCII: logs have all encodings.
const MASK: &str = "[FILTERED]";
/// Text shared with the prompt from this many bytes on is a quotation.
const MIN_QUOTATION: usize = 16;
/// Messages, quoted words and numbers from this many bytes on are searched for as a whole.
const MIN_PASSAGE: usize = 6;

/// What a message must not contain.
pub(crate) struct Confidential<'s> {
    /// Not even as part of another text: the key, and what moderation flagged.
    pub(crate) secrets: Vec<&'s str>,
    pub(crate) request: &'s Request,
    pub(crate) candidate: &'s Candidate,
    /// The model's content.
    pub(crate) said: Vec<&'s str>,
}

/// One printable line from an endpoint's words, without secrets and without quotations of what was sent or answered. It
/// yields to other tasks of the thread, since a prompt may be large.
pub(crate) async fn line(words: &str, confidential: &Confidential<'_>) -> String {
    let line = flat(&readable(beginning(words)));
    let (folded, places) = folded_with_places(&line);
    let mut hidden = vec![false; folded.len()];
    let secrets: Vec<_> = confidential.secrets.iter().map(|secret| folded::folded(secret)).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        memmem::find_iter(&folded, secret).for_each(|start| hide(&mut hidden, start..start + secret.len()));
    }
    // `beginning` cuts at a letter, which has up to four bytes.
    if words.len() + 3 >= MAX_SCANNED_BYTES {
        // The cut may have left half of a secret, or of a quotation.
        let half = secrets.iter().map(Vec::len).chain([MIN_QUOTATION]).max().unwrap_or_default();
        hide(&mut hidden, folded.len().saturating_sub(half)..folded.len());
    }
    quotations(&folded, confidential).await.mark(&mut hidden);
    masked(&line, &places, &hidden)
}

async fn quotations<'l>(folded: &'l [u8], confidential: &Confidential<'_>) -> Quotations<'l> {
    let Confidential { request, candidate, said, .. } = confidential;
    let mut quotations = Quotations::of(folded, identifying(std::str::from_utf8(folded).unwrap_or_default()));
    let messages = Texts::of(request.messages(candidate).get()).chain(said.iter().copied());
    let options = request.options(candidate).flat_map(|(_, value)| Texts::of(value.get()));
    let mut looked_at = 0;
    for (text, whole) in messages.map(|text| (text, true)).chain(options.map(|text| (text, false))) {
        let mut passage = Passage::of(text, whole);
        loop {
            let read = quotations.turn(&mut passage);
            looked_at += read;
            if looked_at >= TURN_BYTES {
                looked_at = 0;
                yield_now().await;
            }
            if read == 0 {
                break;
            }
        }
    }
    quotations
}

/// One secret may contain another: removed first, that would leave the rest readable.
fn longest_first(secrets: impl Iterator<Item = String>) -> Vec<String> {
    let mut secrets: Vec<String> = secrets.filter(|secret| !secret.is_empty()).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn without(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
}

fn hide(hidden: &mut [bool], range: Range<usize>) {
    hidden.get_mut(range).into_iter().flatten().for_each(|byte| *byte = true);
}

/// The line with a mask for what is hidden.
fn masked(line: &str, places: &[Range<usize>], folded: &[bool]) -> String {
    let mut hidden = vec![false; line.len()];
    for (place, _) in places.iter().zip(folded).filter(|(_, is_hidden)| **is_hidden) {
        hide(&mut hidden, place.clone());
    }
    let mut clean = String::with_capacity(line.len());
    let mut last = None;
    for (start, letter) in line.char_indices() {
        let is_hidden = hidden.get(start).copied().unwrap_or_default();
        // Blanks around a quotation stay, for readability.
        let blank = |letter: char| if letter == ' ' { " " } else { "" };
        match (is_hidden, last) {
            (true, None) => clean.extend([blank(letter), MASK]),
            (true, Some(_)) => {}
            (false, Some(last)) => clean.extend([blank(last), letter.encode_utf8(&mut [0; 4])]),
            (false, None) => clean.push(letter),
        }
        last = is_hidden.then_some(letter);
    }
    clean
}

#[cfg(test)]
mod tests;
