//! The classes and methods of `LlmRouter::Native`, one file for each.

mod chain;
mod embedded;
mod endpoint;
mod health;
mod lookups;
mod refusal;
mod trust;
mod unique;

use magnus::{Error, RModule, Ruby};

pub(crate) fn define(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    trust::define(ruby, native)?;
    lookups::define(endpoint::define(ruby, native)?)?;
    chain::define(ruby, native)?;
    health::define(native)?;
    embedded::define(native)?;
    refusal::define(native)?;
    unique::define(native)
}
