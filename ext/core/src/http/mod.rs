//! One attempt over HTTP.

mod client;
pub mod gateway;
pub(crate) mod incoming;
mod outgoing;
mod progress;
mod proxy;
mod tls;
pub(crate) mod transport;
mod unpacking;

pub use client::{Client, ClientError, Clients};
pub use gateway::Ask;
pub use progress::Progress;
pub use proxy::{Proxy, ProxyError};
