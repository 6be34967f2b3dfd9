//! The Ruby binding, `LlmRouter::Native`. Ruby holds the configuration, the budget and the texts; this crate converts
//! values between Ruby and the core, and waits without the GVL. The core knows no Ruby.

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
