//! Many calls at once, on one Ruby thread: their attempts are under way side by side, and what has arrived
//! by the time that the thread has the GVL again is booked in one go. See `LlmRouter::Batch`.
//!
//! What a call raises itself is its result. What comes from elsewhere, an interrupt or the caller's block,
//! ends them all: attempts under way are dropped, and what arrived before is booked.

mod calls;
mod exit;
mod requests;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use llm_router_core::{Arrival, Attempts, Chain, Due, Progress, Walk};
use magnus::value::ReprValue;
use magnus::{Error, RArray, RHash, RObject, Ruby, Value};

use crate::runtime::driver::Pass;
use crate::runtime::waiting::wait;
use crate::runtime::Process;
use crate::values::errors;
use crate::walk::host::RubyHost;
use crate::walk::terms::Terms;
use requests::Requests;

pub(crate) struct Batch<'b> {
    ruby: &'b Ruby,
    /// Lives in the frame of the method that Ruby called, so the GC sees it, and by it the calls.
    batch: RObject,
    /// Those that have begun and not ended, by number.
    calls: RHash,
    chain: &'b Chain,
    terms: Terms,
    requests: Requests,
    /// See [`RubyHost`].
    reserving: bool,
    concurrency: usize,
    process: Arc<Process>,
    attempts: Attempts,
    under_way: HashMap<usize, UnderWay<'b>>,
    /// In the order in which they ask again.
    held: VecDeque<Held<'b>>,
    /// What is still to be booked.
    arrivals: VecDeque<Arrival>,
    /// The request that is the next to start.
    next: usize,
    /// The budget has nothing left, and no more are started.
    closed: bool,
    /// Attempts go on while Ruby books, or runs the caller's block. `None` where there is no thread to be had.
    _pass: Option<Pass>,
}

/// A call that waits for an attempt.
struct UnderWay<'b> {
    walk: Walk<'b>,
    due: Due<'b>,
    progress: Progress,
}

/// A call that waits for money, which others of the batch hold. There are others, then: it holds none itself.
struct Held<'b> {
    number: usize,
    walk: Walk<'b>,
    /// When it came to the gate. Its clock stands still from then on.
    since: Instant,
}

impl<'b> Batch<'b> {
    /// # Errors
    /// An `ArgumentError` for a request that cannot be sent.
    pub(crate) fn new(
        ruby: &'b Ruby,
        batch: RObject,
        chain: &'b Chain,
        terms: Terms,
        requests: RArray,
        concurrency: usize,
    ) -> Result<Self, Error> {
        let process = Process::current().map_err(|error| errors::configuration(ruby, error))?;
        Ok(Self {
            ruby,
            batch,
            calls: batch.funcall("calls", ())?,
            chain,
            terms,
            requests: Requests::read(ruby, requests)?,
            reserving: batch.funcall("reserving?", ())?,
            concurrency,
            attempts: Attempts::default(),
            under_way: HashMap::new(),
            held: VecDeque::new(),
            arrivals: VecDeque::new(),
            next: 0,
            closed: false,
            _pass: process.driven().ok(),
            process,
        })
    }

    /// Makes all the calls.
    ///
    /// # Errors
    /// What ended them before they were through.
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
        // The attempts are the parent's, and to drop them would speak on its connections.
        std::mem::forget(self);
        Err(end)
    }

    /// Books what has arrived and shows the results, then starts as many as there is room for, and waits for
    /// more. False when all are through.
    fn round(&mut self) -> Result<bool, Error> {
        while let Some(arrival) = self.arrivals.pop_front() {
            self.arrived(arrival)?;
        }
        // Before more is spent: the block may raise, or take its time until the thread is interrupted.
        self.show()?;
        self.resume()?;
        while self.start()? {
            self.show()?;
        }
        self.give_up()?;
        self.show()?;
        if self.under_way.is_empty() {
            return Ok(!self.held.is_empty());
        }
        let _rested: Value = self.batch.funcall("rest", ())?;
        let waited = wait(self.ruby, &self.process, self.attempts.wait());
        let waited = waited.map_err(|interrupt| interrupt.into_error(self.ruby))?;
        self.arrivals.extend(self.attempts.arrived());
        waited.late.map_or(Ok(true), Err)
    }

    /// The block may fork, and this be the child.
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
            late: None,
        })
    }
}
