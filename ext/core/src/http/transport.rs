//! Failures below HTTP: no connection, or one that broke.

use std::error::Error;
use std::io;
use std::iter::successors;

use crate::answer::{Failure, Reason, Scope};
use crate::http::proxy::Tunnel;
use crate::http::{tls, Client};
use crate::request::Endpoint;

/// The failure for a transport error. Its message has no URL and no headers: those hold the key.
pub(crate) fn failure(error: &reqwest::Error, endpoint: &Endpoint, client: &Client) -> Failure {
    let message = words(error, endpoint, client);
    if is_garbled(error) {
        return Failure::bad_answer(message).unaccounted();
    }
    Failure::new(Reason::Connection, Scope::Model, message).unaccounted()
}

/// The message of a transport error.
pub(crate) fn words(error: &reqwest::Error, endpoint: &Endpoint, client: &Client) -> String {
    let host = endpoint.host();
    let proxy = format!("the proxy {}", client.proxy.as_deref().unwrap_or_default());
    match sources(error).find_map(|source| Tunnel::failed(&source.to_string())) {
        None => unproxied(error, host, client),
        Some(Tunnel::Unreached) => format!("{} (it is HTTPS_PROXY)", unproxied(error, &proxy, client)),
        Some(Tunnel::Unauthorized) => {
            format!(
                "{proxy} wants a name and a password (407): put them into HTTPS_PROXY, as in http://name:password@…"
            )
        }
        Some(Tunnel::Refused) => {
            format!("{proxy} refused to connect to {host}: allow it there, or name the host in NO_PROXY")
        }
        Some(Tunnel::Broken) => {
            format!("{proxy} did not make a connection to {host}: {}. Does HTTPS_PROXY name a proxy?", innermost(error))
        }
    }
}

fn unproxied(error: &reqwest::Error, who: &str, client: &Client) -> String {
    if let Some(error) = tls_error(error) {
        return tls::words(error, who, &client.advice);
    }
    let cause = innermost(error);
    if error.is_connect() {
        let what = if error.is_dns() { "resolve" } else { "connect to" };
        return format!("could not {what} {who}: {cause}");
    }
    if is_garbled(error) {
        return format!("the answer could not be decoded: {cause}");
    }
    format!("the connection to {who} broke: {cause}")
}

/// The server says that it has not read the request, so that it can be sent again: over HTTP/2, on a connection that
/// was closing or a stream that it refused (RFC 9113, section 8.7). reqwest does this itself, but only for a body that
/// it can copy.
pub(crate) fn refused_unread(error: &reqwest::Error) -> bool {
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

/// The bytes do not decompress.
pub(crate) fn is_garbled(error: &reqwest::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput};
    // TLS errors are `InvalidData` too, but no answer. Of HTTP/2 errors only the words remain.
    !error.is_request()
        && tls_error(error).is_none()
        && !sources(error).any(|source| source.is::<h2::Error>())
        && sources(error)
            .filter_map(|source| source.downcast_ref::<io::Error>())
            .any(|error| matches!(error.kind(), InvalidData | InvalidInput))
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    sources(error).find_map(|source| source.downcast_ref::<rustls::Error>())
}

fn sources<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(error.source(), |&error| cause(error))
}

/// An [`io::Error`] skips the error that it wraps, and returns that one's source.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map_or_else(|| error.source(), |wrapped| Some(wrapped as &(dyn Error + 'static)))
}
