//! The router itself, with no Ruby in it.
//!
//! One way through: a [`Walk`] over a [`Chain`] says which [`Candidate`] is asked next, a
//! [`Host`] does what only the caller can do (ask the budget, wait for the attempt, tell of a
//! hop, charge), [`gateway::attempt`] makes one HTTP attempt, and [`run`] is the loop that owns
//! the order of these and nothing else.
//!
//! Facts about the wire are from OpenRouter's API reference (chat completions, errors, limits),
//! as of August 2026.

mod answer;
mod chain;
mod classify;
pub mod client;
mod completion;
mod cost;
mod endpoint;
mod failure;
pub mod gateway;
mod hop;
mod lenient;
mod lint;
mod panic;
mod redact;
mod request;
mod retry_after;
mod router;
mod surrogates;
mod transport;
mod verdict;
mod walk;

pub use chain::{Candidate, Chain, ChainError};
pub use completion::{Completion, Usage};
pub use cost::{Cost, CostError};
pub use endpoint::{App, Endpoint, EndpointError};
pub use failure::{Failure, Reason, Scope};
pub use gateway::Ask;
pub use hop::Hop;
pub use lint::Doubt;
pub use panic::{caught, Panicked};
pub use request::{Params, Request};
pub use router::{run, Host, Stopped};
pub use walk::{Ended, Next, Step, Walk};
