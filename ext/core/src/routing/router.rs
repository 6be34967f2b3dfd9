//! The loop: gate, attempt, then hop or settle; next candidate, stop or return.

use std::time::{Duration, Instant};

use crate::answer::{Completion, Failure, Reason};
use crate::health::Notice;
use crate::request::Candidate;
use crate::routing::{Acceptance, Ended, Hop, Next, Planned, Step, Walk};

/// How an attempt ended.
pub type Outcome = Result<Completion, Failure>;

/// What only the caller of a walk can do. An error from any method ends the walk.
pub trait Host {
    /// What the caller makes of the completion.
    type Answer;
    type Error;

    /// Reserves the worst case of an attempt, or says why it may not be made. An error: no attempt may be made.
    fn gate(&mut self, planned: Planned<'_>) -> Result<Gate, Self::Error>;

    /// The windows of the chain's candidates, by position, as far as they are known. Called once a prompt is too long,
    /// with the failure that says so, which is not settled yet.
    fn windows(&mut self, _: Option<&Failure>) -> Result<Vec<Option<u64>>, Self::Error> {
        Ok(Vec::new())
    }

    /// Settles the cost of the answer, reports what changed in the candidate's health, and then accepts the answer or
    /// refuses it. That may take time, which counts.
    fn answered(
        &mut self,
        candidate: &Candidate,
        completion: Completion,
        notices: &[Notice],
    ) -> Result<Acceptance<Self::Answer>, Self::Error>;

    /// Records the answer that was refused last. Its cost is settled. `next` is the candidate that comes next.
    fn refused(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Self::Error>;

    /// Records a step that brought no answer: settles what the failed attempt cost all the same ([`Hop::cost`]), and
    /// reports what changed in the candidate's health. `next` is the candidate that comes next.
    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, notices: &[Notice]) -> Result<(), Self::Error>;
}

/// A host that makes one attempt at a time.
pub trait BlockingHost: Host {
    /// Makes the attempt and waits for it.
    fn attempt(&mut self, due: Due<'_>) -> Result<Outcome, Self::Error>;
}

/// The gate's decision about an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    Proceed,
    /// The budget has too little left for this candidate; go on to the next. The sentence goes into the hop.
    TooExpensive(String),
    /// The budget is nearly spent; go on to the next candidate, down to the last. The sentence goes into the hop.
    Saving(String),
    /// The prompt has so many tokens at least, and the candidate's window is so large.
    TooLong {
        tokens: u64,
        window: u64,
    },
    /// The budget has too little left now, but other calls may release some of their reservations.
    Later,
}

/// Why [`run`] came back without an answer.
#[derive(Debug)]
pub enum Stopped<E> {
    /// The walk is over.
    Ended(Ended),
    /// The host failed or was interrupted.
    Host(E),
    /// The gate said [`Gate::Later`]. Call [`advance`] again to retry the same candidate.
    Deferred,
}

impl<E> From<E> for Stopped<E> {
    fn from(error: E) -> Self {
        Self::Host(error)
    }
}

/// An attempt that has passed the gate.
#[derive(Debug, Clone, Copy)]
pub struct Due<'c> {
    pub candidate: &'c Candidate,
    /// Its place in the chain, from 0.
    pub position: usize,
    /// To wait before it is sent.
    pub delay: Duration,
    /// Its time limit, after that.
    pub limit: Duration,
    since: Instant,
}

impl<'c> Due<'c> {
    /// The time that the gate took counts. The limit never exceeds the planned one, which the gate knows: since then
    /// others may have begun to cool down, so that fewer candidates seem to need their share. `None` after the deadline.
    pub(super) fn now(walk: &Walk<'c>, planned: Planned<'c>) -> Option<Self> {
        let now = Instant::now();
        let limit = walk.limit(planned.candidate, now)?.min(planned.limit);
        let delay = walk.delay(now);
        Some(Self { candidate: planned.candidate, position: planned.position, delay, limit, since: now + delay })
    }

