//! The router itself, with no Ruby in it.
//!
//! One way through: a [`Walk`] over a [`Chain`] says which [`Candidate`] is asked next, a
//! [`Host`] does what only the caller can do (ask the budget, wait for the attempt, tell of a
//! hop, charge), [`gateway::attempt`] makes one HTTP attempt, and [`run`] is the loop that owns
//! the order of these and nothing else. Who has many walks to make at once goes the two steps of that loop,
//! [`advance`] and [`conclude`], for each of them, and leaves the waiting to [`Attempts`].
//!
//! Besides, for whoever reserves money: [`Request::bounds`] says how large an attempt can get, [`prices()`] and
//! [`provider_prices`] what its tokens cost, [`MaxPrice`] that it costs no more, [`Progress`] how far it came, and [`generation()`] what it did cost.
//!
//! Facts about the wire are from OpenRouter's API reference (chat completions, errors, limits),
//! as of August 2026.

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

pub use answer::{Completion, Failure, Reason, Scope, Text, Usage};
pub use http::gateway;
pub use http::{Ask, Client, ClientError, Clients, Progress, Proxy, ProxyError};
pub use lookup::{generation, prices, provider_prices, Generation, LookupError};
pub use money::{Cost, CostError, Price};
pub use panic::{caught, caught_waiting, Panicked};
pub use request::{App, Bounds, Candidate, Endpoint, EndpointError, MaxPrice, Params, Request, Trust, TrustError};
pub use routing::{
    advance, conclude, run, Arrival, Asking, Attempts, Chain, ChainError, Doubt, Due, Ended, Gate, Hop, Host, Next,
    Outcome, Step, Stopped, Waiting, Walk,
};
