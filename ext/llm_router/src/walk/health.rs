//! The health of this process's models, and what an attempt changed in it, as Ruby values. The lock is taken with the
//! GVL held only, so that no fork finds it locked.

use std::sync::LazyLock;
use std::time::Duration;

use llm_router_core::health::{Health, Notice, Policy};
use llm_router_core::Reason;
use magnus::{kwargs, Error, RArray, RHash, Ruby};

use crate::values::seconds::duration;

static HEALTH: LazyLock<Health> = LazyLock::new(Health::default);

/// A fork starts with a copy of its parent's.
pub(crate) fn of_process() -> &'static Health {
    &HEALTH
}

/// As Ruby passes it: the number of failures, and the seconds.
pub(crate) fn policy(ruby: &Ruby, (cooldown_after, down_after): (Option<u32>, f64)) -> Result<Policy, Error> {
    Ok(Policy { cooldown_after, down_after: duration(ruby, down_after)? })
}

/// For `LlmRouter::Call`: the changes, or nil in the usual case that there are none.
pub(crate) fn changes(ruby: &Ruby, notices: &[Notice]) -> Result<Option<RArray>, Error> {
    if notices.is_empty() {
        return Ok(None);
    }
    let changes = ruby.ary_new();
    notices.iter().try_for_each(|notice| changes.push(changed(ruby, notice)))?;
    Ok(Some(changes))
}

/// The name and the attributes of a change.
fn changed(ruby: &Ruby, notice: &Notice) -> (&'static str, RHash) {
    let seconds = |time: &Duration| time.as_secs_f64();
    let symbol = |reason: &Reason| ruby.to_symbol(reason.as_str());
    match notice {
        Notice::Cooling { length, reason, failures, whole_endpoint } => (
            "cooldown",
            kwargs!(ruby, "seconds" => seconds(length), "reason" => symbol(reason), "failures" => *failures,
                "whole_endpoint" => *whole_endpoint)
            .0,
        ),
        Notice::Cleared { model, whole_endpoint } => {
            ("recovered", kwargs!(ruby, "model" => *model, "whole_endpoint" => *whole_endpoint).0)
        }
        Notice::Down { failing, reason, failures } => (
            "down",
            kwargs!(ruby, "failing" => seconds(failing), "reason" => symbol(reason), "failures" => *failures).0,
        ),
        Notice::Up { outage } => ("up", kwargs!(ruby, "outage" => seconds(outage)).0),
    }
}
