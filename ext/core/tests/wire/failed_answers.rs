//! A 200 that is a failure: it is never returned as an answer, and its cost is kept.

use llm_router_core::{Failure, Reason, Scope};

use crate::support::{answer, good_answer, Caller, Step};

async fn failure(body: impl AsRef<[u8]>) -> Failure {
    let body = body.as_ref();
    match Caller::hears_json(body).await {
        Err(failure) => failure,
        Ok(said) => panic!("{} is no answer, but was taken for {said:?}", String::from_utf8_lossy(body)),
    }
}

#[tokio::test]
async fn an_error_object_is_judged_by_its_code() {
    for (code, reason, scope, status) in [
        ("429", Reason::RateLimited, Scope::Model, 429),
        ("\"429\"", Reason::RateLimited, Scope::Model, 429),
        ("503", Reason::Unavailable, Scope::Model, 503),
        ("400", Reason::Rejected, Scope::Request, 400),
        ("401", Reason::Unauthorized, Scope::Endpoint, 401),
        ("\"rate_limit_exceeded\"", Reason::RateLimited, Scope::Model, 200),
        ("\"something_new\"", Reason::BadAnswer, Scope::Model, 200),
        ("null", Reason::BadAnswer, Scope::Model, 200),
        ("42", Reason::BadAnswer, Scope::Model, 200),
    ] {
        let failure = failure(format!(r#"{{"error":{{"code":{code},"message":"no luck"}}}}"#)).await;
        assert_eq!((failure.reason, failure.scope, failure.status), (reason, scope, Some(status)), "{code}");
        assert_eq!(failure.message, "no luck");
        assert_eq!(failure.body.is_some(), scope == Scope::Request);
    }
}

#[tokio::test]
async fn an_error_may_leave_out_its_code_or_be_a_bare_string() {
    for body in [r#"{"error":{"message":"no luck"}}"#, r#"{"error":"no luck"}"#] {
        let failure = failure(body).await;
        assert_eq!((failure.reason, failure.scope, failure.status), (Reason::BadAnswer, Scope::Model, Some(200)));
        assert_eq!(failure.message, "no luck");
    }
}

#[tokio::test]
async fn an_error_beside_a_whole_answer_still_counts() {
    let body = good_answer().replacen('{', r#"{"error":{"code":502,"message":"cut off"},"#, 1);
    assert_eq!(failure(body).await.reason, Reason::Unavailable);
}

#[tokio::test]
async fn no_error_is_no_error() {
    let body = good_answer().replacen('{', r#"{"error":null,"#, 1);
    assert!(Caller::hears_json(body).await.is_ok());
}

#[tokio::test]
async fn a_choice_that_ended_in_an_error_is_no_answer_whatever_it_said_before() {
    let with = |choice: &str| format!(r#"{{"choices":[{{"message":{{"content":"Hel"}},{choice}}}]}}"#);
    let overloaded = r#""error":{"code":529,"message":"overloaded","metadata":{"provider_name":"Anthropic"}}"#;
    let failed = failure(with(&format!(r#""finish_reason":"error",{overloaded}"#))).await;
    assert_eq!((failed.reason, failed.status), (Reason::Unavailable, Some(529)));
    assert_eq!(failed.message, "Anthropic: overloaded");
    assert_eq!(failure(with(&format!(r#""finish_reason":"stop",{overloaded}"#))).await.reason, Reason::Unavailable);
    assert_eq!(failure(with(r#""finish_reason":"error""#)).await.reason, Reason::BadAnswer);
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_none() {
    let silent = [
        r#"{"choices":[]}"#,
        r#"{"choices":null}"#,
        "{}",
        r#"{"choices":[{}]}"#,
        r#"{"choices":[{"message":null}]}"#,
        r#"{"choices":[{"message":{"content":null}}]}"#,
        r#"{"choices":[{"message":{"content":""}}]}"#,
        r#"{"choices":[{"message":{"content":" \n"}}]}"#,
        r#"{"choices":[{"message":{"content":[]}}]}"#,
        r#"{"choices":[{"message":{"content":"","tool_calls":[],"refusal":null}}]}"#,
    ];
    for body in silent {
        let failure = failure(body).await;
        assert_eq!((failure.reason, failure.scope, failure.status), (Reason::BadAnswer, Scope::Model, Some(200)));
    }
}

#[tokio::test]
async fn a_blank_answer_that_max_tokens_or_a_filter_ended_is_blank_and_its_cost_is_owed() {
    let blank = |reasons: &str, message: &str| {
        format!(r#"{{"choices":[{{{reasons},"message":{message}}}],"usage":{{"cost":0.01}}}}"#)
    };
    let messages = [
        "null",
        r#"{"content":null}"#,
        r#"{"content":" \n"}"#,
        r#"{"content":"","reasoning":"Let me think"}"#,
        r#"{"content":[],"tool_calls":[],"refusal":""}"#,
    ];
    for (reasons, word) in [
        (r#""finish_reason":"length""#, "length"),
        (r#""finish_reason":"content_filter""#, "content_filter"),
        (r#""finish_reason":"MAX_TOKENS""#, "max_tokens"),
        (r#""finish_reason":"stop","native_finish_reason":"SAFETY""#, "safety"),
    ] {
        for message in messages {
            let failure = failure(blank(reasons, message)).await;
            assert_eq!((failure.reason, failure.scope), (Reason::Blank, Scope::Model), "{reasons} {message}");
            assert_eq!(failure.cost.unwrap().to_string(), "0.01");
            assert!(!failure.uncertain && failure.message.contains(word), "{}", failure.message);
        }
    }
    for reasons in [r#""finish_reason":"stop""#, r#""finish_reason":null"#, r#""index":0"#] {
        assert_eq!(failure(blank(reasons, r#"{"content":""}"#)).await.reason, Reason::BadAnswer, "{reasons}");
    }
    for message in [r#"{"content":"Hel"}"#, r#"{"refusal":"No."}"#, r#"{"content":"","tool_calls":[{"id":"1"}]}"#] {
        let body = blank(r#""finish_reason":"length""#, message);
        assert!(Caller::hears_json(body).await.is_ok(), "{message}");
    }
}

#[tokio::test]
async fn what_a_failed_answer_cost_is_owed_to_the_last_digit() {
    let usage = r#""usage":{"cost":0.00012749999999999998}"#;
    for failed in [
        r#""error":{"code":503}"#,
        r#""choices":[]"#,
        r#""choices":[null]"#,
        r#""choices":[{"message":{"content":42}}]"#,
        r#""choices":[{"message":{"content":""}}]"#,
        r#""choices":[{"message":{"content":"Hel"},"finish_reason":"error","error":{"code":502}}]"#,
    ] {
        let reply = answer("200 OK", "X-Generation-Id: gen-2\r\n", format!("{{{failed},{usage}}}"));
        let failure = Caller::receives(vec![Step::Send(reply)]).await.unwrap_err();
        assert_eq!(failure.cost.unwrap().to_string(), "0.00012749999999999998", "{failed}");
        assert_eq!(failure.generation_id.as_deref(), Some("gen-2"), "{failed}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_or_cannot_be_read_keeps_the_headers_generation() {
    for body in [r#"{"choices":[]}"#, r#"{"choices":[{"message":{"content":""},"finish_reason":"length"}]}"#, "Hello"] {
        let reply = answer("200 OK", "X-Generation-Id: gen-4\r\n", body);
        let failed = Caller::receives(vec![Step::Send(reply)]).await.unwrap_err();
        assert_eq!(failed.generation_id.as_deref(), Some("gen-4"), "{body}");
    }
}

#[tokio::test]
async fn without_the_header_the_id_of_a_failed_answer_is_the_generations() {
    let body = r#"{"id":"gen-3","error":{"code":503},"usage":{"cost":0.1}}"#;
    assert_eq!(failure(body).await.generation_id.as_deref(), Some("gen-3"));
    let reply = answer("503 Service Unavailable", "X-Generation-Id: gen-2\r\n", body);
    let refused = Caller::receives(vec![Step::Send(reply)]).await.unwrap_err();
    assert_eq!(refused.generation_id.as_deref(), Some("gen-2"));
}

#[tokio::test]
async fn a_cost_made_to_fill_the_memory_spoils_the_answer() {
    let long = "9".repeat(4_000);
    let fraction = format!("0.{long}");
    for cost in [long.as_str(), &fraction, "1e999999999", "1e-999999999"] {
        let body = good_answer().replacen('{', &format!(r#"{{"usage":{{"cost":{cost}}},"#), 1);
        let failure = failure(body).await;
        assert_eq!((failure.reason, failure.scope), (Reason::BadAnswer, Scope::Model));
        assert!(failure.message.contains("usage.cost"), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_cost_that_cannot_be_read_does_not_hide_why_an_answer_failed() {
    let usage = r#""usage":{"cost":true}"#;
    let failed = failure(format!(r#"{{"error":{{"code":401,"message":"no luck"}},{usage}}}"#)).await;
    assert_eq!((failed.reason, failed.scope), (Reason::Unauthorized, Scope::Endpoint));
    let choice = r#"{"finish_reason":"error","error":{"code":429}}"#;
    assert_eq!(failure(format!(r#"{{"choices":[{choice}],{usage}}}"#)).await.reason, Reason::RateLimited);
}

#[tokio::test]
async fn what_is_not_the_json_of_an_answer_is_none() {
    let truncated = &good_answer()[..good_answer().len() - 1];
    let twice = good_answer().repeat(2);
    let odd = ["", "\n\n", "null", "42", "\"Hello\"", "<html>busy</html>", "data: {}", truncated, &twice];
    for body in odd {
        let failure = failure(body).await;
        assert_eq!((failure.reason, failure.scope, failure.status), (Reason::BadAnswer, Scope::Model, Some(200)));
    }
}

#[tokio::test]
async fn what_is_not_utf_8_is_no_answer_and_is_not_mended() {
    let mut body = good_answer().as_bytes().to_vec();
    let hello = body.windows(5).position(|word| word == b"Hello").unwrap();
    body[hello] = 0xff;
    let failure = failure(body).await;
    assert_eq!((failure.reason, failure.status), (Reason::BadAnswer, Some(200)));
    assert!(failure.message.contains("UTF-8"));
}

#[tokio::test]
async fn why_json_is_wrong_is_said_without_quoting_it() {
    let failure = failure(r#"{"choices":"Hello, Bob"}"#).await;
    assert!(failure.message.contains("line 1, column"), "{}", failure.message);
    assert!(!format!("{failure:?}").contains("Bob"));
}
