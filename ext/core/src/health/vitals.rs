//! What is known of one model at one endpoint.

use std::time::{Duration, Instant};

use super::cooldown::Cooldown;
use super::latency::Latency;
use crate::answer::{Failure, Reason, Scope};

#[derive(Debug, Default)]
pub(super) struct Vitals {
    pub(super) cooldown: Cooldown,
    pub(super) latency: Latency,
    pub(super) attempts: u64,
    pub(super) successes: u64,
    /// Failures since the last success.
    pub(super) failures: u64,
    /// Those of them that count towards a cooldown.
    strikes: u32,
    /// When the first of the failures since the last success was.
    pub(super) failing_since: Option<Instant>,
    pub(super) last_reason: Option<Reason>,
    /// [`Notice::Down`](super::Notice::Down) was given for this outage.
    told: bool,
    pub(super) used: Option<Instant>,
}

impl Vitals {
    pub(super) fn succeeded(&mut self, took: Duration, now: Instant) {
        self.asked(now);
        self.successes += 1;
        self.failures = 0;
        self.strikes = 0;
        self.failing_since = None;
        self.latency.add(took);
    }

    /// Returns whether there have been enough of these in a row for a cooldown.
    pub(super) fn failed(&mut self, failure: &Failure, took: Duration, enough: u32, now: Instant) -> bool {
        self.asked(now);
        // A request that is, or may be, at fault says nothing of the model.
        if failure.scope != Scope::Endpoint && !failure.is_strike() {
            return false;
        }
        self.failures += 1;
        self.last_reason = Some(failure.reason);
        self.failing_since.get_or_insert(now);
        if !failure.is_strike() || self.is_impatience(failure, took) {
            return false;
        }
        self.cooldown.failed(took);
        self.strikes = self.strikes.saturating_add(1);
        self.strikes >= enough
    }

    /// Since when it has been failing, once that is `long` ago. Says so once for each outage.
    pub(super) fn newly_down(&mut self, long: Duration, now: Instant) -> Option<Duration> {
        let failing = now.saturating_duration_since(self.failing_since?);
        if self.told || failing < long {
            return None;
        }
        self.told = true;
        Some(failing)
    }

    /// How long the outage was that [`Vitals::newly_down`] told of. Ask before [`Vitals::succeeded`].
    pub(super) fn outage(&mut self, now: Instant) -> Option<Duration> {
        let told = std::mem::take(&mut self.told);
        self.failing_since.filter(|_| told).map(|since| now.saturating_duration_since(since))
    }

    /// Another process got an answer. Returns whether it was cooling here.
    pub(super) fn lift(&mut self) -> bool {
        self.strikes = 0;
        // It has not been failing all the time. An outage that was told of ends with an answer seen here.
        if !self.told {
            self.failures = 0;
            self.failing_since = None;
        }
        self.cooldown.close()
    }

    /// A caller that waits for less time than half of the answers take learns nothing of the model.
    fn is_impatience(&self, failure: &Failure, took: Duration) -> bool {
        failure.reason == Reason::Timeout && self.latency.percentile(0.5).is_some_and(|median| took < median)
    }

    fn asked(&mut self, now: Instant) {
        self.attempts += 1;
        self.used = Some(now);
    }
}
