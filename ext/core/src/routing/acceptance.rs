//! An answer that the caller may refuse. It is paid for either way, and the model is well: it has answered.

use std::time::Duration;

use crate::answer::{Failure, Reason, Scope};
use crate::request::Candidate;
use crate::routing::Hop;

/// What the caller makes of an answer that is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance<A> {
    Accepted(A),
    /// The next candidate is tried. The sentence goes into the hop, and quotes nothing of the answer.
    Refused(String),
}

impl Hop {
    /// An answer that was refused. What it cost was settled as the answer's, so the hop has none to settle.
    pub(crate) fn unacceptable(position: usize, candidate: &Candidate, why: String, duration: Duration) -> Self {
        Self::of(position, candidate, Failure::new(Reason::Unacceptable, Scope::Model, why), duration)
    }
}
