//! The JSON that comes back, as it is on the wire.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::choices::{self, Choices};
use crate::json::lenient;

/// The whole answer of `POST /chat/completions` or `POST /embeddings`, failed or not.
#[derive(Deserialize, Default)]
pub(crate) struct Answer<'j> {
    #[serde(default, deserialize_with = "lenient::string")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(crate) model: Option<String>,
    #[serde(default, deserialize_with = "lenient::string")]
    pub(crate) provider: Option<String>,
    #[serde(default, borrow, deserialize_with = "choices::read")]
    pub(crate) choices: Choices<'j>,
    /// The vectors of `POST /embeddings`.
    #[serde(default, borrow)]
    pub(crate) data: Option<&'j RawValue>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) usage: Option<WireUsage>,
    /// Whether there is one. [`crate::answer::evidence`] reads it.
    #[serde(default, deserialize_with = "lenient::error")]
    pub(crate) error: bool,
}

#[derive(Deserialize, Default)]
pub(crate) struct WireUsage {
    #[serde(default, deserialize_with = "lenient::count")]
    pub(crate) prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(crate) completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub(crate) total_tokens: Option<u64>,
    /// The JSON text itself: a number read by a JSON parser has been through a binary float.
    #[serde(default)]
    pub(crate) cost: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub(crate) is_byok: Option<bool>,
    #[serde(default, deserialize_with = "lenient::object")]
    pub(crate) cost_details: Option<CostDetails>,
}

#[derive(Deserialize, Default)]
pub(crate) struct CostDetails {
    #[serde(default)]
    pub(crate) upstream_inference_cost: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) upstream_inference_prompt_cost: Option<Box<RawValue>>,
    #[serde(default)]
    pub(crate) upstream_inference_completions_cost: Option<Box<RawValue>>,
}
