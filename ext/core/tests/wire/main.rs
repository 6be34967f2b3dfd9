//! The core over real sockets: [`llm_router_core::attempt`] against a gateway on loopback
//! that plays the shapes OpenRouter is documented, or was seen, to send.
//!
//! One crate for all of it, so that the HTTP stack is linked once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy.toml allows these in tests, but does not know their helpers for tests"
)]

mod support;

mod answers;
mod connections;
mod failed_answers;
mod generation;
mod hostile;
mod http2;
mod judgement;
mod once;
mod prices;
mod proxy;
mod request;
mod secrets;
mod sizes;
mod stalls;
mod statuses;
mod time;
mod tls;
mod too_long;
mod transport;
mod trust;
mod uncertain;
