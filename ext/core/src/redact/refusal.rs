//! Why a caller refused an answer.

use super::folded::folded_with_places;
use super::identifying::identifying;
use super::plain_text::{beginning, flat, readable, shorten, MAX_SCANNED_BYTES};
use super::quotations::{Passage, Quotations};
use super::{hide, masked, MIN_QUOTATION};

/// One printable line from the caller's words about an answer, without quotations of it. `said` are the answer's texts.
pub fn without_quotations(words: &str, said: &[String]) -> String {
    let line = flat(&readable(beginning(words)));
    let (folded, places) = folded_with_places(&line);
    let mut hidden = vec![false; folded.len()];
    // `beginning` cuts at a letter, which has up to four bytes.
    if words.len() + 3 >= MAX_SCANNED_BYTES {
        hide(&mut hidden, folded.len().saturating_sub(MIN_QUOTATION)..folded.len());
    }
    let mut quotations = Quotations::of(&folded, identifying(std::str::from_utf8(&folded).unwrap_or_default()));
    for text in said {
        let mut passage = Passage::of(text, true);
        while quotations.turn(&mut passage) > 0 {}
    }
    quotations.mark(&mut hidden);
    shorten(&masked(&line, &places, &hidden))
}

#[cfg(test)]
mod tests;
