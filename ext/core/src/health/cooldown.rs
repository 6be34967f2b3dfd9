//! One circuit breaker:
//!
//! ```text
//!   clear ──enough failures, or a Retry-After──▶ cooling ──time is up──▶ half-open ──one caller──▶ probing
//!     ▲                                             ▲                                                 │
//!     │                                             └──────────── failure: a longer cooldown ─────────┤
//!     └────────────────────────────── success ────────────────────────────────────────────────────────┘
//! ```

use std::time::{Duration, Instant};

/// Of one model, or of a whole endpoint. Clear if `until` is `None`; half-open once that time has passed.
#[derive(Debug, Default)]
pub(super) struct Cooldown {
    until: Option<Instant>,
    /// Cooldowns in a row, without a success between them.
    rounds: u32,
    /// The longest failed attempt since the last cooldown began.
    longest_failure: Duration,
    probe: Option<Claim>,
}

#[derive(Debug)]
struct Claim {
    ticket: u64,
    /// Then another caller may probe: the process of this one may have forked or stopped.
    until: Instant,
}

/// The state of the breaker for a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Clear,
    /// The cooldown is over: the next caller probes.
    HalfOpen,
    /// For so long; zero while another caller probes.
    Cooling(Duration),
}

const FIRST_COOLDOWN: Duration = Duration::from_secs(30);
const MAX_COOLDOWN: Duration = Duration::from_secs(600);
/// A cooldown saves each call the time of a failed attempt. It lasts at most so many of them: a probe then costs one
/// caller a twentieth of the time, and a model that fails fast is used again soon after it recovers.
const MAX_LENGTH_IN_FAILED_ATTEMPTS: u32 = 20;
/// A shorter one saves no time worth mentioning.
const MIN_COOLDOWN: Duration = Duration::from_secs(10);
/// A longer `Retry-After` is cut to this: a model that names a day may recover in an hour.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

impl Cooldown {
    pub(super) fn phase(&self, now: Instant) -> Phase {
        let Some(until) = self.until else { return Phase::Clear };
        match &self.probe {
            _ if now < until => Phase::Cooling(until - now),
            Some(claim) if now < claim.until => Phase::Cooling(Duration::ZERO),
            _ => Phase::HalfOpen,
        }
    }

    /// Cooling, or half-open: not cleared yet.
    pub(super) fn is_cooling(&self) -> bool {
        self.until.is_some()
    }

    pub(super) fn is_probed(&self, now: Instant) -> bool {
        self.phase(now) == Phase::Cooling(Duration::ZERO)
    }

    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    pub(super) fn start_probe(&mut self, ticket: u64, until: Instant) {
        self.probe = Some(Claim { ticket, until });
    }

    /// The probe brought no result: the next caller probes.
    pub(super) fn end_probe(&mut self, ticket: u64) {
        self.probe.take_if(|claim| claim.ticket == ticket);
    }

    /// Notes how long a failed attempt took, which bounds the next cooldown.
    pub(super) fn failed(&mut self, took: Duration) {
        self.longest_failure = self.longest_failure.max(took);
    }

    /// Starts a cooldown, or another after a failed probe. While one lasts, only a longer `Retry-After` extends it. Returns
    /// its length from now if that has changed.
    pub(super) fn start(&mut self, retry_after: Option<Duration>, jitter: f64, now: Instant) -> Option<Duration> {
        let cooling = self.until.is_some_and(|until| now < until);
        let length = match retry_after {
            Some(retry_after) => retry_after.min(MAX_RETRY_AFTER),
            None if cooling => return None,
            None => self.back_off(),
        };
        if !cooling {
            self.rounds = self.rounds.saturating_add(1);
            self.longest_failure = Duration::ZERO;
        }
        self.extend(now + length.mul_f64(1.0 + jitter), now)
    }

    fn back_off(&self) -> Duration {
        let limit = self.longest_failure.saturating_mul(MAX_LENGTH_IN_FAILED_ATTEMPTS).max(MIN_COOLDOWN);
        FIRST_COOLDOWN.saturating_mul(1 << self.rounds.min(8)).min(MAX_COOLDOWN).min(limit)
    }

    /// Lasts until `until` at least.
    pub(super) fn extend(&mut self, until: Instant, now: Instant) -> Option<Duration> {
        if until <= now || self.until.is_some_and(|current| until <= current) {
            return None;
        }
        self.until = Some(until);
        self.probe = None;
        Some(until - now)
    }

    /// Closes the circuit and forgets the rounds. Returns whether it was tripped.
    pub(super) fn clear(&mut self) -> bool {
        let was = self.until.is_some();
        *self = Self::default();
        was
    }
}

#[cfg(test)]
mod tests;
