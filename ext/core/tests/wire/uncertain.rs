//! May an attempt that failed be billed all the same? Only if the request went out, and nothing that
//! came back says what it costs.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use llm_router_core::{App, Endpoint, Failure, Progress, Reason};
use tokio::join;
use tokio::runtime::Builder;
use tokio::time::timeout;

use crate::support::{answer, good_answer, gzip, json, nobody, Caller, Event, Gateway, Reply, Step};

const ID: &str = "X-Generation-Id: gen-4\r\n";
const USAGE: &str = r#""usage":{"cost":0.0021}"#;

async fn failure(reply: Reply) -> Failure {
    let gateway = Gateway::start(vec![reply]);
    Caller { max_answer_bytes: 4_000, ..Caller::of(gateway.address) }.attempt().await.unwrap_err()
}

/// Under a clock that is paused, as that of the tests about time.
async fn timed_out(begun: Vec<Step>) -> Failure {
    let gateway = Gateway::beside(vec![[begun, vec![Step::Stall]].concat()]);
    let caller = Caller::of(gateway.address);
    let (outcome, _gateway) = join!(caller.attempt(), gateway.hold_clock_until(Event::Stalled));
    let failure = outcome.unwrap_err();
    assert_eq!(failure.reason, Reason::Timeout);
    failure
}

