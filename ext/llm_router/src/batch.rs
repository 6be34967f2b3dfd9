//! Many calls at once, on one Ruby thread: their attempts are under way side by side, and what has arrived
//! by the time that the thread has the GVL again is booked in one go. See `LlmRouter::Batch`.
//!
//! What a call raises itself is its result. What comes from elsewhere, an interrupt or the caller's block,
//! ends them all: attempts under way are dropped, and what arrived before is booked.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use llm_router_core::{
    advance, conclude, gateway, Arrival, Attempts, Chain, Due, Outcome, Progress, Request, Stopped, Walk,
};
use magnus::error::ErrorType;
use magnus::rb_sys::AsRawValue;
use magnus::value::ReprValue;
use magnus::{Class, Error, Object, RArray, RHash, RObject, Ruby, Value};

use crate::driver::{Driver, Pass};
use crate::gvl::Interrupted;
use crate::host::{Halt, RubyHost};
use crate::runtime::Process;
use crate::terms::Terms;
use crate::waiting::wait;
use crate::{errors, json};

pub(crate) struct Batch<'b> {
    ruby: &'b Ruby,
    /// Both live in the frame of the method that Ruby called, so the GC sees them, and by the second the calls.
    batch: RObject,
    calls: RArray,
    chain: &'b Chain,
    terms: Terms,
    requests: Vec<Arc<Request>>,
    /// See [`RubyHost`].
    reserving: bool,
    concurrency: usize,
    process: Arc<Process>,
    attempts: Attempts,
    under_way: HashMap<usize, UnderWay<'b>>,
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

