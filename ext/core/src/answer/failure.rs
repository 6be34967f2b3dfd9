//! What went wrong in an attempt, and how far the fault reaches.

use std::time::Duration;

use crate::answer::Usage;
use crate::money::Cost;

/// Why an attempt did not answer. [`Reason::as_str`] is the word that logs, events and Ruby show.
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
    /// An answer came that is none: not JSON, empty, too large.
    BadAnswer,
    /// The answer ended at `max_tokens` or at a content filter before it said anything: the request's affair, not
    /// the model's.
    Blank,
    /// The endpoint has no such model, or not for this caller.
    ModelNotFound,
    /// The endpoint, or by the scope one provider behind it, refused the key.
    Unauthorized,
    /// The key or its account is out of money; or, by the scope, a provider's is, or there is too little for this model.
    InsufficientCredits,
    /// Moderation or a guardrail refused the prompt.
    Moderated,
    /// The request itself is at fault; or, by the scope, it was refused and nothing says why.
    Rejected,
    /// Not asked: its endpoint had failed earlier in the same call.
    Skipped,
    /// The gate has no money for what the attempt may cost, and none was made; or no provider serves the
    /// model at the price that was reserved.
    TooExpensive,
    /// Not asked: it has been failing, and is left alone for a while.
    CoolingDown,
}

impl Reason {
    /// The reason of that word, as far as a cooldown can have it.
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
            Self::ModelNotFound => "model_not_found",
            Self::Unauthorized => "unauthorized",
            Self::InsufficientCredits => "insufficient_credits",
            Self::Moderated => "moderated",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::TooExpensive => "too_expensive",
            Self::CoolingDown => "cooling_down",
        }
    }
}

/// What is at fault, and so what the walk does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The request: it would fail everywhere. Stop.
    Request,
    /// The endpoint or its key: its other candidates would fail too. On to another endpoint.
    Endpoint,
    /// This model. On to the next.
    Model,
}

/// One attempt that did not answer.
#[derive(Debug, Clone)]
pub struct Failure {
    pub reason: Reason,
    pub scope: Scope,
    /// The HTTP status, where an answer came at all.
    pub status: Option<u16>,
    /// For a person: one line, cleaned of keys and of what the prompt said.
    pub message: String,
    /// How long the endpoint asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What the failed attempt cost all the same: that money is spent.
    pub cost: Option<Cost>,
    /// The tokens that the failed attempt took, where it says so.
    pub usage: Usage,
    /// The request was, or may have been, handed to the server, and nothing that came back says what
    /// it costs: it may be billed all the same. Never true where `cost` is known.
    pub uncertain: bool,
    /// The generation's id, where the endpoint gave one.
    pub generation_id: Option<String>,
    /// What the endpoint answered, kept only where the request is at fault.
    pub body: Option<String>,
}

impl Failure {
    pub(crate) fn new(reason: Reason, scope: Scope, message: impl Into<String>) -> Self {
        Self {
            reason,
            scope,
            status: None,
            message: message.into(),
            retry_after: None,
            cost: None,
            usage: Usage::default(),
            uncertain: false,
            generation_id: None,
            body: None,
        }
    }

    /// Whether it says that the model fails, whoever calls it: enough of these in a row start a cooldown. The request
    /// may be to blame for a blank answer, for a refusal that does not say why, and for a price that it does not pay.
    pub(crate) fn is_strike(&self) -> bool {
        self.scope == Scope::Model && !matches!(self.reason, Reason::Blank | Reason::Rejected | Reason::TooExpensive)
    }

    pub(crate) fn bad_answer(message: impl Into<String>) -> Self {
        Self::new(Reason::BadAnswer, Scope::Model, message)
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// A failure that says nothing of its cost. [`Failure::accounted`] settles whether there can be one.
    pub(crate) fn unaccounted(self) -> Self {
        Self { uncertain: true, ..self }
    }
}
