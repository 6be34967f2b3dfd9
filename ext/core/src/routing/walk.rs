//! The order of a call: which candidate is next, for how long, and when the call is over. It decides and does nothing;
//! the time is an argument.

mod beside;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::answer::{Completion, Failure, Length, Reason, Scope};
use crate::health::{Admission, Health, Policy, Probe};
use crate::request::{Candidate, Request};
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

    /// How long the next attempt has to wait, if it is a retry.
    pub fn delay(&self, now: Instant) -> Duration {
        self.retry.as_ref().map_or(Duration::ZERO, |retry| retry.at.saturating_duration_since(now))
    }

    /// The time limit of an attempt at the next candidate: its timeout, but at most its share of the time left until the
    /// deadline. A retry waits in its own share. `None` if no time is left.
    pub fn limit(&self, candidate: &Candidate, now: Instant) -> Option<Duration> {
        let left = self.share(now).saturating_sub(self.delay(now));
        (!left.is_zero()).then(|| self.timeout(candidate).min(left))
    }

    fn timeout(&self, candidate: &Candidate) -> Duration {
        candidate.timeout.unwrap_or(self.timeout)
    }

    /// An equal share of the time left until the deadline, so that a candidate that hangs leaves time for those behind
    /// it. Candidates that cool down share one share.
    fn share(&self, now: Instant) -> Duration {
        let Some(deadline) = self.deadline else { return Duration::MAX };
        let left = deadline.saturating_duration_since(now);
        let (behind, cooling): (Vec<usize>, Vec<usize>) =
            self.remaining.iter().skip(1).partition(|position| self.is_available(**position, now));
        let last_resort = self.cooling.iter().chain(&cooling).any(|position| self.is_last_resort(*position, now));
        let behind = behind.len() + usize::from(last_resort);
        let sharing = u32::try_from(behind).unwrap_or(u32::MAX).saturating_add(1);
        left / sharing
    }

    /// Skips the candidate that [`Walk::next`] planned, to spare the budget. `why` says so.
    pub fn skip_over_budget(&mut self, candidate: &Candidate, reason: Reason, why: String) -> Hop {
        Hop::passed_over(self.take_front(), candidate, reason, why)
    }

    /// Skips the candidate that [`Walk::next`] planned: the prompt has at least `tokens`, and it takes `window`.
    pub fn skip_too_long(&mut self, candidate: &Candidate, tokens: u64, window: u64) -> Hop {
        let why = format!("not called: the prompt has at least {tokens} tokens, and it takes {window}");
        let mut hop = Hop::passed_over(self.take_front(), candidate, Reason::TooLong, why);
        hop.failure.length = Length { tokens: None, window: Some(window) };
        self.too_long(&hop);
        hop
    }

    /// Whether a prompt that is too long needs [`Walk::learn_windows`] first.
    pub fn lacks_windows(&self) -> bool {
        self.fit.is_to_learn()
    }

    /// Takes the windows of the chain's candidates, by position, as far as they are known.
    pub fn learn_windows(&mut self, windows: &[Option<u64>]) {
        self.fit.learn(windows);
    }

    /// The largest window of the chain, in tokens, as far as it is known.
    pub fn largest_window(&self) -> Option<u64> {
        self.fit.largest()
    }

    /// The fewest tokens of the prompt that was too long for a candidate.
    pub fn least_tokens(&self, request: &Request, hop: &Hop) -> Option<u64> {
        Some(request.least_tokens(self.chain.candidates().get(hop.position)?))
    }

    /// Without a candidate that is known to be larger, the request is rejected.
    fn too_long(&mut self, hop: &Hop) {
        self.fit.exceeded(hop, hop.failure.length.window);
        if self.fit.nowhere() {
            self.rejected = Some(Box::new(hop.clone()));
        }
    }

    /// Lets another call make the probe that [`Walk::next`] planned, if it was one. The walk stays at its candidate.
    pub fn release_probe(&mut self) {
        self.probe = None;
    }

    /// Extends the deadline by time that this call spent waiting for other calls.
    pub fn extend_deadline(&mut self, by: Duration) {
        self.deadline = self.deadline.and_then(|deadline| deadline.checked_add(by));
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

    /// The retries of a candidate for which the chain sets none: only of the last. Those that cool down do not count.
    fn retries_of_last(&self, now: Instant) -> u32 {
        let followed = self.remaining.iter().any(|position| self.is_available(*position, now));
        if followed {
            0
        } else {
            self.retries.last
        }
    }

    /// If all remaining candidates cool down, they are attempted all the same, in order, so that no call fails without
    /// an attempt.
    fn fall_back_to_cooling(&mut self, now: Instant) {
        if self.last_resort
            || self.retry.is_some()
            || self.remaining.iter().any(|position| self.is_available(*position, now))
        {
            return;
        }
        self.last_resort = true;
        let mut cooling = std::mem::take(&mut self.cooling);
        cooling.retain(|position| self.is_last_resort(*position, now));
        self.remaining.extend(cooling);
        self.remaining.make_contiguous().sort_unstable();
    }

    fn admit(&self, candidate: &Candidate, limit: Duration, now: Instant) -> Admission<'c> {
        match self.health {
            Some((health, Policy { cooldown_after: Some(_), .. })) => health.admit(candidate, limit, now),
            _ => Admission::Clear,
        }
    }

    /// Whether the candidate would be attempted rather than skipped.
    fn is_available(&self, position: usize, now: Instant) -> bool {
        let cools_down = |candidate| match self.health {
            Some((health, Policy { cooldown_after: Some(_), .. })) => !health.admits(candidate, now),
            _ => false,
        };
        let candidate = self.chain.candidates().get(position).filter(|_| self.is_last_resort(position, now));
        candidate.is_some_and(|candidate| self.last_resort || !cools_down(candidate))
    }

    /// Whether the candidate may be attempted although it cools down.
    fn is_last_resort(&self, position: usize, now: Instant) -> bool {
        self.fit.refusal(position).is_none()
            && self.chain.candidates().get(position).is_some_and(|candidate| {
                self.endpoint_failure(candidate).is_none() && self.switched_off(candidate, now).is_none()
            })
    }

    /// Who switched the candidate off. If the whole chain is switched off, no candidate is skipped for that, so that no
    /// call fails without an attempt.
    fn switched_off(&self, candidate: &Candidate, now: Instant) -> Option<String> {
        let note = |candidate: &Candidate| self.health?.0.switched_off(&candidate.model, now);
        let off = note(candidate)?;
        self.chain.candidates().iter().any(|other| note(other).is_none()).then_some(off)
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

    fn endpoint_failure(&self, candidate: &Candidate) -> Option<Reason> {
        let failed = self.failed_endpoints.iter().find(|(name, _)| name == candidate.endpoint.name());
        failed.map(|(_, reason)| *reason)
    }
}

#[cfg(test)]
mod tests;