/// Where a call is after a step.
enum Turn<'b> {
    Due(Due<'b>, Progress),
    Answered(Value),
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
            requests: read(ruby, requests)?,
            reserving: batch.funcall("reserving?", ())?,
            concurrency,
            attempts: Attempts::default(),
            under_way: HashMap::new(),
            arrivals: VecDeque::new(),
            next: 0,
            closed: false,
            _pass: Driver::pass(&process).ok(),
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
            return Err(self.leave(end));
        }
        // The attempts are the parent's, and to drop them would speak on its connections.
        std::mem::forget(self);
        Err(end)
    }

    /// Books what has arrived, starts as many as there is room for, shows the results, and waits for more.
    /// False when all are through.
    fn round(&mut self) -> Result<bool, Error> {
        while let Some(arrival) = self.arrivals.pop_front() {
            self.arrived(arrival)?;
        }
        while self.under_way.len() < self.concurrency && self.next < self.requests.len() && !self.closed {
            if !self.start()? {
                break;
            }
            self.next += 1;
        }
        if self.closed && self.next < self.requests.len() {
            let _told: Value = self.batch.funcall("give_up", (self.next,))?;
            self.next = self.requests.len();
        }
        let _shown: Value = self.batch.funcall("show", ())?;
        if self.under_way.is_empty() {
            return Ok(false);
        }
        self.check_process()?;
        let waited = wait(self.ruby, &self.process, self.attempts.wait());
        let waited = waited.map_err(|interrupt| errors::interrupted(self.ruby, interrupt))?;
        self.arrivals.extend(self.attempts.arrived());
        waited.late.map_or(Ok(true), Err)
    }

    /// Starts the next call. False where it has to wait for money that others of the batch hold.
    fn start(&mut self) -> Result<bool, Error> {
        let number = self.next;
        let held: Option<RObject> = self.calls.entry(place(number))?;
        let call = match held {
            Some(call) => call,
            None => self.batch.funcall("begin", (number,))?,
        };
        let walk = self.terms.walk(self.chain, Instant::now());
        self.step(number, call, walk, None)
    }

    fn arrived(&mut self, arrival: Arrival) -> Result<(), Error> {
        let number = arrival.number;
        let Some(UnderWay { walk, due, progress }) = self.under_way.remove(&number) else { return Ok(()) };
        let call: RObject = self.calls.entry(place(number))?;
        match arrival.outcome {
            Ok(outcome) => self.step(number, call, walk, Some((due, outcome, arrival.at))).map(drop),
            Err(panicked) => {
                let host = self.host(number, call)?;
                let bug = host.interrupted(&progress, Interrupted::ByPanic(panicked));
                let Some(bug) = exception(&bug) else { return Err(bug) };
                self.failed(number, bug)
            }
        }
    }

    /// Takes a call to its next attempt, and starts that, or to its end. False where it is held.
    fn step(
        &mut self,
        number: usize,
        call: RObject,
        mut walk: Walk<'b>,
        arrived: Option<(Due<'b>, Outcome, Instant)>,
    ) -> Result<bool, Error> {
        let mut host = self.host(number, call)?;
        host.may_be_held = arrived.is_none() && !self.under_way.is_empty();
        match self.turn(number, &mut walk, &mut host, arrived) {
            Ok(Turn::Due(due, progress)) => {
                self.under_way.insert(number, UnderWay { walk, due, progress });
            }
            Ok(Turn::Answered(response)) => drop(self.batch.funcall::<_, _, Value>("answered", (number, response))?),
            Err(Stopped::Host(Halt::Held)) => {
                let _forgotten: Value = call.funcall("held", ())?;
                return Ok(false);
            }
            Err(stopped) => {
                let error = host.stopped(stopped);
                match own(call, &error)? {
                    Some(raised) => self.failed(number, raised)?,
                    None => return Err(error),
                }
            }
        }
        Ok(true)
    }

    fn turn(
        &mut self,
        number: usize,
        walk: &mut Walk<'b>,
        host: &mut RubyHost<'b>,
        arrived: Option<(Due<'b>, Outcome, Instant)>,
    ) -> Result<Turn<'b>, Stopped<Halt>> {
        if let Some((due, outcome, at)) = arrived {
            if let Some(response) = conclude(walk, host, due, outcome, at)? {
                return Ok(Turn::Answered(response));
            }
        }
        let due = advance(walk, host)?;
        let (process, progress) = (host.process().map_err(Halt::from)?, Progress::default());
        let attempt = host.exchange(&process, due.candidate, due.limit, &progress).map_err(Halt::from)?;
        self.attempts.start(process.runtime.handle(), number, attempt);
        Ok(Turn::Due(due, progress))
    }

    fn failed(&mut self, number: usize, error: Value) -> Result<(), Error> {
        let alone = self.under_way.is_empty();
        self.closed |= self.batch.funcall::<_, _, bool>("failed", (number, error, alone))?;
        Ok(())
    }

    /// Ends what is under way. What has arrived is booked all the same, and for the rest the budget is
    /// told that it may have been billed.
    fn leave(&mut self, mut end: Error) -> Error {
        self.process.runtime.block_on(async {
            self.attempts.abandon().await;
            gateway::settle().await;
        });
        self.arrivals.extend(self.attempts.arrived());
        while let Some(Arrival { number, outcome, at }) = self.arrivals.pop_front() {
            // Without an outcome it is seen to with the rest.
            let Ok(outcome) = outcome else { continue };
            let Some(UnderWay { mut walk, due, .. }) = self.under_way.remove(&number) else { continue };
            end = self.with_host(number, end, |mut host, end| {
                host.late = Some(end);
                match conclude(&mut walk, &mut host, due, outcome, at) {
                    Err(stopped) => host.stopped(stopped),
                    Ok(_) => errors::internal(self.ruby, "an interrupt was lost"),
                }
            });
        }
        for (number, UnderWay { progress, .. }) in std::mem::take(&mut self.under_way) {
            let what = (progress.uncertain(), progress.generation_id());
            end = self.with_host(number, end, |host, end| host.leaving(end, "interrupted", what));
        }
        end
    }

    fn with_host(&self, number: usize, end: Error, work: impl FnOnce(RubyHost<'b>, Error) -> Error) -> Error {
        match self.calls.entry(place(number)).and_then(|call| self.host(number, call)) {
            Ok(host) => work(host, end),
            Err(_) => end,
        }
    }

    /// The budget, an observer or the block may have forked, and this be the child.
    fn check_process(&self) -> Result<(), Error> {
        self.process.is_ours().then_some(()).ok_or_else(|| errors::forked(self.ruby))
    }

    fn host(&self, number: usize, call: RObject) -> Result<RubyHost<'b>, Error> {
        self.check_process()?;
        let request =
            self.requests.get(number).ok_or_else(|| errors::internal(self.ruby, "a call without a request"))?;
        Ok(RubyHost {
            ruby: self.ruby,
            call,
            request: Arc::clone(request),
            reserving: self.reserving,
            max_answer_bytes: self.terms.max_answer_bytes,
            pid: self.process.pid,
            late: None,
            may_be_held: false,
        })
    }
}

const MESSAGES: &str = "messages";

/// All of them are read before the first is sent. Each is a Hash of its messages and its options.
fn read(ruby: &Ruby, requests: RArray) -> Result<Vec<Arc<Request>>, Error> {
    let mut all = Vec::with_capacity(requests.len());
    for (number, request) in requests.into_iter().enumerate() {
        let request = <RHash as magnus::TryConvert>::try_convert(request)?;
        let messages =
            json::value(ruby, request.aref(ruby.to_symbol(MESSAGES))?, &format!("requests[{number}][:messages]"))?;
        let options = json::params_but(ruby, request, MESSAGES, &format!("requests[{number}]"))?;
        all.push(Arc::new(Request::new(messages, options)));
    }
    Ok(all)
}

/// The error, where the call has raised it itself, and nothing else has interrupted it.
fn own(call: RObject, error: &Error) -> Result<Option<Value>, Error> {
    let own: Value = call.ivar_get("@error")?;
    Ok(exception(error).filter(|raised| raised.as_raw() == own.as_raw()))
}

fn exception(error: &Error) -> Option<Value> {
    match error.error_type() {
        ErrorType::Jump(_) => None,
        ErrorType::Error(class, message) => class.new_instance((message.as_ref(),)).ok().map(|e| e.as_value()),
        ErrorType::Exception(exception) => Some(exception.as_value()),
    }
}

fn place(number: usize) -> isize {
    isize::try_from(number).unwrap_or(isize::MAX)
}
