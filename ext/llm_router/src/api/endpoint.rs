//! `LlmRouter::Native::Endpoint`: a checked endpoint of the core.

use std::sync::Arc;

use llm_router_core::{App, Auth, Endpoint, Headers, Trust};
use magnus::typed_data::Obj;
use magnus::{function, Error, Module, Object, RClass, RModule, Ruby};

use crate::api::trust::NativeTrust;
use crate::values::errors;

#[magnus::wrap(class = "LlmRouter::Native::Endpoint", free_immediately, size)]
pub(crate) struct NativeEndpoint(pub(crate) Arc<Endpoint>);

pub(crate) fn define(ruby: &Ruby, native: RModule) -> Result<RClass, Error> {
    let class = native.define_class("Endpoint", ruby.class_object())?;
    // Resolved now: on first use, inside a call, magnus would check for interrupts.
    <NativeEndpoint as magnus::TypedData>::class(ruby);
    class.define_singleton_method("new", function!(new, 6))?;
    Ok(class)
}

/// Names and values of headers.
type Pairs = Vec<(String, String)>;

fn new(
    ruby: &Ruby,
    name: String,
    base_url: String,
    api_key: Option<String>,
    (app_name, app_url): (Option<String>, Option<String>),
    trust: Option<Obj<NativeTrust>>,
    (auth, shared, own): (Option<String>, Pairs, Pairs),
) -> Result<NativeEndpoint, Error> {
    let app = App { name: app_name, url: app_url };
    let auth = auth.map_or(Auth::Bearer, Auth::Header);
    let trust = trust.map_or(Trust::System, |trust| trust.0.clone());
    let wrong = |error: String| errors::configuration(ruby, format!("endpoint {name}: {error}"));
    let headers = |pairs: Pairs| Headers::new(pairs).map_err(|error| wrong(error.to_string()));
    let (shared, own) = (headers(shared)?, headers(own)?);
    Endpoint::new(&name, &base_url, api_key.as_deref(), &app)
        .and_then(|endpoint| endpoint.with_headers(&auth, &shared, &own))
        .map(|endpoint| NativeEndpoint(Arc::new(endpoint.trusting(trust))))
        .map_err(|error| wrong(error.to_string()))
}
