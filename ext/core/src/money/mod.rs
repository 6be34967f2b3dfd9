//! Exact amounts of US dollars, and prices in them.

pub(crate) mod billed;
mod cost;
pub(crate) mod rates;

pub use cost::{Cost, CostError};
pub use rates::Price;
