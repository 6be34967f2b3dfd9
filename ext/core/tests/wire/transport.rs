//! Connections that cannot be made, or break.

use llm_router_core::{Failure, Reason, Scope};

use crate::support::{answer, good_answer, gzip, json, nobody, Caller, Gateway, Reply, Step};

async fn failure(reply: Reply) -> Failure {
    let gateway = Gateway::start(vec![reply]);
    let failure = Caller::of(gateway.address).attempt().await.unwrap_err();
    // Once the request is sent, its cost may be running: only the loop above may send another.
    assert_eq!(gateway.requests().len(), 1);
    failure
}

fn assert_broken(failure: &Failure) {
    assert_eq!((failure.reason, failure.scope), (Reason::Connection, Scope::Model), "{failure:?}");
    assert!(failure.message.starts_with("the connection to 127.0.0.1 broke: "), "{}", failure.message);
}

#[tokio::test]
async fn closed_port() {
    let (_socket, address) = nobody();
    let refused = Caller::of(address).attempt().await.unwrap_err();
    assert_eq!((refused.reason, refused.scope, refused.status), (Reason::Connection, Scope::Model, None));
    assert!(refused.message.starts_with("could not connect to 127.0.0.1: "), "{}", refused.message);
}

#[tokio::test]
async fn the_connection_ends_before_the_answer() {
    for end in [Step::Close, Step::Reset] {
        let broken = failure(vec![end]).await;
        assert_broken(&broken);
        assert_eq!(broken.status, None);
    }
}

#[tokio::test]
async fn the_connection_ends_in_the_middle_of_the_headers() {
    for end in [Step::Close, Step::Reset] {
        assert_broken(&failure(vec![Step::Send("HTTP/1.1 200 OK\r\nContent-Le".into()), end]).await);
    }
}

#[tokio::test]
async fn the_connection_ends_in_the_middle_of_the_body() {
    let whole = json(good_answer());
    let half = &whole[..whole.len() - 20];
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"choices\":[";
    for half in [half, chunks.as_bytes()] {
        assert_broken(&failure(vec![Step::Send(half.to_vec()), Step::Close]).await);
        assert_broken(&failure(vec![Step::Send(half.to_vec()), Step::Reset]).await);
    }
}

#[tokio::test]
async fn what_does_not_decompress_is_a_bad_answer() {
    let mut wrong_sum = gzip(good_answer().as_bytes());
    let sum = wrong_sum.len() - 8;
    wrong_sum[sum] ^= 1;
    let garbage = b"this is no gzip, whatever the header says".to_vec();
    let half = gzip(good_answer().as_bytes())[..40].to_vec();
    for body in [garbage, wrong_sum, half] {
        let reply = answer("200 OK", "Content-Encoding: gzip\r\n", body);
        let garbled = failure(vec![Step::Send(reply)]).await;
        assert_eq!((garbled.reason, garbled.scope), (Reason::BadAnswer, Scope::Model), "{garbled:?}");
        assert_eq!(garbled.status, Some(200));
    }
}

#[tokio::test]
async fn what_does_not_speak_http_is_a_failure_of_the_model_at_worst() {
    let failure = failure(vec![Step::Send("SSH-2.0-OpenSSH_9.9\r\n".into()), Step::Close]).await;
    assert_eq!(failure.scope, Scope::Model);
}
