//! `LlmRouter::Native.without_quotations`: the words of a caller who refuses an answer.

use llm_router_core::without_quotations;
use magnus::{function, Error, Object, RModule, Ruby};

use crate::values::errors;

pub(crate) fn define(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("without_quotations", function!(line, 2))
}

fn line(ruby: &Ruby, words: String, said: Vec<String>) -> Result<String, Error> {
    errors::guarded(ruby, || Ok(without_quotations(&words, &said)))
}
