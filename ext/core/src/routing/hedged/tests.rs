use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::answer::Usage;
use crate::health::{Health, Notice, Policy};
use crate::request::Candidate;
use crate::routing::chain::tests::chain;
use crate::routing::router::tests::completion;
use crate::routing::{Acceptance, Chain, HedgeAfter, Hop, Planned, Retries};
use Side::{First, Second};

const POLICY: Policy = Policy { cooldown_after: Some(1), down_after: Duration::from_secs(3600) };

/// Plays a script: which attempt ends next, and how; `None`: the time for the first attempt alone is over.
struct Scripted {
    ends: Vec<Option<(Side, Outcome)>>,
    /// Models that the gate has no money for.
    too_expensive: Vec<&'static str>,
    /// Models whose window of ten tokens the gate finds too small.
    too_small: Vec<&'static str>,
    /// Models whose answers are refused.
    unacceptable: Vec<&'static str>,
    /// How long the attempts seem to have taken.
    took: Duration,
    hosts: [Recorded; 2],
    seen: Seen,
    /// Of the attempts that were started.
    limits: Vec<Duration>,
    /// How long the pair waited at most.
    waits: Vec<Option<Duration>>,
}

type Seen = Rc<RefCell<Vec<String>>>;

#[derive(Default)]
struct Recorded {
    too_expensive: Vec<&'static str>,
    too_small: Vec<&'static str>,
    unacceptable: Vec<&'static str>,
    seen: Seen,
    answers: usize,
}

impl Host for Recorded {
    type Answer = String;
    type Error = &'static str;

    fn gate(&mut self, planned: Planned<'_>) -> Result<Gate, Self::Error> {
        if self.too_expensive.contains(&planned.candidate.model.as_str()) {
            return Ok(Gate::TooExpensive("no money".to_owned()));
        }
        if self.too_small.contains(&planned.candidate.model.as_str()) {
            return Ok(Gate::TooLong { tokens: 11, window: 10 });
        }
        Ok(Gate::Proceed)
    }

    fn answered(
        &mut self,
        candidate: &Candidate,
        _: Completion,
        _: &[Notice],
    ) -> Result<Acceptance<String>, Self::Error> {
        let model = candidate.model.as_str();
        self.seen.borrow_mut().push(format!("charge {model}"));
        self.answers += 1;
        if self.unacceptable.contains(&model) {
            return Ok(Acceptance::Refused("too short".to_owned()));
        }
        Ok(Acceptance::Accepted(model.to_owned()))
    }

    fn refused(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Self::Error> {
        self.hopped(hop, next, &[])
    }

    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, _: &[Notice]) -> Result<(), Self::Error> {
        let (reason, next) = (hop.failure.reason.as_str(), next.map(|next| next.model.as_str()));
        self.seen.borrow_mut().push(format!("hop {} {} {reason} to {next:?}", hop.position, hop.model));
        Ok(())
    }
}

impl BlockingHost for Recorded {
    fn attempt(&mut self, due: Due<'_>) -> Result<Outcome, Self::Error> {
        self.seen.borrow_mut().push(format!("alone {}", due.candidate.model));
        Ok(Ok(completion()))
    }
}

impl HedgingHost for Scripted {
    type Host = Recorded;

    fn side(&mut self, side: Side) -> Result<&mut Recorded, &'static str> {
        let host = &mut self.hosts[side as usize];
        host.too_expensive.clone_from(&self.too_expensive);
        host.too_small.clone_from(&self.too_small);
        host.unacceptable.clone_from(&self.unacceptable);
        host.seen = Rc::clone(&self.seen);
        Ok(host)
    }

    fn start(&mut self, _: Side, due: Due<'_>) -> Result<(), &'static str> {
        self.seen.borrow_mut().push(format!("start {}", due.candidate.model));
        self.limits.push(due.limit);
        Ok(())
    }

    fn wait(&mut self, limit: Option<Duration>) -> Result<Option<Landed>, &'static str> {
        self.waits.push(limit);
        Ok(self.ends.remove(0).map(|(side, outcome)| Landed { side, outcome, at: Instant::now() + self.took }))
    }

    fn drop_attempt(&mut self, _: Side) -> Result<Outcome, &'static str> {
        Ok(Err(Failure::new(Reason::Hedged, Scope::Model, "")))
    }

    fn complete(&mut self, answer: String, by: Side) -> Result<String, &'static str> {
        Ok(format!("{answer} by {by:?}"))
    }
}

fn failed(scope: Scope) -> Outcome {
    Err(Failure::new(Reason::Unavailable, scope, ""))
}

