//! The way through a chain: the loop in `router.rs`, and the decisions in `walk.rs`.

mod acceptance;
mod attempts;
mod chain;
mod fit;
mod hedge;
mod hedged;
mod hop;
mod lint;
mod retry;
mod router;
mod step;
mod walk;

pub use acceptance::Acceptance;
pub use attempts::{Arrival, Attempts};
pub use chain::{Chain, ChainError};
pub use hedge::{Hedge, HedgeAfter};
pub use hedged::{run_hedged, HedgingHost, Landed, Side};
pub use hop::Hop;
pub use lint::Doubt;
pub use retry::Retries;
pub use router::{advance, conclude, run, BlockingHost, Due, Gate, Host, Outcome, Stopped};
pub use step::{Ended, Next, Planned, Step};
pub use walk::Walk;
