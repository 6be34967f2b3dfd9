//! `GET /generation`.

use std::time::Duration;

use llm_router_core::{generation, Generation, LookupError};

use crate::support::{answer, json, Caller, Gateway, Step, KEY};

async fn looked_up(gateway: &Gateway, id: &str) -> Result<Generation, LookupError> {
    let caller = Caller::of(gateway.address);
    generation(&caller.client, &caller.candidate.endpoint, id, Duration::from_secs(60)).await
}

async fn summary(data: &str) -> Result<Generation, LookupError> {
    looked_up(&Gateway::start(vec![vec![Step::Send(json(format!(r#"{{"data":{data}}}"#)))]]), "gen-1").await
}

async fn cost(data: &str) -> Option<String> {
    summary(data).await.unwrap().cost.map(|cost| cost.to_string())
}

#[tokio::test]
async fn a_generation_says_what_it_cost_and_how_long_it_was() {
    let body = r#"{"data":{"id":"gen-1","model":"a/b","total_cost":0.0015,"is_byok":false,"upstream_inference_cost":0.0012,
        "tokens_prompt":10,"tokens_completion":25,"native_tokens_prompt":11,"native_tokens_completion":null}}"#;
    let gateway = Gateway::start(vec![vec![Step::Send(json(body))]]);
    let found = looked_up(&gateway, "gen-1").await.unwrap();
    assert_eq!(found.cost.unwrap().to_string(), "0.0015");
    assert_eq!(
        (found.prompt_tokens, found.completion_tokens, found.model.as_deref()),
        (Some(11), Some(25), Some("a/b"))
    );
    let request = gateway.requests().remove(0);
    assert_eq!(request.line, "GET /api/v1/generation?id=gen-1 HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
}

#[tokio::test]
async fn with_a_key_of_ones_own_the_upstream_price_comes_on_top() {
    let own = r#"{"total_cost":0.0001,"is_byok":true,"upstream_inference_cost":0.0019}"#;
    assert_eq!(cost(own).await.as_deref(), Some("0.0020"));
    assert_eq!(cost(r#"{"total_cost":0,"is_byok":true,"upstream_inference_cost":null}"#).await, None);
    assert_eq!(cost(r#"{"total_cost":0,"is_byok":false}"#).await.as_deref(), Some("0"));
}

#[tokio::test]
async fn what_is_left_out_or_odd_is_not_known() {
    let nothing = Generation { cost: None, prompt_tokens: None, completion_tokens: None, model: None };
    assert_eq!(summary("{}").await.unwrap(), nothing);
    assert_eq!(summary(r#"{"total_cost":"free","tokens_prompt":-1,"model":7}"#).await.unwrap(), nothing);
    assert!(matches!(summary("null").await, Err(LookupError::Unreadable(_))));
    assert!(matches!(summary(r#"{"total_cost":1e999999999}"#).await, Err(LookupError::Unreadable(_))));
}

#[tokio::test]
async fn an_id_cannot_change_the_path() {
    let gateway = Gateway::start(vec![vec![Step::Send(json(r#"{"data":{}}"#))]]);
    looked_up(&gateway, "gen-1&id=2#/é").await.unwrap();
    assert_eq!(gateway.requests().remove(0).line, "GET /api/v1/generation?id=gen-1%26id%3D2%23%2F%C3%A9 HTTP/1.1");
}

#[tokio::test]
async fn a_generation_that_is_not_known_yet_can_be_looked_up_again_on_the_same_connection() {
    // So long that it is not read by chance.
    let not_yet = answer("404 Not Found", "", " ".repeat(1 << 20));
    let gateway = Gateway::start(vec![
        vec![Step::Send(not_yet)],
        vec![Step::Send(answer("500 Internal Server Error", "", ""))],
        vec![Step::Send(json(r#"{"data":{"total_cost":1}}"#))],
    ]);
    let caller = Caller::of(gateway.address);
    let look_up = || generation(&caller.client, &caller.candidate.endpoint, "gen-1", Duration::from_secs(60));
    assert_eq!(look_up().await, Err(LookupError::NotFound));
    assert_eq!(look_up().await, Err(LookupError::Status(500)));
    assert!(look_up().await.is_ok());
    assert_eq!(gateway.connections(), 1);
}
