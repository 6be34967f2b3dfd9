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
mod attempts;
mod bill;
mod bounds;
mod chain;
mod choices;
mod classify;
mod client;
mod completion;
mod constants;
mod cost;
mod endpoint;
mod evidence;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod gateway;
mod generation;
pub mod health;
mod hop;
mod incoming;
mod lenient;
mod lint;
mod lookup;
mod max_price;
mod outgoing;
mod owed;
mod panic;
mod parts;
mod prices;
mod progress;
mod proxy;
mod quoted;
mod rates;
mod readable;
mod redact;
mod request;
mod retry_after;
mod router;
mod shape;
mod surrogates;
mod text;
mod textual;
mod timed_out;
mod tls;
mod transport;
mod trust;
mod unpacking;
mod verdict;
mod walk;
mod words;

pub use attempts::{Arrival, Attempts};
pub use bounds::Bounds;
pub use chain::{Candidate, Chain, ChainError};
pub use client::{Client, ClientError, Clients};
pub use completion::{Completion, Usage};
pub use cost::{Cost, CostError};
pub use endpoint::{App, Endpoint, EndpointError};
pub use failure::{Failure, Reason, Scope};
pub use gateway::Ask;
pub use generation::{generation, Generation};
pub use hop::Hop;
pub use lint::Doubt;
pub use lookup::LookupError;
pub use max_price::MaxPrice;
pub use panic::{caught, caught_waiting, Panicked};
pub use prices::{prices, provider_prices};
pub use progress::Progress;
pub use proxy::{Proxy, ProxyError};
pub use rates::Price;
pub use request::{Params, Request};
pub use router::{advance, conclude, run, Due, Gate, Host, Outcome, Stopped, Waiting};
pub use text::Text;
pub use trust::{Trust, TrustError};
pub use walk::{Asking, Ended, Next, Step, Walk};
