//! The Ruby binding: `LlmRouter::Native`. Ruby holds the configuration, the budget and the words;
//! this crate turns Ruby's values into the core's, waits without the GVL, and turns the core's
//! back. Nothing else here knows Ruby, and the core does not.

mod batch;
mod bell;
mod chain;
mod completion;
mod driver;
mod endpoint;
mod errors;
mod gvl;
mod health;
mod host;
mod json;
mod lookups;
mod runtime;
mod seconds;
mod signal;
mod terms;
mod trust;
mod unique;
mod waiting;

use llm_router_core::Cost;
use magnus::{Error, Module, Ruby};

#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    let native = ruby.define_class("LlmRouter", ruby.class_object())?.define_module("Native")?;
    native.const_set("MAX_USD", Cost::MAX)?;
    trust::define(ruby, native)?;
    endpoint::define(ruby, native)?;
    chain::define(ruby, native)?;
    completion::define(ruby, native)?;
    health::define(native)?;
    runtime::define(native)?;
    unique::define(native)?;
    errors::define(ruby, native)
}