async fn answered(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Failure {
    failure(vec![Step::Send(answer(status, &format!("{ID}{headers}"), body))]).await
}

fn begun(status: &str) -> Step {
    Step::Send(format!("HTTP/1.1 {status}\r\n{ID}Content-Length: 99\r\n\r\n{{").into_bytes())
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_been_billed() {
    for end in [Step::Close, Step::Reset] {
        let silent = failure(vec![end.clone()]).await;
        assert_eq!((silent.reason, silent.uncertain, silent.generation_id), (Reason::Connection, true, None));
        let cut_off = failure(vec![begun("200 OK"), end]).await;
        assert_eq!((cut_off.reason, cut_off.uncertain), (Reason::Connection, true));
        assert_eq!(cut_off.generation_id.as_deref(), Some("gen-4"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_that_runs_out_may_have_been_billed() {
    let silent = timed_out(vec![]).await;
    assert_eq!((silent.uncertain, silent.generation_id), (true, None));
    let slow = timed_out(vec![begun("200 OK")]).await;
    assert_eq!((slow.uncertain, slow.generation_id.as_deref()), (true, Some("gen-4")));
    let refused = timed_out(vec![begun("503 Service Unavailable")]).await;
    assert_eq!((refused.uncertain, refused.generation_id.as_deref()), (false, Some("gen-4")));
    assert_eq!(refused.message, slow.message, "it was the answer that did not come, and not the connection");
}

#[tokio::test]
async fn a_request_that_was_refused_is_not_billed() {
    for status in ["302 Found", "401 Unauthorized", "429 Too Many Requests", "502 Bad Gateway", "503 Busy"] {
        assert!(!answered(status, "", "<html>").await.uncertain, "{status}");
        for end in [Step::Close, Step::Reset] {
            let refused = failure(vec![begun(status), end]).await;
            assert_eq!((refused.uncertain, refused.generation_id.as_deref()), (false, Some("gen-4")), "{status}");
        }
    }
}

#[tokio::test]
async fn a_timeout_that_a_gateway_reports_may_have_been_billed() {
    for status in ["408 Request Timeout", "504 Gateway Timeout", "524 A Timeout Occurred"] {
        for body in ["<html>", "", r#"{"error":{"code":504,"message":"no luck"}}"#] {
            let failure = answered(status, "", body).await;
            assert_eq!(
                (failure.uncertain, failure.cost, failure.generation_id.as_deref()),
                (true, None, Some("gen-4")),
                "{status}"
            );
        }
        for end in [Step::Close, Step::Reset] {
            assert!(failure(vec![begun(status), end]).await.uncertain, "{status}");
        }
    }
    let named = [
        "upstream request timeout",
        "<html><h1>The origin timed out</h1></html>",
        r#"{"error":{"code":502,"message":"Provider returned error","metadata":{"error_type":"timeout"}}}"#,
        r#"{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{\"code\":\"ETIMEDOUT\"}"}}}"#,
        r#"{"error":{"code":"gateway_timeout","message":"sorry"}}"#,
        r#"{"error":{"message":"Deadline exceeded"}}"#,
        r#"{"detail":"upstream timed out (110)"}"#,
    ];
    for body in named {
        for status in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "529 Overloaded"] {
            assert!(answered(status, "", body).await.uncertain, "{status} {body}");
        }
    }
    for inside in [
        r#"{"error":{"code":504,"message":"no luck"}}"#,
        r#"{"error":{"code":502,"message":"upstream request timeout"}}"#,
        r#"{"error":{"message":"no luck","metadata":{"error_type":"timeout"}}}"#,
        r#"{"choices":[{"finish_reason":"error","error":{"code":408}}]}"#,
    ] {
        assert!(answered("200 OK", "", inside).await.uncertain, "{inside}");
    }
    let billed = format!(r#"{{"error":{{"code":504}},{USAGE}}}"#);
    for (status, cost) in [("504 Gateway Timeout", "0.0021"), ("200 OK", "0.0021")] {
        let failure = answered(status, "", &billed).await;
        assert_eq!((failure.uncertain, failure.cost.unwrap().to_string().as_str()), (false, cost), "{status}");
    }
}

#[tokio::test]
async fn what_is_no_time_out_is_not_billed_though_it_speaks_of_one() {
    let spoken = r#"{"error":{"code":400,"message":"timeout must be at most 60"}}"#;
    for status in ["400 Bad Request", "422 Unprocessable", "429 Too Many Requests"] {
        assert!(!answered(status, "", spoken).await.uncertain, "{status}");
    }
    let quoted = r#"{"error":{"code":502},"choices":[{"message":{"content":""}}],"topic":"On timeouts"}"#;
    assert!(!answered("200 OK", "", quoted).await.uncertain);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_may_be_billed() {
    let not_utf_8 = [br#"{"choices":[{"message":{"content":""#.as_slice(), b"\xff", br#""}}]}"#].concat();
    let hostile = format!(r#"{{"choices":[{{"message":{{"content":"Hi"}}}}],"usage":{{"cost":{}}}}}"#, "9".repeat(200));
    for body in [b"<html>".to_vec(), Vec::new(), not_utf_8, vec![b' '; 5_000], hostile.into_bytes()] {
        let unreadable = answered("200 OK", "", &body).await;
        assert_eq!((unreadable.reason, unreadable.uncertain), (Reason::BadAnswer, true), "{unreadable:?}");
        assert_eq!(unreadable.generation_id.as_deref(), Some("gen-4"), "{unreadable:?}");
    }
    let garbled = answered("200 OK", "Content-Encoding: gzip\r\n", &gzip(good_answer().as_bytes())[..40]).await;
    assert!(garbled.uncertain, "{garbled:?}");
}

#[tokio::test]
async fn an_answer_that_says_what_it_costs_leaves_nothing_to_guess() {
    let not_utf_8 = [br#"{"choices":[{"message":{"content":""#.as_slice(), b"\xff", br#""}}],"#].concat();
    let with_usage = |start: &[u8]| [start, USAGE.as_bytes(), b"}"].concat();
    for body in [with_usage(br#"{"choices":"none","#), with_usage(&not_utf_8)] {
        let billed = answered("200 OK", "", body).await;
        assert_eq!((billed.reason, billed.uncertain), (Reason::BadAnswer, false));
        assert_eq!(billed.cost.unwrap().to_string(), "0.0021");
    }
}

#[tokio::test]
async fn an_answer_that_says_that_there_is_none_is_not_billed() {
    for body in [
        "{}",
        r#"{"error":{"code":502}}"#,
        r#"{"choices":[]}"#,
        r#"{"choices":[{"message":{"content":""}}]}"#,
        r#"{"choices":[{"message":{"content":""},"finish_reason":"error"}],"usage":{"prompt_tokens":9}}"#,
        r#"{"choices":[{"message":null,"finish_reason":""}],"usage":{"prompt_tokens":9,"completion_tokens":0}}"#,
        r#"{"error":{"code":502},"usage":{"prompt_tokens":9,"completion_tokens":0,"cost":null}}"#,
        r#"{"choices":[],"usage":null}"#,
    ] {
        assert!(!answered("200 OK", "", body).await.uncertain, "{body}");
    }
}

#[tokio::test]
async fn a_failed_answer_with_tokens_and_no_cost_may_be_billed_and_has_its_tokens() {
    let usage = r#""usage":{"prompt_tokens":9,"completion_tokens":4}"#;
    for body in [
        format!(r#"{{"choices":[],{usage}}}"#),
        format!(r#"{{"choices":[{{"message":{{"content":""}}}}],{usage}}}"#),
        format!(r#"{{"error":{{"code":502}},{usage}}}"#),
        format!(r#"{{"choices":"none",{usage}}}"#),
        format!(r#"{{"choices":[{{"message":{{"content":"Hel"}},"finish_reason":"error"}}],{usage}}}"#),
    ] {
        let failed = answered("200 OK", "", &body).await;
        assert_eq!((failed.uncertain, &failed.cost), (true, &None), "{body}");
        assert_eq!((failed.usage.prompt_tokens, failed.usage.completion_tokens), (Some(9), Some(4)), "{body}");
    }
    let refused = answered("500 Internal Server Error", "", format!(r#"{{"error":{{}},{usage}}}"#)).await;
    assert_eq!((refused.uncertain, refused.usage.completion_tokens), (true, Some(4)));
    let said = [
        r#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#,
        r#"{"choices":[{"message":{"content":"Hel"},"finish_reason":"error"}]}"#,
        r#"{"choices":[{"message":{"content":"","reasoning":"Let me see"}}]}"#,
        r#"{"choices":[{"message":{"content":"","reasoning_content":"Let me see"}}]}"#,
        r#"{"choices":[{"message":{"content":""},"finish_reason":"length"}]}"#,
    ];
    for body in said {
        assert!(answered("200 OK", "", body).await.uncertain, "{body}");
    }
}

#[tokio::test]
async fn a_failed_answer_whose_bill_is_no_amount_may_be_billed() {
    for cost in ["\"free\"", "true", "-0.5", "[0.1]", "{}", "\"NaN\"", "1e21"] {
        for failed in [r#""error":{"code":502}"#, r#""choices":[]"#, r#""choices":"none""#] {
            let body = format!(r#"{{{failed},"usage":{{"cost":{cost}}}}}"#);
            let failed = answered("200 OK", "", &body).await;
            assert_eq!((failed.uncertain, failed.cost), (true, None), "{body}");
            let body = format!(r#"{{"error":{{"code":503}},"usage":{{"cost":{cost}}}}}"#);
            assert!(answered("503 Service Unavailable", "", &body).await.uncertain, "{body}");
        }
    }
}

#[tokio::test]
async fn a_request_that_never_went_out_is_not_billed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut caller = Caller { limit: Duration::from_millis(100), ..Caller::of(address) };
    let tls = Endpoint::new("tls", &format!("https://{address}"), None, &App::default()).unwrap();
    caller.candidate.endpoint = Arc::new(tls);
    let stalled = caller.attempt().await.unwrap_err();
    assert_eq!((stalled.reason, stalled.uncertain), (Reason::Timeout, false), "TLS never came about");
    let (_socket, address) = nobody();
    let refused = Caller::of(address).attempt().await.unwrap_err();
    assert_eq!((refused.reason, refused.uncertain), (Reason::Connection, false));
}

/// The connection that was kept turns out to be closed, perhaps only when the request was given to it,
/// and there is no other to be had.
#[test]
fn a_request_that_is_left_without_its_connection_is_not_billed() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    for _ in 0..50 {
        let gateway = Gateway::start(vec![vec![Step::Send(json(good_answer())), Step::Close]]);
        let caller = Caller::of(gateway.address);
        runtime.block_on(caller.attempt()).unwrap();
        drop(gateway);
        let refused = runtime.block_on(caller.attempt()).unwrap_err();
        assert_eq!((refused.reason, refused.uncertain), (Reason::Connection, false), "{refused:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_attempt_has_its_progress() {
    let gateway = Gateway::beside(vec![vec![begun("200 OK"), Step::Stall]]);
    let caller = Caller::of(gateway.address);
    let progress = Progress::default();
    let dropped = timeout(Duration::from_secs(1), caller.attempt_with(&progress));
    let (outcome, _gateway) = join!(dropped, gateway.hold_clock_until(Event::Stalled));
    assert!(outcome.is_err());
    assert_eq!((progress.uncertain(), progress.generation_id()), (true, Some("gen-4")));
}
