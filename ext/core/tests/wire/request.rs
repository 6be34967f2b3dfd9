//! What is sent.

use llm_router_core::{App, Auth, Candidate, Endpoint, Headers, Request};
use serde_json::value::RawValue;
use serde_json::{json, Value};

use crate::support::{good_answer, json as ok, Caller, Gateway, Received, Step, KEY};

async fn sent(change: impl FnOnce(&mut Caller)) -> Received {
    let gateway = Gateway::start(vec![vec![Step::Send(ok(good_answer()))]]);
    let mut caller = Caller::of(gateway.address);
    change(&mut caller);
    caller.attempt().await.unwrap();
    gateway.requests().remove(0)
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[tokio::test]
async fn a_request_names_its_key_its_app_and_its_types() {
    let request = sent(|_| {}).await;
    assert_eq!(request.line, "POST /api/v1/chat/completions HTTP/1.1");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("accept-encoding"), Some("gzip"));
    assert_eq!(request.header("x-openrouter-title"), Some("Shop"));
    assert_eq!(request.header("http-referer"), Some("https://shop.example"));
    assert_eq!(request.header("referer"), None);
    assert!(request.header("user-agent").unwrap().starts_with("llm_router/"));
}

#[tokio::test]
async fn without_a_key_and_an_app_their_headers_are_not_sent() {
    let request = sent(|caller| {
        let base_url = caller.candidate.endpoint.url().join(".").unwrap();
        let endpoint = Endpoint::new("local", base_url.as_str(), None, &App::default()).unwrap();
        caller.candidate.endpoint = endpoint.into();
    })
    .await;
    let names = request.headers.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    for absent in ["authorization", "x-openrouter-title", "http-referer"] {
        assert!(!names.iter().any(|name| name == absent), "{absent} in {names:?}");
    }
}

#[tokio::test]
async fn headers_of_the_request_precede_those_of_the_endpoint_and_each_is_sent_once() {
    let request = sent(|caller| {
        let base = caller.candidate.endpoint.url().join("../x?api-version=1").unwrap();
        let own = Headers::new([("x-team", "endpoint"), ("x-title", "Shop"), ("user-agent", "shop/1")]).unwrap();
        let endpoint = Endpoint::new("azure", base.as_str(), Some(KEY), &App::default()).unwrap();
        let auth = Auth::Header("api-key".to_owned());
        caller.candidate.endpoint = endpoint.with_headers(&auth, &Headers::default(), &own).unwrap().into();
        let body = raw(r#"[{"role":"user","content":"Hi"}]"#);
        caller.request = Request::new(body, vec![]).with_headers(Headers::new([("X-Team", "call")]).unwrap());
    })
    .await;
    assert!(request.line.ends_with("/x/chat/completions?api-version=1 HTTP/1.1"), "{}", request.line);
    let all = |name: &str| {
        let found = request.headers.iter().filter(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(all("x-team"), ["call"]);
    assert_eq!(all("x-title"), ["Shop"]);
    assert_eq!(all("user-agent"), ["shop/1"]);
    assert_eq!(all("api-key"), [KEY]);
    assert!(all("authorization").is_empty());
}

#[tokio::test]
async fn the_body_holds_the_model_the_messages_and_the_options() {
    let request = sent(|caller| {
        caller.request = Request::new(
            raw(r#"[{"role":"user","content":"Grüß dich"}]"#),
            vec![("temperature".to_owned(), raw("0.2")), ("provider".to_owned(), raw(r#"{"sort":"price"}"#))],
        );
        let own = vec![("temperature".to_owned(), raw("null")), ("top_k".to_owned(), raw("1"))];
        caller.candidate = Candidate { params: own, ..Candidate::new("a/b", caller.candidate.endpoint.clone()) };
    })
    .await;
    let body = json!({
        "model": "a/b",
        "messages": [{"role": "user", "content": "Grüß dich"}],
        "provider": {"sort": "price"},
        "top_k": 1,
    });
    assert_eq!(request.body, body);
}

#[tokio::test]
async fn the_length_of_the_body_is_known_before_it_comes() {
    let request = sent(|_| {}).await;
    let body = r#"{"model":"anthropic/claude-sonnet-4.5","messages":[{"role":"user","content":"Hi"}]}"#;
    assert_eq!(request.header("content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(request.header("transfer-encoding"), None);
}

#[tokio::test]
async fn a_number_is_sent_as_it_was_written() {
    let request = sent(|caller| {
        caller.request = Request::new(raw("[]"), vec![("seed".to_owned(), raw("18446744073709551615"))]);
    })
    .await;
    assert_eq!(request.body["seed"], Value::from(u64::MAX));
}
