//! The body of a request: the same for every candidate except for the model and the candidate's own options.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::request::{Api, Candidate, Endpoint, Headers, Params};

/// The messages and options of one call, serialised once for all candidates.
#[derive(Debug)]
pub struct Request {
    api: Api,
    /// Or the texts to embed.
    messages: Box<RawValue>,
    /// Messages of single candidates, in place of these.
    own_messages: Vec<Box<RawValue>>,
    params: Params,
    headers: Headers,
}

impl Request {
    pub fn new(messages: Box<RawValue>, params: Params) -> Self {
        Self { api: Api::Chat, messages, own_messages: Vec::new(), params, headers: Headers::default() }
    }

    /// To embed a text, or a list of so many.
    pub fn embedding(input: Box<RawValue>, inputs: usize, params: Params) -> Self {
        Self { api: Api::Embeddings { inputs }, ..Self::new(input, params) }
    }

    /// The same request with headers of its own, which take precedence over the endpoint's.
    #[must_use]
    pub fn with_headers(self, headers: Headers) -> Self {
        Self { headers, ..self }
    }

    /// The same request with other messages for those candidates that have [`Candidate::own_messages`].
    #[must_use]
    pub fn with_own_messages(self, own_messages: Vec<Box<RawValue>>) -> Self {
        Self { own_messages, ..self }
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.headers
    }

    pub(crate) fn api(&self) -> Api {
        self.api
    }

    /// Whether a name that came from the endpoint can go into logs and events.
    pub(crate) fn may_show(&self, endpoint: &Endpoint, name: &str) -> bool {
        endpoint.may_be_shown(name) && !self.headers.secrets().any(|secret| name.contains(secret))
    }

    /// The body for one candidate. The candidate's options override the call's; a `null` removes an option, for models
    /// that refuse it.
    ///
    /// # Errors
    /// None in practice: everything in it is valid JSON already.
    pub fn body_for(&self, candidate: &Candidate) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Body { request: self, candidate })
    }

    /// The messages that are sent to one candidate.
    pub(crate) fn messages(&self, candidate: &Candidate) -> &RawValue {
        let own = candidate.own_messages.and_then(|own| self.own_messages.get(own));
        own.unwrap_or(&self.messages)
    }

    /// How long the vectors are to be, if that is said.
    pub(crate) fn dimensions(&self, candidate: &Candidate) -> Option<u64> {
        let (_, dimensions) = self.options(candidate).filter(|(name, _)| *name == "dimensions").last()?;
        dimensions.get().parse().ok()
    }

    /// The options that are sent to one candidate.
    pub(crate) fn options<'a>(&'a self, candidate: &'a Candidate) -> impl Iterator<Item = (&'a str, &'a RawValue)> {
        let own = &candidate.params;
        let shared = self.params.iter().filter(|(name, _)| !own.iter().any(|(overridden, _)| overridden == name));
        let all = shared.chain(own.iter().filter(|(_, value)| value.get() != "null"));
        all.map(|(name, value)| (name.as_str(), &**value))
    }
}

struct Body<'a> {
    request: &'a Request,
    candidate: &'a Candidate,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", &self.candidate.model)?;
        map.serialize_entry(self.request.api.field(), self.request.messages(self.candidate))?;
        for (name, value) in self.request.options(self.candidate) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
