//! What an error says of itself, wherever in the body it says it. Gateways give the same things other names, wrap
//! them in objects and lists, and put JSON into strings.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::answer::retry_after;
use crate::json::{lenient, quoted};
use crate::redact;

/// What is read of an error. The names of fields are without case, `_` and `-` here: `error_type` is `errortype`.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    words: Vec<(Source, String)>,
    /// With how far from the top, and under which of the names, it stands.
    statuses: Vec<((usize, usize), u16)>,
    /// With whether it stands beside the error, and how far from the top.
    messages: Vec<((bool, usize), String)>,
    /// How many strings of JSON are around what is being read.
    quoting: usize,
    /// What the provider behind the gateway said.
    pub(crate) raw: Option<String>,
    pub(crate) provider_name: Option<String>,
    pub(crate) flagged: Vec<String>,
    constraints: Vec<String>,
    /// It says something of the model's availability.
    pub(crate) availability: bool,
    pub(crate) retryable: Option<bool>,
    pub(crate) retry_after: Option<Duration>,
    /// It says what moderation, or a guardrail, found.
    pub(crate) found: bool,
    /// It says which limit of spending was met.
    pub(crate) limit: bool,
}

/// Where a code stands, the best evidence first; of one kind, what is nearer to the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Availability,
    ErrorType,
    /// A gateway's own `code`, `type`, `status`…
    Gateway(usize),
}

/// Objects and lists that are looked into.
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

const DEEPEST: usize = 10;
/// Of each kind, more are not kept.
const MOST: usize = 30;
const MOST_SHOWN: usize = 3;
const LONGEST_CODE: usize = 120;

impl Evidence {
    /// Reads JSON, or plain words. A page of HTML is for people.
    pub(crate) fn of(body: &str) -> Self {
        let body = body.trim();
        let mut evidence = Self::default();
        match body.as_bytes().first() {
            Some(b'{' | b'[') => evidence.read("", "", body, 0),
            Some(b'"') => evidence.add_message("", 0, &quoted::text(body).unwrap_or_default()),
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

    /// The HTTP statuses that the error names, whatever the answer's own is; the best evidence first.
    pub(crate) fn statuses(&self) -> impl Iterator<Item = u16> + '_ {
        self.statuses.iter().map(|(_, status)| *status)
    }

    /// What it says to a person, the best first.
    pub(crate) fn messages(&self) -> impl Iterator<Item = &str> {
        let mut messages: Vec<&str> = Vec::new();
        for (_, message) in &self.messages {
            if !messages.contains(&message.as_str()) {
                messages.push(message);
            }
        }
        messages.into_iter().take(MOST_SHOWN)
    }

    /// Whether the option of that name left no provider over.
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
            Some(b'{' | b'[') if depth < DEEPEST && CONTAINERS.contains(&name) => {
                each(json, |field, value| match field.as_deref() {
                    Some("choices") => self.read_choices(value, depth),
                    Some(field) => self.read(field, name, value, depth + 1),
                    None => self.read(name, within, value, depth + 1),
                });
            }
            Some(b'"') => {
                let text = quoted::text(json).unwrap_or_default();
                self.read_text(name, within, redact::beginning(&text), depth);
            }
            Some(b't' | b'f') if (name, within) == ("retryable", "availability") => self.retryable = json.parse().ok(),
            _ => self.read_number(name, within, json, depth),
        }
    }

    /// The first choice is the answer; of what it said nothing is evidence.
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
        if text.starts_with(['{', '[']) && depth < DEEPEST && CONTAINERS.contains(&name) {
            self.quoting += 1;
            self.read("raw", name, text, depth + 1);
            self.quoting -= 1;
        }
        match name {
            "flaggedinput" if self.flagged.len() < MOST => self.flagged.push(text.to_owned()),
            "providername" if self.provider_name.is_none() => self.provider_name = Some(text.to_owned()),
            "raw" if self.raw.is_none() && self.quoting == 0 => self.raw = Some(text.to_owned()),
            "field" if within == "constraint" && self.constraints.len() < MOST => {
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
        if !text.is_empty() && text.len() <= LONGEST_CODE && self.words.len() < MOST {
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
        if let Some(place) = place.filter(|_| is_status && self.statuses.len() < MOST) {
            self.statuses.push(((depth, place), status));
        }
    }

    fn wait(&mut self, within: &str, wait: Option<Duration>) {
        if within == "availability" || self.retry_after.is_none() {
            self.retry_after = wait.or(self.retry_after);
        }
    }

    /// What `error` holds comes before what stands beside it. A string of JSON is a message as a whole.
    fn add_message(&mut self, within: &str, depth: usize, text: &str) {
        if !text.is_empty() && self.quoting == 0 && self.messages.len() < MOST {
            self.messages.push(((within != "error", depth), redact::beginning(text).to_owned()));
        }
    }
}

/// Gives each field of an object, or each entry of a list, as far as they are JSON.
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

/// A name without case and signs: gateways write `rate_limit_error`, `RateLimitError` and `RATE-LIMIT-ERROR`.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
