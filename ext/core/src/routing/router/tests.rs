use super::*;
use crate::answer::{Reason, Scope};
use crate::health::{Health, Policy};
use crate::money::Cost;
use crate::routing::chain::tests::chain;

/// Plays a script, and records each step.
#[derive(Default)]
struct Scripted {
    outcomes: Vec<Result<Completion, Failure>>,
    closed: bool,
    /// Models that the gate has no money for.
    too_expensive: Vec<&'static str>,
    /// Models that the gate passes over to save money.
    saving: Vec<&'static str>,
    /// The model to which the gate says "not now", and how often.
    not_now: (&'static str, usize),
    /// How long the gate takes.
    slow: Duration,
    /// Models whose answers are refused, and how long that takes.
    refused: Vec<&'static str>,
    judging: Duration,
    seen: Vec<String>,
    /// What the attempts were given.
    limits: Vec<Duration>,
}

type Answered = Result<Acceptance<String>, &'static str>;

impl Host for Scripted {
    type Answer = String;
    type Error = &'static str;

    fn gate(&mut self, planned: Planned<'_>) -> Result<Gate, Self::Error> {
        let model = planned.candidate.model.as_str();
        self.seen.push(format!("gate {model}"));
        std::thread::sleep(self.slow);
        if self.not_now.0 == model && self.not_now.1 > 0 {
            self.not_now.1 -= 1;
            Ok(Gate::Later)
        } else if self.closed {
            Err("no money")
        } else if self.too_expensive.contains(&model) {
            Ok(Gate::TooExpensive("0.5 USD are left".to_owned()))
        } else if self.saving.contains(&model) {
            Ok(Gate::Saving("95 % are spent".to_owned()))
        } else {
            Ok(Gate::Proceed)
        }
    }

    fn answered(&mut self, candidate: &Candidate, _: Completion, _: &[Notice]) -> Answered {
        self.seen.push(format!("charge {}", candidate.model));
        std::thread::sleep(self.judging);
        if self.refused.contains(&candidate.model.as_str()) {
            return Ok(Acceptance::Refused("too short".to_owned()));
        }
        Ok(Acceptance::Accepted(candidate.model.clone()))
    }

    fn refused(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Self::Error> {
        let next = next.map(|next| next.model.as_str());
        let (reason, why) = (hop.failure.reason.as_str(), &hop.failure.message);
        self.seen.push(format!("hop {} {} {reason}: {why}, to {next:?}", hop.position, hop.model));
        Ok(())
    }

    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, notices: &[Notice]) -> Result<(), Self::Error> {
        let cost = hop.cost().map(ToString::to_string).unwrap_or_default();
        let next = next.map(|next| next.model.as_str());
        self.seen.push(format!("hop {} {} {cost} to {next:?}", hop.model, hop.failure.reason.as_str()));
        self.seen.extend(notices.iter().map(|notice| format!("{notice:?}")));
        Ok(())
    }
}

impl BlockingHost for Scripted {
    fn attempt(&mut self, due: Due<'_>) -> Result<Outcome, Self::Error> {
        self.seen.push(format!("attempt {}", due.candidate.model));
        self.limits.push(due.limit);
        Ok(self.outcomes.remove(0))
    }
}

pub(crate) fn completion() -> Completion {
    Completion { model: "m".into(), content: Some("Hi".into()), ..Completion::default() }
}

fn walked(host: &mut Scripted) -> Result<String, Stopped<&'static str>> {
    run(&mut Walk::new(&chain(&["a/1", "b/2"]), Duration::from_secs(1), None), host)
}

#[test]
fn gate_attempt_hop_and_charge_come_in_this_order() {
    let failed = Failure { cost: Cost::read("0.5").unwrap(), ..Failure::new(Reason::Unavailable, Scope::Model, "") };
    let mut host = Scripted { outcomes: vec![Err(failed), Ok(completion())], ..Scripted::default() };
    assert_eq!(walked(&mut host).unwrap(), "b/2");
    let order = [
        "gate a/1",
        "attempt a/1",
        "hop a/1 unavailable 0.5 to Some(\"b/2\")",
        "gate b/2",
        "attempt b/2",
        "charge b/2",
    ];
    assert_eq!(host.seen, order);
}

#[test]
fn a_gate_that_fails_ends_the_walk_before_any_attempt() {
    let mut host = Scripted { closed: true, ..Scripted::default() };
    assert!(matches!(walked(&mut host), Err(Stopped::Host("no money"))));
    assert_eq!(host.seen, ["gate a/1"]);
}

#[test]
fn a_rejected_request_is_attempted_once() {
    let failed = Failure::new(Reason::Rejected, Scope::Request, "");
    let mut host = Scripted { outcomes: vec![Err(failed)], ..Scripted::default() };
    assert!(matches!(walked(&mut host), Err(Stopped::Ended(Ended::Rejected(_)))));
    assert_eq!(host.seen, ["gate a/1", "attempt a/1", "hop a/1 rejected  to None"]);
}

#[test]
fn a_candidate_over_budget_is_skipped_with_a_hop() {
    let mut host = Scripted { outcomes: vec![Ok(completion())], too_expensive: vec!["a/1"], ..Scripted::default() };
    assert_eq!(walked(&mut host).unwrap(), "b/2");
    let order = ["gate a/1", "hop a/1 too_expensive  to Some(\"b/2\")", "gate b/2", "attempt b/2", "charge b/2"];
    assert_eq!(host.seen, order);
}

