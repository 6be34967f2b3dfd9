//! When something that fails is left alone, and who may look whether it is back.

use std::time::{Duration, Instant};

/// Of one model, or of one endpoint as a whole. Open where `until` is `None`; once that time is past,
/// one caller at a time probes.
#[derive(Debug, Default)]
pub(super) struct Cooldown {
    until: Option<Instant>,
    /// How many cooldowns there were without a success between them.
    rounds: u32,
    /// What the longest of the attempts took that failed since the last cooldown began.
    longest: Duration,
    probe: Option<Claim>,
}

#[derive(Debug)]
struct Claim {
    ticket: u64,
    /// A probe whose process forked, or never came back, does not hold the place for ever.
    until: Instant,
}

/// What a caller finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Open,
    /// The time is up: whoever asks first is the probe.
    Due,
    /// Somebody is probing, or it has that long to go.
    Cooling(Duration),
}

const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(600);
/// A cooldown saves each call what a failed attempt takes. It is worth so many of these, so that a probe costs one
/// caller a twentieth of the time, and no model that fails at once is kept away for long after it is back.
const WORTH: u32 = 20;
/// Less than this saves nothing that anybody would notice.
const SHORTEST: Duration = Duration::from_secs(10);
/// What a `Retry-After` is believed at most: a model that asked for a day may be back in an hour.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

impl Cooldown {
    pub(super) fn look(&self, now: Instant) -> Look {
        let Some(until) = self.until else { return Look::Open };
        match &self.probe {
            _ if now < until => Look::Cooling(until - now),
            Some(claim) if now < claim.until => Look::Cooling(Duration::ZERO),
            _ => Look::Due,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.until.is_none()
    }

    pub(super) fn is_probed(&self, now: Instant) -> bool {
        self.look(now) == Look::Cooling(Duration::ZERO)
    }

    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    pub(super) fn claim(&mut self, ticket: u64, until: Instant) {
        self.probe = Some(Claim { ticket, until });
    }

    /// The probe came to nothing: the next caller is the probe.
    pub(super) fn release(&mut self, ticket: u64) {
        self.probe.take_if(|claim| claim.ticket == ticket);
    }

    /// An attempt failed after this time: the longer one takes, the longer the next cooldown may last.
    pub(super) fn failed(&mut self, took: Duration) {
        self.longest = self.longest.max(took);
    }

    /// Begins, or after a failed probe goes on. A failure while it lasts moves its end only where it
    /// asks to be left alone for longer. Returns how long it is from now, where that is news.
    pub(super) fn start(&mut self, asked: Option<Duration>, jitter: f64, now: Instant) -> Option<Duration> {
        let cooling = self.until.is_some_and(|until| now < until);
        let length = match asked {
            Some(asked) => asked.min(LONGEST_ASKED),
            None if cooling => return None,
            None => self.backed_off(),
        };
        if !cooling {
            self.rounds = self.rounds.saturating_add(1);
            self.longest = Duration::ZERO;
        }
        self.extend(now + length.mul_f64(1.0 + jitter), now)
    }

    fn backed_off(&self) -> Duration {
        let worth = self.longest.saturating_mul(WORTH).max(SHORTEST);
        FIRST.saturating_mul(1 << self.rounds.min(8)).min(LONGEST).min(worth)
    }

    /// Lasts to `until` at least.
    pub(super) fn extend(&mut self, until: Instant, now: Instant) -> Option<Duration> {
        if until <= now || self.until.is_some_and(|current| until <= current) {
            return None;
        }
        self.until = Some(until);
        self.probe = None;
        Some(until - now)
    }

    /// Ends it, and forgets how often it was. Returns whether there was one.
    pub(super) fn close(&mut self) -> bool {
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
        assert!(cooldown.close() && !cooldown.close());
        assert_eq!(cooldown.start(None, 0.0, now), Some(secs(10)));
    }

    #[test]
    fn a_later_failure_never_shortens_it_and_only_what_was_asked_for_lengthens_it() {
        let (mut cooldown, now) = (Cooldown::default(), Instant::now());
        assert_eq!(cooldown.start(Some(secs(60)), 0.0, now), Some(secs(60)));
        assert_eq!(cooldown.start(Some(secs(1)), 0.0, now), None);
        assert_eq!(cooldown.start(None, 0.0, now), None);
        assert_eq!(cooldown.look(now), Look::Cooling(secs(60)));
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
        assert_eq!(cooldown.look(now), Look::Due);
        cooldown.claim(7, now + secs(10));
        assert!(cooldown.is_probed(now));
        cooldown.release(6);
        assert_eq!(cooldown.look(now), Look::Cooling(Duration::ZERO), "somebody else's ticket");
        cooldown.release(7);
        assert_eq!(cooldown.look(now), Look::Due);
        cooldown.claim(8, now + secs(10));
        assert_eq!(cooldown.look(now + secs(10)), Look::Due, "a probe that never came back");
    }
}
