//! Two attempts of one call in flight, see `ext/core/src/routing/hedged.rs`. Each has a `LlmRouter::Call`, and so money
//! of its own.

use std::collections::VecDeque;
use std::time::Duration;

use llm_router_core::{
    dropped, poll_connections, Arrival, Attempts, Due, HedgingHost, Landed, Outcome, Progress, Side,
};
use magnus::value::ReprValue;
use magnus::{Error, RObject, Value};
use tokio::time::timeout;

use crate::runtime::waiting::wait;
use crate::runtime::Process;
use crate::values::errors;
use crate::walk::host::RubyHost;

pub(crate) struct Pair<'r> {
    first: Flight<'r>,
    /// Once it is needed.
    second: Option<Flight<'r>>,
    attempts: Attempts,
    /// Not returned by [`HedgingHost::wait`] yet.
    arrivals: VecDeque<Arrival>,
}

/// A host, and how far its attempt has come while it is in flight.
struct Flight<'r> {
    host: RubyHost<'r>,
    progress: Option<Progress>,
}

impl<'r> Pair<'r> {
    pub(crate) fn new(host: RubyHost<'r>) -> Self {
        let first = Flight { host, progress: None };
        Self { first, second: None, attempts: Attempts::default(), arrivals: VecDeque::new() }
    }

    pub(crate) fn first(&self) -> &RubyHost<'r> {
        &self.first.host
    }

    /// Drops the attempts in flight. Each call then settles what has arrived for it, or what its attempt may have cost.
    /// No Ruby code runs here, as in [`RubyHost::keep_unsettled`].
    pub(crate) fn leave(&mut self) -> Result<(), Error> {
        if self.first.progress.is_none() && self.second.as_ref().is_none_or(|second| second.progress.is_none()) {
            return Ok(());
        }
        let Ok(process) = self.first.host.process() else {
            // They are the parent's: dropping them would write to its connections.
            std::mem::forget(std::mem::take(&mut self.attempts));
            return Ok(());
        };
        self.abandon(&process);
        while let Some(arrival) = self.arrivals.pop_front() {
            let flight = self.flight(side_of(arrival.number))?;
            // A panicked attempt is kept with the rest, below.
            if let (Ok(outcome), Some(_)) = (arrival.outcome, flight.progress.take()) {
                flight.host.keep_unsettled(outcome)?;
            }
        }
        for flight in [Some(&mut self.first), self.second.as_mut()].into_iter().flatten() {
            if let Some(progress) = flight.progress.take() {
                flight.host.keep_unsettled_drop(&progress)?;
            }
        }
        Ok(())
    }

    fn abandon(&mut self, process: &Process) {
        process.runtime.block_on(async {
            self.attempts.abandon().await;
            poll_connections().await;
        });
        self.arrivals.extend(self.attempts.arrived());
    }

    fn flight(&mut self, side: Side) -> Result<&mut Flight<'r>, Error> {
        if side == Side::First {
            return Ok(&mut self.first);
        }
        if self.second.is_none() {
            let call: Value = self.first.host.call.funcall("hedge", ())?;
            let call = RObject::from_value(call);
            let call = call.ok_or_else(|| errors::internal(self.first.host.ruby, "a call has no second attempt"))?;
            self.second = Some(Flight { host: self.first.host.beside(call), progress: None });
        }
        self.second.as_mut().ok_or_else(|| errors::internal(self.first.host.ruby, "a call has no second attempt"))
    }

    fn landed(&mut self) -> Result<Option<Landed>, Error> {
        let Some(Arrival { number, outcome, at }) = self.arrivals.pop_front() else { return Ok(None) };
        let side = side_of(number);
        let flight = self.flight(side)?;
        let progress = flight.progress.take();
        match outcome {
            Ok(outcome) => Ok(Some(Landed { side, outcome, at })),
            Err(panicked) => {
                flight.host.keep_unsettled_drop(&progress.unwrap_or_default())?;
                Err(errors::internal(flight.host.ruby, panicked))
            }
        }
    }
}

impl<'r> HedgingHost for Pair<'r> {
    type Host = RubyHost<'r>;

    fn side(&mut self, side: Side) -> Result<&mut RubyHost<'r>, Error> {
        Ok(&mut self.flight(side)?.host)
    }

    fn start(&mut self, side: Side, due: Due<'_>) -> Result<(), Error> {
        let (flight, progress) = (self.flight(side)?, Progress::default());
        let process = flight.host.process()?;
        let attempt = flight.host.prepare(&process, due, &progress)?;
        flight.progress = Some(progress);
        self.attempts.start(process.runtime.handle(), side as usize, attempt);
        Ok(())
    }

    fn wait(&mut self, limit: Option<Duration>) -> Result<Option<Landed>, Error> {
        if self.arrivals.is_empty() {
            let (process, arrival) = (self.first.host.process()?, self.attempts.wait());
            let waited = wait(self.first.host.ruby, &process, async move {
                match limit {
                    Some(limit) => drop(timeout(limit, arrival).await),
                    None => arrival.await,
                }
            });
            let waited = waited.map_err(|interrupt| interrupt.into_error(self.first.host.ruby))?;
            self.arrivals.extend(self.attempts.arrived());
            // The call settles on its way out.
            waited.pending_interrupt.map_or(Ok(()), Err)?;
        }
        self.landed()
    }

    fn drop_attempt(&mut self, side: Side) -> Result<Outcome, Error> {
        let process = self.first.host.process()?;
        self.abandon(&process);
        match self.landed()? {
            Some(landed) => Ok(landed.outcome),
            None => Ok(dropped(&self.flight(side)?.progress.take().unwrap_or_default())),
        }
    }

    fn complete(&mut self, answer: Value, by: Side) -> Result<Value, Error> {
        self.first.host.call.funcall("hedged", (answer, by == Side::Second))
    }
}

/// Of an attempt's number, which is its side.
fn side_of(number: usize) -> Side {
    if number == Side::First as usize {
        Side::First
    } else {
        Side::Second
    }
}
