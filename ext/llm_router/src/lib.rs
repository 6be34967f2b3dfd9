//! The Ruby binding: `LlmRouter::Native`. Ruby holds the configuration, the budget and the words;
//! this crate turns Ruby's values into the core's, waits without the GVL, and turns the core's
//! back. Nothing else here knows Ruby, and the core does not.

mod api;
mod runtime;
mod values;
mod walk;

use llm_router_core::Cost;
use magnus::{Error, Module, Ruby};

#[magnus::init]
fn init(ruby: &Ruby) -> Result<(), Error> {
    let native = ruby.define_class("LlmRouter", ruby.class_object())?.define_module("Native")?;
    native.const_set("MAX_USD", Cost::MAX)?;
    api::define(ruby, native)?;
    values::completion::define(ruby, native)?;
    values::errors::define(native)?;
    runtime::process::define(native)
}
