//! The way through a chain: THE LOOP, and what it decides by.

mod attempts;
mod chain;
mod hop;
mod lint;
mod router;
mod walk;

pub use attempts::{Arrival, Attempts};
pub use chain::{Chain, ChainError};
pub use hop::Hop;
pub use lint::Doubt;
pub use router::{advance, conclude, run, Due, Gate, Host, Outcome, Stopped, Waiting};
pub use walk::{Asking, Ended, Next, Step, Walk};
