//! Which candidates may be attempted, and which only if no other answers.

use std::time::{Duration, Instant};

use super::Walk;
use crate::answer::Reason;
use crate::health::{Admission, Policy};
use crate::request::Candidate;

impl<'c> Walk<'c> {
    /// The retries of a candidate for which the chain sets none: only of the last. Those that cool down do not count.
    pub(super) fn retries_of_last(&self, now: Instant) -> u32 {
        let followed = self.remaining.iter().any(|position| self.is_available(*position, now));
        if followed {
            0
        } else {
            self.retries.last
        }
    }

    /// If all remaining candidates cool down, they are attempted all the same, in order, so that no call fails without
    /// an attempt.
    pub(super) fn fall_back_to_cooling(&mut self, now: Instant) {
        if self.last_resort
            || self.retry.is_some()
            || self.remaining.iter().any(|position| self.is_available(*position, now))
        {
            return;
        }
        self.last_resort = true;
        let mut cooling = std::mem::take(&mut self.cooling);
        cooling.retain(|position| self.is_last_resort(*position, now));
        self.remaining.extend(cooling);
        self.remaining.make_contiguous().sort_unstable();
    }

    pub(super) fn admit(&self, candidate: &Candidate, limit: Duration, now: Instant) -> Admission<'c> {
        match self.health {
            Some((health, Policy { cooldown_after: Some(_), .. })) => health.admit(candidate, limit, now),
            _ => Admission::Clear,
        }
    }

    /// Whether the candidate would be attempted rather than skipped.
    pub(super) fn is_available(&self, position: usize, now: Instant) -> bool {
        let cools_down = |candidate| match self.health {
            Some((health, Policy { cooldown_after: Some(_), .. })) => !health.admits(candidate, now),
            _ => false,
        };
        let candidate = self.chain.candidates().get(position).filter(|_| self.is_last_resort(position, now));
        candidate.is_some_and(|candidate| self.last_resort || !cools_down(candidate))
    }

    /// Whether the candidate may be attempted although it cools down.
    pub(super) fn is_last_resort(&self, position: usize, now: Instant) -> bool {
        self.fit.refusal(position).is_none()
            && self.chain.candidates().get(position).is_some_and(|candidate| {
                self.endpoint_failure(candidate).is_none() && self.switched_off(candidate, now).is_none()
            })
    }

    /// Who switched the candidate off. If the whole chain is switched off, no candidate is skipped for that, so that no
    /// call fails without an attempt.
    pub(super) fn switched_off(&self, candidate: &Candidate, now: Instant) -> Option<String> {
        let note = |candidate: &Candidate| self.health?.0.switched_off(&candidate.model, now);
        let off = note(candidate)?;
        self.chain.candidates().iter().any(|other| note(other).is_none()).then_some(off)
    }

    pub(super) fn endpoint_failure(&self, candidate: &Candidate) -> Option<Reason> {
        let failed = self.failed_endpoints.iter().find(|(name, _)| name == candidate.endpoint.name());
        failed.map(|(_, reason)| *reason)
    }
}
