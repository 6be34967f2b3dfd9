//! Whether a candidate that has failed is attempted again, and after what wait.

use std::time::{Duration, Instant};

use crate::answer::Failure;
use crate::health::random;

/// A call's settings.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// How often the last candidate is retried, if the chain does not say.
    pub last: u32,
    /// The longest `Retry-After` that a call waits for.
    pub max_wait: Duration,
}

/// The candidate at the front of a walk has failed, and is attempted again.
#[derive(Debug)]
pub(super) struct Retry {
    /// From 1.
    pub(super) number: u32,
    pub(super) at: Instant,
}

/// A failed attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failed<'f> {
    pub(super) failure: &'f Failure,
    pub(super) took: Duration,
    /// The candidate's own timeout.
    pub(super) timeout: Duration,
    /// The candidate's share of the time left.
    pub(super) share: Duration,
    /// It was a probe, or an attempt at a candidate that cools down.
    pub(super) failing: bool,
}

/// A failure is quick if it took at most this part of the candidate's timeout.
const QUICK: u32 = 4;
/// Without a `Retry-After`, the wait is between these; the upper end grows with each retry.
const MIN_BACKOFF: Duration = Duration::from_millis(100);
const MAX_FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// So much of a `Retry-After` is added at most, so that not all callers come back at one moment.
const MAX_JITTER: f64 = 0.1;

impl Retries {
    pub(super) const NONE: Self = Self { last: 0, max_wait: Duration::ZERO };

    /// The wait before retry `number` of `allowed`; `None` if there is none. The wait and an attempt as long as the last
    /// have to fit into the candidate's share of the time.
    pub(super) fn wait(self, number: u32, allowed: u32, failed: &Failed<'_>) -> Option<Duration> {
        let quick = failed.took <= failed.timeout / QUICK;
        if number > allowed || failed.failing || !quick || !failed.failure.may_pass() {
            return None;
        }
        let wait = match failed.failure.retry_after.filter(|wait| !wait.is_zero()) {
            Some(least) if least > self.max_wait => return None,
            Some(least) => least.mul_f64(1.0 + random() * MAX_JITTER),
            None => self.max_wait.min(backoff(number)),
        };
        (wait + failed.took < failed.share).then_some(wait)
    }
}

fn backoff(number: u32) -> Duration {
    MIN_BACKOFF + (MAX_FIRST_BACKOFF * number - MIN_BACKOFF).mul_f64(random())
}

#[cfg(test)]
mod tests;
