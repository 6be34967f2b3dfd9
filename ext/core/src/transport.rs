//! Failures below HTTP: no connection, or one that broke.

use std::error::Error;
use std::io;

use crate::{Endpoint, Failure, Reason, Scope};

/// What a transport error means. Its URL and headers are left out: they are no news, and the
/// headers hold the key.
pub(crate) fn failure(error: &reqwest::Error, endpoint: &Endpoint) -> Failure {
    let host = endpoint.url().host_str().unwrap_or_default();
    let cause = innermost(error);
    if error.is_connect() {
        let what = if error.is_dns() { "resolve" } else { "connect to" };
        return Failure::new(Reason::Connection, Scope::Model, format!("could not {what} {host}: {cause}"));
    }
    if is_garbled(error) {
        return Failure::bad_answer(format!("the answer could not be decoded: {cause}"));
    }
    Failure::new(Reason::Connection, Scope::Model, format!("the connection to {host} broke: {cause}"))
}

/// The outer layers say "error sending request"; what happened is at the bottom.
fn innermost(error: &reqwest::Error) -> String {
    sources(error).last().map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}

/// Bytes came, but they do not decompress.
fn is_garbled(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput};
    sources(error)
        .filter_map(|source| source.downcast_ref::<io::Error>())
        .any(|error| matches!(error.kind(), InvalidData | InvalidInput))
}

fn sources<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}