fn hedge() -> Hedge {
    Hedge::new(HedgeAfter::Time(Duration::from_secs(8)), 0.05)
}

fn scripted(ends: Vec<Option<(Side, Outcome)>>) -> Scripted {
    Scripted {
        ends,
        too_expensive: Vec::new(),
        too_small: Vec::new(),
        unacceptable: Vec::new(),
        took: Duration::ZERO,
        hosts: Default::default(),
        seen: Seen::default(),
        limits: Vec::new(),
        waits: Vec::new(),
    }
}

/// The answer, and what was seen.
fn walked(chain: &Chain, health: &Health, pair: &mut Scripted, hedge: &Hedge) -> (Option<String>, Vec<String>) {
    let mut walk = Walk::new(chain, Duration::from_secs(30), None).with_health(health, POLICY);
    let answer = run_hedged(&mut walk, pair, hedge).ok();
    (answer, pair.seen.take())
}

#[test]
fn a_first_attempt_that_answers_in_time_is_the_only_one() {
    let mut pair = scripted(vec![Some((First, Ok(completion())))]);
    let (answer, seen) = walked(&chain(&["a/1", "b/2"]), &Health::default(), &mut pair, &hedge());
    assert_eq!((answer.as_deref(), seen), (Some("a/1"), vec!["start a/1".to_owned(), "charge a/1".to_owned()]));
}

#[test]
fn the_first_answer_wins_and_the_other_attempt_is_dropped_after_it_is_settled() {
    let (chain, health) = (chain(&["a/1", "b/2"]), Health::default());
    let mut pair = scripted(vec![None, Some((Second, Ok(completion())))]);
    let (answer, seen) = walked(&chain, &health, &mut pair, &hedge());
    assert_eq!(answer.unwrap(), "b/2 by Second");
    assert_eq!(seen, ["start a/1", "start b/2", "charge b/2", "hop 0 a/1 hedged to Some(\"b/2\")"]);
    assert!(chain.candidates().iter().all(|candidate| health.admits(candidate, Instant::now())));
    assert_eq!(health.report(Instant::now()).len(), 1, "nothing is recorded of a/1");
}

#[test]
fn the_first_attempt_may_still_win() {
    let mut pair = scripted(vec![None, Some((First, Ok(completion())))]);
    let (answer, seen) = walked(&chain(&["a/1", "b/2"]), &Health::default(), &mut pair, &hedge());
    assert_eq!(answer.unwrap(), "a/1 by First");
    assert_eq!(seen[2..], ["charge a/1", "hop 1 b/2 hedged to Some(\"a/1\")"]);
}

#[test]
fn the_first_attempt_is_alone_for_its_time_and_then_as_long_as_the_call_may_not_hedge() {
    let (chain, hedge) = (chain(&["a/1", "b/2"]), hedge());
    let mut pair = scripted(vec![None, Some((Second, Ok(completion())))]);
    walked(&chain, &Health::default(), &mut pair, &hedge);
    assert_eq!(pair.waits, [Some(Duration::from_secs(8)), None]);
    let (answer, seen) =
        walked(&chain, &Health::default(), &mut scripted(vec![None, Some((First, Ok(completion())))]), &hedge);
    assert_eq!((answer.as_deref(), seen), (Some("a/1"), vec!["start a/1".to_owned(), "charge a/1".to_owned()]));
}

#[test]
fn the_second_attempt_has_the_timeout_and_the_deadline_of_the_call() {
    let (chain, timeout) = (chain(&["a/1", "b/2"]), Duration::from_secs(3_000));
    let limit = |deadline: Option<Duration>| {
        let mut pair = scripted(vec![None, Some((Second, Ok(completion())))]);
        let mut walk = Walk::new(&chain, timeout, deadline.map(|left| Instant::now() + left));
        run_hedged(&mut walk, &mut pair, &hedge()).unwrap();
        pair.limits.pop().unwrap()
    };
    assert_eq!(limit(None), timeout);
    assert!((timeout / 6..=timeout / 3).contains(&limit(Some(timeout / 3))));
}

#[test]
fn a_first_attempt_that_fails_leaves_the_second_in_flight() {
    let mut pair = scripted(vec![None, Some((First, failed(Scope::Model))), Some((Second, Ok(completion())))]);
    let (answer, seen) = walked(&chain(&["a/1", "b/2", "c/3"]), &Health::default(), &mut pair, &hedge());
    assert_eq!(answer.unwrap(), "b/2");
    assert_eq!(seen, ["start a/1", "start b/2", "hop 0 a/1 unavailable to Some(\"b/2\")", "charge b/2"]);
    assert_eq!((pair.hosts[0].answers, pair.hosts[1].answers), (0, 1), "each with its own money");
}

