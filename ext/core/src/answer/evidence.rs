//! What an error says about itself, wherever in the body. Gateways use different names, wrap errors in objects and
//! lists, and put JSON into strings.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::answer::retry_after;
use crate::json::{lenient, quoted};
use crate::redact;

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

/// Objects and lists to search.
#[rustfmt::skip]
const CONTAINERS: &[&str] = &[
    "", "error", "errors", "metadata", "availability", "constraint", "detail", "details", "message", "raw", "body", "data",
    "innererror", "fault", "cause", "exception", "response", "code", "type",
];
const CODES: &[&str] =
    &["code", "type", "status", "reason", "limitsource", "errorcode", "errorname", "error", "title", "name"];
const STATUSES: &[&str] = &["httpstatus", "httpstatuscode", "statuscode", "code", "status", "errorcode"];
#[rustfmt::skip]
const MESSAGES: &[&str] = &[
    "error", "errors", "message", "msg", "detail", "details", "description", "title", "errormessage", "errordescription",
    "faultstring",
];
const FINDINGS: &[&str] = &["patterns", "reasons"];
const LIMITS: &[&str] = &["limitsource", "limitusd", "spendusd"];
const WAITS: &[&str] = &["retryafter", "retryafterseconds", "retrydelay"];

const MAX_DEPTH: usize = 10;
/// Of each kind.
const MAX_ENTRIES: usize = 30;
const MAX_MESSAGES: usize = 3;
const MAX_CODE_BYTES: usize = 120;

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

    /// `within` is the name of the object that has the field.
    fn read(&mut self, name: &str, within: &str, json: &str, depth: usize) {
        let there = lenient::is_present(json);
        self.found |= there && json != "false" && FINDINGS.contains(&name);
        self.limit |= there && LIMITS.contains(&name);
        self.availability |= there && within == "availability";
        match json.as_bytes().first() {
            Some(b'{' | b'[') if depth < MAX_DEPTH && CONTAINERS.contains(&name) => {
                each(json, |field, value| match field.as_deref() {
                    Some("choices") => self.read_choices(value, depth),
                    Some(field) => self.read(field, name, value, depth + 1),
                    None => self.read(name, within, value, depth + 1),
                });
            }
            Some(b'"') => {
                let text = quoted::unescape(json).unwrap_or_default();
                self.read_text(name, within, redact::beginning(&text), depth);
            }
            Some(b't' | b'f') if (name, within) == ("retryable", "availability") => self.retryable = json.parse().ok(),
            _ => self.read_number(name, within, json, depth),
        }
    }

    /// The first choice is the answer. Its content is no evidence.
    fn read_choices(&mut self, json: &str, depth: usize) {
        let mut first = None;
        each(json, |_, choice| first = first.or(Some(choice)));
        each(first.unwrap_or_default(), |field, value| {
            if field.as_deref() == Some("error") {
                self.read("error", "choices", value, depth + 2);
            }
        });
    }

    fn read_text(&mut self, name: &str, within: &str, text: &str, depth: usize) {
        let text = text.trim();
        if text.starts_with(['{', '[']) && depth < MAX_DEPTH && CONTAINERS.contains(&name) {
            self.nested_strings += 1;
            self.read("raw", name, text, depth + 1);
            self.nested_strings -= 1;
        }
        match name {
            "flaggedinput" if self.flagged.len() < MAX_ENTRIES => self.flagged.push(text.to_owned()),
            "providername" if self.provider_name.is_none() => self.provider_name = Some(text.to_owned()),
            "raw" if self.raw.is_none() && self.nested_strings == 0 => self.raw = Some(text.to_owned()),
            "field" if within == "constraint" && self.constraints.len() < MAX_ENTRIES => {
                self.constraints.push(text.to_owned())
            }
            name if WAITS.contains(&name) => {
                self.wait(within, retry_after::parse(text.trim_end_matches('s'), SystemTime::now()));
            }
            name if MESSAGES.contains(&name) => self.add_message(within, depth, text),
            _ => {}
        }
        if STATUSES.contains(&name) {
            self.read_number(name, within, text, depth);
        }
        let source = match name {
            "errortype" => Source::ErrorType,
            "code" if within == "availability" => Source::Availability,
            name if CODES.contains(&name) => Source::Gateway(depth),
            _ => return,
        };
        if !text.is_empty() && text.len() <= MAX_CODE_BYTES && self.words.len() < MAX_ENTRIES {
            self.words.push((source, text.to_owned()));
        }
    }

    fn read_number(&mut self, name: &str, within: &str, text: &str, depth: usize) {
        let Some(number) = text.parse::<f64>().ok() else { return };
        if WAITS.contains(&name) {
            self.wait(within, retry_after::from_seconds(number));
        }
        let status = number as u16;
        let place = STATUSES.iter().position(|known| *known == name);
        let is_status = f64::from(status) == number && (400..600).contains(&status);
        if let Some(place) = place.filter(|_| is_status && self.statuses.len() < MAX_ENTRIES) {
            self.statuses.push(((depth, place), status));
        }
    }

    fn wait(&mut self, within: &str, wait: Option<Duration>) {
        if within == "availability" || self.retry_after.is_none() {
            self.retry_after = wait.or(self.retry_after);
        }
    }

    /// Messages in `error` come first. A string of JSON counts as a whole.
    fn add_message(&mut self, within: &str, depth: usize, text: &str) {
        if !text.is_empty() && self.nested_strings == 0 && self.messages.len() < MAX_ENTRIES {
            self.messages.push(((within != "error", depth), redact::beginning(text).to_owned()));
        }
    }
}

/// Calls `entry` for each field of an object, or entry of a list, as far as they are JSON.
fn each<'j>(json: &'j str, entry: impl FnMut(Option<Cow<'_, str>>, &'j str)) {
    let _cut_off = serde_json::Deserializer::from_str(json).deserialize_any(Entries(entry));
}

struct Entries<F>(F);

impl<'j, F: FnMut(Option<Cow<'_, str>>, &'j str)> Visitor<'j> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'j>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<String, &'j RawValue>()? {
            self.0(Some(plain(&name).into()), value.get());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<&'j RawValue>()? {
            self.0(None, value.get());
        }
        Ok(())
    }
}

/// A name in lower case without punctuation: gateways write `rate_limit_error`, `RateLimitError` and
/// `RATE-LIMIT-ERROR`.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
