//! Reserves, and settles, for many calls in one statement, where the budget can. It is done ahead: when a call comes to
//! its gate, or settles, it finds that done. What was not done, the call does by itself.

use std::time::Instant;

use llm_router_core::{Next, Planned, Walk};
use magnus::value::ReprValue;
use magnus::{Error, Value};

use super::Batch;
use crate::values::completion::tokens;
use crate::walk::gate::bounds;

/// How many calls reserve in one statement, at most.
const MAX_TOGETHER: usize = 50;

impl<'b> Batch<'b> {
    /// Reserves for the first attempts of the next calls, once for each call.
    pub(super) fn reserve_ahead(&mut self, room: usize) -> Result<(), Error> {
        if !self.together || self.next < self.ahead {
            return Ok(());
        }
        let first = self.next;
        self.ahead = self.requests.len().min(first + room.min(MAX_TOGETHER));
        // All of them are kept until the last is planned, so that one call at most counts on the probe.
        let mut walks = Vec::new();
        let mut attempts = Vec::new();
        for number in first..self.ahead {
            let mut walk = self.terms.walk(self.chain, Instant::now());
            let planned = first_attempt(&mut walk);
            walks.push(walk);
            let (Some(planned), Some(request)) = (planned, self.requests.get(number)) else { return Ok(()) };
            let bounds = bounds(&request, planned.candidate);
            attempts.push((number, planned.position, planned.limit.as_secs_f64(), bounds));
        }
        drop(walks);
        if attempts.len() < 2 {
            return Ok(());
        }
        self.check_process()?;
        self.batch.funcall::<_, _, Value>("reserve_ahead", (self.ruby.ary_from_vec(attempts),)).map(drop)
    }

    /// Settles the answers that have arrived.
    pub(super) fn settle_ahead(&self) -> Result<(), Error> {
        if !self.together {
            return Ok(());
        }
        let answers = self.arrivals.iter().filter_map(|arrival| {
            let Ok(Ok(completion)) = &arrival.outcome else { return None };
            let cost = completion.cost.as_ref().map(ToString::to_string);
            Some((arrival.number, cost, tokens(completion.usage), completion.generation_id.clone()))
        });
        let answers: Vec<_> = answers.collect();
        if answers.len() < 2 {
            return Ok(());
        }
        self.check_process()?;
        self.batch.funcall::<_, _, Value>("settle_ahead", (self.ruby.ary_from_vec(answers),)).map(drop)
    }
}

/// What a new call is going to attempt. Nobody sees what it skips: the call itself does that once more.
fn first_attempt<'c>(walk: &mut Walk<'c>) -> Option<Planned<'c>> {
    loop {
        match walk.next(Instant::now()) {
            Next::Attempt(planned) => return Some(planned),
            Next::Skip(_) => {}
            Next::End(_) => return None,
        }
    }
}
