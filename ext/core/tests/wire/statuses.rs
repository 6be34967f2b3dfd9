//! Errors by HTTP status, as gateways and the proxies before them answer.

use std::time::{Duration, SystemTime};

use llm_router_core::{Failure, Reason, Scope};

use crate::support::{answer, messages, Caller, Gateway, Step, KEY};

async fn failure(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Failure {
    Caller::receives(vec![Step::Send(answer(status, headers, body))]).await.unwrap_err()
}

#[tokio::test]
async fn a_429_says_how_long_to_leave_it_alone() {
    let body = r#"{"error":{"code":429,"message":"slow down"}}"#;
    let limited = failure("429 Too Many Requests", "Retry-After: 7\r\n", body).await;
    assert_eq!((limited.reason, limited.scope, limited.status), (Reason::RateLimited, Scope::Model, Some(429)));
    assert_eq!((limited.message.as_str(), limited.retry_after), ("slow down", Some(Duration::from_secs(7))));
    assert_eq!(limited.body, None);
}

#[tokio::test]
async fn a_429_may_say_so_with_a_date() {
    let at = |time| format!("Retry-After: {}\r\n", httpdate::fmt_http_date(time));
    let hour = Duration::from_secs(3600);
    let wait = failure("429 Too Many Requests", &at(SystemTime::now() + hour), "").await.retry_after.unwrap();
    assert!(wait <= hour && wait > hour / 2, "{wait:?}");
    let past = failure("429 Too Many Requests", &at(SystemTime::UNIX_EPOCH), "").await;
    assert_eq!(past.retry_after, Some(Duration::ZERO));
    assert_eq!(failure("429 Too Many Requests", "Retry-After: soon\r\n", "").await.retry_after, None);
    let both = failure("429 Too Many Requests", "Retry-After: 2\r\nRetry-After-Ms: 1250\r\n", "").await;
    assert_eq!(both.retry_after, Some(Duration::from_millis(1250)), "the more precise");
    let noise = failure("429 Too Many Requests", "Retry-After: 2\r\nRetry-After-Ms: -1\r\n", "").await;
    assert_eq!(noise.retry_after, Some(Duration::from_secs(2)));
}

#[tokio::test]
async fn a_redirect_has_its_own_status_whatever_its_body_says() {
    let body = r#"{"error":{"code":429,"message":"choose"}}"#;
    assert_eq!(failure("300 Multiple Choices", "", body).await.status, Some(300));
}

#[tokio::test]
async fn a_proxys_html_page_is_judged_by_its_status() {
    let down = failure("503 Service Unavailable", "Content-Type: text/html\r\n", "<html>Busy</html>").await;
    assert_eq!((down.reason, down.scope, down.status), (Reason::Unavailable, Scope::Model, Some(503)));
    assert_eq!((down.message.as_str(), down.body), ("the endpoint gave no reason", None));
    assert_eq!(failure("503 Service Unavailable", "", b"\xff\xfe").await.reason, Reason::Unavailable);
    assert_eq!(failure("524 A Timeout Occurred", "", "").await.reason, Reason::Unavailable);
}

#[tokio::test]
async fn a_model_that_no_provider_serves_at_the_reserved_price_is_too_expensive() {
    let body = r#"{"error":{"code":404,"message":"No endpoints found","metadata":{"error_type":"constraint_filtered",
        "constraint":{"field":"max_price"}}}}"#;
    let dear = failure("404 Not Found", "", body).await;
    assert_eq!((dear.reason, dear.scope, dear.status), (Reason::TooExpensive, Scope::Model, Some(404)));
    assert!(dear.message.ends_with("(provider.max_price): No endpoints found"), "{}", dear.message);
}

#[tokio::test]
async fn a_402_for_too_much_in_flight_passes_and_the_others_do_not() {
    let body = |source: &str| format!(r#"{{"error":{{"code":402,"metadata":{{"limit_source":"{source}"}}}}}}"#);
    let in_flight = body("openrouter_in_flight_budget");
    let passing = failure("402 Payment Required", "Retry-After: 2\r\n", in_flight).await;
    assert_eq!((passing.reason, passing.scope), (Reason::RateLimited, Scope::Model));
    assert_eq!(passing.retry_after, Some(Duration::from_secs(2)));
    let broke = failure("402 Payment Required", "", body("openrouter_credits")).await;
    assert_eq!((broke.reason, broke.scope), (Reason::InsufficientCredits, Scope::Endpoint));
}

#[tokio::test]
async fn what_moderation_flagged_is_kept_nowhere() {
    let body = r#"{"error":{"code":403,"message":"flagged: how do I hurt him","metadata":{"reasons":["violence"],
        "flagged_input":"how do I hurt him","provider_name":"OpenAI","model_slug":"m","raw":"how do I hurt him"}}}"#;
    let moderated = failure("403 Forbidden", "", body).await;
    assert_eq!((moderated.reason, moderated.scope, moderated.status), (Reason::Moderated, Scope::Request, Some(403)));
    assert!(moderated.message.starts_with("OpenAI: flagged: "), "{}", moderated.message);
    assert!(moderated.body.as_ref().unwrap().contains("violence"));
    assert!(!format!("{moderated:?}").contains("hurt"), "{moderated:?}");
}

