//! What a walk decides: the next attempt, a skip, or the end.

use std::time::Duration;

use crate::answer::Completion;
use crate::health::Notice;
use crate::request::Candidate;
use crate::routing::Hop;

/// What to do next.
#[derive(Debug)]
pub enum Next<'c> {
    /// Attempt this candidate.
    Attempt(Planned<'c>),
    /// Skip this one: its endpoint has failed, it is switched off, or it cools down.
    Skip(Box<Hop>),
    /// No candidate is left, or no time.
    End(Ended),
}

/// An attempt that has yet to pass the gate.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'c> {
    pub candidate: &'c Candidate,
    /// Its place in the chain, from 0.
    pub position: usize,
    /// The attempt's time limit. The time that the gate takes shortens it.
    pub limit: Duration,
    /// The wait before a retry is sent. What the gate reserves is reserved during it.
    pub delay: Duration,
}

/// The outcome of an attempt, and what it changed in its candidate's health.
#[derive(Debug)]
pub enum Step {
    Answered(Completion, Vec<Notice>),
    Failed(Hop, Vec<Notice>),
}

/// Why a walk ended without an answer.
#[derive(Debug)]
pub enum Ended {
    /// The request is at fault; the hop says why.
    Rejected(Box<Hop>),
    /// Every candidate failed or was skipped.
    Exhausted,
    /// The call's deadline has passed.
    DeadlineExceeded,
}
