//! `LlmRouter::Native::Health`: what this process knows of each model, for consoles and for other
//! processes. It is locked with the GVL held only, so that no fork finds it locked.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use llm_router_core::health::{Health, Notice, Policy, Report};
use llm_router_core::Reason;
use magnus::typed_data::Obj;
use magnus::{function, kwargs, Error, Module, Object, RArray, RHash, RModule, Ruby};

use crate::endpoint::NativeEndpoint;
use crate::seconds::duration;

static HEALTH: LazyLock<Health> = LazyLock::new(Health::default);

/// A fork starts with what its parent knew.
pub(crate) fn of_process() -> &'static Health {
    &HEALTH
}

pub(crate) fn define(native: RModule) -> Result<(), Error> {
    let module = native.define_module("Health")?;
    module.define_singleton_method("report", function!(report, 0))?;
    module.define_singleton_method("reset", function!(reset, 0))?;
    module.define_singleton_method("take_over", function!(take_over, 4))?;
    module.define_singleton_method("lift", function!(lift, 2))?;
    Ok(())
}

/// What Ruby passes: after how many failures, and after how many seconds.
pub(crate) fn policy(ruby: &Ruby, (cooldown_after, down_after): (Option<u32>, f64)) -> Result<Policy, Error> {
    Ok(Policy { cooldown_after, down_after: duration(ruby, down_after)? })
}

/// For `LlmRouter::Call`: what has changed, or nil for the most frequent case, nothing.
pub(crate) fn changes(ruby: &Ruby, notices: &[Notice]) -> Result<Option<RArray>, Error> {
    if notices.is_empty() {
        return Ok(None);
    }
    let changes = ruby.ary_new();
    notices.iter().try_for_each(|notice| changes.push(changed(ruby, notice)))?;
    Ok(Some(changes))
}

/// A word and the attributes of what has changed.
fn changed(ruby: &Ruby, notice: &Notice) -> (&'static str, RHash) {
    let seconds = |time: &Duration| time.as_secs_f64();
    let symbol = |reason: &Reason| ruby.to_symbol(reason.as_str());
    match notice {
        Notice::Cooling { length, reason, failures, whole_endpoint } => (
            "cooling",
            kwargs!(ruby, "seconds" => seconds(length), "reason" => symbol(reason), "failures" => *failures,
                "whole_endpoint" => *whole_endpoint)
            .0,
        ),
        Notice::Warm { model, whole_endpoint } => {
            ("warm", kwargs!(ruby, "model" => *model, "whole_endpoint" => *whole_endpoint).0)
        }
        Notice::Down { failing, reason, failures } => (
            "down",
            kwargs!(ruby, "failing" => seconds(failing), "reason" => symbol(reason), "failures" => *failures).0,
        ),
        Notice::Up { outage } => ("up", kwargs!(ruby, "outage" => seconds(outage)).0),
    }
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
