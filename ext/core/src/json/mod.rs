//! Reads JSON that others wrote: leniently, and within bounds.

pub(crate) mod constants;
pub(crate) mod lenient;
pub(crate) mod quoted;
mod readable;
mod shape;
mod surrogates;

pub(crate) use readable::{Readable, Unreadable};
