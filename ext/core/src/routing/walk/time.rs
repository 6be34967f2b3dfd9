//! How long the next attempt may take, and waits.

use std::time::{Duration, Instant};

use super::Walk;
use crate::request::Candidate;

impl Walk<'_> {
    /// How long the next attempt has to wait, if it is a retry.
    pub fn delay(&self, now: Instant) -> Duration {
        self.retry.as_ref().map_or(Duration::ZERO, |retry| retry.at.saturating_duration_since(now))
    }

    /// The time limit of an attempt at the next candidate: its timeout, but at most its share of the time left until the
    /// deadline. A retry waits in its own share. `None` if no time is left.
    pub fn limit(&self, candidate: &Candidate, now: Instant) -> Option<Duration> {
        let left = self.share(now).saturating_sub(self.delay(now));
        (!left.is_zero()).then(|| self.timeout(candidate).min(left))
    }

    pub(super) fn timeout(&self, candidate: &Candidate) -> Duration {
        candidate.timeout.unwrap_or(self.timeout)
    }

    /// An equal share of the time left until the deadline, so that a candidate that hangs leaves time for those behind
    /// it. Candidates that cool down share one share.
    pub(super) fn share(&self, now: Instant) -> Duration {
        let Some(deadline) = self.deadline else { return Duration::MAX };
        let left = deadline.saturating_duration_since(now);
        let (behind, cooling): (Vec<usize>, Vec<usize>) =
            self.remaining.iter().skip(1).partition(|position| self.is_available(**position, now));
        let last_resort = self.cooling.iter().chain(&cooling).any(|position| self.is_last_resort(*position, now));
        let behind = behind.len() + usize::from(last_resort);
        let sharing = u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
        left / sharing
    }

    /// Extends the deadline by time that this call spent waiting for other calls.
    pub fn extend_deadline(&mut self, by: Duration) {
        self.deadline = self.deadline.and_then(|deadline| deadline.checked_add(by));
    }
}
