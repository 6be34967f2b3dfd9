//! `LlmRouter::Native::Chain`: a checked chain, and the calls that walk it.

use std::sync::Arc;
use std::time::Instant;

use llm_router_core::{run, run_hedged, Candidate, Chain, Hedge, HedgeAfter};
use magnus::typed_data::Obj;
use magnus::value::ReprValue;
use magnus::{function, method, Error, Module, Object, RArray, RHash, RModule, RObject, Ruby, Value};

use crate::api::endpoint::NativeEndpoint;
use crate::values::request::{self, OwnHeaders, OwnMessages, Sent};
use crate::values::seconds::duration;
use crate::values::{errors, json};
use crate::walk::batch::{Batch, Requests};
use crate::walk::host::RubyHost;
use crate::walk::pair::Pair;
use crate::walk::terms::{Limits, Terms};

#[magnus::wrap(class = "LlmRouter::Native::Chain", free_immediately, size)]
pub(crate) struct NativeChain(Arc<Chain>);

pub(crate) fn define(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Chain", ruby.class_object())?;
    // Resolved now: on first use, inside a call, magnus would check for interrupts.
    <NativeChain as magnus::TypedData>::class(ruby);
    class.define_singleton_method("new", function!(new, 2))?;
    class.define_method("doubts", method!(NativeChain::doubts, 0))?;
    class.define_method("vendors", method!(NativeChain::vendors, 0))?;
    class.define_method("walk", method!(NativeChain::walk, 5))?;
    class.define_method("walk_all", method!(NativeChain::walk_all, 5))
}

/// What Ruby passes for each candidate: model, endpoint, timeout in seconds, window in tokens, retries,
/// parameters, whether it has own messages.
type Rung = (String, Obj<NativeEndpoint>, Option<f64>, Option<u64>, Option<u32>, RHash, bool);

/// After how many seconds a call hedges, nil for the 95th percentile of the answers' times; and the share of the calls.
type Hedging = (Option<f64>, f64);

fn new(ruby: &Ruby, rungs: RArray, hedging: Option<Hedging>) -> Result<NativeChain, Error> {
    let mut candidates = Vec::with_capacity(rungs.len());
    let mut own_messages = 0..;
    for rung in rungs {
        let (model, endpoint, timeout, context, retries, params, has_own) =
            <Rung as magnus::TryConvert>::try_convert(rung)?;
        candidates.push(Candidate {
            endpoint: Arc::clone(&endpoint.0),
            timeout: timeout.map(|seconds| duration(ruby, seconds)).transpose()?,
            context,
            retries,
            params: json::params(ruby, params, &format!("params of {model}"))?,
            own_messages: if has_own { own_messages.next() } else { None },
            model,
        });
    }
    let chain = Chain::new(candidates).map_err(|error| errors::configuration(ruby, error))?;
    let Some((after, share)) = hedging else { return Ok(NativeChain(Arc::new(chain))) };
    let after = after.map_or(Ok(HedgeAfter::P95), |seconds| duration(ruby, seconds).map(HedgeAfter::Time))?;
    Ok(NativeChain(Arc::new(chain.hedged(Hedge::new(after, share)))))
}

impl NativeChain {
    fn doubts(&self) -> Vec<String> {
        self.0.doubts().iter().map(ToString::to_string).collect()
    }

    fn vendors(&self) -> Vec<String> {
        self.0.candidates().iter().map(|candidate| candidate.vendor().to_owned()).collect()
    }

    /// Walks the chain for one call. `call` is a `LlmRouter::Call`, see [`RubyHost`].
    fn walk(
        ruby: &Ruby,
        this: &Self,
        call: RObject,
        (field, value): (String, Value),
        (options, headers, own_messages): (RHash, OwnHeaders, OwnMessages),
        limits: Limits,
        policy: (Option<u32>, f64),
    ) -> Result<Value, Error> {
        errors::guarded(ruby, || {
            let started = Instant::now();
            let terms = Terms::new(ruby, limits, policy)?;
            let (sent, options) = (Sent { field: &field, value, place: &field }, json::params(ruby, options, "")?);
            let request = Arc::new(request::read(ruby, &sent, options, headers, own_messages)?);
            let reserving = call.funcall("reserving?", ())?;
            let (max_answer_bytes, pid) = (terms.max_answer_bytes, std::process::id());
            let mut host = RubyHost {
                ruby,
                call,
                request,
                reserving,
                max_answer_bytes,
                pid,
                max_price: None,
                pending_interrupt: None,
            };
            let mut walk = terms.walk(&this.0, started);
            let Some(hedge) = this.0.hedge() else {
                return run(&mut walk, &mut host).map_err(|stopped| host.stopped(&walk, stopped));
            };
            let mut pair = Pair::new(host);
            run_hedged(&mut walk, &mut pair, hedge)
                .map_err(|stopped| pair.leave().err().unwrap_or_else(|| pair.first().stopped(&walk, stopped)))
        })
    }

    /// Walks the chain for each of many requests at once, see [`Batch`].
    fn walk_all(
        ruby: &Ruby,
        this: &Self,
        batch: RObject,
        (field, requests, own_messages): (String, RArray, Option<RArray>),
        concurrency: usize,
        limits: Limits,
        policy: (Option<u32>, f64),
    ) -> Result<(), Error> {
        errors::guarded(ruby, || {
            let terms = Terms::new(ruby, limits, policy)?;
            let requests = Requests::read(ruby, &field, requests, own_messages)?;
            Batch::new(ruby, batch, &this.0, terms, requests, concurrency)?.run()
        })
    }
}
