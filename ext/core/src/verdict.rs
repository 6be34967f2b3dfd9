//! What came over the wire, judged: a completion or a failure.

use std::time::Duration;

use crate::answer::{Answer, Choice, ErrorBody, WireUsage};
use crate::classify::classify;
use crate::lenient::Scalar;
use crate::{redact, retry_after, surrogates, Ask, Completion, Cost, Failure, Reason, Scope, Usage};

/// A whole HTTP answer.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) generation_id: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// A 200 is an answer only if it holds one: an error object, a choice that ended in an error, no
/// choices or nothing said are failures, and their cost is owed all the same.
pub(crate) fn judge(received: Received, ask: &Ask<'_>) -> Result<Completion, Failure> {
    let Received { status, retry_after, generation_id, body } = received;
    let wire = Wire { status, retry_after, generation_id, ask };
    match status {
        200..=299 => match String::from_utf8(body) {
            Ok(body) => wire.success(body),
            Err(error) => {
                let bill = Bill::of(&String::from_utf8_lossy(error.as_bytes()));
                Err(wire.unreadable("the answer is not UTF-8".to_owned(), bill))
            }
        },
        300..=399 => Err(Failure::new(
            Reason::BadAnswer,
            Scope::Endpoint,
            format!("{} redirects, which is not followed: is its base_url right?", ask.candidate.endpoint.name()),
        )
        .with_status(status)),
        _ => {
            let body = String::from_utf8(body).unwrap_or_default();
            let answer: Answer = serde_json::from_str(&body).unwrap_or_default();
            Err(wire.error(&answer, answer.error.as_ref(), &body))
        }
    }
}

struct Wire<'a> {
    status: u16,
    retry_after: Option<Duration>,
    generation_id: Option<String>,
    ask: &'a Ask<'a>,
}

