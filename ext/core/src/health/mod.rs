//! Which models are down, as all calls of a process know it.
//!
//! A model that fails again and again is left alone for a while, so that a primary that hangs does not
//! cost every call its timeout. Then one call probes it while the others still pass it by. An endpoint
//! that refuses the key, or has no money, is left alone as a whole.

mod board;
mod cooldown;
mod latency;
mod report;
mod vitals;

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::answer::{Failure, Reason};
use crate::request::{Candidate, Endpoint};
use board::Board;
use cooldown::Look;
pub use report::{Report, State};

/// Of all models at all endpoints. It takes its lock for moments only, and calls nobody while it has it.
#[derive(Debug, Default)]
pub struct Health {
    board: Mutex<Board>,
}

/// What a call wants of it.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How many failures in a row start a cooldown; `None` for no cooldowns.
    pub cooldown_after: Option<u32>,
    /// How long a model has to fail until [`Notice::Down`] is given.
    pub down_after: Duration,
}

/// Whether a candidate is asked.
#[derive(Debug)]
pub enum Admission<'h> {
    Open,
    /// It is asked to see whether it is back, by this caller alone.
    Probe(Probe<'h>),
    CoolingDown(Cooling),
}

/// What is known of a cooldown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cooling {
    /// Until the next probe; zero while there is one.
    pub left: Duration,
    /// What the last failure was, where it was seen here.
    pub reason: Option<Reason>,
    /// The endpoint is left alone as a whole.
    pub whole_endpoint: bool,
}

/// The right to ask while all others pass by. It ends when it is dropped.
#[derive(Debug)]
pub struct Probe<'h> {
    health: &'h Health,
    ticket: u64,
}

/// What has just changed, about the candidate that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// It is left alone from now on; `whole_endpoint`, with all the others there.
    Cooling { length: Duration, reason: Reason, failures: u64, whole_endpoint: bool },
    /// It answered, and is left alone no more.
    Warm { model: bool, whole_endpoint: bool },
    /// It has been failing for so long that somebody should look.
    Down { failing: Duration, reason: Reason, failures: u64 },
    /// It answers again, after an outage that [`Notice::Down`] told of.
    Up { outage: Duration },
}

/// A probe that has not come back so long after it must have ended does not hold its place any more.
const LOST: Duration = Duration::from_secs(60);
/// A cooldown is up to this much longer than said, so that not all processes probe at one moment.
const JITTER: f64 = 0.2;

impl Health {
    /// May the candidate be asked? The probe, if it is one, is given up to `limit` for it.
    pub fn admit(&self, candidate: &Candidate, limit: Duration, now: Instant) -> Admission<'_> {
        let mut board = self.board();
        let (look, cooling) = board.look(candidate, now);
        match look {
            Look::Open => Admission::Open,
            Look::Cooling(_) => Admission::CoolingDown(cooling),
            Look::Due => {
                let ticket = board.claim(candidate, now + limit + LOST);
                Admission::Probe(Probe { health: self, ticket })
            }
        }
    }

    /// Whether the candidate would be asked now.
    pub fn is_warm(&self, candidate: &Candidate, now: Instant) -> bool {
        !matches!(self.board().look(candidate, now).0, Look::Cooling(_))
    }

    /// What an attempt at the candidate came to, and what that changes.
    pub fn record(
        &self,
        candidate: &Candidate,
        failure: Option<&Failure>,
        took: Duration,
        policy: Policy,
        now: Instant,
    ) -> Vec<Notice> {
        let mut board = self.board();
        match failure {
            None => board.succeeded(candidate, took, now),
            Some(failure) => board.failed(candidate, failure, took, policy, now),
        }
    }

    /// Takes over a cooldown of another process, of a model or of a whole endpoint.
    pub fn take_over(&self, endpoint: &Endpoint, model: Option<&str>, left: Duration, reason: Reason, now: Instant) {
        let until = now + left.mul_f64(1.0 + jitter());
        self.board().take_over(endpoint, model, until, reason, now);
    }

    /// Another process got an answer: the cooldown is over.
    pub fn lift(&self, endpoint: &Endpoint, model: Option<&str>) {
        self.board().lift(endpoint, model);
    }

    /// What is known of each model, in the order of endpoints and names.
    pub fn report(&self, now: Instant) -> Vec<Report> {
        self.board().report(now)
    }

    /// Forgets everything.
    pub fn reset(&self) {
        *self.board() = Board::default();
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Probe<'_> {
    fn drop(&mut self) {
        self.health.board().release(self.ticket);
    }
}

fn jitter() -> f64 {
    // The seed of a hash map is the standard library's one source of random numbers.
    let random = RandomState::new().hash_one(0) >> 11;
    random as f64 / (1_u64 << 53) as f64 * JITTER
}

#[cfg(test)]
mod tests;
