//! What a model costs, from a `pricing` object of OpenRouter's.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::money::Cost;

/// The most that a model charges, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// For a token of the prompt, written to a cache or not.
    pub prompt: Cost,
    /// For a token of the completion, thought or said.
    pub completion: Cost,
    /// For the request itself.
    pub request: Cost,
    /// For an image of the prompt, besides its tokens.
    pub image: Cost,
    /// In tokens.
    pub context_length: Option<u64>,
    pub max_completion_tokens: Option<u64>,
}

impl Price {
    /// The dearer of each rate: what either of two providers charges at most.
    #[must_use]
    pub fn dearest(self, other: Self) -> Self {
        let both = |one: Option<u64>, other: Option<u64>| Some(one?.max(other?));
        Self {
            prompt: self.prompt.max(other.prompt),
            completion: self.completion.max(other.completion),
            request: self.request.max(other.request),
            image: self.image.max(other.image),
            context_length: both(self.context_length, other.context_length),
            max_completion_tokens: both(self.max_completion_tokens, other.max_completion_tokens),
        }
    }
}

/// In bytes.
const MAX_OVERRIDES_BYTES: usize = 64 * 1024;

type Rate = Option<Box<RawValue>>;

/// `PublicPricing` of OpenRouter's schema, and `PricingOverride`, which holds some of the same.
#[derive(Deserialize)]
pub(crate) struct Rates {
    #[serde(default)]
    prompt: Rate,
    #[serde(default)]
    input_cache_write: Rate,
    #[serde(default)]
    input_cache_write_1h: Rate,
    #[serde(default)]
    completion: Rate,
    #[serde(default)]
    internal_reasoning: Rate,
    #[serde(default)]
    request: Rate,
    #[serde(default)]
    image: Rate,
    /// Prices under some condition, such as a long prompt or a time of day.
    #[serde(default)]
    overrides: Option<Box<RawValue>>,
}

impl Rates {
    /// `None` if a rate is missing, variable (`-1`) or not a price.
    pub(crate) fn price(self, context_length: Option<u64>, max_completion_tokens: Option<u64>) -> Option<Price> {
        if self.prompt.is_none() || self.completion.is_none() {
            return None;
        }
        let mut all = match &self.overrides {
            Some(json) if json.get().len() > MAX_OVERRIDES_BYTES => return None,
            Some(json) => serde_json::from_str::<Vec<Self>>(json.get()).ok()?,
            None => Vec::new(),
        };
        all.push(self);
        Some(Price {
            prompt: highest(all.iter().flat_map(|r| [&r.prompt, &r.input_cache_write, &r.input_cache_write_1h]))?,
            completion: highest(all.iter().flat_map(|r| [&r.completion, &r.internal_reasoning]))?,
            request: highest(all.iter().map(|r| &r.request))?,
            image: highest(all.iter().map(|r| &r.image))?,
            context_length,
            max_completion_tokens,
        })
    }
}

/// The highest of those present; `None` if one of them is not a price.
fn highest<'r>(rates: impl Iterator<Item = &'r Rate>) -> Option<Cost> {
    let mut prices = rates.flatten().map(|json| Cost::read(json.get()).ok().flatten());
    prices.try_fold(Cost::default(), |highest, price| Some(highest.max(price?)))
}

#[cfg(test)]
mod tests;
