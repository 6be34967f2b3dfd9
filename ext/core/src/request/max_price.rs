//! `provider.max_price`: what OpenRouter may bill for a request at most.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::{to_raw_value, RawValue};

use crate::money::Cost;
use crate::request::{Candidate, Request};

const PROVIDER: &str = "provider";
const MAX_PRICE: &str = "max_price";

/// The rates that were reserved, in US dollars: for a token of the prompt and of the completion, for the request, and
/// for an image where that has a price.
#[derive(Debug, Clone)]
pub struct MaxPrice {
    pub prompt: Cost,
    pub completion: Cost,
    pub request: Cost,
    pub image: Option<Cost>,
}

impl MaxPrice {
    /// The candidate with an option that holds providers to these rates. What the request says about `provider` stays;
    /// of two limits the stricter one counts.
    ///
    /// # Errors
    /// None in practice: everything in it is valid JSON already.
    pub fn imposed_on(&self, request: &Request, candidate: &Candidate) -> Result<Candidate, serde_json::Error> {
        let given = request.options(candidate).filter(|(name, _)| *name == PROVIDER).last();
        let given = given.filter(|(_, json)| json.get() != "null");
        let mut provider = match given.map(|(_, json)| Fields::read(json)) {
            // Not an object: the endpoint will reject it.
            Some(None) => return Ok(candidate.clone()),
            Some(Some(provider)) => provider,
            None => Fields::default(),
        };
        let limits =
            self.within(provider.remove(MAX_PRICE).and_then(|json| Fields::read(&json)).unwrap_or_default())?;
        provider.0.push((MAX_PRICE.to_owned(), to_raw_value(&limits)?));
        let mut candidate = candidate.clone();
        candidate.params.retain(|(name, _)| name != PROVIDER);
        candidate.params.push((PROVIDER.to_owned(), to_raw_value(&provider)?));
        Ok(candidate)
    }

    /// In US dollars per million tokens, as OpenRouter takes them.
    fn within(&self, mut given: Fields) -> Result<Fields, serde_json::Error> {
        let image = self.image.as_ref().map(ToString::to_string);
        let own = [
            ("prompt", Some(self.prompt.of_a_million())),
            ("completion", Some(self.completion.of_a_million())),
            ("request", Some(self.request.to_string())),
            ("image", image),
        ];
        for (name, limit) in own {
            let Some(limit) = limit else { continue };
            let stricter = given.remove(name).filter(|json| is_less(json, &limit));
            let limit = stricter.map_or_else(|| RawValue::from_string(limit), Ok)?;
            given.0.push((name.to_owned(), limit));
        }
        Ok(given)
    }
}

/// Anything but an amount is no limit.
fn is_less(given: &RawValue, limit: &str) -> bool {
    match (Cost::read(given.get()), Cost::read(limit)) {
        (Ok(Some(given)), Ok(Some(limit))) => given < limit,
        _ => false,
    }
}

/// A JSON object, in its order, whose values are left as they are.
#[derive(Default)]
struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    fn read(json: &RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok()
    }

    /// Removes all fields of that name, and returns the last, which is the one that counts.
    fn remove(&mut self, name: &str) -> Option<Box<RawValue>> {
        let (removed, kept) = std::mem::take(&mut self.0).into_iter().partition(|(field, _)| field == name);
        self.0 = kept;
        let removed: Vec<_> = removed;
        removed.into_iter().next_back().map(|(_, json)| json)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(FieldsOnly)
    }
}

struct FieldsOnly;

impl<'de> Visitor<'de> for FieldsOnly {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, json) in &self.0 {
            map.serialize_entry(name, json)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
