//! `GET /models`.

use std::time::Duration;

use llm_router_core::{prices, provider_prices, LookupError, Price};

use crate::support::{answer, json, Caller, Gateway, Step, KEY};

const LIMIT: Duration = Duration::from_secs(60);

async fn looked_up(gateway: &Gateway, limit: Duration) -> Result<Vec<(String, Price)>, LookupError> {
    let caller = Caller::of(gateway.address);
    prices(&caller.client, &caller.candidate.endpoint, limit).await
}

async fn of_providers(gateway: &Gateway, model: &str) -> Result<Vec<(Option<String>, Price)>, LookupError> {
    let caller = Caller::of(gateway.address);
    provider_prices(&caller.client, &caller.candidate.endpoint, model, LIMIT).await
}

fn said(price: &Price) -> String {
    let rates = [&price.prompt, &price.completion, &price.request, &price.image].map(ToString::to_string);
    format!("{} {:?} {:?}", rates.join(" "), price.context_length, price.max_completion_tokens)
}

async fn failure(reply: Vec<Step>) -> LookupError {
    let stalls = matches!(reply.last(), Some(Step::Stall));
    let gateway = Gateway::start(vec![reply]);
    let failure = looked_up(&gateway, if stalls { Duration::from_millis(200) } else { LIMIT }).await.unwrap_err();
    assert!(!format!("{failure} {failure:?}").contains(KEY), "{failure:?}");
    failure
}

#[tokio::test]
async fn each_model_has_its_prices() {
    let body = r#"{"data":[
        {"id":"anthropic/claude-sonnet-4.5","context_length":1000000,"pricing":{"prompt":"0.000003",
         "completion":"0.000015","request":"0","input_cache_read":"0.0000003","input_cache_write":"0.00000375"},
         "top_provider":{"max_completion_tokens":64000}},
        {"id":"openrouter/auto","context_length":2000000,"pricing":{"prompt":"-1","completion":"-1"}},
        {"id":"a/b:free","context_length":null,"pricing":{"prompt":"0","completion":"0"}},
        {"id":"c/d","pricing":null}, {"pricing":{"prompt":"1","completion":"1"}}, null, "odd"]}"#;
    let gateway = Gateway::start(vec![vec![Step::Send(json(body))]]);
    let all = looked_up(&gateway, LIMIT).await.unwrap();
    let shown = |(model, price): &(String, Price)| format!("{model} {}", said(price));
    let expected =
        ["anthropic/claude-sonnet-4.5 0.00000375 0.000015 0 0 Some(1000000) Some(64000)", "a/b:free 0 0 0 0 None None"];
    assert_eq!(all.iter().map(shown).collect::<Vec<_>>(), expected);
    let request = gateway.requests().remove(0);
    assert_eq!(request.line, "GET /api/v1/models HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(request.header("content-length"), None);
}

#[tokio::test]
async fn each_provider_of_a_model_has_its_price_and_its_tier() {
    let body = r#"{"data":{"id":"a/b","endpoints":[
        {"provider_name":"Cheap","context_length":8192,"max_completion_tokens":4096,"status":0,
         "pricing":{"prompt":"0.000001","completion":"0.000002"}},
        {"provider_name":"Fast","service_tier":"priority","max_completion_tokens":null,
         "pricing":{"prompt":"0.000015","completion":"0.00003","request":"0.01","image":"0.0048","discount":0}},
        {"provider_name":"Varies","pricing":{"prompt":"-1","completion":"-1"}}, {"pricing":null}, null, 7]}}"#;
    let gateway = Gateway::start(vec![vec![Step::Send(json(body))]]);
    let all = of_providers(&gateway, "a/b c").await.unwrap();
    let shown = |(tier, price): &(Option<String>, Price)| format!("{tier:?} {}", said(price));
    let expected = [
        "None 0.000001 0.000002 0 0 Some(8192) Some(4096)",
        r#"Some("priority") 0.000015 0.00003 0.01 0.0048 None None"#,
    ];
    assert_eq!(all.iter().map(shown).collect::<Vec<_>>(), expected);
    let request = gateway.requests().remove(0);
    assert_eq!(request.line, "GET /api/v1/models/a/b%20c/endpoints HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
}

#[tokio::test]
async fn a_model_that_the_endpoint_does_not_know_has_no_providers() {
    let gateway = Gateway::start(vec![vec![Step::Send(answer("404 Not Found", "", "{}"))]]);
    assert_eq!(of_providers(&gateway, "a/b").await, Ok(vec![]));
    assert_eq!(of_providers(&gateway, "llama3").await, Ok(vec![]));
    assert_eq!(gateway.requests().len(), 1);
    for odd in [r#"{"data":[]}"#, r#"{"data":{"endpoints":null}}"#, "[]"] {
        let gateway = Gateway::start(vec![vec![Step::Send(json(odd))]]);
        assert!(matches!(of_providers(&gateway, "a/b").await, Err(LookupError::Unreadable(_))), "{odd}");
    }
}

#[tokio::test]
async fn an_error_status_is_reported() {
    for (status, code) in [("401 Unauthorized", 401), ("404 Not Found", 404), ("503 Service Unavailable", 503)] {
        assert_eq!(failure(vec![Step::Send(answer(status, "", KEY))]).await, LookupError::Status(code));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Gateway::start(vec![vec![Step::Send(json(r#"{"data":[]}"#))]]);
    let location = format!("Location: http://{}/api/v1/models\r\n", elsewhere.address);
    assert_eq!(failure(vec![Step::Send(answer("302 Found", &location, ""))]).await, LookupError::Status(302));
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_until_the_limit() {
    let begun = Step::Send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".into());
    assert_eq!(failure(vec![Step::Stall]).await, LookupError::Timeout);
    assert_eq!(failure(vec![begun, Step::Stall]).await, LookupError::Timeout);
}

#[tokio::test]
async fn a_connection_that_breaks_is_named_by_its_host_alone() {
    let begun = Step::Send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".into());
    for reply in [vec![Step::Close], vec![begun, Step::Reset]] {
        let LookupError::Connection(words) = failure(reply).await else { panic!("the connection broke") };
        assert!(words.starts_with("the connection to 127.0.0.1 broke: ") && !words.contains("/models"), "{words}");
    }
}

#[tokio::test]
async fn what_is_no_list_of_models_is_of_no_use() {
    for body in ["", "[]", "{}", r#"{"data":null}"#, r#"{"data":{}}"#, r#"{"error":{"code":500}}"#, "<html>"] {
        let LookupError::Unreadable(_) = failure(vec![Step::Send(json(body))]).await else { panic!("{body}") };
    }
    let garbled = answer("200 OK", "Content-Encoding: gzip\r\n", "\u{1f}this is no gzip");
    assert!(matches!(failure(vec![Step::Send(garbled)]).await, LookupError::Unreadable(_)));
}

#[tokio::test]
async fn a_list_without_an_end_is_not_read_to_it() {
    let large = answer("200 OK", "", format!(r#"{{"data":[]}}{}"#, " ".repeat(16 << 20)));
    let gateway = Gateway::start(vec![vec![Step::Send(large)]]);
    assert!(matches!(looked_up(&gateway, LIMIT).await, Err(LookupError::Unreadable(why)) if why.contains("16 MiB")));
}
