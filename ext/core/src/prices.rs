//! What the models of an endpoint cost: `GET /models`.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{lenient, lookup, Client, Cost, Endpoint, LookupError};

/// The most that a model charges, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPrice {
    pub model: String,
    /// For a token of the prompt, written to a cache or not.
    pub prompt: Cost,
    /// For a token of the completion, thought or said.
    pub completion: Cost,
    /// For the request itself.
    pub request: Cost,
    /// In tokens.
    pub context_length: Option<u64>,
}

/// Asks for the prices of all models. Those whose price cannot be read, varies (`-1`) or is absent are
/// left out.
///
/// # Errors
/// [`LookupError`].
pub async fn prices(client: &Client, endpoint: &Endpoint, limit: Duration) -> Result<Vec<ModelPrice>, LookupError> {
    let models: Models = lookup::get(client, endpoint, endpoint.below("models"), limit).await?;
    Ok(models.data)
}

/// OpenRouter has some hundreds.
const MOST_MODELS: usize = 20_000;
/// In bytes.
const LONGEST_OVERRIDES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Models {
    #[serde(deserialize_with = "model_prices")]
    data: Vec<ModelPrice>,
}

/// Each entry becomes a price, or nothing, as soon as it is read: of what has none there may be millions.
fn model_prices<'de, D: Deserializer<'de>>(json: D) -> Result<Vec<ModelPrice>, D::Error> {
    json.deserialize_seq(ListOfModels)
}

struct ListOfModels;

impl<'de> Visitor<'de> for ListOfModels {
    type Value = Vec<ModelPrice>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of models")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut prices = Vec::new();
        while let Some(Entry(model)) = list.next_element()? {
            prices.extend(model.and_then(Model::price));
            if prices.len() > MOST_MODELS {
                return Err(Error::custom("there are too many models"));
            }
        }
        Ok(prices)
    }
}

#[derive(Deserialize)]
struct Entry(#[serde(deserialize_with = "lenient::object")] Option<Model>);

#[derive(Deserialize)]
struct Model {
    #[serde(default, deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::count")]
    context_length: Option<u64>,
    #[serde(default, deserialize_with = "lenient::object")]
    pricing: Option<Rates>,
}

type Rate = Option<Box<RawValue>>;

/// `PublicPricing` of OpenRouter's schema, and `PricingOverride`, which holds some of the same.
#[derive(Deserialize)]
struct Rates {
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
    /// Prices under some condition, such as a long prompt or a time of day.
    #[serde(default)]
    overrides: Option<Box<RawValue>>,
}

impl Model {
    fn price(self) -> Option<ModelPrice> {
        let base = self.pricing.filter(|base| base.prompt.is_some() && base.completion.is_some())?;
        let mut all = match &base.overrides {
            Some(json) if json.get().len() > LONGEST_OVERRIDES => return None,
            Some(json) => serde_json::from_str::<Vec<Rates>>(json.get()).ok()?,
            None => Vec::new(),
        };
        all.push(base);
        Some(ModelPrice {
            model: self.id?,
            prompt: highest(all.iter().flat_map(|r| [&r.prompt, &r.input_cache_write, &r.input_cache_write_1h]))?,
            completion: highest(all.iter().flat_map(|r| [&r.completion, &r.internal_reasoning]))?,
            request: highest(all.iter().map(|r| &r.request))?,
            context_length: self.context_length,
        })
    }
}

/// The highest of those that are there; `None` where one of them is no price.
fn highest<'r>(rates: impl Iterator<Item = &'r Rate>) -> Option<Cost> {
    let mut prices = rates.flatten().map(|json| Cost::read(json.get()).ok().flatten());
    prices.try_fold(Cost::default(), |highest, price| Some(highest.max(price?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(pricing: &str) -> Option<(String, String, String)> {
        let model = format!(r#"{{"id":"a/b","pricing":{pricing}}}"#);
        let price = serde_json::from_str::<Model>(&model).unwrap().price()?;
        Some((price.prompt.to_string(), price.completion.to_string(), price.request.to_string()))
    }

    fn texts(prompt: &str, completion: &str, request: &str) -> Option<(String, String, String)> {
        Some((prompt.to_owned(), completion.to_owned(), request.to_owned()))
    }

    #[test]
    fn the_dearest_way_to_read_and_to_write_a_token_counts() {
        assert_eq!(price(r#"{"prompt":"0.000003","completion":"0.000015"}"#), texts("0.000003", "0.000015", "0"));
        assert_eq!(
            price(
                r#"{"prompt":"0.000003","completion":"0.000015","request":"0.01","image":"0.0048",
                    "input_cache_read":"0.0000003","input_cache_write":"0.00000375","internal_reasoning":"0.00002"}"#
            ),
            texts("0.00000375", "0.00002", "0.01")
        );
        assert_eq!(price(r#"{"prompt":3e-6,"completion":0,"internal_reasoning":null}"#), texts("0.000003", "0", "0"));
    }

    #[test]
    fn a_price_under_a_condition_counts_as_if_it_were_met() {
        let overrides = r#"[{"min_prompt_tokens":200000,"prompt":"0.000006","completion":"0.0000225"},
            {"utc_start":100,"utc_end":400,"input_cache_write_1h":"0.000009"}]"#;
        let pricing = format!(r#"{{"prompt":"0.000003","completion":"0.000015","overrides":{overrides}}}"#);
        assert_eq!(price(&pricing), texts("0.000009", "0.0000225", "0"));
        assert!(price(r#"{"prompt":"1","completion":"1","overrides":null}"#).is_some());
        for odd in [r#"{"prompt":"2"}"#, "[7]", r#"[{"prompt":"-1"}]"#, r#""twice""#] {
            assert_eq!(price(&format!(r#"{{"prompt":"1","completion":"1","overrides":{odd}}}"#)), None, "{odd}");
        }
    }

    #[test]
    fn a_model_without_a_price_is_left_out() {
        for pricing in [
            "null",
            "{}",
            "[]",
            r#"{"prompt":"1"}"#,
            r#"{"completion":"1"}"#,
            r#"{"prompt":"-1","completion":"-1"}"#,
            r#"{"prompt":"1","completion":"much"}"#,
            r#"{"prompt":"1","completion":{}}"#,
            r#"{"prompt":"1","completion":"1","request":"-1"}"#,
            r#"{"prompt":"1","completion":"1","internal_reasoning":true}"#,
        ] {
            assert_eq!(price(pricing), None, "{pricing}");
        }
    }
}
