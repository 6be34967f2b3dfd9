//! From Ruby values to JSON text, strictly: an error names the place of what JSON cannot hold.

mod refusal;
mod text;
mod writing;

use llm_router_core::Params;
use magnus::r_hash::ForEach;
use magnus::{Error, RHash, Ruby, Value};
use serde_json::value::RawValue;

use crate::values::errors;
use refusal::Refusal;
use text::text;
use writing::write;

/// Serialises a value. `at` is what an error calls it, such as `messages`.
///
/// # Errors
/// An `ArgumentError` that names the place and what is wrong there.
pub(crate) fn value(ruby: &Ruby, value: Value, at: &str) -> Result<Box<RawValue>, Error> {
    let refused = |refusal: Refusal| errors::argument(ruby, refusal.sentence(at));
    let mut json = Vec::new();
    write(ruby, value, 0, &mut json).map_err(refused)?;
    String::from_utf8(json)
        .map_err(|error| error.to_string())
        .and_then(|json| RawValue::from_string(json).map_err(|error| error.to_string()))
        .map_err(|error| errors::internal(ruby, format!("{at} became bad JSON: {error}")))
}

/// Serialises each option of a Hash by itself.
///
/// # Errors
/// As [`value`].
pub(crate) fn params(ruby: &Ruby, hash: RHash, at: &str) -> Result<Params, Error> {
    params_but(ruby, hash, &[], at)
}

/// As [`params`], without those of these names.
///
/// # Errors
/// As [`value`].
pub(crate) fn params_but(ruby: &Ruby, hash: RHash, left_out: &[&str], at: &str) -> Result<Params, Error> {
    let mut params = Params::with_capacity(hash.len());
    hash.foreach(|name: Value, option: Value| {
        let name = text(ruby, name).map_err(|refusal| errors::argument(ruby, refusal.sentence(at)))?;
        if left_out.contains(&name.as_str()) {
            return Ok(ForEach::Continue);
        }
        let place = if at.is_empty() { name.clone() } else { format!("{at}[:{name}]") };
        params.push((name, value(ruby, option, &place)?));
        Ok(ForEach::Continue)
    })?;
    Ok(params)
}
