//! `LlmRouter::Native::Health`: what this process knows of each model, for consoles and for other
//! processes.

use std::time::{Duration, Instant};

use llm_router_core::health::{covers, Report, Switch};
use llm_router_core::Reason;
use magnus::typed_data::Obj;
use magnus::{function, kwargs, Error, Module, Object, RArray, RHash, RModule, Ruby};

use crate::api::endpoint::NativeEndpoint;
use crate::values::seconds::duration;
use crate::walk::health::of_process;

pub(crate) fn define(native: RModule) -> Result<(), Error> {
    let module = native.define_module("Health")?;
    module.define_singleton_method("report", function!(report, 0))?;
    module.define_singleton_method("reset", function!(reset, 0))?;
    module.define_singleton_method("take_over", function!(take_over, 4))?;
    module.define_singleton_method("lift", function!(lift, 2))?;
    module.define_singleton_method("switch", function!(switch, 1))?;
    module.define_singleton_method("switched_off?", function!(is_switched_off, 1))?;
    module.define_singleton_method("covers?", function!(is_covered, 2))?;
    Ok(())
}

fn report(ruby: &Ruby) -> Result<RArray, Error> {
    let models = ruby.ary_new();
    for report in of_process().report(Instant::now()) {
        models.push(attributes(ruby, &report))?;
    }
    Ok(models)
}

fn attributes(ruby: &Ruby, report: &Report) -> RHash {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    kwargs!(
        ruby,
        "model" => report.model.as_str(),
        "endpoint" => report.endpoint.as_str(),
        "state" => ruby.to_symbol(report.state.as_str()),
        "failing_since" => seconds(report.failing),
        "consecutive_failures" => report.failures,
        "last_reason" => report.last_reason.map(|reason| ruby.to_symbol(reason.as_str())),
        "next_probe_at" => seconds(report.next_probe),
        "attempts" => report.attempts,
        "successes" => report.successes,
        "p50" => seconds(report.p50),
        "p95" => seconds(report.p95)
    )
    .0
}

fn reset() {
    of_process().reset();
}

/// `model` is nil for the endpoint as a whole.
fn take_over(
    ruby: &Ruby,
    endpoint: Obj<NativeEndpoint>,
    model: Option<String>,
    left: f64,
    reason: String,
) -> Result<(), Error> {
    if let Some(reason) = Reason::of_cooldown(&reason) {
        of_process().take_over(&endpoint.0, model.as_deref(), duration(ruby, left)?, reason, Instant::now());
    }
    Ok(())
}

fn lift(endpoint: Obj<NativeEndpoint>, model: Option<String>) {
    of_process().lift(&endpoint.0, model.as_deref());
}

/// Each switch is its pattern, the seconds that are left of it, and its note.
fn switch(ruby: &Ruby, switches: RArray) -> Result<(), Error> {
    let now = Instant::now();
    let mut all = Vec::with_capacity(switches.len());
    for switch in switches {
        let (pattern, left, note) = <(String, f64, String) as magnus::TryConvert>::try_convert(switch)?;
        all.push(Switch::new(&pattern, now + duration(ruby, left)?, note));
    }
    of_process().switch(all);
    Ok(())
}

fn is_switched_off(model: String) -> bool {
    of_process().switched_off(&model, Instant::now()).is_some()
}

fn is_covered(pattern: String, model: String) -> bool {
    covers(&pattern, &model)
}
