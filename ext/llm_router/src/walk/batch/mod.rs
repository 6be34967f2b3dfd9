//! Many calls at once on one Ruby thread: their attempts are in flight together, and those that have ended by the time
//! that the thread has the GVL again are settled in one go. See `LlmRouter::Batch`.
//!
//! An error that a call raises is its result. Any other, an interrupt or the caller's block, ends all calls: attempts
//! in flight are dropped, and what had arrived is settled.

mod ahead;
mod calls;
mod exit;
mod requests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use llm_router_core::{Arrival, Attempts, Chain, Due, Progress, Walk};
use magnus::value::ReprValue;
use magnus::{Error, RHash, RObject, Ruby, Value};

use crate::runtime::driver::DriverGuard;
use crate::runtime::waiting::wait;
use crate::runtime::Process;
use crate::values::errors;
use crate::walk::host::RubyHost;
use crate::walk::terms::Terms;
pub(crate) use requests::Requests;

pub(crate) struct Batch<'b> {
    ruby: &'b Ruby,
    /// On the stack of the method that Ruby called, so that the GC sees it, and through it the calls.
    batch: RObject,
    /// The calls that have begun and not ended, by number.
    calls: RHash,
    chain: &'b Chain,
    terms: Terms,
    requests: Requests,
    /// See [`RubyHost`].
    reserving: bool,
    /// Whether the budget can reserve, and settle, for many calls in one statement.
    together: bool,
    /// The first request for which that was not tried.
    ahead: usize,
    concurrency: usize,
    process: Arc<Process>,
    attempts: Attempts,
    under_way: HashMap<usize, UnderWay<'b>>,
    /// In the order in which they retry the gate.
    deferred: VecDeque<Deferred<'b>>,
    /// Not settled yet.
    arrivals: VecDeque<Arrival>,
    /// The next request to start.
    next: usize,
    /// The budget is exhausted: no more calls are started.
    closed: bool,
    /// Drives attempts while Ruby settles or runs the caller's block. `None` if no thread can be started.
    _guard: Option<DriverGuard>,
}

/// A call whose attempt is in flight.
struct UnderWay<'b> {
    walk: Walk<'b>,
    due: Due<'b>,
    progress: Progress,
}

/// A call that waits for money that other calls of the batch have reserved. It has reserved none itself.
struct Deferred<'b> {
    number: usize,
    walk: Walk<'b>,
    /// When it came to the gate. Waiting does not use up its deadline.
    since: Instant,
}

impl<'b> Batch<'b> {
    /// # Errors
    /// A `ConfigurationError` where the process cannot make calls.
    pub(crate) fn new(
        ruby: &'b Ruby,
        batch: RObject,
        chain: &'b Chain,
        terms: Terms,
        requests: Requests,
        concurrency: usize,
    ) -> Result<Self, Error> {
        let process = Process::current().map_err(|error| errors::configuration(ruby, error))?;
        Ok(Self {
            ruby,
            batch,
            calls: batch.funcall("calls", ())?,
            chain,
            terms,
            requests,
            reserving: batch.funcall("reserving?", ())?,
            together: batch.funcall("together?", ())?,
            ahead: 0,
            concurrency,
            attempts: Attempts::default(),
            under_way: HashMap::new(),
            deferred: VecDeque::new(),
            arrivals: VecDeque::new(),
            next: 0,
            closed: false,
            _guard: process.drive().ok(),
            process,
        })
    }

    /// Makes all the calls.
    ///
    /// # Errors
    /// An interrupt, or an error of the caller's block.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let end = loop {
            match self.round() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(end) => break end,
            }
        };
        if self.process.is_ours() {
            return Err(self.leave().err().unwrap_or(end));
        }
        // The attempts are the parent's: dropping them would write to its connections.
        std::mem::forget(self);
        Err(end)
    }

    /// Settles what has arrived and shows the results, then starts as many calls as there is room for, and waits. False
    /// when all calls have ended.
    fn round(&mut self) -> Result<bool, Error> {
        self.settle_ahead()?;
        while let Some(arrival) = self.arrivals.pop_front() {
            self.arrived(arrival)?;
        }
        // Before more is spent, since the block may raise or take long.
        self.show()?;
        self.resume()?;
        while self.start()? {
            self.show()?;
        }
        self.give_up()?;
        self.show()?;
        if self.under_way.is_empty() {
            return Ok(!self.deferred.is_empty());
        }
        let _rested: Value = self.batch.funcall("rest", ())?;
        let waited = wait(self.ruby, &self.process, self.attempts.wait());
        let waited = waited.map_err(|interrupt| interrupt.into_error(self.ruby))?;
        self.arrivals.extend(self.attempts.arrived());
        waited.pending_interrupt.map_or(Ok(true), Err)
    }

    /// The block may fork, and this may be the child.
    fn show(&self) -> Result<(), Error> {
        let _shown: Value = self.batch.funcall("show", ())?;
        self.check_process()
    }

    fn check_process(&self) -> Result<(), Error> {
        self.process.is_ours().then_some(()).ok_or_else(|| errors::forked(self.ruby))
    }

    fn host(&self, number: usize) -> Result<RubyHost<'b>, Error> {
        // The budget or an observer may have forked.
        self.check_process()?;
        let lost = || errors::internal(self.ruby, "a call of a batch was lost");
        Ok(RubyHost {
            ruby: self.ruby,
            call: self.calls.get(number).and_then(RObject::from_value).ok_or_else(lost)?,
            request: self.requests.get(number).ok_or_else(lost)?,
            reserving: self.reserving,
            max_answer_bytes: self.terms.max_answer_bytes,
            pid: self.process.pid,
            max_price: None,
            pending_interrupt: None,
        })
    }
}