#[test]
fn an_answer_that_is_refused_leaves_the_other_attempt_in_flight() {
    let mut pair = scripted(vec![None, Some((Second, Ok(completion()))), Some((First, Ok(completion())))]);
    pair.unacceptable = vec!["b/2"];
    let (answer, seen) = walked(&chain(&["a/1", "b/2", "c/3"]), &Health::default(), &mut pair, &hedge());
    assert_eq!(answer.unwrap(), "a/1");
    assert_eq!(seen[2..], ["charge b/2", "hop 1 b/2 unacceptable to Some(\"a/1\")", "charge a/1"]);
}

#[test]
fn after_two_failures_the_walk_goes_on_behind_both() {
    let ends = vec![None, Some((Second, failed(Scope::Model))), Some((First, failed(Scope::Model)))];
    let (answer, seen) = walked(&chain(&["a/1", "b/2", "c/3"]), &Health::default(), &mut scripted(ends), &hedge());
    assert_eq!(answer.unwrap(), "c/3");
    let hops = ["hop 1 b/2 unavailable to Some(\"a/1\")", "hop 0 a/1 unavailable to Some(\"c/3\")"];
    assert_eq!(seen[2..4], hops);
    assert_eq!(seen[4..], ["alone c/3", "charge c/3"]);
}

#[test]
fn a_failure_beside_another_attempt_is_not_retried_and_the_last_failure_is() {
    let (chain, retries) = (chain(&["a/1", "b/2"]), Retries { last: 1, max_wait: Duration::from_secs(3) });
    let mut walk = Walk::new(&chain, Duration::from_secs(30), None).with_retries(retries);
    let mut pair = scripted(vec![None, Some((First, failed(Scope::Model))), Some((Second, failed(Scope::Model)))]);
    assert_eq!(run_hedged(&mut walk, &mut pair, &hedge()).unwrap(), "b/2");
    assert_eq!(pair.seen.borrow()[4..], ["alone b/2", "charge b/2"]);
}

#[test]
fn an_endpoint_at_fault_takes_the_candidates_behind_with_it() {
    let ends = vec![None, Some((First, failed(Scope::Endpoint))), Some((Second, failed(Scope::Model)))];
    let (answer, seen) = walked(&chain(&["a/1", "b/2", "c/3"]), &Health::default(), &mut scripted(ends), &hedge());
    assert_eq!(answer, None);
    assert_eq!(seen.last().unwrap(), "hop 2 c/3 skipped to None");
}

#[test]
fn a_request_at_fault_stops_the_walk_after_the_attempt_in_flight() {
    let ends = vec![None, Some((First, failed(Scope::Request))), Some((Second, failed(Scope::Model)))];
    let (answer, seen) = walked(&chain(&["a/1", "b/2", "c/3"]), &Health::default(), &mut scripted(ends), &hedge());
    assert_eq!((answer, seen.last().unwrap().as_str()), (None, "hop 1 b/2 unavailable to None"));
}

#[test]
fn a_candidate_that_the_gate_refuses_keeps_its_turn_and_the_hedge_is_not_spent() {
    let (health, hedge) = (Health::default(), hedge());
    for _ in 0..2 {
        let mut pair = scripted(vec![None, Some((First, Ok(completion())))]);
        pair.too_expensive = vec!["b/2"];
        let (answer, seen) = walked(&chain(&["a/1", "b/2"]), &health, &mut pair, &hedge);
        assert_eq!((answer.unwrap().as_str(), seen), ("a/1", vec!["start a/1".to_owned(), "charge a/1".to_owned()]));
    }
    assert!(hedge.spend());
    let mut pair = scripted(vec![None, Some((First, failed(Scope::Model)))]);
    pair.too_small = vec!["b/2"];
    let (_, seen) = walked(&chain(&["a/1", "b/2"]), &health, &mut pair, &self::hedge());
    assert_eq!(seen[1..3], ["hop 0 a/1 unavailable to Some(\"b/2\")", "hop 1 b/2 too_long to None"]);
}