    pub(super) fn took(&self, until: Instant) -> Duration {
        until.saturating_duration_since(self.since)
    }
}

/// Walks the chain until a candidate answers.
///
/// # Errors
/// [`Stopped`]: the walk ended without an answer, or the host stopped it.
pub fn run<H: BlockingHost>(walk: &mut Walk<'_>, host: &mut H) -> Result<H::Answer, Stopped<H::Error>> {
    loop {
        let due = advance(walk, host)?;
        let outcome = host.attempt(due)?;
        if let Some(answer) = conclude(walk, host, due, outcome, Instant::now())? {
            return Ok(answer);
        }
    }
}

/// Goes on to the next attempt, past the candidates to skip.
///
/// # Errors
/// As [`run`].
pub fn advance<'c, H: Host>(walk: &mut Walk<'c>, host: &mut H) -> Result<Due<'c>, Stopped<H::Error>> {
    loop {
        let planned = match walk.next(Instant::now()) {
            Next::Attempt(planned) => planned,
            Next::Skip(hop) => {
                host.hopped(&hop, walk.upcoming(Instant::now()), &[])?;
                continue;
            }
            Next::End(ended) => return Err(Stopped::Ended(ended)),
        };
        let candidate = planned.candidate;
        let skipped = match host.gate(planned)? {
            Gate::Proceed => None,
            Gate::TooExpensive(why) => Some((Reason::TooExpensive, why)),
            Gate::Saving(why) => Some((Reason::Saving, why)),
            Gate::TooLong { tokens, window } => {
                if walk.lacks_windows() {
                    walk.learn_windows(&host.windows(None)?);
                }
                host.hopped(&walk.skip_too_long(candidate, tokens, window), walk.upcoming(Instant::now()), &[])?;
                continue;
            }
            Gate::Later => {
                walk.release_probe();
                return Err(Stopped::Deferred);
            }
        };
        if let Some((reason, why)) = skipped {
            host.hopped(&walk.skip_over_budget(candidate, reason, why), walk.upcoming(Instant::now()), &[])?;
            continue;
        }
        return Due::now(walk, planned).ok_or(Stopped::Ended(Ended::DeadlineExceeded));
    }
}

/// Records how an attempt ended, at `now`. `None`: the walk goes on.
///
/// # Errors
/// [`Stopped::Host`].
pub fn conclude<H: Host>(
    walk: &mut Walk<'_>,
    host: &mut H,
    due: Due<'_>,
    outcome: Outcome,
    now: Instant,
) -> Result<Option<H::Answer>, Stopped<H::Error>> {
    conclude_before(walk, host, due, outcome, now, |walk, now| walk.upcoming(now))
}

/// As [`conclude`], if another candidate than the walk's may come next.
pub(super) fn conclude_before<'c, H: Host>(
    walk: &mut Walk<'c>,
    host: &mut H,
    due: Due<'_>,
    outcome: Outcome,
    now: Instant,
    next: impl FnOnce(&mut Walk<'c>, Instant) -> Option<&'c Candidate>,
) -> Result<Option<H::Answer>, Stopped<H::Error>> {
    if let Err(failure) = &outcome {
        if failure.reason == Reason::TooLong && walk.lacks_windows() {
            walk.learn_windows(&host.windows(Some(failure))?);
        }
    }
    let (took, began) = (due.took(now), Instant::now());
    match walk.record(due.candidate, outcome, took, now) {
        Step::Answered(completion, notices) => match host.answered(due.candidate, completion, &notices)? {
            Acceptance::Accepted(answer) => Ok(Some(answer)),
            Acceptance::Refused(why) => {
                let hop = Hop::unacceptable(due.position, due.candidate, why, took);
                host.refused(&hop, next(walk, now + began.elapsed()))?;
                Ok(None)
            }
        },
        Step::Failed(hop, notices) => {
            host.hopped(&hop, next(walk, now), &notices)?;
            Ok(None)
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
