//! The judgement of an HTTP answer: a completion or a failure.

mod embeddings;
mod error;

use std::borrow::Cow;
use std::time::Duration;

use crate::answer::bill::Bill;
use crate::answer::choices::Choice;
use crate::answer::wire::Answer;
use crate::answer::{Completion, Failure, Reason, Scope, Text, Usage};
use crate::json::lenient::Object;
use crate::json::{Readable, Unreadable};
use crate::money::CostError;
use crate::request::{Api, Candidate, Request};

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
        if let Api::Embeddings { inputs } = self.request.api() {
            return self.embeddings(answer, inputs, body.json()).await;
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
        let shown = |name: &String| self.request.may_show(&self.candidate.endpoint, name);
        let (finish_reason, native_finish_reason) = (choice.finish_reason, choice.native_finish_reason);
        Completion {
            finish_reason: finish_reason.filter(shown),
            native_finish_reason: native_finish_reason.filter(shown),
            content: text(message.content),
            refusal: text(message.refusal),
            reasoning: text(message.reasoning.filter(|said| !said.is_empty()).or(message.reasoning_content)),
            ..self.named(answer, bill)
        }
    }

    /// Who answered, and what it cost.
    fn named(self, answer: Answer<'_>, bill: Bill) -> Completion {
        let shown = |name: &String| self.request.may_show(&self.candidate.endpoint, name);
        let id = answer.id.filter(shown);
        Completion {
            generation_id: self.generation_id.or_else(|| id.clone()),
            id,
            model: answer.model.filter(shown).unwrap_or_else(|| self.candidate.model.clone()),
            provider: answer.provider.filter(shown),
            usage: answer.usage.as_ref().map(Usage::from).unwrap_or_default(),
            cost: bill.cost.ok().flatten(),
            ..Completion::default()
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
}

/// Whether a list in place of an answer is a known error. If not, it may be anything, and is not shown.
fn is_known(failure: &Failure) -> bool {
    failure.reason != Reason::BadAnswer
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
