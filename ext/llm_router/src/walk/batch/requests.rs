//! The requests of a batch.

use std::sync::Arc;

use llm_router_core::{Headers, Request};
use magnus::{Error, RArray, RHash, Ruby};

use crate::values::{errors, json};

const MESSAGES: &str = "messages";
/// Pairs of a name and a value.
const HEADERS: &str = "headers";
/// The caller's own value, which comes back with the result and is never sent.
const CONTEXT: &str = "context";

/// All are read before the first is sent, and each is kept until its call ends.
pub(super) struct Requests(Vec<Option<Arc<Request>>>);

impl Requests {
    /// Each is a Hash of its messages and its options.
    ///
    /// # Errors
    /// An `ArgumentError` that names the place of what cannot be sent.
    pub(super) fn read(ruby: &Ruby, requests: RArray) -> Result<Self, Error> {
        let mut all = Vec::with_capacity(requests.len());
        for (number, request) in requests.into_iter().enumerate() {
            let request = <RHash as magnus::TryConvert>::try_convert(request)?;
            let messages =
                json::value(ruby, request.aref(ruby.to_symbol(MESSAGES))?, &format!("requests[{number}][:messages]"))?;
            let options =
                json::params_but(ruby, request, &[MESSAGES, CONTEXT, HEADERS], &format!("requests[{number}]"))?;
            let headers: Option<Vec<(String, String)>> = request.lookup(ruby.to_symbol(HEADERS))?;
            let headers = Headers::new(headers.unwrap_or_default())
                .map_err(|error| errors::argument(ruby, format!("requests[{number}]: {error}")))?;
            all.push(Some(Arc::new(Request::new(messages, options).with_headers(headers))));
        }
        Ok(Self(all))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<Arc<Request>> {
        self.0.get(number).and_then(Clone::clone)
    }

    pub(super) fn release(&mut self, number: usize) {
        if let Some(request) = self.0.get_mut(number) {
            *request = None;
        }
    }

    /// Of this one and all after it.
    pub(super) fn release_from(&mut self, first: usize) {
        self.0.iter_mut().skip(first).for_each(|request| *request = None);
    }
}
