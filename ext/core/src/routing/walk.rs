//! The order of a call: who is asked next, for how long, and when it is over. It decides and does
//! nothing; time comes in as an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::answer::{Completion, Failure, Reason, Scope};
use crate::health::{Admission, Health, Notice, Policy, Probe};
use crate::request::Candidate;
use crate::routing::{Chain, Hop};

/// One call's way along a chain.
#[derive(Debug)]
pub struct Walk<'c> {
    chain: &'c Chain,
    timeout: Duration,
    deadline: Option<Instant>,
    health: Option<(&'c Health, Policy)>,
    /// The places in the chain of those who are still to be asked, in order.
    ahead: VecDeque<usize>,
    /// The places of those who were passed by for a cooldown. They are asked after all if nobody else answers.
    cooling: Vec<usize>,
    /// Nobody is left but those who cool down.
    last_resort: bool,
    /// Whoever is being asked is being probed.
    probe: Option<Probe<'c>>,
    /// Endpoints at fault, with the reason, whose other candidates are not asked.
    failed_endpoints: Vec<(String, Reason)>,
    rejected: Option<Box<Hop>>,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Next<'c> {
    /// Ask this candidate.
    Ask(Asking<'c>),
    /// Pass this one by, for its endpoint has failed, or it cools down.
    Skip(Box<Hop>),
    /// There is nobody left to ask, or no time.
    End(Ended),
}

/// Who is about to be asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'c> {
    pub candidate: &'c Candidate,
    /// Its place in the chain, from 0.
    pub position: usize,
    /// The most that the attempt may take. What happens before it counts, and only shortens it.
    pub limit: Duration,
}

/// What became of an attempt, and what that changes in the [`Health`] of who was asked.
#[derive(Debug)]
pub enum Step {
    Answered(Completion, Vec<Notice>),
    Failed(Hop, Vec<Notice>),
}

/// Why a walk ended without an answer.
#[derive(Debug)]
pub enum Ended {
    /// The request is at fault, as this hop tells.
    Rejected(Box<Hop>),
    /// Every candidate failed or was skipped.
    Exhausted,
    /// The call's time is up.
    DeadlineExceeded,
}

impl<'c> Walk<'c> {
    /// `timeout` is for the candidates that bring none of their own.
    pub fn new(chain: &'c Chain, timeout: Duration, deadline: Option<Instant>) -> Self {
        Self {
            chain,
            timeout,
            deadline,
            health: None,
            ahead: (0..chain.candidates().len()).collect(),
            cooling: Vec::new(),
            last_resort: false,
            probe: None,
            failed_endpoints: Vec::new(),
            rejected: None,
        }
    }

    /// Passes by who cools down, and keeps `health` up to date.
    #[must_use]
    pub fn minding(self, health: &'c Health, policy: Policy) -> Self {
        Self { health: Some((health, policy)), ..self }
    }

