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
mod tests {
    use super::*;
    use crate::answer::{Reason, Scope};

    const RETRIES: Retries = Retries { last: 1, max_wait: Duration::from_secs(3) };
    const SECOND: Duration = Duration::from_secs(1);

    fn failure(reason: Reason) -> Failure {
        Failure::new(reason, Scope::Model, "test")
    }

    fn wait_after(failure: &Failure, change: impl Fn(Failed<'_>) -> Failed<'_>) -> Option<Duration> {
        let failed = Failed { failure, took: SECOND / 10, timeout: 8 * SECOND, share: 60 * SECOND, failing: false };
        RETRIES.wait(1, 1, &change(failed))
    }

    #[test]
    fn a_quick_transient_failure_is_retried_soon_and_later_each_time() {
        for reason in [Reason::RateLimited, Reason::Unavailable, Reason::Connection, Reason::BadAnswer] {
            let wait = wait_after(&failure(reason), |failed| failed).unwrap();
            assert!((MIN_BACKOFF..=MAX_FIRST_BACKOFF).contains(&wait), "{reason:?}: {wait:?}");
        }
        let unavailable = failure(Reason::Unavailable);
        let failed = Failed {
            failure: &unavailable,
            took: SECOND / 10,
            timeout: 8 * SECOND,
            share: 60 * SECOND,
            failing: false,
        };
        let longest = (0..200).filter_map(|_| RETRIES.wait(4, 5, &failed)).max().unwrap();
        assert!(longest > MAX_FIRST_BACKOFF && longest <= 4 * MAX_FIRST_BACKOFF, "{longest:?}");
        let impatient = Retries { max_wait: MIN_BACKOFF / 2, ..RETRIES };
        assert_eq!(impatient.wait(1, 1, &failed), Some(MIN_BACKOFF / 2));
        assert_eq!(RETRIES.wait(2, 1, &failed), None);
    }

    #[test]
    fn what_would_fail_again_is_not_retried() {
        use Reason::{Blank, InsufficientCredits, ModelNotFound, Rejected, Timeout, TooExpensive, Unauthorized};
        for reason in [Timeout, Blank, ModelNotFound, Unauthorized, InsufficientCredits, Rejected, TooExpensive] {
            assert_eq!(wait_after(&failure(reason), |failed| failed), None, "{reason:?}");
        }
        for scope in [Scope::Request, Scope::Endpoint] {
            let failure = Failure { scope, ..failure(Reason::BadAnswer) };
            assert_eq!(wait_after(&failure, |failed| failed), None, "{scope:?}");
        }
        let final_here = Failure { repeatable: false, ..failure(Reason::Unavailable) };
        assert_eq!(wait_after(&final_here, |failed| failed), None);
    }

    #[test]
    fn a_slow_failure_and_a_candidate_known_to_fail_are_not_retried() {
        let failure = failure(Reason::Unavailable);
        assert!(wait_after(&failure, |failed| Failed { took: 2 * SECOND, ..failed }).is_some());
        assert_eq!(wait_after(&failure, |failed| Failed { took: 2 * SECOND + SECOND / 100, ..failed }), None);
        assert_eq!(wait_after(&failure, |failed| Failed { failing: true, ..failed }), None);
    }

    #[test]
    fn a_retry_after_is_waited_for_if_it_is_short_and_fits_into_the_share() {
        let asked = |seconds| Failure { retry_after: Some(seconds), ..failure(Reason::RateLimited) };
        let wait = wait_after(&asked(3 * SECOND), |failed| failed).unwrap();
        assert!((3 * SECOND..=3 * SECOND + SECOND / 3).contains(&wait), "{wait:?}");
        assert_eq!(wait_after(&asked(3 * SECOND + SECOND / 100), |failed| failed), None);
        assert!(wait_after(&asked(Duration::ZERO), |failed| failed).unwrap() >= MIN_BACKOFF);
        assert!(wait_after(&asked(2 * SECOND), |failed| Failed { share: 3 * SECOND, ..failed }).is_some());
        assert_eq!(wait_after(&asked(2 * SECOND), |failed| Failed { share: 2 * SECOND, ..failed }), None);
        let no_time_left =
            wait_after(&asked(2 * SECOND), |failed| Failed { took: SECOND, share: 3 * SECOND, ..failed });
        assert_eq!(no_time_left, None, "for an attempt as long as the failed one");
    }
}
