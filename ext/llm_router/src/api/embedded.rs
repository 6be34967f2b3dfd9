//! `LlmRouter::Native.embedded_json`: the JSON in what a model wrote.

use llm_router_core::embedded_json;
use magnus::{function, Error, Object, RModule, Ruby};

use crate::values::errors;

pub(crate) fn define(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("embedded_json", function!(embedded, 1))
}

/// The JSON, or why there is none.
fn embedded(ruby: &Ruby, text: String) -> Result<(Option<String>, Option<String>), Error> {
    errors::guarded(ruby, || {
        Ok(match embedded_json(&text) {
            Ok(place) => (text.get(place).map(str::to_owned), None),
            Err(why) => (None, Some(why.to_string())),
        })
    })
}
