//! What an error says about itself, the best evidence first.

mod entries;
mod reading;

use std::time::Duration;

use serde::de::IgnoredAny;

use crate::json::quoted;
pub(crate) use entries::plain;

/// The evidence in an error. Names of fields are normalised: `error_type` is `errortype`.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    words: Vec<(Source, String)>,
    /// Each with its depth, and the rank of its field's name.
    statuses: Vec<((usize, usize), u16)>,
    /// Each with whether it stands outside of `error`, and its depth.
    messages: Vec<((bool, usize), String)>,
    /// How many strings of JSON are around the current value.
    nested_strings: usize,
    /// The provider's own words.
    pub(crate) raw: Option<String>,
    pub(crate) provider_name: Option<String>,
    pub(crate) flagged: Vec<String>,
    constraints: Vec<String>,
    /// The error is about the model's availability.
    pub(crate) availability: bool,
    pub(crate) retryable: Option<bool>,
    pub(crate) retry_after: Option<Duration>,
    /// It names what moderation, or a guardrail, found.
    pub(crate) found: bool,
    /// It names the spending limit that was reached.
    pub(crate) limit: bool,
}

/// Where a code stands, the best evidence first; within one source, the shallower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Availability,
    ErrorType,
    /// A gateway's own `code`, `type`, `status`…
    Gateway(usize),
}

const MAX_MESSAGES: usize = 3;

impl Evidence {
    /// Reads JSON or plain text; a page of HTML has no evidence.
    pub(crate) fn of(body: &str) -> Self {
        let body = body.trim();
        let mut evidence = Self::default();
        match body.as_bytes().first() {
            Some(b'{' | b'[') => evidence.read("", "", body, 0),
            Some(b'"') => evidence.add_message("", 0, &quoted::unescape(body).unwrap_or_default()),
            Some(b'<') | None => {}
            _ if serde_json::from_str::<IgnoredAny>(body).is_ok() => {}
            _ => evidence.add_message("", 0, body),
        }
        evidence.words.sort_by_key(|(source, _)| *source);
        evidence.statuses.sort_unstable();
        evidence.messages.sort_by_key(|(order, _)| *order);
        evidence
    }

    /// Codes and types, the best evidence first.
    pub(crate) fn words(&self) -> impl Iterator<Item = (Source, &str)> {
        self.words.iter().map(|(source, word)| (*source, word.as_str()))
    }

    /// The HTTP statuses that the error names; the best evidence first.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = u16> + '_ {
        self.statuses.iter().map(|(_, status)| *status)
    }

    /// The messages for a person, the best first.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &str> {
        let mut messages: Vec<&str> = Vec::new();
        for (_, message) in &self.messages {
            if !messages.contains(&message.as_str()) {
                messages.push(message);
            }
        }
        messages.into_iter().take(MAX_MESSAGES)
    }

    /// Whether the option of that name excluded all providers.
    pub(crate) fn constrained_by(&self, option: &str) -> bool {
        // `max_price`, `provider.max_price` or `max_price.prompt`.
        self.constraints.iter().any(|field| field.split('.').any(|part| part == option))
    }
}
