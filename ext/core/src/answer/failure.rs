//! A failed attempt: why, and how far the fault reaches.

use std::time::Duration;

use crate::answer::{Length, Usage};
use crate::money::Cost;

/// Why an attempt failed. [`Reason::as_str`] is the word in logs, events and Ruby.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Too many requests, or too much in flight on the key.
    RateLimited,
    /// The model or its gateway is down or overloaded.
    Unavailable,
    /// No whole answer within the limit of the attempt.
    Timeout,
    /// The connection could not be made, or broke.
    Connection,
    /// An answer that cannot be used: not JSON, empty, too large.
    BadAnswer,
    /// The answer ended at `max_tokens` or at a content filter before any content: the request's fault, not the
    /// model's.
    Blank,
    /// The caller refused the answer, which is paid for.
    Unacceptable,
    /// The endpoint has no such model, or not for this caller.
    ModelNotFound,
    /// The endpoint, or with [`Scope::Model`] one provider behind it, refused the key.
    Unauthorized,
    /// The key or its account has no money; with [`Scope::Model`], a provider's, or too little for this model.
    InsufficientCredits,
    /// Moderation or a guardrail refused the prompt.
    Moderated,
    /// The prompt does not fit into the model's window. With [`Scope::Request`]; a model with a larger one may answer.
    TooLong,
    /// The request is at fault; with [`Scope::Model`], it was refused without a reason.
    Rejected,
    /// Not attempted: its endpoint had failed in the same call.
    Skipped,
    /// Not attempted: the budget has too little left. Or no provider serves the model at the reserved price.
    TooExpensive,
    /// Not attempted: it cools down.
    CoolingDown,
    /// Not attempted: a person has switched it off.
    SwitchedOff,
    /// Not attempted: the budget is nearly spent, so that the call starts at the last candidate.
    Saving,
    /// Dropped: the attempt that was made beside it answered first.
    Hedged,
}

impl Reason {
    /// The reason with that word, if it can start a cooldown.
    pub fn of_cooldown(word: &str) -> Option<Self> {
        use Reason::{
            BadAnswer, Connection, InsufficientCredits, ModelNotFound, RateLimited, Timeout, Unauthorized, Unavailable,
        };
        [RateLimited, Unavailable, Timeout, Connection, BadAnswer, ModelNotFound, Unauthorized, InsufficientCredits]
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::BadAnswer => "bad_answer",
            Self::Blank => "blank",
            Self::Unacceptable => "unacceptable",
            Self::ModelNotFound => "model_not_found",
            Self::Unauthorized => "unauthorized",
            Self::InsufficientCredits => "insufficient_credits",
            Self::Moderated => "moderated",
            Self::TooLong => "too_long",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::TooExpensive => "too_expensive",
            Self::CoolingDown => "cooling_down",
            Self::SwitchedOff => "switched_off",
            Self::Saving => "saving",
            Self::Hedged => "hedged",
        }
    }
}

/// What is at fault, which decides how the walk goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The request, which would fail everywhere. Stop.
    Request,
    /// The endpoint or its key. Skip its other candidates.
    Endpoint,
    /// This model. Go on to the next.
    Model,
}

/// A failed attempt, or a skipped candidate.
#[derive(Debug, Clone)]
pub struct Failure {
    pub reason: Reason,
    pub scope: Scope,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// For a person: one line, without keys and without quotations of the prompt.
    pub message: String,
    /// The same request may succeed here later: no timeout behind the gateway, and it does not say otherwise.
    pub repeatable: bool,
    /// Of a prompt that is too long.
    pub length: Length,
    /// The `Retry-After` of the answer.
    pub retry_after: Option<Duration>,
    /// What the failed attempt cost.
    pub cost: Option<Cost>,
    /// The tokens of the failed attempt, if the answer has them.
    pub usage: Usage,
    /// The request may have reached the server, and no cost came back: it may be billed. Never true if `cost` is known.
    pub uncertain: bool,
    /// The generation's id, if the endpoint sent one.
    pub generation_id: Option<String>,
    /// The body of the answer, kept only if the request is at fault.
    pub body: Option<String>,
}

impl Failure {
    pub(crate) fn new(reason: Reason, scope: Scope, message: impl Into<String>) -> Self {
        Self {
            reason,
            scope,
            status: None,
            message: message.into(),
            repeatable: true,
            length: Length::default(),
            retry_after: None,
            cost: None,
            usage: Usage::default(),
            uncertain: false,
            generation_id: None,
            body: None,
        }
    }

    /// Whether it counts towards a cooldown. A blank answer, a refusal without a reason, and a price limit may be the
    /// request's fault.
    pub(crate) fn is_strike(&self) -> bool {
        self.scope == Scope::Model && !matches!(self.reason, Reason::Blank | Reason::Rejected | Reason::TooExpensive)
    }

    /// Whether it may have passed when the model is attempted again a moment later. A timeout never counts, since the
    /// next would take as long and may be billed as well.
    pub(crate) fn may_pass(&self) -> bool {
        use Reason::{BadAnswer, Connection, RateLimited, Unavailable};
        let transient = matches!(self.reason, RateLimited | Unavailable | Connection | BadAnswer);
        transient && self.repeatable && self.scope == Scope::Model
    }

    pub(crate) fn bad_answer(message: impl Into<String>) -> Self {
        Self::new(Reason::BadAnswer, Scope::Model, message)
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// A failure without a cost. [`Failure::accounted`] decides whether it may be billed.
    pub(crate) fn unaccounted(self) -> Self {
        Self { uncertain: true, ..self }
    }
}
