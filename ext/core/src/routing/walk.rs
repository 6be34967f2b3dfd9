//! The order of a call: which candidate is next, for how long, and when the call is over. It decides and does nothing;
//! the time is an argument.

mod availability;
mod beside;
mod fitting;
mod time;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::answer::{Completion, Failure, Reason, Scope};
use crate::health::{Admission, Health, Policy, Probe};
use crate::request::Candidate;
use crate::routing::fit::Fit;
use crate::routing::retry::{Failed, Retries, Retry};
use crate::routing::{Chain, Ended, Hop, Next, Planned, Step};

/// One call's way along a chain.
#[derive(Debug)]
pub struct Walk<'c> {
    chain: &'c Chain,
    timeout: Duration,
    deadline: Option<Instant>,
    health: Option<(&'c Health, Policy)>,
    retries: Retries,
    /// The positions of the candidates still to attempt, in order.
    remaining: VecDeque<usize>,
    /// The positions of the candidates skipped for a cooldown. They are attempted if no other candidate answers.
    cooling: Vec<usize>,
    /// Only candidates that cool down are left.
    last_resort: bool,
    /// Set while the current attempt is a probe.
    probe: Option<Probe<'c>>,
    /// Set while the candidate at the front has failed and is to be attempted again.
    retry: Option<Retry>,
    /// Endpoints at fault, with the reason: their other candidates are skipped.
    failed_endpoints: Vec<(String, Reason)>,
    /// Where the prompt fits.
    fit: Fit,
    rejected: Option<Box<Hop>>,
}

impl<'c> Walk<'c> {
    /// `timeout` is for candidates that have none of their own.
    pub fn new(chain: &'c Chain, timeout: Duration, deadline: Option<Instant>) -> Self {
        Self {
            chain,
            timeout,
            deadline,
            health: None,
            retries: Retries::NONE,
            remaining: (0..chain.candidates().len()).collect(),
            cooling: Vec::new(),
            last_resort: false,
            probe: None,
            retry: None,
            failed_endpoints: Vec::new(),
            fit: Fit::of(chain),
            rejected: None,
        }
    }

    /// Skips candidates that cool down, and records outcomes in `health`.
    #[must_use]
    pub fn with_health(self, health: &'c Health, policy: Policy) -> Self {
        Self { health: Some((health, policy)), ..self }
    }

    /// Retries candidates that fail quickly.
    #[must_use]
    pub fn with_retries(self, retries: Retries) -> Self {
        Self { retries, ..self }
    }

    /// Decides the next step.
    pub fn next(&mut self, now: Instant) -> Next<'c> {
        if let Some(hop) = self.rejected.take() {
            return Next::End(Ended::Rejected(hop));
        }
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            return Next::End(Ended::DeadlineExceeded);
        }
        self.fall_back_to_cooling(now);
        let Some((position, candidate)) = self.front() else { return Next::End(Ended::Exhausted) };
        if let Some(reason) = self.endpoint_failure(candidate) {
            self.take_front();
            return Next::Skip(Box::new(Hop::skipped(position, candidate, reason)));
        }
        if let Some(note) = self.switched_off(candidate, now) {
            self.take_front();
            return Next::Skip(Box::new(Hop::passed_over(position, candidate, Reason::SwitchedOff, note)));
        }
        if let Some(why) = self.fit.refusal(position) {
            self.take_front();
            return Next::Skip(Box::new(Hop::passed_over(position, candidate, Reason::TooLong, why)));
        }
        let Some(limit) = self.limit(candidate, now) else {
            if self.retry.is_none() {
                return Next::End(Ended::DeadlineExceeded);
            }
            // Others have become available meanwhile, and the wait would take up their share.
            self.take_front();
            return self.next(now);
        };
        let delay = self.delay(now);
        match self.admit(candidate, delay + limit, now) {
            Admission::Clear => {}
            Admission::Probe(probe) => self.probe = Some(probe),
            // Another call has just begun to probe the last candidate.
            Admission::CoolingDown(_) if self.last_resort => {}
            // The failure before this retry may have started it.
            Admission::CoolingDown(cooling) if self.retry.is_some() && !cooling.whole_endpoint => {}
            Admission::CoolingDown(cooling) => {
                if self.retry.is_none() {
                    self.cooling.push(position);
                }
                self.take_front();
                return Next::Skip(Box::new(Hop::cooling_down(position, candidate, &cooling)));
            }
        }
        Next::Attempt(Planned { candidate, position, limit, delay })
    }

    /// Skips the candidate that [`Walk::next`] planned, to spare the budget. `why` says so.
    pub fn skip_over_budget(&mut self, candidate: &Candidate, reason: Reason, why: String) -> Hop {
        Hop::passed_over(self.take_front(), candidate, reason, why)
    }

    /// Lets another call make the probe that [`Walk::next`] planned, if it was one. The walk stays at its candidate.
    pub fn release_probe(&mut self) {
        self.probe = None;
    }

    /// Records the outcome of the attempt that [`Walk::next`] planned.
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
        let (share, failing) = (self.share(now), self.probe.is_some() || self.last_resort);
        let before = self.retry.as_ref().map_or(0, |retry| retry.number);
        let position = self.take_front();
        let failure = match outcome {
            Ok(completion) => return Step::Answered(completion, notices),
            Err(failure) => failure,
        };
        let failed = Failed { failure: &failure, took: duration, timeout: self.timeout(candidate), share, failing };
        let allowed = candidate.retries.unwrap_or_else(|| self.retries_of_last(now));
        if let Some(wait) = self.retries.wait(before + 1, allowed, &failed) {
            self.retry = Some(Retry { number: before + 1, at: now + wait });
            self.remaining.push_front(position);
        }
        let hop = Hop::of(position, candidate, failure, duration);
        match hop.failure.scope {
            Scope::Request if hop.failure.reason == Reason::TooLong => self.too_long(&hop),
            Scope::Request => self.rejected = Some(Box::new(hop.clone())),
            Scope::Endpoint => self.failed_endpoints.push((hop.endpoint.clone(), hop.failure.reason)),
            Scope::Model => {}
        }
        Step::Failed(hop, notices)
    }

    /// The candidate that is next if the walk goes on.
    pub fn upcoming(&self, now: Instant) -> Option<&'c Candidate> {
        if self.rejected.is_some() || self.deadline.is_some_and(|deadline| now >= deadline) {
            return None;
        }
        if self.retry.is_some() {
            return self.front().map(|(_, candidate)| candidate);
        }
        let available = self.remaining.iter().find(|position| self.is_available(**position, now));
        let mut last_resort: Vec<_> = self.cooling.iter().chain(&self.remaining).collect();
        last_resort.sort_unstable();
        let cooling = last_resort.into_iter().find(|position| self.is_last_resort(**position, now));
        self.chain.candidates().get(*available.or(cooling)?)
    }

    fn front(&self) -> Option<(usize, &'c Candidate)> {
        let position = *self.remaining.front()?;
        Some((position, self.chain.candidates().get(position)?))
    }

    /// Drops the current candidate and returns its position.
    fn take_front(&mut self) -> usize {
        self.probe = None;
        self.retry = None;
        self.remaining.pop_front().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
