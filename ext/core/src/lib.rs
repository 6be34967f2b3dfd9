//! The router itself, with no Ruby in it.
//!
//! A [`Walk`] over a [`Chain`] decides which [`Candidate`] is next; a [`Host`] does what only the caller can do (reserve
//! money, wait for the attempt, record a hop, settle); [`attempt()`] makes one attempt over HTTP; and [`run`] is the loop
//! that owns the order of these and nothing else. A caller with many concurrent walks uses the two steps of that loop,
//! [`advance`] and [`conclude`], and leaves the waiting to [`Attempts`].
//!
//! To reserve money, [`Request::bounds`] says how large an attempt can get, [`prices()`] and [`provider_prices`] what its
//! tokens cost, and [`MaxPrice`] makes sure that it costs no more. [`Progress`] says how far an attempt came, and
//! [`generation()`] what it cost. [`page()`] is any other look-up.
//!
//! Facts about the wire are from OpenRouter's API reference (chat completions, errors, limits), as of August 2026.

mod answer;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod health;
mod http;
mod json;
mod lookup;
mod money;
mod panic;
mod redact;
mod request;
mod routing;

pub use answer::{Completion, Failure, Length, Reason, Scope, Text, Usage, Vectors};
pub use http::{
    attempt, dropped, poll_connections, Attempt, Client, ClientError, Clients, Progress, Proxy, ProxyError,
};
pub use json::{embedded_json, NoJson};
pub use lookup::{generation, page, prices, provider_prices, Generation, LookupError, Page};
pub use money::{Cost, CostError, Price};
pub use panic::{caught, caught_waiting, Panicked};
pub use redact::without_quotations;
pub use request::{
    Api, App, Auth, Bounds, Candidate, Endpoint, EndpointError, HeaderError, Headers, MaxPrice, Params, Request, Trust,
    TrustError,
};
pub use routing::{
    advance, conclude, run, run_hedged, Acceptance, Arrival, Attempts, BlockingHost, Chain, ChainError, Doubt, Due,
    Ended, Gate, Hedge, HedgeAfter, HedgingHost, Hop, Host, Landed, Next, Outcome, Planned, Retries, Side, Step,
    Stopped, Walk,
};
