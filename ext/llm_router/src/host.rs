//! What a walk asks of its caller, done by Ruby: a `LlmRouter::Call`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use llm_router_core::health::Notice;
use llm_router_core::{
    gateway, Ask, Asking, Candidate, Completion, Cost, Ended, Gate, Hop, Host, MaxPrice, Outcome, Progress, Request,
    Stopped, Waiting,
};
use magnus::{kwargs, value::ReprValue, ArgList, Error, Object, RArray, RHash, RObject, Ruby, TryConvert, Value};

use crate::completion::{self, NativeCompletion};
use crate::gvl::Interrupted;
use crate::runtime::Process;
use crate::waiting::wait;
use crate::{errors, gvl, health};

/// The instance variable of `LlmRouter::Call` that says whether the last thing told was taken up.
const BOOKING: &str = "@booking";
/// How often it is told at most. An interrupt a time gets in; nobody sends a hundred at once.
const OFTEN: u8 = 100;

pub(crate) struct RubyHost<'r> {
    pub(crate) ruby: &'r Ruby,
    /// Lives in the frame of the method that Ruby called, so the GC sees it.
    pub(crate) call: RObject,
    pub(crate) request: Arc<Request>,
    /// Whether the budget wants to know what an attempt can cost. It takes a look at every message.
    pub(crate) reserving: bool,
    pub(crate) max_answer_bytes: usize,
    /// The process that makes the call.
    pub(crate) pid: u32,
    /// What providers may bill for the attempt that the gate has let through, where that was reserved.
    pub(crate) max_price: Option<MaxPrice>,
    /// What came together with an outcome, and goes on when that is booked.
    pub(crate) late: Option<Error>,
}

impl Host for RubyHost<'_> {
    type Answer = Value;
    type Error = Error;

    fn gate(&mut self, asking: Asking<'_>) -> Result<Gate, Error> {
        let candidate = asking.candidate;
        let bounds = self.reserving.then(|| self.request.bounds(candidate));
        let bounds =
            bounds.map(|known| (known.prompt_tokens, known.completion_tokens, known.choices, known.tier, known.extras));
        // Nil, or the rates to keep to, where the attempt may be made; else why not, or false for "not now".
        let gate: Value = self.call.funcall("gate", (asking.position, asking.limit.as_secs_f64(), bounds))?;
        self.max_price = None;
        if gate.is_nil() {
            Ok(Gate::Open)
        } else if let Some(rates) = RArray::from_value(gate) {
            self.max_price = Some(max_price(self.ruby, rates)?);
            Ok(Gate::Open)
        } else if gate.to_bool() {
            String::try_convert(gate).map(Gate::TooExpensive)
        } else {
            Ok(Gate::NotNow)
        }
    }

    fn answered(&mut self, _: &Candidate, completion: Completion, notices: &[Notice]) -> Result<Value, Error> {
        let completion = NativeCompletion::wrap(self.ruby, completion);
        let changes = health::changes(self.ruby, notices)?;
        self.book("answered", (completion, changes))
    }

    fn hopped(&mut self, hop: &Hop, next: Option<&Candidate>, notices: &[Notice]) -> Result<(), Error> {
        let next = next.map(|candidate| candidate.model.as_str());
        let attributes = self.attributes(hop)?;
        let changes = health::changes(self.ruby, notices)?;
        self.book("hopped", (next, attributes, changes)).map(drop)
    }
}

impl Waiting for RubyHost<'_> {
    fn attempt(&mut self, candidate: &Candidate, limit: Duration) -> Result<Outcome, Error> {
        let process = self.process()?;
        let progress = Progress::default();
        let attempt = self.exchange(&process, candidate, limit, &progress)?;
        let waited = wait(self.ruby, &process, attempt);
        let waited = waited.map_err(|interrupt| self.interrupted(&progress, interrupt))?;
        self.late = waited.late;
        Ok(waited.output)
    }
}