#[test]
fn candidates_that_cool_down_are_no_second() {
    let (chain, health) = (chain(&["a/1", "b/2", "c/3"]), Health::default());
    let timeout = Failure::new(Reason::Timeout, Scope::Model, "");
    let cool = |position: usize| {
        health.record(&chain.candidates()[position], Some(&timeout), Duration::from_secs(1), POLICY, Instant::now())
    };
    cool(1);
    let (answer, seen) = walked(&chain, &health, &mut scripted(vec![None, Some((Second, Ok(completion())))]), &hedge());
    assert_eq!(answer.unwrap(), "c/3 by Second");
    assert_eq!(seen[1..3], ["hop 1 b/2 cooling_down to Some(\"c/3\")", "start c/3"]);
    // The second round begins with a model that cools down itself.
    for position in [2, 0] {
        cool(position);
        let hedge = hedge();
        let (answer, seen) =
            walked(&chain, &health, &mut scripted(vec![None, Some((First, Ok(completion())))]), &hedge);
        assert_eq!(answer.unwrap(), "a/1");
        assert!(!seen.iter().any(|seen| seen == "start b/2" || seen == "start c/3"), "{seen:?}");
        assert!(hedge.spend(), "a hedge that was not made is not spent");
    }
}

#[test]
fn a_candidate_that_cooled_down_then_is_attempted_after_both_have_failed() {
    let (chain, health) = (chain(&["a/1", "b/2", "c/3"]), Health::default());
    let failure = Failure::new(Reason::Timeout, Scope::Model, "");
    health.record(&chain.candidates()[1], Some(&failure), Duration::from_secs(1), POLICY, Instant::now());
    let ends = vec![None, Some((Second, failed(Scope::Model))), Some((First, failed(Scope::Model)))];
    let (answer, _) = walked(&chain, &health, &mut scripted(ends), &hedge());
    assert_eq!(answer.unwrap(), "b/2");
}

fn windows(windows: [u64; 4]) -> Chain {
    let mut candidates = chain(&["a/1", "b/2", "c/3", "d/4"]).candidates().to_vec();
    for (candidate, window) in candidates.iter_mut().zip(windows) {
        candidate.context = Some(window);
    }
    Chain::new(candidates).unwrap()
}

#[test]
fn what_is_too_long_for_a_candidate_skipped_before_is_so_for_the_second() {
    let mut pair = scripted(vec![None, Some((Second, Ok(completion())))]);
    pair.too_small = vec!["a/1"];
    let (answer, seen) = walked(&windows([10, 20, 5, 30]), &Health::default(), &mut pair, &hedge());
    assert_eq!(answer.unwrap(), "d/4 by Second");
    assert_eq!(seen[2], "hop 2 c/3 too_long to Some(\"d/4\")");
}

#[test]
fn what_is_too_long_for_the_second_is_so_for_those_behind_both() {
    let too_long = Err(Failure::new(Reason::TooLong, Scope::Request, ""));
    let ends = vec![None, Some((Second, too_long)), Some((First, failed(Scope::Model)))];
    let (answer, seen) = walked(&windows([50, 20, 5, 30]), &Health::default(), &mut scripted(ends), &hedge());
    assert_eq!(answer.unwrap(), "d/4");
    assert_eq!(seen[4], "hop 2 c/3 too_long to Some(\"d/4\")");
}

#[test]
fn a_dropped_attempt_counts_for_the_time_that_a_model_takes() {
    let (chain, health) = (chain(&["a/1", "b/2"]), Health::default());
    let first = &chain.candidates()[0];
    (0..20).for_each(|_| drop(health.record(first, None, Duration::from_secs(1), POLICY, Instant::now())));
    let usual = health.p95(first).unwrap();
    for _ in 0..2 {
        let mut pair = scripted(vec![None, Some((Second, Ok(completion())))]);
        pair.took = Duration::from_secs(100);
        walked(&chain, &health, &mut pair, &hedge());
    }
    assert!(health.p95(first).unwrap() > usual);
}

#[test]
fn what_a_second_answer_costs_is_in_its_hop() {
    let cost = crate::money::Cost::read("0.5").unwrap();
    let failure = unneeded(Ok(Completion { cost: cost.clone(), ..completion() }), "b/2");
    assert_eq!((failure.reason, failure.cost, failure.uncertain), (Reason::Hedged, cost.clone(), false));
    assert!(unneeded(Ok(completion()), "b/2").uncertain);
    let (id, usage) = (Some("gen-1".to_owned()), Usage { prompt_tokens: Some(3), ..Usage::default() });
    let billed = Failure { cost: cost.clone(), ..Failure::new(Reason::BadAnswer, Scope::Model, "") };
    assert_eq!(unneeded(Err(billed), "b/2").cost, cost);
    let answered = unneeded(Ok(Completion { generation_id: id.clone(), usage, ..completion() }), "b/2");
    for failure in [answered.clone(), unneeded(Err(answered), "b/2")] {
        assert_eq!((failure.generation_id, failure.usage, failure.uncertain), (id.clone(), usage, true));
    }
}
