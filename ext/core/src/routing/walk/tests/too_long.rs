//! A prompt that is too long goes on to candidates that are known to be larger.

use super::*;
use crate::answer::Length;

fn windows(contexts: &[Option<u64>]) -> Chain {
    let models: Vec<String> = (0..contexts.len()).map(|number| format!("v{number}/m")).collect();
    let mut candidates = chain(&models.iter().map(String::as_str).collect::<Vec<_>>()).candidates().to_vec();
    for (candidate, context) in candidates.iter_mut().zip(contexts) {
        candidate.context = *context;
    }
    Chain::new(candidates).unwrap()
}

fn too_long(named: Option<u64>) -> Failure {
    Failure { length: Length { tokens: None, window: named }, ..failure(Reason::TooLong, Scope::Request) }
}

fn attempt(walk: &mut Walk<'_>, failure: Failure, now: Instant) -> usize {
    let (candidate, _) = asked(walk, now);
    match walk.record(candidate, Err(failure), secs(1), now) {
        Step::Failed(hop, _) => hop.position,
        Step::Answered(..) => panic!("failed attempts do not answer"),
    }
}

fn skipped_for_length(walk: &mut Walk<'_>, now: Instant) -> (usize, String) {
    let hop = skipped(walk, now);
    assert_eq!((hop.failure.reason, hop.failure.status), (Reason::TooLong, None));
    (hop.position, hop.failure.message)
}

#[test]
fn the_next_that_is_known_to_be_larger_is_attempted() {
    let (chain, now) = (windows(&[Some(100), None, Some(100), Some(200), Some(300)]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(6)));
    assert_eq!(attempt(&mut walk, too_long(None), now), 0);
    assert_eq!(walk.upcoming(now).unwrap().model, "v3/m");
    assert_eq!(
        skipped_for_length(&mut walk, now),
        (1, "not called: the prompt is too long for v0/m, and its window is not known".to_owned())
    );
    let why = "not called: the prompt is too long for v0/m, and it takes 100 tokens";
    assert_eq!(skipped_for_length(&mut walk, now), (2, why.to_owned()));
    assert_eq!(asked(&mut walk, now).1, secs(3), "those that are too small need no share of the time");
    assert_eq!(attempt(&mut walk, too_long(None), now), 3);
    assert_eq!(attempt(&mut walk, too_long(None), now), 4);
    assert!(matches!(walk.next(now), Next::End(Ended::Rejected(hop)) if hop.position == 4));
    assert_eq!(walk.largest_window(), Some(300));
}

#[test]
fn none_larger_or_unknown_rejects_the_request_at_once() {
    for contexts in [[Some(100), Some(100)], [Some(100), None], [None, Some(100)], [None, None]] {
        let (chain, now) = (windows(&contexts), Instant::now());
        let mut walk = Walk::new(&chain, TIMEOUT, None);
        attempt(&mut walk, too_long(None), now);
        assert!(walk.upcoming(now).is_none());
        assert!(matches!(walk.next(now), Next::End(Ended::Rejected(hop)) if hop.position == 0), "{contexts:?}");
    }
}

#[test]
fn the_window_is_the_chains_or_the_one_looked_up_or_the_one_that_the_error_names() {
    let now = Instant::now();
    let attempts_second = |first, looked_up: &[Option<u64>], named| {
        let chain = windows(&[first, None]);
        let mut walk = Walk::new(&chain, TIMEOUT, None);
        assert!(walk.lacks_windows());
        walk.learn_windows(looked_up);
        attempt(&mut walk, too_long(named), now);
        matches!(walk.next(now), Next::Attempt(_))
    };
    assert!(attempts_second(Some(100), &[Some(500), Some(200)], Some(500)), "the chain's");
    assert!(attempts_second(None, &[Some(100), Some(200)], Some(500)), "looked up");
    assert!(attempts_second(None, &[None, Some(200)], Some(100)), "named");
    assert!(!attempts_second(None, &[None, Some(200)], Some(200)));
    assert!(!attempts_second(None, &[None, Some(200)], None));
    let known = windows(&[Some(1), Some(2)]);
    assert!(!Walk::new(&known, TIMEOUT, None).lacks_windows(), "there is nothing to look up");
}

#[test]
fn a_larger_one_that_fails_otherwise_goes_on_among_the_larger_and_exhausts_the_chain() {
    let (chain, now) = (windows(&[Some(100), Some(200), None, Some(300)]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None);
    attempt(&mut walk, too_long(None), now);
    assert_eq!(attempt(&mut walk, failure(Reason::Unavailable, Scope::Model), now), 1);
    assert_eq!(skipped_for_length(&mut walk, now).0, 2);
    assert_eq!(attempt(&mut walk, failure(Reason::Unavailable, Scope::Model), now), 3);
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn a_larger_one_that_had_failed_before_may_answer_later() {
    let (chain, now) = (windows(&[Some(200), Some(100)]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None);
    attempt(&mut walk, failure(Reason::Unavailable, Scope::Model), now);
    attempt(&mut walk, too_long(None), now);
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn it_cools_nothing_and_those_that_cool_down_or_are_off_keep_their_rules() {
    let (chain, now) = (windows(&[Some(100), Some(200), Some(300), Some(50)]), Instant::now());
    let health = board(&["v1/m", "v3/m"], now);
    switch(&health, &["v2/m"], now + secs(60));
    let mut walk = Walk::new(&chain, TIMEOUT, None).with_health(&health, POLICY);
    for _ in 0..5 {
        let own = chain.candidates().first().unwrap();
        assert_eq!(health.record(own, Some(&too_long(None)), secs(1), POLICY, now), []);
    }
    attempt(&mut walk, too_long(None), now);
    assert_eq!(attempt(&mut walk, failure(Reason::Unavailable, Scope::Model), now), 1, "as a last resort");
    assert_eq!(skipped(&mut walk, now).failure.reason, Reason::SwitchedOff);
    assert_eq!(skipped_for_length(&mut walk, now).0, 3);
    assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
}

#[test]
fn a_prompt_that_surely_does_not_fit_is_not_sent() {
    let (chain, now) = (windows(&[Some(100), Some(100), Some(200)]), Instant::now());
    let mut walk = Walk::new(&chain, TIMEOUT, None);
    let (candidate, _) = asked(&mut walk, now);
    let hop = walk.skip_too_long(candidate, 150, 100);
    assert_eq!((hop.position, hop.failure.reason, hop.duration), (0, Reason::TooLong, Duration::ZERO));
    assert_eq!(hop.failure.message, "not called: the prompt has at least 150 tokens, and it takes 100");
    assert_eq!(skipped_for_length(&mut walk, now).0, 1);
    let (candidate, _) = asked(&mut walk, now);
    walk.skip_too_long(candidate, 250, 200);
    assert!(matches!(walk.next(now), Next::End(Ended::Rejected(hop)) if hop.position == 2));
}
