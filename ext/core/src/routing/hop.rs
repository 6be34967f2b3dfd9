//! The record of a step of a walk that brought no answer.

use std::time::Duration;

use crate::answer::{Failure, Reason, Scope};
use crate::health::Cooling;
use crate::money::Cost;
use crate::request::Candidate;

/// One candidate that failed, or was skipped.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The candidate's position in the chain, from 0.
    pub position: usize,
    pub model: String,
    pub vendor: String,
    pub endpoint: String,
    pub failure: Failure,
    /// How long the attempt took; zero if none was made.
    pub duration: Duration,
}

impl Hop {
    pub(crate) fn of(position: usize, candidate: &Candidate, failure: Failure, duration: Duration) -> Self {
        Self {
            position,
            model: candidate.model.clone(),
            vendor: candidate.vendor().to_owned(),
            endpoint: candidate.endpoint.name().to_owned(),
            failure,
            duration,
        }
    }

    pub(crate) fn skipped(position: usize, candidate: &Candidate, because: Reason) -> Self {
        let why = format!("{} had failed already in this call ({})", candidate.endpoint.name(), because.as_str());
        Self::of(position, candidate, Failure::new(Reason::Skipped, Scope::Model, why), Duration::ZERO)
    }

    pub(crate) fn cooling_down(position: usize, candidate: &Candidate, cooling: &Cooling) -> Self {
        let who = if cooling.whole_endpoint { candidate.endpoint.name() } else { "it" };
        let since = cooling.reason.map_or_else(String::new, |reason| format!(" ({})", reason.as_str()));
        let (why, retry_after) = if cooling.left.is_zero() {
            (format!("{who} was failing{since}, and another call is probing it"), None)
        } else {
            let left = cooling.left.as_secs_f64();
            (format!("{who} was failing{since}, and cools down for {left:.1} s more"), Some(cooling.left))
        };
        let failure = Failure { retry_after, ..Failure::new(Reason::CoolingDown, Scope::Model, why) };
        Self::of(position, candidate, failure, Duration::ZERO)
    }

    /// Not attempted for another reason. `why` is a sentence.
    pub(crate) fn passed_over(position: usize, candidate: &Candidate, reason: Reason, why: String) -> Self {
        Self::of(position, candidate, Failure::new(reason, Scope::Model, why), Duration::ZERO)
    }

    /// What the failed attempt cost, if that is more than nothing.
    pub fn cost(&self) -> Option<&Cost> {
        self.failure.cost.as_ref().filter(|cost| !cost.is_zero())
    }
}
