//! The messages of candidates that have their own, as `LlmRouter::CandidateMessages` passes them.

use llm_router_core::Request;
use magnus::{Error, RArray, Ruby, TryConvert, Value};

use crate::values::json;

/// Adds them to a request: pairs of what an error calls them and the messages, or nil if no candidate has its own.
///
/// # Errors
/// An `ArgumentError` that names the place of what cannot be sent.
pub(crate) fn add(ruby: &Ruby, request: Request, own_messages: Option<RArray>) -> Result<Request, Error> {
    let Some(own_messages) = own_messages else { return Ok(request) };
    let read = |pair: Value| {
        let (place, messages): (String, Value) = TryConvert::try_convert(pair)?;
        json::value(ruby, messages, &place)
    };
    Ok(request.with_own_messages(own_messages.into_iter().map(read).collect::<Result<_, _>>()?))
}
