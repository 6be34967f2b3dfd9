//! An error in place of an answer: what its status and its words say.

use std::borrow::Cow;

use super::Judge;
use crate::answer::classify::classify;
use crate::answer::evidence::Evidence;
use crate::answer::wire::Answer;
use crate::answer::{timed_out, Failure, Length, Reason, Scope};
use crate::redact;
use crate::redact::Confidential;

const NO_REASON: &str = "the endpoint gave no reason";

impl Judge<'_> {
    pub(super) async fn error(&self, answer: &Answer<'_>, body: &str) -> Failure {
        let evidence = Evidence::of(body);
        // Inside a 200 the error's own status takes the place of the answer's.
        let status = if self.status < 300 { evidence.statuses().next().unwrap_or(self.status) } else { self.status };
        let line = self.line(answer, &evidence).await;
        let (reason, scope) = classify(status, &evidence, &line.replace(self.candidate.model.as_str(), "it"));
        let message = if line.is_empty() { NO_REASON } else { &redact::shorten(&line) };
        let timed_out = self.timed_out(status, &evidence, body);
        let shown = |id: &String| self.request.may_show(&self.candidate.endpoint, id);
        Failure {
            status: Some(status),
            retry_after: evidence.retry_after.or(self.retry_after),
            length: if reason == Reason::TooLong { Length::of(&line) } else { Length::default() },
            repeatable: !timed_out && evidence.retryable != Some(false),
            uncertain: reason == Reason::Timeout || timed_out,
            generation_id: self.generation_id.clone().or_else(|| answer.id.clone().filter(shown)),
            body: (scope == Scope::Request).then(|| redact::body(body, &self.secrets(&evidence))),
            ..Failure::new(reason, scope, [context(reason), message].concat())
        }
        .billed(answer.bill())
    }

    /// A 200 may quote anything; the body of an error says why it came.
    fn timed_out(&self, status: u16, evidence: &Evidence, body: &str) -> bool {
        let codes = evidence.words().map(|(_, word)| word);
        let mut words = codes.chain(evidence.messages()).chain(evidence.raw.as_deref());
        timed_out::says(status)
            || words.any(|words| timed_out::named(status, words))
            || (self.status >= 300 && timed_out::named(status, body))
    }

    /// The error's message: one line without secrets and quotations.
    async fn line(&self, answer: &Answer<'_>, evidence: &Evidence) -> String {
        let secrets = self.secrets(evidence);
        let words = evidence.messages().chain(evidence.raw.as_deref());
        let mut text = words.map(|words| clean(words, &secrets)).collect::<Vec<_>>().join(": ");
        if let Some(provider) = evidence.provider_name.as_deref() {
            text = format!("{}: {}", redact::beginning(provider), if text.is_empty() { NO_REASON } else { &text });
        }
        let Self { request, candidate, .. } = *self;
        let said = answer.choices.contents().chain(evidence.flagged.iter().map(String::as_str)).collect();
        redact::line(&text, &Confidential { secrets, request, candidate, said }).await
    }

    fn secrets<'s>(&'s self, evidence: &'s Evidence) -> Vec<&'s str> {
        let sent = self.candidate.endpoint.secrets().chain(self.request.headers().secrets());
        sent.chain(evidence.flagged.iter().map(String::as_str)).collect()
    }
}

/// The words may be JSON in a string.
fn clean<'w>(words: &'w str, secrets: &[&str]) -> Cow<'w, str> {
    if words.starts_with(['{', '[']) {
        redact::body(words, secrets).into()
    } else {
        words.into()
    }
}

/// What a reader needs besides the endpoint's words.
fn context(reason: Reason) -> &'static str {
    match reason {
        Reason::TooExpensive => "no provider serves it within the reserved price (provider.max_price): ",
        _ => "",
    }
}
