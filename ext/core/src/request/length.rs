//! The fewest tokens that a prompt can have, before it is sent.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::request::{Candidate, Request};

/// No text has more characters than this in a token, on average. English has about 4.5, code 3.5, Hindi and Russian 4,
/// Chinese 1.5; the vocabularies of today's models have longer tokens, but text is not made of those alone. What they
/// do pack, runs of one or two characters, weighs less.
const MAX_CHARACTERS_PER_TOKEN: u64 = 8;
/// The longest token of a run of letters has 16, of blanks or of a ruler 128.
const MAX_LETTERS_PER_TOKEN: u64 = 32;
const MAX_SIGNS_PER_TOKEN: u64 = 128;

/// Options by which OpenRouter shortens a prompt that is too long.
const SHORTENING: [&str; 2] = ["transforms", "plugins"];

impl Request {
    /// The fewest tokens that the messages for a candidate have, if that is more than its window. A prompt that may fit
    /// is never above it: only the text of messages counts, and that by [`MAX_CHARACTERS_PER_TOKEN`].
    pub fn exceeds(&self, candidate: &Candidate, window: u64) -> Option<u64> {
        let messages = self.messages(candidate);
        // No text is read where not even the bytes are enough, as of most prompts.
        if self.most_characters(candidate) / MAX_CHARACTERS_PER_TOKEN <= window || self.is_shortened(candidate) {
            return None;
        }
        Some(least_tokens(messages)).filter(|tokens| *tokens > window)
    }

    /// The fewest tokens that the messages for a candidate have.
    pub fn least_tokens(&self, candidate: &Candidate) -> u64 {
        least_tokens(self.messages(candidate))
    }

    /// Not fewer than the text of the messages has.
    pub fn most_characters(&self, candidate: &Candidate) -> u64 {
        self.messages(candidate).get().len() as u64
    }

    fn is_shortened(&self, candidate: &Candidate) -> bool {
        let is_on = |value: &RawValue| !matches!(value.get(), "null" | "false") && value.get() != "[]";
        self.options(candidate).any(|(name, value)| SHORTENING.contains(&name) && is_on(value))
    }
}

#[derive(Deserialize)]
struct Message<'j> {
    #[serde(default, borrow)]
    content: Option<Content<'j>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content<'j> {
    Text(#[serde(borrow)] Cow<'j, str>),
    Parts(#[serde(borrow)] Vec<Part<'j>>),
}

#[derive(Deserialize)]
struct Part<'j> {
    #[serde(default, borrow)]
    text: Option<Cow<'j, str>>,
}

/// Of messages that cannot be read, none.
fn least_tokens(messages: &RawValue) -> u64 {
    let messages = serde_json::from_str::<Vec<Message<'_>>>(messages.get()).unwrap_or_default();
    let weights = messages.iter().filter_map(|message| message.content.as_ref()).map(|content| match content {
        Content::Text(text) => weight(text),
        Content::Parts(parts) => parts.iter().filter_map(|part| part.text.as_deref()).map(weight).sum(),
    });
    weights.sum::<u64>() / MAX_SIGNS_PER_TOKEN
}

/// The least that a text has, in parts of a token of the most signs.
fn weight(text: &str) -> u64 {
    let mut before = [None; 2];
    let weights = text.chars().map(|letter| {
        let repeats = before.contains(&Some(letter));
        before = [before[1], Some(letter)];
        match repeats {
            false => MAX_SIGNS_PER_TOKEN / MAX_CHARACTERS_PER_TOKEN,
            true if letter.is_alphanumeric() => MAX_SIGNS_PER_TOKEN / MAX_LETTERS_PER_TOKEN,
            true => 1,
        }
    });
    weights.sum()
}

#[cfg(test)]
mod tests;
