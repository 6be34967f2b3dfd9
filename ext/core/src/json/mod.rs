//! Reads JSON that others wrote: leniently, and within bounds.

pub(crate) mod constants;
mod embedded;
pub(crate) mod lenient;
pub(crate) mod quoted;
mod readable;
mod shape;
mod surrogates;

pub use embedded::{embedded_json, NoJson};
pub(crate) use readable::{Readable, Unreadable};
