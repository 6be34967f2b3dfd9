//! `LlmRouter::Native::Endpoint#prices`, `#provider_prices`, `#page` and `#generation`: the core's lookups, in Ruby's own types.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use llm_router_core::{generation, page, prices, provider_prices, Client, LookupError, Price};
use magnus::{method, Error, Module, RClass, RHash, RString, Ruby};

use crate::api::endpoint::NativeEndpoint;
use crate::runtime::waiting::{wait, Waited};
use crate::runtime::Process;
use crate::values::{errors, seconds};

pub(crate) fn define(endpoint: RClass) -> Result<(), Error> {
    endpoint.define_method("prices", method!(NativeEndpoint::prices, 1))?;
    endpoint.define_method("provider_prices", method!(NativeEndpoint::provider_prices, 2))?;
    endpoint.define_method("page", method!(NativeEndpoint::page, 2))?;
    endpoint.define_method("generation", method!(NativeEndpoint::generation, 2))
}

/// The cost as decimal text, for `BigDecimal`, prompt and completion tokens, the model.
type Billed = (Option<String>, Option<u64>, Option<u64>, Option<String>);

/// What a prompt token, a completion token, a request and an image cost, as decimal text; the context length and the
/// most tokens of a completion.
type Rates = (String, String, String, String, Option<u64>, Option<u64>);

fn rates(price: &Price) -> Rates {
    let text = [&price.prompt, &price.completion, &price.request, &price.image].map(ToString::to_string);
    let [prompt, completion, request, image] = text;
    (prompt, completion, request, image, price.context_length, price.max_completion_tokens)
}

impl NativeEndpoint {
    /// Of each model.
    fn prices(ruby: &Ruby, this: &Self, limit: f64) -> Result<RHash, Error> {
        errors::guarded(ruby, || {
            let limit = seconds::duration(ruby, limit)?;
            let endpoint = Arc::clone(&this.0);
            let list = waited(ruby, this, |client| async move { prices(&client, &endpoint, limit).await })?;
            let hash = ruby.hash_new();
            for (model, price) in list {
                hash.aset(model, rates(&price))?;
            }
            Ok(hash)
        })
    }

    /// Of each service tier of a model, nil for the standard one: the dearest of the providers that sell it.
    fn provider_prices(ruby: &Ruby, this: &Self, model: String, limit: f64) -> Result<RHash, Error> {
        errors::guarded(ruby, || {
            let limit = seconds::duration(ruby, limit)?;
            let endpoint = Arc::clone(&this.0);
            let look_up = |client| async move { provider_prices(&client, &endpoint, &model, limit).await };
            let mut tiers: HashMap<Option<String>, Price> = HashMap::new();
            for (tier, price) in waited(ruby, this, look_up)? {
                let dearest = tiers.remove(&tier).map_or_else(|| price.clone(), |other| other.dearest(price.clone()));
                tiers.insert(tier, dearest);
            }
            let hash = ruby.hash_new();
            for (tier, price) in &tiers {
                hash.aset(tier.as_deref(), rates(price))?;
            }
            Ok(hash)
        })
    }

    /// Status, date and body of whatever answers at a path.
    fn page(ruby: &Ruby, this: &Self, path: Vec<String>, limit: f64) -> Result<(u16, Option<String>, RString), Error> {
        errors::guarded(ruby, || {
            let limit = seconds::duration(ruby, limit)?;
            let endpoint = Arc::clone(&this.0);
            let found = waited(ruby, this, |client| async move { page(&client, &endpoint, &path, limit).await })?;
            Ok((found.status, found.date, ruby.str_from_slice(&found.body)))
        })
    }

    fn generation(ruby: &Ruby, this: &Self, id: String, limit: f64) -> Result<Billed, Error> {
        errors::guarded(ruby, || {
            let limit = seconds::duration(ruby, limit)?;
            let endpoint = Arc::clone(&this.0);
            let found = waited(ruby, this, |client| async move { generation(&client, &endpoint, &id, limit).await })?;
            Ok((found.cost.map(|cost| cost.to_string()), found.prompt_tokens, found.completion_tokens, found.model))
        })
    }
}

/// Waits for a lookup, as for an attempt.
fn waited<T, F>(ruby: &Ruby, endpoint: &NativeEndpoint, look_up: impl FnOnce(Client) -> F) -> Result<T, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, LookupError>> + Send + 'static,
{
    let process = Process::current().map_err(|error| errors::configuration(ruby, error))?;
    let client = process.clients.trusting(endpoint.0.trust()).map_err(|error| errors::configuration(ruby, error))?;
    match wait(ruby, &process, look_up(client)) {
        Ok(Waited { output, pending_interrupt: None }) => output.map_err(|error| errors::lookup(ruby, &error)),
        Ok(Waited { pending_interrupt: Some(pending_interrupt), .. }) => Err(pending_interrupt),
        Err(interrupted) => Err(interrupted.into_error(ruby)),
    }
}
