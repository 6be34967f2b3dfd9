//! The requests of a batch.

use std::sync::Arc;

use llm_router_core::Request;
use magnus::{Error, RArray, RHash, Ruby};

use crate::values::json;
use crate::values::request::{self, Sent};

/// Pairs of a name and a value.
const HEADERS: &str = "headers";
/// The caller's own value, which comes back with the result and is never sent.
const CONTEXT: &str = "context";

/// All are read before the first is sent, and each is kept until its call ends.
pub(crate) struct Requests(Vec<Option<Arc<Request>>>);

impl Requests {
    /// Each is a Hash of what is sent, in that field, and its options. `own_messages` has those of each, if candidates have their own.
    ///
    /// # Errors
    /// An `ArgumentError` that names the place of what cannot be sent.
    pub(crate) fn read(
        ruby: &Ruby,
        field: &str,
        requests: RArray,
        own_messages: Option<RArray>,
    ) -> Result<Self, Error> {
        let mut all = Vec::with_capacity(requests.len());
        for (number, request) in requests.into_iter().enumerate() {
            let request = <RHash as magnus::TryConvert>::try_convert(request)?;
            let place = format!("requests[{number}]");
            let sent =
                Sent { field, value: request.aref(ruby.to_symbol(field))?, place: &format!("{place}[:{field}]") };
            let options = json::params_but(ruby, request, &[field, CONTEXT, HEADERS], &place)?;
            let headers: Option<request::OwnHeaders> = request.lookup(ruby.to_symbol(HEADERS))?;
            let own = own_messages.map(|all| all.entry(isize::try_from(number).unwrap_or_default())).transpose()?;
            let request = request::read(ruby, &sent, options, headers.unwrap_or_default(), own)?;
            all.push(Some(Arc::new(request)));
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
