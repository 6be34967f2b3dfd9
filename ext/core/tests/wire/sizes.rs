//! How large an answer may be: counted after decompression, for that is what fills the memory.

use llm_router_core::{Completion, Failure, Reason, Scope};

use crate::support::{answer, good_answer, gzip, json, Caller, Gateway, Step};

async fn receives(reply: Vec<u8>, max_answer_bytes: usize) -> Result<Completion, Failure> {
    let gateway = Gateway::start(vec![vec![Step::Send(reply)]]);
    let caller = Caller { max_answer_bytes, ..Caller::of(gateway.address) };
    caller.attempt().await
}

fn assert_too_large(outcome: Result<Completion, Failure>, max_answer_bytes: usize) {
    let failure = outcome.unwrap_err();
    assert_eq!((failure.reason, failure.scope, failure.status), (Reason::BadAnswer, Scope::Model, Some(200)));
    let words = format!("the answer is larger than {max_answer_bytes} bytes (max_answer_bytes)");
    assert_eq!(failure.message, words);
}

fn chunked(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes()
}

fn zipped(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "Content-Encoding: gzip\r\n", body)
}

/// 100,000 blanks, as `gzip -9n` packs them.
fn bomb() -> Vec<u8> {
    let head = [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 42, 235, 159, 210, 26, 30, 64, 1];
    let tail = [175, 6, 45, 240, 121, 202, 160, 134, 1, 0];
    [&head[..], &[0; 96], &tail].concat()
}

#[tokio::test]
async fn an_answer_as_large_as_allowed_is_good_and_a_byte_more_is_not() {
    let size = good_answer().len();
    for reply in [json(good_answer()), chunked(good_answer()), zipped(&gzip(good_answer().as_bytes()))] {
        assert_eq!(receives(reply.clone(), size).await.unwrap().body, good_answer());
        assert_too_large(receives(reply, size - 1).await, size - 1);
    }
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_large_one_is_too_large() {
    let packed = bomb();
    assert!(packed.len() < 1_000);
    assert_too_large(receives(zipped(&packed), 99_999).await, 99_999);
    // Unpacked to its end, it is not too large but no JSON: the bomb is a bomb.
    let blanks = receives(zipped(&packed), 100_000).await.unwrap_err();
    assert!(blanks.message.contains("not the JSON"), "{}", blanks.message);
}

#[tokio::test]
async fn a_length_that_is_only_announced_fills_no_memory() {
    let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{:2000}", 1_u64 << 63, "");
    assert_too_large(receives(reply.into_bytes(), 1_000).await, 1_000);
}
