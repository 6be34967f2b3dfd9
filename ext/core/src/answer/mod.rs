//! What came back: a completion or a failure, and what it cost.

mod base64;
mod bill;
mod choices;
mod classify;
mod completion;
mod embeddings;
mod evidence;
mod failure;
mod length;
mod parts;
pub(crate) mod retry_after;
mod text;
pub(crate) mod timed_out;
pub(crate) mod verdict;
mod wire;
mod words;

pub use completion::{Completion, Usage};
pub use embeddings::Vectors;
pub use failure::{Failure, Reason, Scope};
pub use length::Length;
pub use text::Text;
