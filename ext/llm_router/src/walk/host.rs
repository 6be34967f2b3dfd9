//! What a walk needs of its caller, done by a `LlmRouter::Call` in Ruby.

use std::future::Future;
use std::sync::Arc;

use llm_router_core::health::Notice;
use llm_router_core::{
    attempt, Acceptance, Attempt, BlockingHost, Candidate, Completion, Due, Ended, Failure, Gate, Hop, Host, MaxPrice,
    Outcome, Planned, Progress, Reason, Request, Stopped, Walk,
};
use magnus::error::ErrorType;
use magnus::{kwargs, value::ReprValue, ArgList, Error, Object, RHash, RObject, Ruby, Value};
use tokio::time::sleep;

use crate::runtime::waiting::{wait, Waited};
use crate::runtime::Process;
use crate::values::completion::{self, NativeCompletion};
use crate::values::errors;
use crate::walk::{gate, health};

/// The instance variable of `LlmRouter::Call` for an outcome that is not settled yet.
const UNSETTLED: &str = "@unsettled";

pub(crate) struct RubyHost<'r> {
    pub(crate) ruby: &'r Ruby,
    /// On the stack of the method that Ruby called, so that the GC sees it.
    pub(crate) call: RObject,
    pub(crate) request: Arc<Request>,
    /// Whether the budget reserves: then every message is measured.
    pub(crate) reserving: bool,
    pub(crate) max_answer_bytes: usize,
    /// The process that makes the call.
    pub(crate) pid: u32,
    /// The reserved rates of the attempt that has passed the gate.
    pub(crate) max_price: Option<MaxPrice>,
    /// An exception that came together with an outcome, and is raised once that is settled.
    pub(crate) pending_interrupt: Option<Error>,
}

impl Host for RubyHost<'_> {
    type Answer = Value;
    type Error = Error;

    fn windows(&mut self, failure: Option<&Failure>) -> Result<Vec<Option<u64>>, Error> {
        if let Some(failure) = failure {
            // The look-up may be interrupted, and the failure may have cost something.
            self.call.ivar_set(UNSETTLED, self.known(failure))?;
        }
        self.call.funcall("windows", ())
    }

    fn gate(&mut self, planned: Planned<'_>) -> Result<Gate, Error> {
        if let Some(too_long) = gate::too_long(self.call, planned, &self.request)? {
            return Ok(too_long);
        }
        let bounds = self.reserving.then(|| gate::bounds(&self.request, planned.candidate));
        let (decision, max_price) = gate::pass(self.ruby, self.call, planned, bounds)?;
        self.max_price = max_price;
        Ok(decision)
    }

    fn answered(
        &mut self,
        _: &Candidate,
        completion: Completion,
        notices: &[Notice],
    ) -> Result<Acceptance<Value>, Error> {
        let completion = NativeCompletion::wrap(self.ruby, completion);
        let changes = health::changes(self.ruby, notices)?;
        let response = self.settle(completion.as_value(), "answered", (completion, changes))?;
        // Apart from settling, so that interrupts of the caller's own code come through.
        let refusal: Option<String> = self.call.funcall("refusal", (response,))?;
        Ok(refusal.map_or(Acceptance::Accepted(response), Acceptance::Refused))
    }

    fn refused(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Error> {
        let next = next.map(|candidate| candidate.model.as_str());
        self.call.funcall::<_, _, Value>("refused", (next, self.attributes(hop)?)).map(drop)
    }

    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, notices: &[Notice]) -> Result<(), Error> {
        let next = next.map(|candidate| candidate.model.as_str());
        let attributes = self.attributes(hop)?;
        let changes = health::changes(self.ruby, notices)?;
        self.settle(attributes.as_value(), "hopped", (next, attributes, changes)).map(drop)
    }
}

impl BlockingHost for RubyHost<'_> {
    fn attempt(&mut self, due: Due<'_>) -> Result<Outcome, Error> {
        let process = self.process()?;
        let progress = Progress::default();
        let attempt = self.prepare(&process, due, &progress)?;
        match wait(self.ruby, &process, attempt) {
            // A kill or a throw would be lost in Ruby code, so the call settles on its way out.
            Ok(Waited { output, pending_interrupt: Some(jump) }) if matches!(jump.error_type(), ErrorType::Jump(_)) => {
                Err(self.keep_unsettled(output).err().unwrap_or(jump))
            }
            Ok(Waited { output, pending_interrupt }) => {
                self.pending_interrupt = pending_interrupt;
                Ok(output)
            }
            Err(interrupt) => {
                let interrupt = interrupt.into_error(self.ruby);
                Err(self.keep_unsettled_drop(&progress).err().unwrap_or(interrupt))
            }
        }
    }
}

