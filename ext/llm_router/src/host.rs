//! What a walk asks of its caller, done by Ruby: a `LlmRouter::Call`.

use std::time::Duration;

use llm_router_core::health::Notice;
use llm_router_core::{
    gateway, Ask, Asking, Bounds, Candidate, Completion, Ended, Failure, Gate, Hop, Host, Progress, Request,
};
use magnus::{kwargs, value::ReprValue, ArgList, Error, RHash, Ruby, Value};

use crate::completion::NativeCompletion;
use crate::gvl::Interrupted;
use crate::runtime::Process;
use crate::{errors, gvl, health};

pub(crate) struct RubyHost<'r> {
    pub(crate) ruby: &'r Ruby,
    /// Lives in the frame of the method that Ruby called, so the GC sees it.
    pub(crate) call: Value,
    pub(crate) request: Request,
    /// Whether the budget wants to know what an attempt can cost. It takes a look at every message.
    pub(crate) reserving: bool,
    pub(crate) max_answer_bytes: usize,
}

impl Host for RubyHost<'_> {
    type Answer = Value;
    type Error = Error;

    fn gate(&mut self, asking: Asking<'_>) -> Result<Gate, Error> {
        let candidate = asking.candidate;
        let bounds = self.reserving.then(|| self.request.bounds(candidate));
        let Bounds { prompt_tokens, completion_tokens } = bounds.unwrap_or_default();
        let asked = (
            candidate.model.as_str(),
            candidate.vendor(),
            candidate.endpoint.name(),
            asking.position,
            asking.limit.as_secs_f64(),
            prompt_tokens,
            completion_tokens,
        );
        let refusal: Option<String> = self.call.funcall("gate", asked)?;
        Ok(refusal.map_or(Gate::Open, Gate::TooExpensive))
    }

    fn attempt(&mut self, candidate: &Candidate, limit: Duration) -> Result<Result<Completion, Failure>, Error> {
        // Asked for at every attempt: a budget may have forked since the last one.
        let process = Process::current().map_err(|error| errors::configuration(self.ruby, error))?;
        let client = process
            .clients
            .trusting(candidate.endpoint.trust())
            .map_err(|error| errors::configuration(self.ruby, error))?;
        let progress = Progress::default();
        let ask = Ask {
            candidate,
            request: &self.request,
            limit,
            max_answer_bytes: self.max_answer_bytes,
            progress: &progress,
        };
        gvl::wait(&process, gateway::attempt(&client, ask)).map_err(|interrupt| self.interrupted(&progress, interrupt))
    }

    fn answered(&mut self, candidate: &Candidate, completion: Completion) -> Result<Value, Error> {
        let completion = NativeCompletion::wrap(self.ruby, completion);
        self.insist("answered", (completion, candidate.endpoint.name()))
    }

    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>) -> Result<(), Error> {
        let next = next.map(|candidate| candidate.model.as_str());
        self.insist("hopped", (next, self.attributes(hop)?)).map(drop)
    }

    fn noticed(&mut self, notices: &[Notice]) -> Result<(), Error> {
        for notice in notices {
            let _: Value = self.call.funcall("noticed", health::changed(self.ruby, notice))?;
        }
        Ok(())
    }
}

impl RubyHost<'_> {
    /// Calls a method that books money. Its first act is to hold off interrupts, but one may get in
    /// before that; then it is called again, and the interrupt goes on when the money is booked.
    fn insist(&self, method: &str, arguments: impl ArgList + Copy) -> Result<Value, Error> {
        let first = self.call.funcall(method, arguments);
        let Err(interrupt) = first else { return first };
        match gvl::aside(|| self.book_late(method, arguments)) {
            // A jump is what it is; what went wrong while it was pending is told by the log alone.
            Err(Interrupted::ByRuby(error)) if gvl::is_jump(&interrupt) && !gvl::is_jump(&error) => Err(interrupt),
            Err(late) => Err(errors::interrupted(self.ruby, late)),
            Ok(()) => Err(interrupt),
        }
    }

    fn book_late(&self, method: &str, arguments: impl ArgList) -> Result<(), Error> {
        if self.call.funcall("booking?", ())? {
            return Ok(());
        }
        self.call.funcall(method, arguments).map(|_: Value| ())
    }

    /// Tells of an attempt that was dropped. Whatever comes of it, the interrupt itself goes on, unless
    /// another has taken its place.
    fn interrupted(&self, progress: &Progress, interrupt: Interrupted) -> Error {
        let told = || self.insist("interrupted", (progress.uncertain(), progress.generation_id())).map(drop);
        match gvl::aside(told) {
            Err(Interrupted::ByRuby(other)) if gvl::is_jump(&other) => other,
            _ => errors::interrupted(self.ruby, interrupt),
        }
    }

    /// The exception that tells why a walk ended without an answer. `Call` raises it.
    pub(crate) fn ended(&self, ended: Ended) -> Error {
        let raised: Result<Value, Error> = match ended {
            Ended::Rejected(hop) => self.call.funcall("rejected", (hop.failure.body,)),
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
            "generation_id" => failure.generation_id.as_deref()
        )
        .0)
    }
}