#[test]
fn a_call_that_saves_starts_at_the_floor_with_a_hop_for_each_candidate_before() {
    let mut host = Scripted { outcomes: vec![Ok(completion())], saving: vec!["a/1"], ..Scripted::default() };
    assert_eq!(walked(&mut host).unwrap(), "b/2");
    let order = ["gate a/1", "hop a/1 saving  to Some(\"b/2\")", "gate b/2", "attempt b/2", "charge b/2"];
    assert_eq!(host.seen, order);
}

#[test]
fn a_chain_that_is_too_expensive_is_exhausted() {
    let mut host = Scripted { too_expensive: vec!["a/1", "b/2"], ..Scripted::default() };
    assert!(matches!(walked(&mut host), Err(Stopped::Ended(Ended::Exhausted))));
    assert_eq!(host.seen.last().unwrap(), "hop b/2 too_expensive  to None");
}

#[test]
fn a_walk_that_is_deferred_retries_the_same_candidate() {
    let chain = chain(&["a/1", "b/2", "c/3"]);
    let mut walk = Walk::new(&chain, Duration::from_secs(1), None);
    let outcomes = vec![Ok(completion())];
    let mut host = Scripted { outcomes, too_expensive: vec!["a/1"], not_now: ("b/2", 2), ..Scripted::default() };
    assert!(matches!(advance(&mut walk, &mut host), Err(Stopped::Deferred)));
    assert!(matches!(advance(&mut walk, &mut host), Err(Stopped::Deferred)));
    assert_eq!(run(&mut walk, &mut host).unwrap(), "b/2");
    let order = [
        "gate a/1",
        "hop a/1 too_expensive  to Some(\"b/2\")",
        "gate b/2",
        "gate b/2",
        "gate b/2",
        "attempt b/2",
        "charge b/2",
    ];
    assert_eq!(host.seen, order);
}

#[test]
fn a_gate_that_takes_all_the_time_leaves_none_for_the_attempt() {
    let deadline = Some(Instant::now() + Duration::from_millis(500));
    let mut host = Scripted { slow: Duration::from_millis(500), ..Scripted::default() };
    let stopped = run(&mut Walk::new(&chain(&["a/1", "b/2"]), Duration::from_secs(1), deadline), &mut host);
    assert!(matches!(stopped, Err(Stopped::Ended(Ended::DeadlineExceeded))));
    assert_eq!(host.seen, ["gate a/1"]);
}

#[test]
fn the_probe_of_an_endpoint_leaves_the_models_behind_it_their_share() {
    let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
    let (health, refused) = (Health::default(), Failure::new(Reason::InsufficientCredits, Scope::Endpoint, ""));
    let policy = Policy { cooldown_after: Some(3), down_after: Duration::from_secs(3600) };
    let long_ago = now - Duration::from_secs(60);
    health.record(&chain.candidates()[0], Some(&refused), Duration::ZERO, policy, long_ago);
    let mut walk = Walk::new(&chain, Duration::from_secs(30), Some(now + Duration::from_secs(6)));
    walk = walk.with_health(&health, policy);
    let mut host = Scripted { outcomes: vec![Ok(completion())], ..Scripted::default() };
    run(&mut walk, &mut host).unwrap();
    assert!(host.limits[0] <= Duration::from_secs(2), "{:?}", host.limits);
}

#[test]
fn a_refused_answer_is_paid_for_and_a_hop_and_the_next_candidate_is_tried() {
    let outcomes = vec![Ok(completion()), Ok(completion())];
    let mut host = Scripted { outcomes, refused: vec!["a/1"], ..Scripted::default() };
    assert_eq!(walked(&mut host).unwrap(), "b/2");
    let order = [
        "gate a/1",
        "attempt a/1",
        "charge a/1",
        "hop 0 a/1 unacceptable: too short, to Some(\"b/2\")",
        "gate b/2",
        "attempt b/2",
        "charge b/2",
    ];
    assert_eq!(host.seen, order);
}

#[test]
fn a_chain_whose_answers_are_all_refused_is_exhausted() {
    let outcomes = vec![Ok(completion()), Ok(completion())];
    let mut host = Scripted { outcomes, refused: vec!["a/1", "b/2"], ..Scripted::default() };
    assert!(matches!(walked(&mut host), Err(Stopped::Ended(Ended::Exhausted))));
    assert_eq!(host.seen.last().unwrap(), "hop 1 b/2 unacceptable: too short, to None");
}

#[test]
fn the_time_that_a_refusal_takes_counts_under_the_deadline() {
    let deadline = Some(Instant::now() + Duration::from_millis(500));
    let (outcomes, judging) = (vec![Ok(completion())], Duration::from_millis(500));
    let mut host = Scripted { outcomes, refused: vec!["a/1"], judging, ..Scripted::default() };
    let stopped = run(&mut Walk::new(&chain(&["a/1", "b/2"]), Duration::from_secs(1), deadline), &mut host);
    assert!(matches!(stopped, Err(Stopped::Ended(Ended::DeadlineExceeded))));
    assert_eq!(host.seen.last().unwrap(), "hop 0 a/1 unacceptable: too short, to None");
}

#[test]
fn a_refused_answer_cools_nothing() {
    let (chain, health) = (chain(&["a/1", "b/2"]), Health::default());
    let policy = Policy { cooldown_after: Some(1), down_after: Duration::from_secs(3600) };
    let mut walk = Walk::new(&chain, Duration::from_secs(1), None).with_health(&health, policy);
    let outcomes = vec![Ok(completion()), Ok(completion())];
    let mut host = Scripted { outcomes, refused: vec!["a/1", "b/2"], ..Scripted::default() };
    run(&mut walk, &mut host).unwrap_err();
    assert!(chain.candidates().iter().all(|candidate| health.admits(candidate, Instant::now())));
}