    /// Who is asked next.
    pub fn next(&mut self, now: Instant) -> Next<'c> {
        if let Some(hop) = self.rejected.take() {
            return Next::End(Ended::Rejected(hop));
        }
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Next::End(Ended::DeadlineExceeded);
        }
        self.turn_to_the_cooling(now);
        let Some((position, candidate)) = self.front() else { return Next::End(Ended::Exhausted) };
        if let Some(reason) = self.endpoint_failure(candidate) {
            self.ahead.pop_front();
            return Next::Skip(Box::new(Hop::skipped(position, candidate, reason)));
        }
        let Some(limit) = self.limit(candidate, now) else { return Next::End(Ended::DeadlineExceeded) };
        match self.admit(candidate, limit, now) {
            Admission::Open => {}
            Admission::Probe(probe) => self.probe = Some(probe),
            // Somebody else has just begun to probe the last one that was warm.
            Admission::CoolingDown(_) if self.last_resort => {}
            Admission::CoolingDown(cooling) => {
                self.ahead.pop_front();
                self.cooling.push(position);
                return Next::Skip(Box::new(Hop::cooling_down(position, candidate, &cooling)));
            }
        }
        Next::Ask(Asking { candidate, position, limit })
    }

    /// How long the attempt at the next candidate may take: its timeout, but no more than an equal
    /// share of the time that is left, so that one that hangs leaves those behind it their turn. Those
    /// who cool down, and are asked only if nobody else answers, have one share together. `None` where
    /// no time is left.
    pub fn limit(&self, candidate: &Candidate, now: Instant) -> Option<Duration> {
        let timeout = candidate.timeout.unwrap_or(self.timeout);
        let Some(deadline) = self.deadline else { return Some(timeout) };
        let left = deadline.checked_duration_since(now).filter(|left| !left.is_zero())?;
        let (behind, cooling): (Vec<usize>, Vec<usize>) =
            self.ahead.iter().skip(1).partition(|position| self.is_askable(**position, now));
        let last_resort =
            self.cooling.iter().chain(&cooling).any(|position| self.endpoint_failure_at(*position).is_none());
        let behind = behind.len() + usize::from(last_resort);
        let sharing = u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
        Some(timeout.min(left / sharing))
    }

    /// Goes past `candidate`, whom [`Walk::next`] would have asked, for the gate says that it is too
    /// expensive and `why`.
    pub fn pass_by(&mut self, candidate: &Candidate, why: String) -> Hop {
        Hop::too_expensive(self.leave(), candidate, why)
    }

    /// Stays where it is, for the candidate that [`Walk::next`] would have asked is to be asked later. If that was a
    /// probe, somebody else may make it meanwhile.
    pub fn stay(&mut self) {
        self.probe = None;
    }

    /// Moves the deadline, for so much time was not this call's own.
    pub fn postpone(&mut self, by: Duration) {
        self.deadline = self.deadline.and_then(|deadline| deadline.checked_add(by));
    }

    /// Takes what became of the attempt at `candidate` that [`Walk::next`] asked for.
    pub fn record(
        &mut self,
        candidate: &Candidate,
        outcome: Result<Completion, Failure>,
        duration: Duration,
        now: Instant,
    ) -> Step {
        let notices = self.health.map_or_else(Vec::new, |(health, policy)| {
            health.record(candidate, outcome.as_ref().err(), duration, policy, now)
        });
        let position = self.leave();
        let failure = match outcome {
            Ok(completion) => return Step::Answered(completion, notices),
            Err(failure) => failure,
        };
        let hop = Hop::of(position, candidate, failure, duration);
        match hop.failure.scope {
            Scope::Request => self.rejected = Some(Box::new(hop.clone())),
            Scope::Endpoint => self.failed_endpoints.push((hop.endpoint.clone(), hop.failure.reason)),
            Scope::Model => {}
        }
        Step::Failed(hop, notices)
    }

    /// The candidate that is going to be asked next, if the walk goes on.
    pub fn upcoming(&self, now: Instant) -> Option<&'c Candidate> {
        if self.rejected.is_some() || self.deadline.is_some_and(|deadline| now >= deadline) {
            return None;
        }
        let warm = self.ahead.iter().find(|position| self.is_askable(**position, now));
        let mut last_resort: Vec<_> = self.cooling.iter().chain(&self.ahead).collect();
        last_resort.sort_unstable();
        let cooling = last_resort.into_iter().find(|position| self.endpoint_failure_at(**position).is_none());
        self.chain.candidates().get(*warm.or(cooling)?)
    }

    /// Where those ahead cool down, all of them, they are asked all the same, and in order: a call does
    /// not fail without having asked.
    fn turn_to_the_cooling(&mut self, now: Instant) {
        if self.last_resort || self.ahead.iter().any(|position| self.is_askable(*position, now)) {
            return;
        }
        self.last_resort = true;
        let mut cooling = std::mem::take(&mut self.cooling);
        cooling.retain(|position| self.endpoint_failure_at(*position).is_none());
        self.ahead.extend(cooling);
        self.ahead.make_contiguous().sort_unstable();
    }

    fn admit(&self, candidate: &Candidate, limit: Duration, now: Instant) -> Admission<'c> {
        match self.health {
            Some((health, Policy { cooldown_after: Some(_), .. })) => health.admit(candidate, limit, now),
            _ => Admission::Open,
        }
    }

    /// Whether it would be asked when its turn comes.
    fn is_askable(&self, position: usize, now: Instant) -> bool {
        let cools = |candidate| match self.health {
            Some((health, Policy { cooldown_after: Some(_), .. })) => !health.is_warm(candidate, now),
            _ => false,
        };
        let candidate = self.chain.candidates().get(position);
        candidate.is_some_and(|candidate| {
            self.endpoint_failure(candidate).is_none() && (self.last_resort || !cools(candidate))
        })
    }

    fn front(&self) -> Option<(usize, &'c Candidate)> {
        let position = *self.ahead.front()?;
        Some((position, self.chain.candidates().get(position)?))
    }

    /// Is done with the candidate that was to be asked. Returns its place.
    fn leave(&mut self) -> usize {
        self.probe = None;
        self.ahead.pop_front().unwrap_or_default()
    }

    fn endpoint_failure(&self, candidate: &Candidate) -> Option<Reason> {
        let failed = self.failed_endpoints.iter().find(|(name, _)| name == candidate.endpoint.name());
        failed.map(|(_, reason)| *reason)
    }

    fn endpoint_failure_at(&self, position: usize) -> Option<Reason> {
        self.chain.candidates().get(position).and_then(|candidate| self.endpoint_failure(candidate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
            Next::Ask(asking) => (asking.candidate, asking.limit),
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
    fn who_is_too_expensive_is_passed_by_alone() {
        let (chain, start) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
        let mut walk = Walk::new(&chain, TIMEOUT, Some(start + secs(6)));
        let (candidate, limit) = asked(&mut walk, start);
        assert_eq!(limit, secs(2));
        let hop = walk.pass_by(candidate, "no money for it".to_owned());
        assert_eq!((hop.position, hop.model.as_str(), hop.duration), (0, "a/1", Duration::ZERO));
        assert_eq!((hop.failure.reason, hop.failure.message.as_str()), (Reason::TooExpensive, "no money for it"));
        let Next::Ask(next) = walk.next(start) else { panic!("b/2 is at the same endpoint, which did not fail") };
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
    fn after_the_deadline_nobody_is_asked() {
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
        walk.postpone(secs(4));
        assert_eq!(asked(&mut walk, start + secs(4)).1, secs(3));
        assert!(matches!(walk.next(start + secs(10)), Next::End(Ended::DeadlineExceeded)));
        let mut unlimited = Walk::new(&chain, TIMEOUT, None);
        unlimited.postpone(secs(4));
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
    fn who_cools_down_is_passed_by_and_all_who_do_have_one_share_of_the_time() {
        let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
        let health = board(&["a/1", "c/3"], now);
        let mut walk = Walk::new(&chain, TIMEOUT, Some(now + secs(6))).minding(&health, POLICY);
        assert_eq!(walk.upcoming(now).unwrap().model, "b/2");
        let hop = skipped(&mut walk, now);
        assert_eq!((hop.position, hop.failure.reason, hop.duration), (0, Reason::CoolingDown, Duration::ZERO));
        assert!(hop.failure.retry_after >= Some(secs(20)), "{hop:?}");
        let (candidate, limit) = asked(&mut walk, now);
        assert_eq!((candidate.model.as_str(), limit), ("b/2", secs(3)));
    }

    #[test]
    fn when_all_others_have_failed_who_cools_down_is_asked_after_all() {
        let (chain, now) = (chain(&["a/1", "b/2", "c/3"]), Instant::now());
        let health = board(&["a/1", "c/3"], now);
        let mut walk = Walk::new(&chain, TIMEOUT, None).minding(&health, POLICY);
        skipped(&mut walk, now);
        fail(&mut walk, now, Scope::Model);
        assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
        assert_eq!(fail(&mut walk, now, Scope::Model).model, "a/1");
        assert_eq!(fail(&mut walk, now, Scope::Model).model, "c/3");
        assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
    }

    #[test]
    fn where_all_cool_down_they_are_asked_in_order() {
        let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
        let health = board(&["a/1", "b/2"], now);
        let mut walk = Walk::new(&chain, TIMEOUT, None).minding(&health, POLICY);
        assert_eq!(walk.upcoming(now).unwrap().model, "a/1");
        assert_eq!(fail(&mut walk, now, Scope::Model).model, "a/1");
        assert_eq!(fail(&mut walk, now, Scope::Model).model, "b/2");
        assert!(matches!(walk.next(now), Next::End(Ended::Exhausted)));
    }

    #[test]
    fn without_cooldowns_nobody_is_passed_by() {
        let (chain, now) = (chain(&["a/1", "b/2"]), Instant::now());
        let health = board(&["a/1"], now);
        let off = Policy { cooldown_after: None, ..POLICY };
        let mut walk = Walk::new(&chain, TIMEOUT, None).minding(&health, off);
        assert_eq!(asked(&mut walk, now).0.model, "a/1");
    }

    #[test]
    fn one_walk_probes_while_the_others_pass_by() {
        let (chain, start) = (chain(&["a/1", "b/2"]), Instant::now());
        let health = board(&["a/1"], start);
        let now = start + secs(40);
        let mut probing = Walk::new(&chain, TIMEOUT, None).minding(&health, POLICY);
        assert_eq!(asked(&mut probing, now).0.model, "a/1");
        let mut other = Walk::new(&chain, TIMEOUT, None).minding(&health, POLICY);
        assert_eq!(skipped(&mut other, now).model, "a/1");
        assert_eq!(asked(&mut other, now).0.model, "b/2");
        drop(probing);
        let mut next = Walk::new(&chain, TIMEOUT, None).minding(&health, POLICY);
        assert_eq!(asked(&mut next, now).0.model, "a/1");
        next.stay();
        assert!(health.is_warm(&chain.candidates()[0], now), "a probe that has to wait gives way");
        assert_eq!(asked(&mut next, now).0.model, "a/1");
        next.pass_by(&chain.candidates()[0], "no money".into());
        assert!(health.is_warm(&chain.candidates()[0], now), "a probe that the gate refused gives way");
    }
}