impl Wire<'_> {
    fn success(self, body: String) -> Result<Completion, Failure> {
        let (mut answer, body) = self.parse(body)?;
        if answer.error.is_some() {
            return Err(self.error(&answer, answer.error.as_ref(), &body));
        }
        let cost = answer.owed().map_err(|error| self.unreadable(format!("usage.cost is unreadable: {error}"), None));
        let Some(first) = answer.choices.iter().flatten().next() else {
            return Err(self.bad("the answer has no choices".to_owned(), cost?));
        };
        if first.error.is_some() || first.finish_reason.as_deref() == Some("error") {
            return Err(self.error(&answer, first.error.as_ref(), &body));
        }
        let cost = cost?;
        let choice = answer.choices.take().and_then(|choices| choices.into_iter().next());
        let Some(choice) = choice else { return Err(self.bad("the answer has no choices".to_owned(), cost)) };
        if choice.says_nothing() {
            return Err(self.bad("the answer is empty: no content and no tool calls".to_owned(), cost));
        }
        Ok(self.completion(answer, choice, cost, body))
    }

    fn parse(&self, body: String) -> Result<(Answer, String), Failure> {
        let error = match serde_json::from_str(&body) {
            Ok(answer) => return Ok((answer, body)),
            Err(error) => error,
        };
        let mended = surrogates::replaced(&body);
        if let Ok(answer) = serde_json::from_str(&mended) {
            return Ok((answer, mended));
        }
        // serde's own message can quote the answer; where it is wrong says enough.
        let place = format!("line {}, column {}", error.line(), error.column());
        Err(self.unreadable(format!("the answer is not the JSON of a chat completion ({place})"), Bill::of(&body)))
    }

    fn completion(self, answer: Answer, choice: Choice, cost: Option<Cost>, body: String) -> Completion {
        let message = choice.message.unwrap_or_default();
        Completion {
            generation_id: self.generation_id.or_else(|| answer.id.clone()),
            id: answer.id,
            model: answer.model.unwrap_or_else(|| self.ask.candidate.model.clone()),
            provider: answer.provider,
            content: message.content,
            refusal: message.refusal,
            reasoning: message.reasoning,
            finish_reason: choice.finish_reason,
            native_finish_reason: choice.native_finish_reason,
            usage: answer.usage.as_ref().map(Usage::from).unwrap_or_default(),
            cost,
            body,
        }
    }

    /// Somebody may have said something, and be paid for it.
    fn unreadable(&self, message: String, cost: Option<Cost>) -> Failure {
        self.bad(message, cost).unaccounted()
    }

    fn bad(&self, message: String, cost: Option<Cost>) -> Failure {
        Failure {
            cost,
            generation_id: self.generation_id.clone(),
            ..Failure::bad_answer(message).with_status(self.status)
        }
    }

    fn error(&self, answer: &Answer, error: Option<&ErrorBody>, body: &str) -> Failure {
        let unnamed = ErrorBody::default();
        let error = error.unwrap_or(&unnamed);
        // Inside a 200 the error's own code takes the place of the status.
        let status = if self.status < 300 { error.status().unwrap_or(self.status) } else { self.status };
        let (reason, scope) = classify(status, error);
        let secrets = self.secrets(error);
        Failure {
            status: Some(status),
            retry_after: error.retry_after().or(self.retry_after),
            // A cost that cannot be read is no reason to lose the reason of the failure.
            cost: answer.owed().ok().flatten(),
            generation_id: self.generation_id.clone().or_else(|| answer.id.clone()),
            body: (scope == Scope::Request).then(|| redact::body(body, &secrets)),
            ..Failure::new(reason, scope, self.message(answer, error, &secrets))
        }
    }

    fn message(&self, answer: &Answer, error: &ErrorBody, secrets: &[&str]) -> String {
        let metadata = error.metadata.as_ref();
        let provider = metadata.and_then(|metadata| metadata.provider_name.as_deref());
        let raw = metadata.and_then(|metadata| metadata.raw.as_deref()).map(|raw| redact::body(raw, secrets));
        let words = [error.message.as_deref().or(answer.message.as_deref()), raw.as_deref()];
        let mut text = words.into_iter().flatten().collect::<Vec<_>>().join(": ");
        if text.is_empty() {
            "the endpoint gave no reason".clone_into(&mut text);
        }
        if let Some(provider) = provider {
            text = format!("{provider}: {text}");
        }
        let sent = self.ask.request.body_for(self.ask.candidate).unwrap_or_default();
        let said = answer.choices.iter().flatten().filter_map(Choice::content);
        redact::one_line(&text, secrets, &sent, said)
    }

    fn secrets<'s>(&'s self, error: &'s ErrorBody) -> Vec<&'s str> {
        let flagged = error.metadata.as_ref().and_then(|metadata| metadata.flagged_input.as_deref());
        self.ask.candidate.endpoint.key().into_iter().chain(flagged).collect()
    }
}

/// What is owed for an answer that is otherwise unreadable.
#[derive(serde::Deserialize)]
struct Bill {
    #[serde(default, deserialize_with = "crate::lenient::object")]
    usage: Option<WireUsage>,
}

impl Bill {
    fn of(body: &str) -> Option<Cost> {
        serde_json::from_str::<Self>(body).ok()?.usage?.owed().ok().flatten()
    }
}

impl Choice {
    fn content(&self) -> Option<&str> {
        self.message.as_ref().and_then(|message| message.content.as_deref())
    }

    fn says_nothing(&self) -> bool {
        let Some(message) = &self.message else { return true };
        let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        let called = message.tool_calls || message.function_call;
        blank(&message.content) && blank(&message.refusal) && !called && !message.images && !message.audio
    }
}

impl ErrorBody {
    fn retry_after(&self) -> Option<Duration> {
        let seconds = |scalar: &Option<Scalar>| match scalar {
            Some(Scalar::Count(seconds)) => retry_after::from_seconds(*seconds as f64),
            Some(Scalar::Decimal(seconds)) => retry_after::from_seconds(*seconds),
            _ => None,
        };
        let availability = self.availability.as_ref().and_then(|availability| seconds(&availability.retry_after));
        availability.or_else(|| self.metadata.as_ref().and_then(|metadata| seconds(&metadata.retry_after_seconds)))
    }
}
