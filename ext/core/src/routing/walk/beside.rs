//! What a walk does for a second attempt beside the one in flight.

use std::time::{Duration, Instant};

use super::Walk;
use crate::answer::Failure;
use crate::request::Candidate;
use crate::routing::Hop;

impl Walk<'_> {
    /// Splits off the candidates behind the attempt in flight, so that the next of them can be attempted beside it.
    /// `None` if there is none that is not cooling down.
    pub(crate) fn split(&mut self, now: Instant) -> Option<Self> {
        let available = self.remaining.iter().skip(1).any(|position| self.is_available(*position, now));
        if self.last_resort || !available {
            return None;
        }
        let mut other = Self::new(self.chain, self.timeout, self.deadline);
        other.health = self.health;
        other.retries = self.retries;
        other.fit = self.fit.clone();
        other.remaining = self.remaining.split_off(1);
        Some(other)
    }

    /// Takes back what was split off, with what has become of it. The attempt in flight stays at the front. A retry that
    /// the other walk has planned is not made: beside an attempt in flight, no candidate knows whether it is the last.
    pub(crate) fn join(&mut self, other: Self) {
        let retry = usize::from(other.retry.is_some());
        self.remaining.extend(other.remaining.into_iter().skip(retry));
        self.cooling.extend(other.cooling);
        self.fit.join(other.fit);
        self.failed_endpoints.extend(other.failed_endpoints);
        self.rejected = other.rejected;
    }

    /// Records that the attempt was dropped, because the one beside it answered. It is neither a failure nor a success
    /// of its candidate, and its probe is released.
    pub(crate) fn record_drop(&mut self, candidate: &Candidate, failure: Failure, duration: Duration) -> Hop {
        if let Some((health, _)) = self.health {
            health.dropped(candidate, duration);
        }
        Hop::of(self.take_front(), candidate, failure, duration)
    }

    /// The time within which 95 of 100 answers of the candidate came, if there were enough.
    pub(crate) fn p95(&self, candidate: &Candidate) -> Option<Duration> {
        self.health.and_then(|(health, _)| health.p95(candidate))
    }
}