/// Escaped in the JSON, the input is nowhere to be found by its own text.
#[tokio::test]
async fn what_moderation_flagged_is_kept_nowhere_however_it_is_spelt() {
    let body = r#"{"error":{"metadata":{"reasons":["violence"],"flagged_input":"\"Hurt\" him\nh\u00fcrter"}}}"#;
    let moderated = failure("403 Forbidden", "", body).await;
    assert!(moderated.body.as_ref().unwrap().contains("violence"));
    assert!(!format!("{moderated:?}").contains("him"), "{moderated:?}");
}

/// Escaped once in a message, twice in JSON that a message quotes.
#[tokio::test]
async fn what_moderation_flagged_is_kept_nowhere_however_it_is_quoted() {
    let flagged = "\"Hurt\" him\nhard";
    let raw = serde_json::json!({ "input": flagged }).to_string();
    let metadata = serde_json::json!({ "reasons": ["violence"], "flagged_input": flagged, "raw": raw });
    let body = serde_json::json!({ "error": { "message": format!("flagged: {flagged}"), "metadata": metadata } });
    let moderated = failure("403 Forbidden", "", body.to_string()).await;
    assert!(moderated.body.as_ref().unwrap().contains("violence"));
    assert!(!format!("{moderated:?}").contains("him"), "{moderated:?}");
}

/// JavaScript cuts text between the halves of an emoji, and escapes the half that is left.
#[tokio::test]
async fn what_moderation_flagged_is_kept_nowhere_even_if_it_is_no_unicode() {
    let body = r#"{"error":{"metadata":{"reasons":["violence"],"flagged_input":"hurt him \ud83d..."}}}"#;
    let moderated = failure("403 Forbidden", "", body).await;
    assert_eq!(moderated.scope, Scope::Request);
    assert!(!format!("{moderated:?}").contains("him"), "{moderated:?}");
}

#[tokio::test]
async fn an_error_whose_body_cannot_be_read_is_judged_by_its_status() {
    let large = answer("401 Unauthorized", "", " ".repeat(2 << 20));
    let refused = Caller::receives(vec![Step::Send(large)]).await.unwrap_err();
    assert_eq!((refused.reason, refused.scope), (Reason::Unauthorized, Scope::Endpoint));
    let cut_off = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 99\r\n\r\nslow".to_vec();
    let limited = Caller::receives(vec![Step::Send(cut_off), Step::Close]).await.unwrap_err();
    assert_eq!((limited.reason, limited.retry_after), (Reason::RateLimited, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn the_key_and_the_prompt_are_in_no_message() {
    let body = format!(r#"{{"error":{{"message":"{KEY} said: my number is 555-0100-23"}}}}"#);
    let gateway = Gateway::start(vec![vec![Step::Send(answer("400 Bad Request", "", body))]]);
    let mut caller = Caller::of(gateway.address);
    caller.request = messages(r#"[{"role":"user","content":"Hello, my number is 555-0100-23, call me"}]"#);
    let rejected = caller.attempt().await.unwrap_err();
    assert_eq!((rejected.reason, rejected.scope), (Reason::Rejected, Scope::Request));
    assert!(!rejected.message.contains("555-0100"), "{}", rejected.message);
    assert!(!format!("{rejected:?}").contains(KEY), "{rejected:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let gateway = Gateway::start(vec![vec![Step::Send(Vec::new())]]);
    let elsewhere = format!("Location: http://{}/api/v1/chat/completions\r\n", gateway.address);
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let gateway = Gateway::start(vec![vec![Step::Send(answer(status, &elsewhere, ""))]]);
        let moved = Caller::of(gateway.address).attempt().await.unwrap_err();
        assert_eq!((moved.reason, moved.scope), (Reason::BadAnswer, Scope::Endpoint));
        assert_eq!(moved.status, status[..3].parse().ok());
        assert_eq!(gateway.requests().len(), 1);
    }
    assert_eq!(gateway.connections(), 0);
}

#[tokio::test]
async fn the_body_is_kept_where_the_request_is_at_fault_and_nowhere_else() {
    let body = r#"{"error":{"message":"no luck"}}"#;
    for (status, scope, kept) in [
        ("400 Bad Request", Scope::Request, Some(body)),
        ("413 Payload Too Large", Scope::Request, Some(body)),
        ("422 Unprocessable Entity", Scope::Request, Some(body)),
        ("401 Unauthorized", Scope::Endpoint, None),
        ("402 Payment Required", Scope::Endpoint, None),
        ("404 Not Found", Scope::Model, None),
        ("408 Request Timeout", Scope::Model, None),
        ("500 Internal Server Error", Scope::Model, None),
        ("529 Site Is Overloaded", Scope::Model, None),
    ] {
        let failure = failure(status, "", body).await;
        assert_eq!((failure.scope, failure.body.as_deref()), (scope, kept), "{status}");
    }
}

#[tokio::test]
async fn an_error_that_cost_something_is_owed() {
    let body = r#"{"error":{"code":502},"usage":{"cost":0.0021}}"#;
    let failure = failure("502 Bad Gateway", "X-Generation-Id: gen-3\r\n", body).await;
    assert_eq!(failure.cost.unwrap().to_string(), "0.0021");
    assert_eq!(failure.generation_id.as_deref(), Some("gen-3"));
}
