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
/// A longer `Retry-After` is cut to this: a model that asked for a day may recover in an hour.
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
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The lengths of the cooldowns of a model whose failed attempts take so long each.
    fn lengths(took: Duration) -> Vec<u64> {
        let (mut cooldown, mut now) = (Cooldown::default(), Instant::now());
        let mut next = || {
            cooldown.failed(took);
            let length = cooldown.start(None, 0.0, now).unwrap();
            now = cooldown.until().unwrap();
            length.as_secs()
        };
        (0..7).map(|_| next()).collect()
    }

    #[test]
    fn it_grows_from_half_a_minute_to_ten_while_attempts_hang() {
        assert_eq!(lengths(secs(60)), [30, 60, 120, 240, 480, 600, 600]);
    }

    #[test]
    fn it_lasts_twenty_times_a_failed_attempt_at_most_and_ten_seconds_at_least() {
        assert_eq!(lengths(secs(2)), [30, 40, 40, 40, 40, 40, 40]);
        assert_eq!(lengths(secs(1)), [20; 7]);
        assert_eq!(lengths(Duration::from_millis(5)), [10; 7]);
    }

    #[test]
    fn the_longest_attempt_since_the_last_cooldown_counts() {
        let (mut cooldown, now) = (Cooldown::default(), Instant::now());
        [1, 2, 1].into_iter().for_each(|took| cooldown.failed(secs(took)));
        assert_eq!(cooldown.start(None, 0.0, now), Some(secs(30)));
        cooldown.failed(secs(1));
        assert_eq!(cooldown.start(None, 0.0, now + secs(30)), Some(secs(20)));
    }

    #[test]
    fn a_success_starts_over() {
        let (mut cooldown, mut now) = (Cooldown::default(), Instant::now());
        for length in [30, 60] {
            cooldown.failed(secs(60));
            assert_eq!(cooldown.start(None, 0.0, now), Some(secs(length)));
            now += secs(length);
        }
        cooldown.failed(secs(60));
        assert!(cooldown.clear() && !cooldown.clear());
        assert_eq!(cooldown.start(None, 0.0, now), Some(secs(10)));
    }

    #[test]
    fn a_later_failure_never_shortens_it_and_only_retry_after_lengthens_it() {
        let (mut cooldown, now) = (Cooldown::default(), Instant::now());
        assert_eq!(cooldown.start(Some(secs(60)), 0.0, now), Some(secs(60)));
        assert_eq!(cooldown.start(Some(secs(1)), 0.0, now), None);
        assert_eq!(cooldown.start(None, 0.0, now), None);
        assert_eq!(cooldown.phase(now), Phase::Cooling(secs(60)));
        assert_eq!(cooldown.start(Some(secs(90)), 0.0, now), Some(secs(90)));
        assert_eq!(cooldown.start(Some(secs(86_400)), 0.0, now), Some(secs(3600)));
    }

    #[test]
    fn jitter_makes_it_longer_never_shorter() {
        let (mut cooldown, now) = (Cooldown::default(), Instant::now());
        assert_eq!(cooldown.start(None, 0.2, now), Some(secs(12)));
    }

    #[test]
    fn one_caller_at_a_time_probes_when_it_is_over() {
        let (mut cooldown, start) = (Cooldown::default(), Instant::now());
        cooldown.start(None, 0.0, start);
        let now = start + secs(10);
        assert_eq!(cooldown.phase(now), Phase::HalfOpen);
        cooldown.start_probe(7, now + secs(10));
        assert!(cooldown.is_probed(now));
        cooldown.end_probe(6);
        assert_eq!(cooldown.phase(now), Phase::Cooling(Duration::ZERO), "another caller's ticket");
        cooldown.end_probe(7);
        assert_eq!(cooldown.phase(now), Phase::HalfOpen);
        cooldown.start_probe(8, now + secs(10));
        assert_eq!(cooldown.phase(now + secs(10)), Phase::HalfOpen, "a probe that never came back");
    }
}
