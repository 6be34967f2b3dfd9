//! The order of a call: who is asked next, for how long, and when it is over. It decides and does
//! nothing; time comes in as an argument.

use std::time::{Duration, Instant};

use crate::{Candidate, Chain, Completion, Failure, Hop, Reason, Scope};

/// One call's way along a chain.
#[derive(Debug)]
pub struct Walk<'c> {
    chain: &'c Chain,
    timeout: Duration,
    deadline: Option<Instant>,
    /// The place in the chain of the next candidate.
    position: usize,
    /// Endpoints at fault, with the reason, whose other candidates are not asked.
    failed_endpoints: Vec<(String, Reason)>,
    rejected: Option<Box<Hop>>,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Next<'c> {
    /// Ask this candidate.
    Ask(Asking<'c>),
    /// Pass this one by, for its endpoint has failed.
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

/// What became of an attempt.
#[derive(Debug)]
pub enum Step {
    Answered(Completion),
    Failed(Hop),
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
        Self { chain, timeout, deadline, position: 0, failed_endpoints: Vec::new(), rejected: None }
    }

    /// Who is asked next.
    pub fn next(&mut self, now: Instant) -> Next<'c> {
        if let Some(hop) = self.rejected.take() {
            return Next::End(Ended::Rejected(hop));
        }
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Next::End(Ended::DeadlineExceeded);
        }
        let Some(candidate) = self.chain.candidates().get(self.position) else { return Next::End(Ended::Exhausted) };
        if let Some(reason) = self.endpoint_failure(candidate) {
            let hop = Hop::skipped(self.position, candidate, reason);
            self.position += 1;
            return Next::Skip(Box::new(hop));
        }
        match self.limit(candidate, now) {
            Some(limit) => Next::Ask(Asking { candidate, position: self.position, limit }),
            None => Next::End(Ended::DeadlineExceeded),
        }
    }

    /// How long the attempt at the next candidate may take: its timeout, but no more than an equal
    /// share of the time that is left, so that one that hangs leaves those behind it their turn.
    /// `None` where no time is left.
    pub fn limit(&self, candidate: &Candidate, now: Instant) -> Option<Duration> {
        let timeout = candidate.timeout.unwrap_or(self.timeout);
        let Some(deadline) = self.deadline else { return Some(timeout) };
        let left = deadline.checked_duration_since(now).filter(|left| !left.is_zero())?;
        let sharing = u32::try_from(self.askable().count()).unwrap_or(u32::MAX).max(1);
        Some(timeout.min(left / sharing))
    }

    /// Goes past `candidate`, whom [`Walk::next`] would have asked, for the gate says that it is too
    /// expensive and `why`.
    pub fn pass_by(&mut self, candidate: &Candidate, why: String) -> Hop {
        let hop = Hop::too_expensive(self.position, candidate, why);
        self.position += 1;
        hop
    }

    /// Takes what became of the attempt at `candidate` that [`Walk::next`] asked for.
    pub fn record(&mut self, candidate: &Candidate, outcome: Result<Completion, Failure>, duration: Duration) -> Step {
        let failure = match outcome {
            Ok(completion) => return Step::Answered(completion),
            Err(failure) => failure,
        };
        let hop = Hop::of(self.position, candidate, failure, duration);
        match hop.failure.scope {
            Scope::Request => self.rejected = Some(Box::new(hop.clone())),
            Scope::Endpoint => self.failed_endpoints.push((hop.endpoint.clone(), hop.failure.reason)),
            Scope::Model => {}
        }
        self.position += 1;
        Step::Failed(hop)
    }

    /// The candidate that is going to be asked next, if the walk goes on.
    pub fn upcoming(&self, now: Instant) -> Option<&'c Candidate> {
        let over = self.rejected.is_some() || self.deadline.is_some_and(|deadline| now >= deadline);
        if over {
            None
        } else {
            self.askable().next()
        }
    }

    fn askable(&self) -> impl Iterator<Item = &'c Candidate> + '_ {
        let ahead = self.chain.candidates().iter().skip(self.position);
        ahead.filter(|candidate| self.endpoint_failure(candidate).is_none())
    }

    fn endpoint_failure(&self, candidate: &Candidate) -> Option<Reason> {
        let failed = self.failed_endpoints.iter().find(|(name, _)| name == candidate.endpoint.name());
        failed.map(|(_, reason)| *reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::tests::{candidate, chain, endpoint};

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
        match walk.record(candidate, Err(failure(Reason::Unavailable, scope)), secs(1)) {
            Step::Failed(hop) => hop,
            Step::Answered(_) => panic!("failed attempts do not answer"),
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
}
