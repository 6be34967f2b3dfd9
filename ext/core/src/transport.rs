//! Failures below HTTP: no connection, or one that broke.

use std::error::Error;
use std::io;

use crate::{Endpoint, Failure, Reason, Scope};

/// What a transport error means. Its URL and headers are left out: they are no news, and the
/// headers hold the key.
pub(crate) fn failure(error: &reqwest::Error, endpoint: &Endpoint) -> Failure {
    let message = words(error, endpoint);
    if is_garbled(error) {
        return Failure::bad_answer(message).unaccounted();
    }
    Failure::new(Reason::Connection, Scope::Model, message).unaccounted()
}

/// The same for a person.
pub(crate) fn words(error: &reqwest::Error, endpoint: &Endpoint) -> String {
    let host = endpoint.host();
    let cause = innermost(error);
    if error.is_connect() {
        let what = if error.is_dns() { "resolve" } else { "connect to" };
        return format!("could not {what} {host}: {cause}");
    }
    if is_garbled(error) {
        return format!("the answer could not be decoded: {cause}");
    }
    format!("the connection to {host} broke: {cause}")
}

/// The server says that it has not so much as read the request, so that it can be sent again: over
/// HTTP/2, on a connection that was just closing or a stream that it would not take (RFC 9113,
/// section 8.7). reqwest does this itself, but only for a body that it can copy.
pub(crate) fn turned_away(error: &reqwest::Error) -> bool {
    sources(error).filter_map(|source| source.downcast_ref::<h2::Error>()).any(|error| {
        let closing = error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR);
        let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        error.is_remote() && (closing || refused)
    })
}

/// The outer layers say "error sending request"; what happened is at the bottom.
fn innermost(error: &reqwest::Error) -> String {
    sources(error).last().map_or_else(|| "no cause given".to_owned(), ToString::to_string)
}

/// Bytes came, but they do not decompress.
pub(crate) fn is_garbled(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput};
    // What came while a connection was made was no answer.
    !error.is_connect()
        && sources(error)
            .filter_map(|source| source.downcast_ref::<io::Error>())
            .any(|error| matches!(error.kind(), InvalidData | InvalidInput))
}

fn sources<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}
