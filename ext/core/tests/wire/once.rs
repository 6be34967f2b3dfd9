//! One attempt is one request on the wire: only the loop above may retry, for only it knows the
//! time and the money. (The one exception, what a server turned away unread, is in `http2.rs`.)

use std::time::Duration;

use llm_router_core::Reason;
use rcgen::CertificateParams;

use crate::support::{answer, good_answer, json, Authority, Caller, Gateway, Reply, Step, TlsGateway};

fn send(bytes: impl AsRef<[u8]>) -> Step {
    Step::Send(bytes.as_ref().to_vec())
}

/// What can become of a request that a server has.
fn ends() -> Vec<(Reply, Reason)> {
    let cut = || send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
    let retry = "Retry-After: 0\r\n";
    vec![
        (vec![send(answer("503 Service Unavailable", retry, "{}"))], Reason::Unavailable),
        (vec![send(answer("502 Bad Gateway", "Connection: close\r\n", "<html>")), Step::Close], Reason::Unavailable),
        (vec![send(answer("429 Too Many Requests", retry, "{}"))], Reason::RateLimited),
        (vec![send(answer("408 Request Timeout", "Connection: close\r\n", "")), Step::Close], Reason::Timeout),
        (vec![send(answer("425 Too Early", retry, ""))], Reason::Unavailable),
        (vec![Step::Close], Reason::Connection),
        (vec![Step::Reset], Reason::Connection),
        (vec![send("HTTP/1.1 200 O"), Step::Close], Reason::Connection),
        (vec![cut(), Step::Close], Reason::Connection),
        (vec![cut(), Step::Reset], Reason::Connection),
        (vec![cut(), Step::Stall], Reason::Timeout),
        (vec![Step::Stall], Reason::Timeout),
        (vec![send(json("<html>"))], Reason::BadAnswer),
    ]
}

/// `before` are answered on the connection first.
async fn assert_sent_once(before: usize) {
    for (end, reason) in ends() {
        let good = || vec![send(json(good_answer()))];
        let script = (0..before).map(|_| good()).chain([end.clone(), good()]).collect();
        let gateway = Gateway::start(script);
        let mut caller = Caller::of(gateway.address);
        for _ in 0..before {
            caller.attempt().await.unwrap();
        }
        caller.limit = Duration::from_millis(if reason == Reason::Timeout { 1_000 } else { 60_000 });
        assert_eq!(caller.attempt().await.unwrap_err().reason, reason, "{end:?}");
        assert_eq!((gateway.requests().len(), gateway.connections()), (before + 1, 1), "{end:?}");
    }
}

#[tokio::test]
async fn on_a_new_connection() {
    assert_sent_once(0).await;
}

#[tokio::test]
async fn on_a_connection_that_was_kept() {
    assert_sent_once(2).await;
}

#[tokio::test]
async fn over_tls_with_either_protocol() {
    let authority = Authority::new();
    for offered in [&["h2"][..], &["http/1.1"]] {
        let gateway = TlsGateway::start(authority.acceptor(offered, |_: &mut CertificateParams| {})).await;
        let caller = gateway.caller(authority.client(None));
        caller.attempt().await.unwrap();
        gateway.break_off();
        let failure = caller.attempt().await.unwrap_err();
        assert_eq!((failure.reason, failure.uncertain), (Reason::Connection, true), "{failure:?}");
        assert_eq!(gateway.protocols(), [offered[0]; 2]);
    }
}
