//! How the calls of a batch begin, go on and end.

use std::time::Instant;

use llm_router_core::{advance, conclude, Arrival, Due, Progress, Stopped, Walk};
use magnus::value::ReprValue;
use magnus::{Error, Value};

use super::exit::{bug, own};
use super::{Batch, Deferred, UnderWay};
use crate::values::errors;
use crate::walk::host::RubyHost;

impl<'b> Batch<'b> {
    pub(super) fn arrived(&mut self, Arrival { number, outcome, at }: Arrival) -> Result<(), Error> {
        let Some(UnderWay { mut walk, due, progress }) = self.under_way.remove(&number) else { return Ok(()) };
        let mut host = self.host(number)?;
        // It waited here while others were settled, or the block ran.
        let lay = at.elapsed();
        let concluded = match outcome {
            Ok(outcome) => conclude(&mut walk, &mut host, due, outcome, at),
            Err(panicked) => {
                host.keep_unsettled_drop(&progress)?;
                return self.failed(number, bug(errors::internal(self.ruby, panicked))?);
            }
        };
        match concluded {
            Ok(Some(response)) => self.answered(number, response),
            Ok(None) => {
                walk.extend_deadline(lay);
                let deferred = self.go_on(number, walk)?;
                self.deferred.extend(deferred);
                Ok(())
            }
            Err(stopped) => self.stopped(number, &host, &walk, stopped),
        }
    }

    /// Retries the gate for the calls that wait for money, one after the other, so that an expensive one is not
    /// overtaken for ever.
    pub(super) fn resume(&mut self) -> Result<(), Error> {
        while let Some(Deferred { number, mut walk, since }) = self.deferred.pop_front() {
            walk.extend_deadline(since.elapsed());
            if let Some(deferred) = self.go_on(number, walk)? {
                self.deferred.push_front(deferred);
                break;
            }
        }
        Ok(())
    }

    /// Starts the next call. False if there is none, no room for it, or others wait for money.
    pub(super) fn start(&mut self) -> Result<bool, Error> {
        let room = self.concurrency.saturating_sub(self.under_way.len());
        if room == 0 || !self.deferred.is_empty() || self.closed || self.next >= self.requests.len() {
            return Ok(false);
        }
        self.reserve_ahead(room)?;
        let number = self.next;
        self.next += 1;
        let _begun: Value = self.batch.funcall("begin", (number,))?;
        let deferred = self.go_on(number, self.terms.walk(self.chain, Instant::now()))?;
        self.deferred.extend(deferred);
        Ok(true)
    }

    /// Takes a call to its next attempt, and starts that, or to its end. Returns the call if it has to wait for money.
    fn go_on(&mut self, number: usize, mut walk: Walk<'b>) -> Result<Option<Deferred<'b>>, Error> {
        let since = Instant::now();
        let mut host = self.host(number)?;
        match self.attempt(number, &mut walk, &mut host) {
            Ok((due, progress)) => drop(self.under_way.insert(number, UnderWay { walk, due, progress })),
            Err(Stopped::Deferred) => return Ok(Some(Deferred { number, walk, since })),
            Err(stopped) => self.stopped(number, &host, &walk, stopped)?,
        }
        Ok(None)
    }

    fn attempt(
        &mut self,
        number: usize,
        walk: &mut Walk<'b>,
        host: &mut RubyHost<'b>,
    ) -> Result<(Due<'b>, Progress), Stopped<Error>> {
        let due = advance(walk, host)?;
        let (process, progress) = (host.process()?, Progress::default());
        let attempt = host.prepare(&process, due, &progress)?;
        self.attempts.start(process.runtime.handle(), number, attempt);
        Ok((due, progress))
    }

    fn answered(&mut self, number: usize, response: Value) -> Result<(), Error> {
        self.requests.release(number);
        self.batch.funcall::<_, _, Value>("answered", (number, response)).map(drop)
    }

    fn stopped(
        &mut self,
        number: usize,
        host: &RubyHost<'b>,
        walk: &Walk<'b>,
        stopped: Stopped<Error>,
    ) -> Result<(), Error> {
        let raised = own(host.call, host.stopped(walk, stopped))?;
        self.failed(number, raised)
    }

    fn failed(&mut self, number: usize, error: Value) -> Result<(), Error> {
        self.requests.release(number);
        let alone = self.under_way.is_empty();
        self.closed |= self.batch.funcall::<_, _, bool>("failed", (number, error, alone))?;
        Ok(())
    }

    /// Gives up the calls that had not started when the budget was exhausted.
    pub(super) fn give_up(&mut self) -> Result<(), Error> {
        if !self.closed || self.next >= self.requests.len() {
            return Ok(());
        }
        let first = self.next;
        self.next = self.requests.len();
        self.requests.release_from(first);
        self.batch.funcall::<_, _, Value>("give_up", (first,)).map(drop)
    }
}
