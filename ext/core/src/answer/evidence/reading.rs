//! Finds the evidence, wherever in the body. Gateways use different names, wrap errors in objects and lists, and put JSON
//! into strings.

use std::time::{Duration, SystemTime};

use super::entries::each;
use super::{Evidence, Source};
use crate::answer::retry_after;
use crate::json::{lenient, quoted};
use crate::redact;

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
const MAX_CODE_BYTES: usize = 120;

impl Evidence {
    /// `within` is the name of the object that has the field.
    pub(super) fn read(&mut self, name: &str, within: &str, json: &str, depth: usize) {
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
    pub(super) fn add_message(&mut self, within: &str, depth: usize, text: &str) {
        if !text.is_empty() && self.nested_strings == 0 && self.messages.len() < MAX_ENTRIES {
            self.messages.push(((within != "error", depth), redact::beginning(text).to_owned()));
        }
    }
}
