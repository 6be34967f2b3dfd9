//! What a walk needs of Ruby: the host of one call, or of many at once.

pub(crate) mod batch;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod host;
pub(crate) mod pair;
pub(crate) mod terms;
