//! Ruby's values to the core's, and back.

pub(crate) mod completion;
pub(crate) mod errors;
pub(crate) mod json;
pub(crate) mod request;
pub(crate) mod seconds;
