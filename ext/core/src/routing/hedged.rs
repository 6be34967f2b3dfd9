//! The way of a call whose chain hedges (`hedge.rs`). Only its first attempt is special; after it, the loop goes on.
//!
//! ```text
//!   first attempt ──ended in time──────────────────────────────▶ conclude it, go on with the loop
//!        │
//!   not by then, the call may hedge, another candidate is available, and its gate lets it pass
//!        │
//!   both in flight ──one answered──▶ settle it, drop the other: a hop `hedged`
//!        │
//!   one failed, or its answer was refused: its hop
//!        │
//!   one in flight ──ended──▶ conclude it; the walk has both sides again, go on with the loop
//! ```

use std::time::{Duration, Instant};

use crate::answer::{Completion, Failure, Reason, Scope};
use crate::routing::router::conclude_before;
use crate::routing::{advance, conclude, run, BlockingHost, Due, Gate, Hedge, Host, Next, Outcome, Stopped, Walk};

/// One of two attempts that are in flight together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    First,
    Second,
}

/// An attempt that has ended.
#[derive(Debug)]
pub struct Landed {
    pub side: Side,
    pub outcome: Outcome,
    pub at: Instant,
}

/// A host that can have two attempts in flight.
pub trait HedgingHost {
    type Host: BlockingHost;

    /// The host of one of the attempts. They have money of their own.
    ///
    /// # Errors
    /// As those of [`Host`], and so below.
    fn side(&mut self, side: Side) -> Result<&mut Self::Host, ErrorOf<Self>>;

    /// Begins an attempt that has passed the gate.
    ///
    /// # Errors
    /// It cannot begin.
    fn start(&mut self, side: Side, due: Due<'_>) -> Result<(), ErrorOf<Self>>;

    /// Waits until an attempt has ended, at most for `limit`.
    ///
    /// # Errors
    /// An interrupt.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Option<Landed>, ErrorOf<Self>>;

    /// Drops an attempt in flight. Its outcome is that of [`dropped`](crate::dropped), unless it has just ended.
    ///
    /// # Errors
    /// An interrupt.
    fn drop_attempt(&mut self, side: Side) -> Result<Outcome, ErrorOf<Self>>;

    /// Adds the hop of the dropped attempt to the answer of the other.
    ///
    /// # Errors
    /// An interrupt.
    fn complete(&mut self, answer: AnswerOf<Self>, by: Side) -> Result<AnswerOf<Self>, ErrorOf<Self>>;
}

type AnswerOf<P> = <<P as HedgingHost>::Host as Host>::Answer;
type ErrorOf<P> = <<P as HedgingHost>::Host as Host>::Error;
/// `None`: no answer.
type Concluded<P> = Result<Option<AnswerOf<P>>, Stopped<ErrorOf<P>>>;

/// As [`run`](crate::run), of a chain that hedges.
///
/// # Errors
/// As those of [`run`](crate::run).
pub fn run_hedged<P: HedgingHost>(
    walk: &mut Walk<'_>,
    pair: &mut P,
    hedge: &Hedge,
) -> Result<AnswerOf<P>, Stopped<ErrorOf<P>>> {
    hedge.earn();
    let due = advance(walk, pair.side(Side::First)?)?;
    pair.start(Side::First, due)?;
    let answer = match pair.wait(hedge.delay(|| walk.p95(due.candidate)))? {
        Some(landed) => conclude(walk, pair.side(Side::First)?, due, landed.outcome, landed.at)?,
        None => match second(walk, pair, hedge)? {
            Some((other, beside)) => race(walk, other, due, beside, pair)?,
            None => rest(walk, Side::First, due, pair)?,
        },
    };
    match answer {
        Some(answer) => Ok(answer),
        None => run(walk, pair.side(Side::First)?),
    }
}

/// Starts an attempt beside the one in flight, and returns its walk. `None` if the call may not hedge, if no other
/// candidate is available, or if there is no money: then the candidate keeps its turn.
fn second<'c, P: HedgingHost>(
    walk: &mut Walk<'c>,
    pair: &mut P,
    hedge: &Hedge,
) -> Result<Option<(Walk<'c>, Due<'c>)>, Stopped<ErrorOf<P>>> {
    if !hedge.spend() {
        return Ok(None);
    }
    let Some(mut other) = walk.split(Instant::now()) else {
        hedge.give_back();
        return Ok(None);
    };
    if let Some(due) = admitted(&mut other, pair.side(Side::Second)?)? {
        pair.start(Side::Second, due)?;
        return Ok(Some((other, due)));
    }
    walk.join(other);
    hedge.give_back();
    Ok(None)
}

/// The next attempt of the walk, if it passes the gate.
fn admitted<'c, H: Host>(walk: &mut Walk<'c>, host: &mut H) -> Result<Option<Due<'c>>, H::Error> {
    loop {
        match walk.next(Instant::now()) {
            Next::Attempt(planned) => {
                let passes = host.gate(planned)? == Gate::Proceed;
                return Ok(if passes { Due::now(walk, planned) } else { None });
            }
            Next::Skip(hop) => host.hopped(&hop, walk.upcoming(Instant::now()), &[])?,
            Next::End(_) => return Ok(None),
        }
    }
}

/// Waits for the first acceptable answer of two attempts. `other` is the walk of the second.
fn race<'c, P: HedgingHost>(
    walk: &mut Walk<'c>,
    mut other: Walk<'c>,
    first: Due<'c>,
    second: Due<'c>,
    pair: &mut P,
) -> Concluded<P> {
    let landed = landed(pair)?;
    let (ended, left) = match landed.side {
        Side::First => (first, second),
        Side::Second => (second, first),
    };
    if landed.side == Side::First {
        // From here on `walk` is that of the attempt still in flight.
        std::mem::swap(walk, &mut other);
    }
    let host = pair.side(landed.side)?;
    let answer = conclude_before(&mut other, host, ended, landed.outcome, landed.at, |_, _| Some(left.candidate))?;
    let Some(answer) = answer else {
        walk.join(other);
        return rest(walk, landed.side.other(), left, pair);
    };
    let side = landed.side.other();
    let failure = unneeded(pair.drop_attempt(side)?, &ended.candidate.model);
    let hop = walk.record_drop(left.candidate, failure, left.took(landed.at));
    pair.side(side)?.hopped(&hop, Some(ended.candidate), &[])?;
    Ok(Some(pair.complete(answer, landed.side)?))
}

/// Waits for the one attempt in flight.
fn rest<P: HedgingHost>(walk: &mut Walk<'_>, side: Side, due: Due<'_>, pair: &mut P) -> Concluded<P> {
    let landed = landed(pair)?;
    conclude(walk, pair.side(side)?, due, landed.outcome, landed.at)
}

fn landed<P: HedgingHost>(pair: &mut P) -> Result<Landed, ErrorOf<P>> {
    loop {
        if let Some(landed) = pair.wait(None)? {
            return Ok(landed);
        }
    }
}

/// What is left of an outcome, since another answered: what it costs.
fn unneeded(outcome: Outcome, answered: &str) -> Failure {
    let costs = Failure::new(Reason::Hedged, Scope::Model, format!("not waited for, since {answered} answered first"));
    match outcome {
        Ok(Completion { cost, usage, generation_id, .. }) => {
            Failure { uncertain: cost.is_none(), cost, usage, generation_id, ..costs }
        }
        Err(Failure { cost, usage, uncertain, generation_id, .. }) => {
            Failure { uncertain, cost, usage, generation_id, ..costs }
        }
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

#[cfg(test)]
mod tests;
