//! The health of one model at one endpoint.

use std::time::{Duration, Instant};

use super::cooldown::Cooldown;
use super::latency::Latency;
use crate::answer::{Failure, Reason, Scope};

#[derive(Debug, Default)]
pub(super) struct ModelHealth {
    pub(super) cooldown: Cooldown,
    pub(super) latency: Latency,
    pub(super) attempts: u64,
    pub(super) successes: u64,
    /// Failures since the last success.
    pub(super) failures: u64,
    /// Of these, the ones that count towards a cooldown.
    strikes: u32,
    /// The time of the first failure since the last success.
    pub(super) failing_since: Option<Instant>,
    pub(super) last_reason: Option<Reason>,
    /// This outage had its [`Notice::Down`](super::Notice::Down).
    down_reported: bool,
    pub(super) used: Option<Instant>,
}

impl ModelHealth {
    pub(super) fn succeeded(&mut self, took: Duration, now: Instant) {
        self.count_attempt(now);
        self.successes += 1;
        self.failures = 0;
        self.strikes = 0;
        self.failing_since = None;
        self.latency.add(took);
    }

    /// Returns whether this was the failure that starts a cooldown.
    pub(super) fn failed(&mut self, failure: &Failure, took: Duration, enough: u32, now: Instant) -> bool {
        self.count_attempt(now);
        // If the request may be at fault, the failure says nothing about the model.
        if failure.scope != Scope::Endpoint && !failure.is_strike() {
            return false;
        }
        self.failures += 1;
        self.last_reason = Some(failure.reason);
        self.failing_since.get_or_insert(now);
        if !failure.is_strike() || self.is_short_timeout(failure, took) {
            return false;
        }
        self.cooldown.failed(took);
        self.strikes = self.strikes.saturating_add(1);
        self.strikes >= enough
    }

    /// How long it has been failing, if that is at least `long`; once for each outage.
    pub(super) fn newly_down(&mut self, long: Duration, now: Instant) -> Option<Duration> {
        let failing = now.saturating_duration_since(self.failing_since?);
        if self.down_reported || failing < long {
            return None;
        }
        self.down_reported = true;
        Some(failing)
    }

    /// The length of the outage that [`ModelHealth::newly_down`] reported. Call it before [`ModelHealth::succeeded`].
    pub(super) fn outage(&mut self, now: Instant) -> Option<Duration> {
        let down_reported = std::mem::take(&mut self.down_reported);
        self.failing_since.filter(|_| down_reported).map(|since| now.saturating_duration_since(since))
    }

    /// Another process got an answer. Returns whether it was cooling down here.
    pub(super) fn lift(&mut self) -> bool {
        self.strikes = 0;
        // An outage that was reported ends with an answer in this process only.
        if !self.down_reported {
            self.failures = 0;
            self.failing_since = None;
        }
        self.cooldown.clear()
    }

    /// A timeout below the median latency says nothing about the model.
    fn is_short_timeout(&self, failure: &Failure, took: Duration) -> bool {
        failure.reason == Reason::Timeout && self.latency.percentile(0.5).is_some_and(|median| took < median)
    }

    fn count_attempt(&mut self, now: Instant) {
        self.attempts += 1;
        self.used = Some(now);
    }
}