impl RubyHost<'_> {
    /// Of a second attempt at the same request, which `call` gates and settles.
    pub(crate) fn beside(&self, call: RObject) -> Self {
        Self { call, request: Arc::clone(&self.request), max_price: None, pending_interrupt: None, ..*self }
    }

    /// The process that makes the attempts.
    pub(crate) fn process(&self) -> Result<Arc<Process>, Error> {
        if self.forked() {
            return Err(errors::forked(self.ruby));
        }
        Process::current().map_err(|error| errors::configuration(self.ruby, error))
    }

    /// An attempt, not started yet, with the wait before it. `progress` says how far it comes.
    pub(crate) fn prepare(
        &self,
        process: &Process,
        Due { candidate, delay, limit, .. }: Due<'_>,
        progress: &Progress,
    ) -> Result<impl Future<Output = Outcome> + Send + 'static, Error> {
        let client = process
            .clients
            .trusting(candidate.endpoint.trust())
            .map_err(|error| errors::configuration(self.ruby, error))?;
        let candidate = match &self.max_price {
            Some(max_price) => max_price.imposed_on(&self.request, candidate),
            None => Ok(candidate.clone()),
        };
        let (candidate, attempt_progress) =
            (candidate.map_err(|error| errors::internal(self.ruby, error))?, progress.clone());
        let (request, max_answer_bytes) = (Arc::clone(&self.request), self.max_answer_bytes);
        Ok(async move {
            if !delay.is_zero() {
                sleep(delay).await;
            }
            let ask = Attempt {
                candidate: &candidate,
                request: &request,
                limit,
                max_answer_bytes,
                progress: &attempt_progress,
            };
            attempt(&client, ask).await
        })
    }

    /// Whether a trap, a budget or an observer has forked, and this is the child.
    fn forked(&self) -> bool {
        self.pid != std::process::id()
    }

    /// Settles an outcome. If that is interrupted, the call settles it on its way out.
    fn settle(&mut self, outcome: Value, method: &str, arguments: impl ArgList) -> Result<Value, Error> {
        self.call.ivar_set(UNSETTLED, outcome)?;
        let settled = self.call.funcall(method, arguments)?;
        self.pending_interrupt.take().map_or(Ok(settled), Err)
    }

    /// Leaves an outcome to the call, which settles it on its way out. No Ruby code runs here: a pending kill or throw
    /// would be lost in a `rescue`.
    pub(crate) fn keep_unsettled(&self, outcome: Outcome) -> Result<(), Error> {
        match outcome {
            Ok(completion) => self.call.ivar_set(UNSETTLED, NativeCompletion::wrap(self.ruby, completion)),
            Err(failure) => self.call.ivar_set(UNSETTLED, self.known(&failure)),
        }
    }

    /// What a failed attempt may have cost.
    fn known(&self, failure: &Failure) -> RHash {
        kwargs!(
            self.ruby,
            "cost_usd" => failure.cost.as_ref().map(ToString::to_string),
            "uncertain" => failure.uncertain,
            "tokens" => completion::tokens(failure.usage),
            "generation_id" => failure.generation_id.as_deref()
        )
        .0
    }

    /// As `keep_unsettled`, of a dropped attempt, as far as it had come.
    pub(crate) fn keep_unsettled_drop(&self, progress: &Progress) -> Result<(), Error> {
        let (uncertain, generation_id) = (progress.uncertain(), progress.generation_id());
        let known = kwargs!(self.ruby, "uncertain" => uncertain, "generation_id" => generation_id);
        self.call.ivar_set(UNSETTLED, known.0)
    }

    /// The exception of a walk that brought no answer.
    pub(crate) fn stopped(&self, walk: &Walk<'_>, stopped: Stopped<Error>) -> Error {
        match stopped {
            Stopped::Host(error) => error,
            Stopped::Ended(ended) => self.unanswered(walk, ended),
            Stopped::Deferred => errors::internal(self.ruby, "a call that waits for money was ended"),
        }
    }

    /// The exception that says why a walk ended without an answer. `Call` raises it.
    fn unanswered(&self, walk: &Walk<'_>, ended: Ended) -> Error {
        let raised: Result<Value, Error> = match ended {
            Ended::Rejected(hop) if hop.failure.reason == Reason::TooLong => {
                let (named, least) = (hop.failure.length.tokens, walk.least_tokens(&self.request, &hop));
                let sizes = (named, least, walk.largest_window());
                self.call.funcall("too_long", (hop.model, hop.endpoint, hop.failure.body, sizes))
            }
            Ended::Rejected(hop) => self.call.funcall("rejected", (hop.model, hop.endpoint, hop.failure.body)),
            Ended::Exhausted => self.call.funcall("exhausted", ()),
            Ended::DeadlineExceeded => self.call.funcall("deadline_exceeded", ()),
        };
        raised.map_or_else(|error| error, |_| errors::internal(self.ruby, "a walk ended without saying why"))
    }

    /// The keywords of `LlmRouter::Hop.new`.
    fn attributes(&self, hop: &Hop) -> Result<RHash, Error> {
        let failure = &hop.failure;
        Ok(kwargs!(
            self.ruby,
            "model" => hop.model.as_str(),
            "vendor" => hop.vendor.as_str(),
            "endpoint" => hop.endpoint.as_str(),
            "reason" => self.ruby.to_symbol(failure.reason.as_str()),
            "status" => failure.status,
            "message" => failure.message.as_str(),
            "duration" => hop.duration.as_secs_f64(),
            "retry_after" => failure.retry_after.map(|wait| wait.as_secs_f64()),
            "cost_usd" => failure.cost.as_ref().map(ToString::to_string),
            "uncertain" => failure.uncertain,
            "tokens" => completion::tokens(failure.usage),
            "generation_id" => failure.generation_id.as_deref()
        )
        .0)
    }
}
