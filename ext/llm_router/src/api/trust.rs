//! `LlmRouter::Native::Trust`: the certificates of `config.ca_file`.

use std::path::Path;

use llm_router_core::Trust;
use magnus::{function, Error, Module, Object, RModule, Ruby};

use crate::values::errors;

#[magnus::wrap(class = "LlmRouter::Native::Trust", free_immediately, size)]
pub(crate) struct NativeTrust(pub(crate) Trust);

pub(crate) fn define(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = native.define_class("Trust", ruby.class_object())?;
    // Resolved now: on first use, inside a call, magnus would check for interrupts.
    <NativeTrust as magnus::TypedData>::class(ruby);
    class.define_singleton_method("system_authorities", function!(|| Trust::System.authorities(), 0))?;
    class.define_singleton_method("new", function!(new, 1))
}

fn new(ruby: &Ruby, path: String) -> Result<NativeTrust, Error> {
    Trust::file(Path::new(&path))
        .map(NativeTrust)
        .map_err(|error| errors::configuration(ruby, format!("ca_file {error}")))
}
