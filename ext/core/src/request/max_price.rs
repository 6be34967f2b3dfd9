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
    /// The candidate with an option of its own that holds providers to these rates. What the request says of
    /// `provider` besides stays as it is; of two limits the stricter one holds.
    ///
    /// # Errors
    /// None in practice: everything in it is valid JSON already.
    pub fn imposed_on(&self, request: &Request, candidate: &Candidate) -> Result<Candidate, serde_json::Error> {
        let given = request.options(candidate).filter(|(name, _)| *name == PROVIDER).last();
        let given = given.filter(|(_, json)| json.get() != "null");
        let mut provider = match given.map(|(_, json)| Fields::read(json)) {
            // It is no object: the endpoint says so.
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

/// What is no amount is no limit.
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

    /// All of that name; returns the last, which is the one that counts.
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
mod tests {
    use super::*;
    use crate::request::candidate::tests::candidate;
    use crate::request::Params;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    fn cost(usd: &str) -> Cost {
        Cost::read(usd).unwrap().unwrap()
    }

    fn max_price(prompt: &str, completion: &str) -> MaxPrice {
        MaxPrice { prompt: cost(prompt), completion: cost(completion), request: cost("0"), image: None }
    }

    /// `provider` as it is sent, where the call and its candidate say this of it.
    fn sent(max_price: &MaxPrice, shared: Option<&str>, own: Option<&str>) -> String {
        let params =
            |json: Option<&str>| -> Params { json.map(|json| (PROVIDER.to_owned(), raw(json))).into_iter().collect() };
        let request = Request::new(raw("[]"), params(shared));
        let candidate = max_price.imposed_on(&request, &Candidate { params: params(own), ..candidate("a/b") }).unwrap();
        let body = String::from_utf8(request.body_for(&candidate).unwrap()).unwrap();
        body.strip_prefix(r#"{"model":"a/b","messages":[],"provider":"#).unwrap().strip_suffix('}').unwrap().to_owned()
    }

    #[test]
    fn rates_are_per_million_tokens_to_the_last_digit() {
        let price =
            MaxPrice { request: cost("0.010"), image: Some(cost("0.0048")), ..max_price("0.000003", "0.00001512345") };
        let expected = r#"{"max_price":{"prompt":3,"completion":15.12345,"request":0.010,"image":0.0048}}"#;
        assert_eq!(sent(&price, None, None), expected);
        assert_eq!(sent(&price, Some("null"), None), expected);
        assert_eq!(
            sent(&max_price("0", "1.5e-7"), None, None),
            r#"{"max_price":{"prompt":0,"completion":0.15,"request":0}}"#
        );
    }

    #[test]
    fn what_else_is_said_of_providers_stays_as_it_is() {
        let limits = r#""max_price":{"prompt":3,"completion":15,"request":0}"#;
        let price = max_price("0.000003", "0.000015");
        let shared = r#"{"sort":"price","only":["a", "b"]}"#;
        assert_eq!(sent(&price, Some(shared), None), format!(r#"{{"sort":"price","only":["a", "b"],{limits}}}"#));
        assert_eq!(sent(&price, Some(shared), Some(r#"{"zdr":true}"#)), format!(r#"{{"zdr":true,{limits}}}"#));
        assert_eq!(sent(&price, Some(shared), Some("null")), format!("{{{limits}}}"));
        assert_eq!(sent(&price, Some(r#""cheap""#), None), r#""cheap""#);
    }

    #[test]
    fn the_stricter_of_two_limits_holds() {
        let price = max_price("0.000003", "0.000015");
        for (given, expected) in [
            (r#"{"prompt":1,"completion":20}"#, r#"{"prompt":1,"completion":15,"request":0}"#),
            (r#"{"prompt":"2.50","completion":"1e1"}"#, r#"{"prompt":"2.50","completion":"1e1","request":0}"#),
            (
                r#"{"audio":7,"image":2,"prompt":"3.0"}"#,
                r#"{"audio":7,"image":2,"prompt":3,"completion":15,"request":0}"#,
            ),
            (r#"{"prompt":"cheap","completion":-1,"request":null}"#, r#"{"prompt":3,"completion":15,"request":0}"#),
            ("null", r#"{"prompt":3,"completion":15,"request":0}"#),
            ("7", r#"{"prompt":3,"completion":15,"request":0}"#),
        ] {
            let provider = format!(r#"{{"max_price":{given}}}"#);
            assert_eq!(sent(&price, Some(&provider), None), format!(r#"{{"max_price":{expected}}}"#), "{given}");
        }
    }
}
