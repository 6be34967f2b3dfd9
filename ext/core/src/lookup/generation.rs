//! `GET /generation`: the cost of a generation whose answer did not arrive.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::http::Client;
use crate::json::lenient;
use crate::lookup;
use crate::lookup::LookupError;
use crate::money::billed::BilledAmounts;
use crate::money::{Cost, CostError};
use crate::request::Endpoint;

/// A generation as it was billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// `None` where the endpoint gives none that can be read.
    pub cost: Option<Cost>,
    /// In tokens of the model's own where they are known, for those are billed.
    pub prompt_tokens: Option<u64>,
    pub completion_tokens: Option<u64>,
    pub model: Option<String>,
}

/// Looks up the generation that [`crate::answer::Completion::generation_id`], [`crate::answer::Failure::generation_id`]
/// or [`crate::http::Progress::generation_id`] names.
///
/// # Errors
/// [`LookupError`].
pub async fn generation(
    client: &Client,
    endpoint: &Endpoint,
    id: &str,
    limit: Duration,
) -> Result<Generation, LookupError> {
    let mut url = endpoint.below("generation");
    url.query_pairs_mut().append_pair("id", id);
    let answer: Answer = lookup::get(client, endpoint, url, limit).await.map_err(|error| match error {
        LookupError::Status(404) => LookupError::NotFound,
        other => other,
    })?;
    answer.data.read()
}

#[derive(Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default, deserialize_with = "lenient::string")]
    model: Option<String>,
    #[serde(default)]
    total_cost: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "lenient::flag")]
    is_byok: Option<bool>,
    #[serde(default)]
    upstream_inference_cost: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "lenient::count")]
    native_tokens_prompt: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    native_tokens_completion: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    tokens_prompt: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    tokens_completion: Option<u64>,
}

impl Data {
    fn read(self) -> Result<Generation, LookupError> {
        let charges = BilledAmounts {
            cost: self.total_cost.as_deref(),
            is_byok: self.is_byok,
            upstream: self.upstream_inference_cost.as_deref(),
            ..BilledAmounts::default()
        };
        let cost = match charges.owed() {
            Err(CostError::TooLarge) => return Err(LookupError::Unreadable("total_cost is no amount of money")),
            cost => cost.ok().flatten(),
        };
        Ok(Generation {
            cost,
            prompt_tokens: self.native_tokens_prompt.or(self.tokens_prompt),
            completion_tokens: self.native_tokens_completion.or(self.tokens_completion),
            model: self.model,
        })
    }
}
