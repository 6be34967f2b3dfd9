mod retries;
mod too_long;

use super::*;
use crate::health::Switch;
use crate::request::candidate::tests::{candidate, endpoint};
use crate::routing::chain::tests::chain;

const TIMEOUT: Duration = Duration::from_secs(30);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn failure(reason: Reason, scope: Scope) -> Failure {
    Failure::new(reason, scope, "test")
}

fn asked<'c>(walk: &mut Walk<'c>, now: Instant) -> (&'c Candidate, Duration) {
    match walk.next(now) {
        Next::Attempt(asking) => (asking.candidate, asking.limit),
        other => panic!("expected to ask, got {other:?}"),
    }
}

fn fail(walk: &mut Walk<'_>, now: Instant, scope: Scope) -> Hop {
    let (candidate, _) = asked(walk, now);
    match walk.record(candidate, Err(failure(Reason::Unavailable, scope)), secs(1), now) {
        Step::Failed(hop, _) => hop,
        Step::Answered(..) => panic!("failed attempts do not answer"),
    }
}

#[test]
fn a_model_at_fault_hands_over_to_the_next_until_none_is_left() {
    let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None);
    assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
    let hop = fail(&mut walk, now, Scope::Model);
    assert_eq!((hop.position, hop.model.as_str(), hop.vendor.as_str()), (0, "a/1", "a"));
    assert_eq!(walk.upcoming(now).unwrap().model, "b/2");
    fail(&mut walk, now, Scope::Model);
    assert!(walk.upcoming(now).is_none());
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn a_request_at_fault_stops_at_once() {
    let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None);
    fail(&mut walk, now, Scope::Request);
    assert!(walk.upcoming(now).is_none());
    assert!(matches!(walk.next(now), Next::End(Ended::Rejected(hop)) if hop.model == "a/1"));
}

#[test]
fn an_endpoint_at_fault_takes_its_other_candidates_with_it() {
    let elsewhere = Candidate { endpoint: endpoint("groq"), ..candidate("c/3") };
    let chain = Chain::new(vec![candidate("a/1"), candidate("b/2"), elsewhere]).unwrap();
    let now = Instant::now();
    let mut walk = Walk::new(&chain, TIMEOUT, None);
    fail(&mut walk, now, Scope::Endpoint);
    assert_eq!(walk.upcoming(now).unwrap().model, "c/3");
    let Next::Skip(hop) = walk.next(now) else { panic!("b/2 is at the failed endpoint") };
    assert_eq!((hop.model.as_str(), hop.failure.reason, hop.duration), ("b/2", Reason::Skipped, Duration::ZERO));
    assert_eq!(asked(&mut walk, now).0.model, "c/3");
}

#[test]
fn a_candidate_over_budget_is_skipped_alone() {
    let (chain, start) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, Some(start + secs(6)));
    let (candidate, limit) = asked(&mut walk, start);
    assert_eq!(limit, secs(2));
    let hop = walk.skip_over_budget(candidate, Reason::TooExpensive, "no money for it".to_owned());
    assert_eq!((hop.position, hop.model.as_str(), hop.duration), (0, "a/1", Duration::ZERO));
    assert_eq!((hop.failure.reason, hop.failure.message.as_str()), (Reason::TooExpensive, "no money for it"));
    let Next::Attempt(next) = walk.next(start) else { panic!("b/2 is at the same endpoint, which did not fail") };
    assert_eq!((next.candidate.model.as_str(), next.position, next.limit), ("b/2", 1, secs(3)));
}

#[test]
fn attempts_share_what_is_left_of_the_deadline() {
    let (chain, start) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, Some(start + secs(6)));
    assert_eq!(asked(&mut walk, start).1, secs(2));
    fail(&mut walk, start, Scope::Model);
    assert_eq!(asked(&mut walk, start + secs(1)).1, Duration::from_millis(2500));
    fail(&mut walk, start + secs(1), Scope::Model);
    assert_eq!(asked(&mut walk, start + secs(2)).1, secs(4));
}

