//! One attempt over HTTP.

mod attempt;
mod client;
pub(crate) mod incoming;
mod outgoing;
mod progress;
mod proxy;
mod tls;
pub(crate) mod transport;
mod unpacking;

pub use attempt::{attempt, dropped, poll_connections, Attempt};
pub use client::{Client, ClientError, Clients};
pub use progress::Progress;
pub use proxy::{Proxy, ProxyError};
