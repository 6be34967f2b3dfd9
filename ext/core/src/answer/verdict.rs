//! The judgement of an HTTP answer: a completion or a failure.

use std::borrow::Cow;
use std::time::Duration;

use crate::answer::bill::Bill;
use crate::answer::choices::Choice;
use crate::answer::classify::classify;
use crate::answer::evidence::Evidence;
use crate::answer::wire::Answer;
use crate::answer::{timed_out, Completion, Failure, Reason, Scope, Text, Usage};
use crate::json::lenient::Object;
use crate::json::{Readable, Unreadable};
use crate::money::CostError;
use crate::redact;
use crate::redact::Confidential;
use crate::request::{Candidate, Request};

/// An HTTP answer, or the beginning of an error's.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) generation_id: Option<String>,
    /// The gateway's cache had it.
    pub(crate) cached: bool,
    pub(crate) body: Vec<u8>,
    /// It was read to its end.
    pub(crate) whole: bool,
}

/// A 200 with an error object, a choice that ended in an error, no choices, or no content is a failure, and may cost
/// all the same.
pub(crate) async fn judge(received: Received, candidate: &Candidate, request: &Request) -> Result<Completion, Failure> {
    let Received { status, retry_after, generation_id, cached, body, .. } = received;
    let judge = Judge { status, retry_after, generation_id, cached, candidate, request };
    match status {
        200..=299 => judge.success(body).await,
        300..=399 => Err(Failure::new(
            Reason::BadAnswer,
            Scope::Endpoint,
            format!("{} redirects, which is not followed: is its base_url right?", candidate.endpoint.name()),
        )
        .with_status(status)),
        _ => Err(judge.refused(body).await),
    }
}

const NO_REASON: &str = "the endpoint gave no reason";

struct Judge<'a> {
    status: u16,
    retry_after: Option<Duration>,
    generation_id: Option<String>,
    cached: bool,
    candidate: &'a Candidate,
    request: &'a Request,
}

impl Judge<'_> {
    async fn success(self, body: Vec<u8>) -> Result<Completion, Failure> {
        let body = Readable::of(body).map_err(|(why, body)| self.unreadable(&why, &body))?;
        let Object(mut answer) = match body.parse::<Object<Answer<'_>>>() {
            Ok(answer) => answer,
            Err(why) => {
                if body.json().trim_start().starts_with('[') {
                    let listed = self.error(&Answer::default(), body.json()).await;
                    if is_known(&listed) {
                        return Err(listed);
                    }
                }
                return Err(self.unreadable(&why, body.json().as_bytes()));
            }
        };
        if answer.error {
            return Err(self.error(&answer, body.json()).await);
        }
        let bill = if self.cached { Bill::cached() } else { answer.bill() };
        if let Err(error @ CostError::TooLarge) = &bill.cost {
            return Err(self.bad(format!("usage.cost is unreadable: {error}"), bill));
        }
        let Some(choice) = answer.choices.first.take_if(|choice| !choice.failed()) else {
            let failure = self.error(&answer, body.json()).await;
            let ended = answer.choices.first.is_some() || is_known(&failure);
            return Err(if ended { failure } else { self.bad("the answer has no choices".to_owned(), bill) });
        };
        if choice.says_nothing() {
            let Some(word) = choice.cut_off() else {
                return Err(self.bad("the answer is empty: no content and no tool calls".to_owned(), bill));
            };
            let blank = self.bad(format!("the answer ended ({word}) before it said anything"), bill);
            return Err(Failure { reason: Reason::Blank, ..blank });
        }
        let completion = self.completion(answer, choice, bill, body.json());
        Ok(Completion { body: body.into_text(), ..completion })
    }

    /// Judges by the status, and by the body as far as it can be read.
    async fn refused(self, body: Vec<u8>) -> Failure {
        let (why, body) = match Readable::of(body) {
            Ok(body) => match body.parse::<Object<Answer<'_>>>() {
                Ok(Object(answer)) => return self.error(&answer, body.json()).await,
                Err(why) => (why, body.json().as_bytes().to_vec()),
            },
            Err(unreadable) => unreadable,
        };
        let failure = self.error(&Answer::default(), &String::from_utf8_lossy(&body)).await;
        match Bill::beside(&why, &body) {
            Some(bill) => failure.billed(bill),
            None => failure,
        }
    }

    /// Without the body, which `answer` still borrows.
    fn completion(self, answer: Answer<'_>, choice: Choice<'_>, bill: Bill, body: &str) -> Completion {
        let message = choice.message.unwrap_or_default();
        let text = |said: Option<Cow<'_, str>>| said.map(|said| Text::of(said, body));
        let shown = |name: &String| self.candidate.endpoint.may_be_shown(name);
        let id = answer.id.filter(shown);
        Completion {
            generation_id: self.generation_id.or_else(|| id.clone()),
            id,
            model: answer.model.filter(shown).unwrap_or_else(|| self.candidate.model.clone()),
            provider: answer.provider.filter(shown),
            content: text(message.content),
            refusal: text(message.refusal),
            reasoning: text(message.reasoning.filter(|said| !said.is_empty()).or(message.reasoning_content)),
            finish_reason: choice.finish_reason.filter(shown),
            native_finish_reason: choice.native_finish_reason.filter(shown),
            usage: answer.usage.as_ref().map(Usage::from).unwrap_or_default(),
            cost: bill.cost.ok().flatten(),
            body: String::new(),
        }
    }

    /// A model may have answered, and may be billed.
    fn unreadable(&self, why: &Unreadable, body: &[u8]) -> Failure {
        let failure = self.failure(why.to_string()).unaccounted();
        match Bill::beside(why, body) {
            Some(bill) => failure.billed(bill),
            None => failure,
        }
    }

    fn bad(&self, message: String, bill: Bill) -> Failure {
        self.failure(message).billed(bill)
    }

    fn failure(&self, message: String) -> Failure {
        Failure::bad_answer(message).with_status(self.status)
    }

    async fn error(&self, answer: &Answer<'_>, body: &str) -> Failure {
        let evidence = Evidence::of(body);
        // Inside a 200 the error's own status takes the place of the answer's.
        let status = if self.status < 300 { evidence.statuses().next().unwrap_or(self.status) } else { self.status };
        let line = self.line(answer, &evidence).await;
        let (reason, scope) = classify(status, &evidence, &line.replace(self.candidate.model.as_str(), "it"));
        let message = if line.is_empty() { NO_REASON } else { &redact::shorten(&line) };
        let shown = |id: &String| self.candidate.endpoint.may_be_shown(id);
        Failure {
            status: Some(status),
            retry_after: evidence.retry_after.or(self.retry_after),
            uncertain: reason == Reason::Timeout || self.timed_out(status, &evidence, body),
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
        self.candidate.endpoint.key().into_iter().chain(evidence.flagged.iter().map(String::as_str)).collect()
    }
}

/// Whether a list in place of an answer is a known error. If not, it may be anything, and is not shown.
fn is_known(failure: &Failure) -> bool {
    failure.reason != Reason::BadAnswer
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

impl Bill {
    /// Of an answer that cannot be parsed. A cost that is there twice counts as none.
    fn beside(unread: &Unreadable, body: &[u8]) -> Option<Self> {
        if matches!(unread, Unreadable::Misshapen(_)) {
            return None;
        }
        Self::of_malformed(body)
    }
}
