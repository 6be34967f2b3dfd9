//! A circuit breaker for each model and each endpoint, shared by all calls of a process.
//!
//! A model that keeps failing cools down, so that a primary that hangs does not cost every call its timeout. After that
//! one call probes it while the others still skip it. An endpoint that refuses the key, or has no money, cools down as a
//! whole. Models that a person has switched off are skipped, too.

mod breakers;
mod cooldown;
mod latency;
mod model;
mod report;
mod switches;

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::answer::{Failure, Reason};
use crate::request::{Candidate, Endpoint};
use breakers::Breakers;
use cooldown::Phase;
pub use report::{Report, State};
pub use switches::{covers, Switch};

/// Of all models at all endpoints. It holds its lock for moments only, and calls nothing of its caller's meanwhile.
#[derive(Debug, Default)]
pub struct Health {
    breakers: Mutex<Breakers>,
    switches: Mutex<Vec<Switch>>,
}

/// A call's settings.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How many failures in a row start a cooldown; `None` for no cooldowns.
    pub cooldown_after: Option<u32>,
    /// How long a model has to fail before [`Notice::Down`].
    pub down_after: Duration,
}

/// Whether a call may attempt a candidate.
#[derive(Debug)]
pub enum Admission<'h> {
    Clear,
    /// Half-open: this caller alone may.
    Probe(Probe<'h>),
    CoolingDown(Cooling),
}

/// What is known of a cooldown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooling {
    /// Until the next probe; zero while there is one.
    pub left: Duration,
    /// Of the last failure, if this process saw it.
    pub reason: Option<Reason>,
    /// The endpoint cools down as a whole.
    pub whole_endpoint: bool,
}

/// The right to attempt a candidate that all others skip. Dropping it releases the probe.
#[derive(Debug)]
pub struct Probe<'h> {
    health: &'h Health,
    ticket: u64,
}

/// What an attempt has changed for its candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A cooldown started; with `whole_endpoint`, of all models there.
    Cooling { length: Duration, reason: Reason, failures: u64, whole_endpoint: bool },
    /// It answered, which ended the cooldown of the model, of the endpoint, or of both.
    Cleared { model: bool, whole_endpoint: bool },
    /// It has been failing for longer than [`Policy::down_after`].
    Down { failing: Duration, reason: Reason, failures: u64 },
    /// It answered again after [`Notice::Down`].
    Up { outage: Duration },
}

/// So long after its time limit a probe counts as lost.
const PROBE_GRACE: Duration = Duration::from_secs(60);
/// A cooldown is up to this much longer than said, so that not all processes probe at one moment.
const MAX_JITTER: f64 = 0.2;

impl Health {
    /// Whether an attempt may be made. A probe may take up to `limit`.
    pub fn admit(&self, candidate: &Candidate, limit: Duration, now: Instant) -> Admission<'_> {
        let mut breakers = self.breakers();
        let (phase, cooling) = breakers.phase(candidate, now);
        match phase {
            Phase::Clear => Admission::Clear,
            Phase::Cooling(_) => Admission::CoolingDown(cooling),
            Phase::HalfOpen => {
                let ticket = breakers.start_probe(candidate, now + limit + PROBE_GRACE);
                Admission::Probe(Probe { health: self, ticket })
            }
        }
    }

    /// As [`Health::admit`], without starting a probe.
    pub fn admits(&self, candidate: &Candidate, now: Instant) -> bool {
        !matches!(self.breakers().phase(candidate, now).0, Phase::Cooling(_))
    }

    /// Counts the outcome of an attempt.
    pub fn record(
        &self,
        candidate: &Candidate,
        failure: Option<&Failure>,
        took: Duration,
        policy: Policy,
        now: Instant,
    ) -> Vec<Notice> {
        let mut breakers = self.breakers();
        match failure {
            None => breakers.succeeded(candidate, took, now),
            Some(failure) => breakers.failed(candidate, failure, took, policy, now),
        }
    }

    /// The time within which 95 of 100 answers of the candidate came. `None` while too few have come.
    pub fn p95(&self, candidate: &Candidate) -> Option<Duration> {
        self.breakers().latency(candidate)?.p95()
    }

    /// An attempt was dropped after `waited`. That is neither a failure nor a success.
    pub fn dropped(&self, candidate: &Candidate, waited: Duration) {
        if let Some(latency) = self.breakers().latency(candidate) {
            latency.add_dropped(waited);
        }
    }

    /// Takes over another process's cooldown, of a model or of a whole endpoint.
    pub fn take_over(&self, endpoint: &Endpoint, model: Option<&str>, left: Duration, reason: Reason, now: Instant) {
        let until = now + left.mul_f64(1.0 + jitter());
        self.breakers().take_over(endpoint, model, until, reason, now);
    }

    /// Ends a cooldown, since another process got an answer.
    pub fn lift(&self, endpoint: &Endpoint, model: Option<&str>) {
        self.breakers().lift(endpoint, model);
    }

    /// Replaces the switches. [`Health::reset`] leaves them.
    pub fn switch(&self, switches: Vec<Switch>) {
        *self.switches() = switches;
    }

    /// Why, by whom and until when a model is switched off, if it is.
    pub fn switched_off(&self, model: &str, now: Instant) -> Option<String> {
        switches::find(&self.switches(), model, now).map(ToOwned::to_owned)
    }

    /// What is known of each model, in the order of endpoints and names.
    pub fn report(&self, now: Instant) -> Vec<Report> {
        self.breakers().report(now)
    }

    /// Forgets the outcomes of all attempts.
    pub fn reset(&self) {
        self.breakers().endpoints.clear();
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn switches(&self) -> MutexGuard<'_, Vec<Switch>> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.health.breakers().end_probe(self.ticket);
    }
}

fn jitter() -> f64 {
    random() * MAX_JITTER
}

/// From 0 to 1.
pub(crate) fn random() -> f64 {
    // The seed of a hash map is the standard library's one source of random numbers. Forks have the same.
    let random = RandomState::new().hash_one(std::process::id()) >> 11;
    random as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