#[test]
fn a_share_is_never_more_than_the_timeout_and_a_candidates_own_comes_first() {
    let own = Candidate { timeout: Some(secs(3)), ..candidate("b/2") };
    let chain = Chain::new(vec![candidate("a/1"), own]).unwrap();
    let now = Instant::now();
    let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(600)));
    assert_eq!(asked(&mut walk, now).1, TIMEOUT);
    fail(&mut walk, now, Scope::Model);
    assert_eq!(asked(&mut walk, now).1, secs(3));
}

#[test]
fn after_the_deadline_no_attempt_is_made() {
    let (chain, start) = (chain(&["a/1", "b/2"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, Some(start + secs(6)));
    fail(&mut walk, start, Scope::Model);
    assert!(walk.upcoming(start + secs(6)).is_none());
    assert_eq!(walk.limit(&chain.candidates()[1], start + secs(6)), None);
    assert!(matches!(walk.next(start + secs(6)), Next::End(Ended::DeadlineExceeded)));
}

#[test]
fn time_that_is_not_its_own_moves_the_deadline() {
    let (chain, start) = (chain(&["a/1", "b/2"]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, Some(start + secs(6)));
    walk.extend_deadline(secs(4));
    assert_eq!(asked(&mut walk, start + secs(4)).1, secs(3));
    assert!(matches!(walk.next(start + secs(10)), Next::End(Ended::DeadlineExceeded)));
    let mut unlimited = Walk::new(&chain, TIMEOUT, None);
    unlimited.extend_deadline(secs(4));
    assert_eq!(asked(&mut unlimited, start).1, TIMEOUT);
}

const POLICY: Policy = Policy { cooldown_after: Some(3), down_after: Duration::from_secs(3600) };

/// A board on which these models cool down.
fn board(cooling: &[&str], now: Instant) -> Health {
    let health = Health::default();
    for model in cooling {
        for _ in 0..3 {
            let timeout = failure(Reason::Timeout, Scope::Model);
            health.record(&candidate(model), Some(&timeout), secs(1), POLICY, now);
        }
    }
    health
}

fn skipped(walk: &mut Walk<'_>, now: Instant) -> Hop {
    match walk.next(now) {
        Next::Skip(hop) => *hop,
        other => panic!("expected to skip, got {other:?}"),
    }
}

#[test]
fn candidates_that_cool_down_are_skipped_and_share_one_share_of_the_time() {
    let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let health = board(&["a/1", "c/3"], now);
    let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(6))).with_health(&health, POLICY);
    assert_eq!(walk.upcoming(now).unwrap().model, "b/2");
    let hop = skipped(&mut walk, now);
    assert_eq!((hop.position, hop.failure.reason, hop.duration), (0, Reason::CoolingDown, Duration::ZERO));
    assert!(hop.failure.retry_after >= Some(secs(20)), "{hop:?}");
    let (candidate, limit) = asked(&mut walk, now);
    assert_eq!((candidate.model.as_str(), limit), ("b/2", secs(3)));
}

#[test]
fn when_all_others_have_failed_a_candidate_that_cools_down_is_attempted() {
    let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let health = board(&["a/1", "c/3"], now);
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    skipped(&mut walk, now);
    fail(&mut walk, now, Scope::Model);
    assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
    assert_eq!(fail(&mut walk, now, Scope::Model).model, "a/1");
    assert_eq!(fail(&mut walk, now, Scope::Model).model, "c/3");
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn if_all_cool_down_they_are_attempted_in_order() {
    let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
    let health = board(&["a/1", "b/2"], now);
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
    assert_eq!(fail(&mut walk, now, Scope::Model).model, "a/1");
    assert_eq!(fail(&mut walk, now, Scope::Model).model, "b/2");
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn without_cooldowns_no_candidate_is_skipped() {
    let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
    let health = board(&["a/1"], now);
    let off = Policy { cooldown_after: None, ..POLICY };
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, off);
    assert_eq!(asked(&mut walk, now).0.model, "a/1");
}

#[test]
fn one_walk_probes_while_the_others_pass_by() {
    let (chain, start) = (chain(&["a/1", "b/2"]), Instant::now());
    let health = board(&["a/1"], start);
    let now = start + secs(40);
    let mut probing = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    assert_eq!(asked(&mut probing, now).0.model, "a/1");
    let mut other = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    assert_eq!(skipped(&mut other, now).model, "a/1");
    assert_eq!(asked(&mut other, now).0.model, "b/2");
    drop(probing);
    let mut next = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    assert_eq!(asked(&mut next, now).0.model, "a/1");
    next.release_probe();
    assert!(health.admits(&chain.candidates()[0], now), "a probe that has to wait gives way");
    assert_eq!(asked(&mut next, now).0.model, "a/1");
    next.skip_over_budget(&chain.candidates()[0], Reason::TooExpensive, "no money".into());
    assert!(health.admits(&chain.candidates()[0], now), "a probe that the gate refused gives way");
}

fn switched_off(patterns: &[&str], until: Instant) -> Health {
    let health = Health::default();
    switch(&health, patterns, until);
    health
}

fn switch(health: &Health, patterns: &[&str], until: Instant) {
    health.switch(patterns.iter().map(|pattern| Switch::new(pattern, until, format!("{pattern} is off"))).collect());
}

#[test]
fn candidates_that_are_switched_off_are_skipped_and_need_no_share_of_the_time() {
    let (chain, now) = (chain(&["a/1", "b/2", "a/3", "c/4"]), Instant::now());
    let health = switched_off(&["a/*"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(6))).with_health(&health, POLICY);
    assert_eq!(walk.upcoming(now).unwrap().model, "b/2");
    let hop = skipped(&mut walk, now);
    assert_eq!(
        (hop.position, hop.failure.reason, hop.failure.message.as_str()),
        (0, Reason::SwitchedOff, "a/* is off")
    );
    assert_eq!((hop.failure.retry_after, hop.duration), (None, Duration::ZERO));
    let (candidate, limit) = asked(&mut walk, now);
    assert_eq!((candidate.model.as_str(), limit), ("b/2", secs(3)));
    fail(&mut walk, now, Scope::Model);
    assert_eq!(walk.upcoming(now).unwrap().model, "c/4");
    assert_eq!(skipped(&mut walk, now).model, "a/3");
    fail(&mut walk, now, Scope::Model);
    assert!(walk.upcoming(now).is_none(), "they are no last resort");
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn a_switch_counts_at_each_step_until_it_expires_or_is_replaced() {
    let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let health = switched_off(&["b/2"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    fail(&mut walk, now, Scope::Model);
    assert_eq!(asked(&mut walk, now + secs(60)).0.model, "b/2", "it has expired");
    switch(&health, &["b/2"], now + secs(99));
    assert_eq!(skipped(&mut walk, now + secs(60)).model, "b/2");
    switch(&health, &["c/3"], now + secs(99));
    health.reset();
    assert_eq!(skipped(&mut walk, now).model, "c/3");
}

#[test]
fn a_chain_that_is_switched_off_as_a_whole_is_attempted_all_the_same() {
    let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
    let health = switched_off(&["a/1", "*/2"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
    assert_eq!(fail(&mut walk, now, Scope::Model).model, "a/1");
    assert_eq!(asked(&mut walk, now).0.model, "b/2");
}

#[test]
fn of_a_chain_that_is_off_or_cools_down_the_latter_is_attempted() {
    let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let health = board(&["a/1", "b/2"], now);
    switch(&health, &["a/1", "c/3"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    assert_eq!(walk.upcoming(now).unwrap().model, "b/2");
    assert_eq!(skipped(&mut walk, now).failure.reason, Reason::SwitchedOff);
    assert_eq!(asked(&mut walk, now).0.model, "b/2");
    fail(&mut walk, now, Scope::Model);
    assert_eq!(skipped(&mut walk, now).model, "c/3");
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}
