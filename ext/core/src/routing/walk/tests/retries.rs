//! A candidate is attempted again.

use super::*;

const RETRIES: Retries = Retries { last: 1, max_wait: Duration::from_secs(3) };
const MOMENT: Duration = Duration::from_millis(100);

/// The first candidate has so many retries; the others have the default.
fn chain_with(retries: u32, models: &[&str]) -> Chain {
    let mut candidates = chain(models).candidates().to_vec();
    candidates[0].retries = Some(retries);
    Chain::new(candidates).unwrap()
}

fn planned<'c>(walk: &mut Walk<'c>, now: Instant) -> Planned<'c> {
    match walk.next(now) {
        Next::Attempt(planned) => planned,
        other => panic!("expected an attempt, got {other:?}"),
    }
}

fn fails_with(walk: &mut Walk<'_>, failure: Failure, now: Instant) -> Hop {
    let candidate = planned(walk, now).candidate;
    match walk.record(candidate, Err(failure), MOMENT, now) {
        Step::Failed(hop, _) => hop,
        Step::Answered(..) => panic!("failed attempts do not answer"),
    }
}

fn unavailable(retry_after: Option<Duration>) -> Failure {
    Failure { retry_after, ..failure(Reason::Unavailable, Scope::Model) }
}

#[test]
fn a_candidate_is_retried_after_a_wait_and_then_the_next_is_tried() {
    let (chain, now) = (chain_with(2, &["a/1", "b/2", "c/3"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_retries(RETRIES);
    assert_eq!(planned(&mut walk, now).delay, Duration::ZERO);
    for _ in 0..2 {
        assert_eq!(fails_with(&mut walk, unavailable(Some(secs(2))), now).model, "a/1");
        assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
        let again = planned(&mut walk, now);
        assert_eq!((again.candidate.model.as_str(), again.position), ("a/1", 0));
        assert!((secs(2)..=Duration::from_millis(2200)).contains(&again.delay), "{again:?}");
        assert_eq!(planned(&mut walk, now + secs(5)).delay, Duration::ZERO, "the gate's time is part of the wait");
    }
    fails_with(&mut walk, unavailable(Some(secs(2))), now);
    assert_eq!(walk.upcoming(now).unwrap().model, "b/2");
    let next = planned(&mut walk, now);
    assert_eq!((next.candidate.model.as_str(), next.delay), ("b/2", Duration::ZERO));
}

#[test]
fn by_default_the_last_candidate_alone_is_retried_once() {
    let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_retries(RETRIES);
    for model in ["a/1", "b/2", "b/2"] {
        assert_eq!(fails_with(&mut walk, unavailable(None), now).model, model);
    }
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
    let mut without = Walk::new(&chain, TIMEOUT, None);
    for model in ["a/1", "b/2"] {
        assert_eq!(fails_with(&mut without, unavailable(None), now).model, model);
    }
    assert!(matches!(without.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn a_last_candidate_with_no_retries_of_its_own_is_not_retried() {
    let (chain, now) = (chain_with(0, &["a/1"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(None), now);
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn the_last_is_the_last_that_can_be_attempted() {
    let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let health = board(&["c/3"], now);
    switch(&health, &["b/2"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(None), now);
    assert_eq!(fails_with(&mut walk, unavailable(None), now).model, "a/1");
    assert_eq!(skipped(&mut walk, now).model, "b/2");
    assert_eq!(fails_with(&mut walk, unavailable(None), now).model, "c/3");
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)), "a candidate that cools down is not retried");
}

#[test]
fn a_retry_ignores_the_cooldown_that_its_own_failure_has_begun() {
    let (chain, now) = (chain_with(1, &["a/1", "b/2"]), Instant::now());
    let health = Health::default();
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(Some(secs(2))), now);
    assert!(!health.admits(&chain.candidates()[0], now), "a Retry-After starts a cooldown");
    assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
    assert_eq!(fails_with(&mut walk, unavailable(Some(secs(2))), now).model, "a/1");
    assert_eq!(fails_with(&mut walk, unavailable(None), now).model, "b/2");
    assert_eq!(health.report(now)[0].attempts, 2, "each counts for the model's health");
}

#[test]
fn a_retry_obeys_a_switch_and_the_cooldown_of_the_whole_endpoint() {
    let (chain, now) = (chain_with(1, &["a/1", "b/2"]), Instant::now());
    let health = Health::default();
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(None), now);
    switch(&health, &["a/1"], now + secs(60));
    assert_eq!(skipped(&mut walk, now).failure.reason, Reason::SwitchedOff);
    assert_eq!(planned(&mut walk, now).candidate.model, "b/2");

    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY).with_retries(RETRIES);
    health.switch(Vec::new());
    fails_with(&mut walk, unavailable(None), now);
    let refused = failure(Reason::InsufficientCredits, Scope::Endpoint);
    health.record(&chain.candidates()[0], Some(&refused), MOMENT, POLICY, now);
    assert_eq!(skipped(&mut walk, now).failure.reason, Reason::CoolingDown);
    assert_eq!(fails_with(&mut walk, unavailable(None), now).model, "b/2");
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)), "a/1 has had its attempt");
}

#[test]
fn a_probe_that_fails_is_not_retried() {
    let (chain, start) = (chain_with(1, &["a/1", "b/2"]), Instant::now());
    let health = board(&["a/1"], start);
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY).with_retries(RETRIES);
    let now = start + secs(40);
    assert_eq!(fails_with(&mut walk, unavailable(None), now).model, "a/1");
    assert_eq!(planned(&mut walk, now).candidate.model, "b/2");
}

#[test]
fn a_retry_waits_and_is_made_within_its_own_share_of_the_deadline() {
    let (chain, now) = (chain_with(1, &["a/1", "b/2", "c/3"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(9))).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(Some(secs(2))), now);
    let again = planned(&mut walk, now);
    assert_eq!(again.delay + again.limit, secs(3), "the others keep 3 s each");
    let mut short = Walk::new(&chain, TIMEOUT, Some(now + secs(6))).with_retries(RETRIES);
    fails_with(&mut short, unavailable(Some(secs(2))), now);
    assert_eq!(planned(&mut short, now).candidate.model, "b/2", "the wait would take all of its 2 s");
}

#[test]
fn a_retry_that_would_take_the_share_of_others_who_are_back_is_dropped() {
    let (chain, now) = (chain_with(1, &["a/1", "b/2"]), Instant::now());
    let health = switched_off(&["b/2"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(3))).with_health(&health, POLICY).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(Some(secs(2))), now);
    health.switch(Vec::new());
    let next = planned(&mut walk, now);
    assert_eq!((next.candidate.model.as_str(), next.delay), ("b/2", Duration::ZERO));
}

#[test]
fn a_retry_over_budget_is_skipped() {
    let (chain, now) = (chain_with(1, &["a/1", "b/2"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_retries(RETRIES);
    fails_with(&mut walk, unavailable(None), now);
    let candidate = planned(&mut walk, now).candidate;
    assert_eq!(walk.skip_over_budget(candidate, Reason::TooExpensive, "no money".into()).model, "a/1");
    let next = planned(&mut walk, now);
    assert_eq!((next.candidate.model.as_str(), next.delay), ("b/2", Duration::ZERO));
}
