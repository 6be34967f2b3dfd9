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
    let failed =
        Failed { failure: &unavailable, took: SECOND / 10, timeout: 8 * SECOND, share: 60 * SECOND, failing: false };
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
    let no_time_left = wait_after(&asked(2 * SECOND), |failed| Failed { took: SECOND, share: 3 * SECOND, ..failed });
    assert_eq!(no_time_left, None, "for an attempt as long as the failed one");
}