impl RubyHost<'_> {
    /// What makes attempts in this process.
    pub(crate) fn process(&self) -> Result<Arc<Process>, Error> {
        if self.forked() {
            return Err(errors::forked(self.ruby));
        }
        Process::current().map_err(|error| errors::configuration(self.ruby, error))
    }

    /// An attempt, to be waited for. `progress` tells how far it came, whatever becomes of it.
    pub(crate) fn exchange(
        &self,
        process: &Process,
        candidate: &Candidate,
        limit: Duration,
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
        let (candidate, told) = (candidate.map_err(|error| errors::internal(self.ruby, error))?, progress.clone());
        let (request, max_answer_bytes) = (Arc::clone(&self.request), self.max_answer_bytes);
        Ok(async move {
            let ask = Ask { candidate: &candidate, request: &request, limit, max_answer_bytes, progress: &told };
            gateway::attempt(&client, ask).await
        })
    }

    /// Books an outcome. What came together with it goes on after that.
    fn book(&mut self, method: &str, arguments: impl ArgList + Copy) -> Result<Value, Error> {
        match self.late.take() {
            Some(late) => Err(self.leaving(late, method, arguments)),
            None => self.insist(method, arguments),
        }
    }

    /// Calls a method that books money. Its first act is to hold off interrupts, but one may get in
    /// before that; then it is called again, and the interrupt goes on when the money is booked.
    fn insist(&self, method: &str, arguments: impl ArgList + Copy) -> Result<Value, Error> {
        self.call.ivar_set(BOOKING, false)?;
        self.tell(method, arguments, OFTEN)
    }

    fn tell(&self, method: &str, arguments: impl ArgList + Copy, often: u8) -> Result<Value, Error> {
        let first = self.call.funcall(method, arguments);
        let Err(interrupt) = first else { return first };
        // Read as it is, for a method that is asked could be interrupted too.
        if often == 0 || self.call.ivar_get(BOOKING)? {
            return Err(interrupt);
        }
        match gvl::aside(|| self.tell(method, arguments, often - 1).map(drop)) {
            Err(Interrupted::ByRuby(jump)) if gvl::is_jump(&jump) => Err(jump),
            // What went wrong while it was pending must not pass for the call's own end: a batch would go on.
            _ => Err(interrupt),
        }
    }

    /// Tells of an attempt that was dropped.
    pub(crate) fn interrupted(&self, progress: &Progress, interrupt: Interrupted) -> Error {
        let told = (progress.uncertain(), progress.generation_id());
        match interrupt {
            Interrupted::ByPanic(panicked) => self.ended(errors::internal(self.ruby, panicked), "interrupted", told),
            interrupt => self.leaving(errors::interrupted(self.ruby, interrupt), "interrupted", told),
        }
    }

    /// Books money on the way out of an interrupt. Whatever comes of it, that goes on, unless a jump has taken
    /// its place.
    pub(crate) fn leaving(&self, end: Error, method: &str, arguments: impl ArgList + Copy) -> Error {
        self.last_told(method, arguments).filter(gvl::is_jump).unwrap_or(end)
    }

    /// Books money where a walk ends by itself. The budget's errors do not come out of what is told then: what
    /// does is an interrupt, meant for the thread, and takes the place of what was the call's own affair.
    fn ended(&self, end: Error, method: &str, arguments: impl ArgList + Copy) -> Error {
        let stays = gvl::is_jump(&end);
        self.last_told(method, arguments).filter(|other| !stays || gvl::is_jump(other)).unwrap_or(end)
    }

    /// What came of telling it.
    fn last_told(&self, method: &str, arguments: impl ArgList + Copy) -> Option<Error> {
        // What is reserved is the parent's, which sees to it.
        if self.forked() {
            return None;
        }
        match gvl::aside(|| self.insist(method, arguments).map(drop)) {
            Err(Interrupted::ByRuby(error)) => Some(error),
            _ => None,
        }
    }

    /// Whether a trap, a budget or an observer has forked, and this is the child.
    fn forked(&self) -> bool {
        self.pid != std::process::id()
    }

    /// What a walk that brought no answer ends with. Lets go of what was reserved for an attempt that
    /// then was not made.
    pub(crate) fn stopped(&self, stopped: Stopped<Error>) -> Error {
        let end = match stopped {
            Stopped::Host(error) => error,
            Stopped::Ended(ended) => self.unanswered(ended),
            Stopped::Held => errors::internal(self.ruby, "a call that is held was ended"),
        };
        self.ended(end, "stopped", ())
    }

    /// The exception that tells why a walk ended without an answer. `Call` raises it.
    fn unanswered(&self, ended: Ended) -> Error {
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
            "tokens" => completion::tokens(failure.usage),
            "generation_id" => failure.generation_id.as_deref()
        )
        .0)
    }
}

/// From the rates of `LlmRouter::Price`, as decimal text.
fn max_price(ruby: &Ruby, rates: RArray) -> Result<MaxPrice, Error> {
    let cost = |usd: String| match Cost::read(&usd) {
        Ok(Some(cost)) => Ok(cost),
        _ => Err(errors::internal(ruby, format!("{usd} is no price"))),
    };
    let (prompt, completion, request, image) = TryConvert::try_convert(rates.as_value())?;
    let image: Option<String> = image;
    Ok(MaxPrice {
        prompt: cost(prompt)?,
        completion: cost(completion)?,
        request: cost(request)?,
        image: image.map(cost).transpose()?,
    })
}
