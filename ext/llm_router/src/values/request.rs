//! A request from what Ruby passes for it.

use llm_router_core::{Headers, Params, Request};
use magnus::{Error, RArray, Ruby, TryConvert, Value};

use crate::values::{errors, json};

/// By name; nil for one that is left out, although the endpoint has it.
pub(crate) type OwnHeaders = Vec<(String, Option<String>)>;

/// The field of what is sent to have it embedded; any other is that of messages. See `LlmRouter::Api`.
const INPUT: &str = "input";

/// Pairs of what an error calls the messages of a candidate and those messages, as `LlmRouter::CandidateMessages` makes
/// them; nil if no candidate has its own.
pub(crate) type OwnMessages = Option<RArray>;

/// The messages to chat with, or the texts to embed.
pub(crate) struct Sent<'p> {
    pub(crate) field: &'p str,
    pub(crate) value: Value,
    /// What an error calls it.
    pub(crate) place: &'p str,
}

/// # Errors
/// An `ArgumentError` that names the place of what cannot be sent.
pub(crate) fn read(
    ruby: &Ruby,
    sent: &Sent<'_>,
    options: Params,
    headers: OwnHeaders,
    own_messages: OwnMessages,
) -> Result<Request, Error> {
    let content = json::value(ruby, sent.value, sent.place)?;
    let request = if sent.field == INPUT {
        let inputs = RArray::from_value(sent.value).map_or(1, |texts| texts.len());
        Request::embedding(content, inputs, options)
    } else {
        Request::new(content, options)
    };
    let absent = headers.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name);
    let sent = headers.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let headers = Headers::new(sent).and_then(|headers| headers.without(absent));
    let request = request.with_headers(headers.map_err(|error| errors::argument(ruby, error.to_string()))?);
    let Some(own_messages) = own_messages else { return Ok(request) };
    let read = |pair: Value| {
        let (place, messages): (String, Value) = TryConvert::try_convert(pair)?;
        json::value(ruby, messages, &place)
    };
    Ok(request.with_own_messages(own_messages.into_iter().map(read).collect::<Result<_, _>>()?))
}
