//! What the models of an endpoint cost: `GET /models`, and `GET /models/{author}/{slug}/endpoints`.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::Deserialize;

use crate::http::Client;
use crate::json::lenient;
use crate::lookup;
use crate::lookup::LookupError;
use crate::money::rates::Rates;
use crate::money::Price;
use crate::request::Endpoint;

/// Looks up the prices of all models: what one provider of each charges. Those whose price cannot be read,
/// varies (`-1`) or is absent are left out.
///
/// # Errors
/// [`LookupError`].
pub async fn prices(
    client: &Client,
    endpoint: &Endpoint,
    limit: Duration,
) -> Result<Vec<(String, Price)>, LookupError> {
    let models: Models = lookup::get(client, endpoint, endpoint.below("models"), limit).await?;
    Ok(models.data)
}

/// Looks up what the providers of one model charge, each with the service tier that it sells at that price
/// (`None` for the standard one). None, where the endpoint does not know the model.
///
/// # Errors
/// [`LookupError`].
pub async fn provider_prices(
    client: &Client,
    endpoint: &Endpoint,
    model: &str,
    limit: Duration,
) -> Result<Vec<(Option<String>, Price)>, LookupError> {
    let Some(url) = endpoint.of_model(model) else { return Ok(Vec::new()) };
    match lookup::get::<Providers>(client, endpoint, url, limit).await {
        Ok(providers) => Ok(providers.data.endpoints),
        Err(LookupError::Status(404)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// OpenRouter has some hundreds.
const MAX_MODELS: usize = 20_000;

#[derive(Deserialize)]
struct Models {
    #[serde(deserialize_with = "listed::<_, Model>")]
    data: Vec<(String, Price)>,
}

#[derive(Deserialize)]
struct Providers {
    data: ModelsProviders,
}

#[derive(Deserialize)]
struct ModelsProviders {
    #[serde(deserialize_with = "listed::<_, Provider>")]
    endpoints: Vec<(Option<String>, Price)>,
}

/// What has a price, and by what it is known.
trait Priced {
    type Name;
    fn price(self) -> Option<(Self::Name, Price)>;
}

#[derive(Deserialize)]
struct Model {
    #[serde(default, deserialize_with = "lenient::string")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::count")]
    context_length: Option<u64>,
    #[serde(default, deserialize_with = "lenient::object")]
    top_provider: Option<TopProvider>,
    #[serde(default, deserialize_with = "lenient::object")]
    pricing: Option<Rates>,
}

#[derive(Deserialize)]
struct TopProvider {
    #[serde(default, deserialize_with = "lenient::count")]
    max_completion_tokens: Option<u64>,
}

impl Priced for Model {
    type Name = String;

    fn price(self) -> Option<(String, Price)> {
        let most = self.top_provider.and_then(|provider| provider.max_completion_tokens);
        Some((self.id?, self.pricing?.price(self.context_length, most)?))
    }
}

#[derive(Deserialize)]
struct Provider {
    #[serde(default, deserialize_with = "lenient::string")]
    service_tier: Option<String>,
    #[serde(default, deserialize_with = "lenient::count")]
    context_length: Option<u64>,
    #[serde(default, deserialize_with = "lenient::count")]
    max_completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient::object")]
    pricing: Option<Rates>,
}

impl Priced for Provider {
    type Name = Option<String>;

    fn price(self) -> Option<(Option<String>, Price)> {
        Some((self.service_tier, self.pricing?.price(self.context_length, self.max_completion_tokens)?))
    }
}

/// Each entry becomes a price, or nothing, as soon as it is read: of what has none there may be millions.
fn listed<'de, D: Deserializer<'de>, T: Priced + Deserialize<'de>>(json: D) -> Result<Vec<(T::Name, Price)>, D::Error> {
    json.deserialize_seq(List::<T>(PhantomData))
}

struct List<T>(PhantomData<T>);

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
struct Entry<T>(#[serde(deserialize_with = "lenient::object")] Option<T>);

impl<'de, T: Priced + Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = Vec<(T::Name, Price)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of what has prices")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut prices = Vec::new();
        while let Some(Entry(entry)) = list.next_element::<Entry<T>>()? {
            prices.extend(entry.and_then(T::price));
            if prices.len() > MAX_MODELS {
                return Err(Error::custom("there are too many"));
            }
        }
        Ok(prices)
    }
}
