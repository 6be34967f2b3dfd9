//! What a developer's debug print shows: not the key, of anything.

use std::error::Error;
use std::time::Instant;

use llm_router_core::{prices, Attempt, Auth, Chain, Endpoint, Headers, LookupError, Progress, Proxy, Request, Walk};
use tokio::time::Duration;

use crate::support::{answer, Authority, Caller, Gateway, Step, KEY};

/// An error with all its causes, in both spellings.
fn whole(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(|error| format!("{error} {error:?}\n")).collect()
}

#[tokio::test]
async fn the_key_is_in_no_debug_print() {
    let body = format!(r#"{{"error":{{"message":"not with {KEY}","metadata":{{"raw":"Bearer {KEY}"}}}}}}"#);
    let gateway = Gateway::start(vec![vec![Step::Send(answer("400 Bad Request", "", body))]]);
    let caller = Caller::of(gateway.address);
    let progress = Progress::default();
    let failure = caller.attempt_with(&progress).await.unwrap_err();
    let Caller { candidate, request, limit, max_answer_bytes, client } = caller;
    let lookup = prices(&client, &candidate.endpoint, limit).await.unwrap_err();
    assert_eq!(lookup, LookupError::Status(400));
    let attempt = Attempt { candidate: &candidate, request: &request, limit, max_answer_bytes, progress: &progress };
    let planned = format!("{attempt:?}");
    let chain = Chain::new(vec![candidate]).unwrap();
    let candidate = &chain.candidates()[0];
    let mut walk = Walk::new(&chain, limit, None);
    let next = format!("{:?}", walk.next(Instant::now()));
    let step = walk.record(candidate, Err(failure.clone()), Duration::ZERO, Instant::now());
    let shown = format!("{planned} {failure:?} {chain:?} {next} {step:?} {walk:?} {}", whole(&lookup));
    assert!(shown.contains("not with [FILTERED]"), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn the_values_of_headers_are_in_no_message_and_no_body() {
    let body = r#"{"error":{"message":"no tenant pass-0815 at Hq-77","metadata":{"raw":"x pass-0815"}}}"#;
    let head = "x-generation-id: pass-0815\r\n";
    let gateway = Gateway::start(vec![vec![Step::Send(answer("400 Bad Request", head, body))]]);
    let mut caller = Caller::of(gateway.address);
    let base = caller.candidate.endpoint.url().join("..").unwrap();
    let endpoint = Endpoint::new("e", base.as_str(), Some(KEY), &Default::default()).unwrap();
    let headers = |value| Headers::new([("x-tenant", value)]).unwrap();
    caller.candidate.endpoint =
        endpoint.with_headers(&Auth::Bearer, &headers("Hq-77"), &Headers::default()).unwrap().into();
    let messages = serde_json::value::RawValue::from_string(r#"[{"role":"user","content":"Hi"}]"#.to_owned()).unwrap();
    caller.request = Request::new(messages, vec![]).with_headers(headers("Basic pass-0815"));
    let failure = caller.attempt().await.unwrap_err();
    let shown = format!("{failure:?} {:?} {:?}", caller.request, caller.candidate);
    assert!(failure.message.contains("no tenant [FILTERED] at [FILTERED]"), "{}", failure.message);
    assert!(!shown.contains("pass-0815") && !shown.contains("Hq-77"), "{shown}");
}

#[test]
fn the_key_is_in_no_error_and_none_of_its_causes() {
    let address = format!("https://{KEY}@a.example");
    for (base, key) in [("https://a.example", format!("{KEY}\n")), (KEY, KEY.to_owned()), (&address, KEY.to_owned())] {
        let error = Endpoint::new("e", base, Some(&key), &Default::default()).unwrap_err();
        assert!(!whole(&error).contains(KEY), "{}", whole(&error));
    }
    for address in [format!("socks5://me:{KEY}@a.example"), format!("http://me:{KEY}@")] {
        let Err(error) = Proxy::at(&address, None) else { panic!("it is no proxy's") };
        assert!(!whole(&error).contains(KEY), "{}", whole(&error));
    }
}

#[test]
fn trust_is_printed_by_its_file() {
    let trust = format!("{:?}", Authority::new().trust());
    assert!(trust.contains(".pem") && trust.len() < 200, "{trust}");
}
