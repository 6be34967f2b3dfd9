//! Exact amounts of US dollars, and prices in them.

mod cost;
pub(crate) mod owed;
pub(crate) mod rates;

pub use cost::{Cost, CostError};
pub use rates::Price;
