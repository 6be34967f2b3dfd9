use super::*;
use crate::request::candidate::tests::{candidate, endpoint};
use crate::request::{App, Endpoint};
use crate::routing::chain::tests::chain;
use std::sync::Arc;

#[test]
fn vendors_that_alternate_raise_no_doubt() {
    assert_eq!(chain(&["anthropic/a", "google/b", "anthropic/c"]).doubts(), []);
}

#[test]
fn a_model_without_a_vendor_is_named_where_it_is_at_openrouter() {
    let openrouter = Endpoint::new("openrouter", "https://openrouter.ai/api/v1", None, &App::default()).unwrap();
    let nameless = Candidate { endpoint: Arc::new(openrouter), ..candidate("gpt-4o") };
    let chain = Chain::new(vec![nameless, candidate("anthropic/a"), candidate("llama-3")]).unwrap();
    assert_eq!(chain.doubts(), [Doubt::NoVendor { model: "gpt-4o".into() }]);
}

#[test]
fn one_model_is_no_chain() {
    assert_eq!(chain(&["anthropic/a"]).doubts(), [Doubt::Alone { model: "anthropic/a".into() }]);
}

#[test]
fn neighbours_of_one_vendor_are_named() {
    let doubts = chain(&["google/x", "anthropic/a", "Anthropic/b"]).doubts();
    assert_eq!(doubts.len(), 1);
    assert!(doubts[0].to_string().contains("anthropic/a and Anthropic/b"));
}

#[test]
fn a_chain_of_one_vendor_at_one_endpoint_raises_one_doubt() {
    assert!(matches!(chain(&["a/1", "a/2", "a/3"]).doubts()[..], [Doubt::OneUpstream { .. }]));
}

#[test]
fn one_model_at_two_endpoints_has_no_other_vendor_to_go_to() {
    let at = |model: &str, name: &str| Candidate { endpoint: endpoint(name), ..candidate(model) };
    let same = Chain::new(vec![at("openai/embed-3", "openrouter"), at("Embed-3", "openai")]).unwrap();
    assert_eq!(same.doubts(), []);
    let twice = Chain::new(vec![at("openai/embed-3", "x"), at("embed-3", "openai"), at("openai/embed-3", "x")]);
    assert!(!twice.unwrap().doubts().is_empty());
}

#[test]
fn one_vendor_at_two_endpoints_is_still_two_neighbours() {
    let elsewhere = Candidate { endpoint: endpoint("direct"), ..candidate("a/2") };
    let chain = Chain::new(vec![candidate("a/1"), elsewhere]).unwrap();
    assert!(matches!(chain.doubts()[..], [Doubt::Neighbours { .. }]));
}
