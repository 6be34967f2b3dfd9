//! What the tests share: a gateway that plays a script, and a caller.

mod authority;
mod caller;
mod gateway;
mod http;
mod proxy;
mod tls;

pub(crate) use authority::{Authority, Temporary};
pub(crate) use caller::{good_answer, messages, Caller, KEY};
pub(crate) use gateway::{Event, Gateway, Reply, Step};
pub(crate) use http::{answer, gzip, json, until_closed, Received};
pub(crate) use proxy::{Conduct, ProxyServer};
pub(crate) use tls::TlsGateway;
