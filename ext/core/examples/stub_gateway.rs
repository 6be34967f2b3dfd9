//! A gateway on loopback for `bin/bench`, which costs as little as it can: it answers by the first part of the model's
//! name. `ok/…`, `wait-50ms/…`, `large/…` (1 MB), `503/…`, `reset/…`, `hang/…`,
//! `hang-50th/…` (one request in fifty hangs, the others take 50 ms). It prints its port, and ends when its
//! standard input does.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn main() {
    std::thread::spawn(|| {
        let _ended = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(serve());
}

struct Replies {
    small: Vec<u8>,
    large: Vec<u8>,
    unavailable: Vec<u8>,
    /// Those for `hang-50th/…`.
    requests: AtomicUsize,
}

async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    let replies = Arc::new(Replies {
        small: reply("200 OK", &answer("Hello")),
        large: reply("200 OK", &answer(&"The quick brown fox. ".repeat(50_000))),
        unavailable: reply("503 Service Unavailable", r#"{"error":{"code":503,"message":"no upstream"}}"#),
        requests: AtomicUsize::new(0),
    });
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let _nodelay = stream.set_nodelay(true);
        tokio::spawn(converse(stream, Arc::clone(&replies)));
    }
}

/// As OpenRouter words it.
fn answer(content: &str) -> String {
    let usage = r#"{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17,"cost":0.00043705,"is_byok":false,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"cost_details":{"upstream_inference_cost":null,"upstream_inference_prompt_cost":0.0000036,"upstream_inference_completions_cost":0.0000075},"completion_tokens_details":{"reasoning_tokens":0,"image_tokens":0}}"#;
    let message = format!(r#"{{"role":"assistant","content":"{content}","refusal":null,"reasoning":null}}"#);
    let choice = format!(
        r#"{{"logprobs":null,"finish_reason":"stop","native_finish_reason":"stop","index":0,"message":{message}}}"#
    );
    format!(
        r#"{{"id":"gen-1763978400-Zx81","provider":"Stub","model":"ok/model","object":"chat.completion","created":1763978400,"choices":[{choice}],"usage":{usage}}}"#
    )
}

/// With such headers as stand before an answer that has come through a content delivery network.
fn reply(status: &str, body: &str) -> Vec<u8> {
    let headers = [
        "Date: Mon, 24 Nov 2026 10:00:00 GMT",
        "Content-Type: application/json",
        "Connection: keep-alive",
        "Server: stub",
        "CF-RAY: 9a3f0c1d2e4b5a6f-FRA",
        "X-Generation-Id: gen-1763978400-Zx81",
        "Access-Control-Allow-Origin: *",
        "Vary: Accept-Encoding",
        "Permissions-Policy: payment=(self)",
        "Referrer-Policy: no-referrer, strict-origin-when-cross-origin",
        "X-Content-Type-Options: nosniff",
        "Strict-Transport-Security: max-age=63072000",
    ];
    let head = format!("HTTP/1.1 {status}\r\n{}\r\nContent-Length: {}\r\n\r\n", headers.join("\r\n"), body.len());
    [head.as_bytes(), body.as_bytes()].concat()
}

async fn converse(mut stream: TcpStream, replies: Arc<Replies>) {
    let mut read = Vec::with_capacity(4096);
    while let Some(request) = next_request(&mut stream, &mut read).await {
        let model = model(&request);
        let sent = match model.split('/').next().unwrap_or_default() {
            "503" => stream.write_all(&replies.unavailable).await,
            "large" => stream.write_all(&replies.large).await,
            "reset" => {
                let _abrupt = stream.set_zero_linger();
                return;
            }
            "hang" => {
                let _gone = stream.read_to_end(&mut read).await;
                return;
            }
            "hang-50th" if replies.requests.fetch_add(1, Ordering::Relaxed) % 50 == 49 => {
                let _gone = stream.read_to_end(&mut read).await;
                return;
            }
            "hang-50th" => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                stream.write_all(&replies.small).await
            }
            kind => {
                if let Some(wait) = kind.strip_prefix("wait-").and_then(|wait| wait.strip_suffix("ms")) {
                    tokio::time::sleep(Duration::from_millis(wait.parse().unwrap())).await;
                }
                stream.write_all(&replies.small).await
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// The body of the next request on the connection.
async fn next_request(stream: &mut TcpStream, read: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some((head, body)) = whole(read) {
            let request = String::from_utf8_lossy(read.get(head..body)?).into_owned();
            read.drain(..body);
            return Some(request);
        }
        if stream.read_buf(read).await.ok()? == 0 {
            return None;
        }
    }
}

/// Where the body begins and ends, once all of it is there.
fn whole(read: &[u8]) -> Option<(usize, usize)> {
    let head = read.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(read.get(..head)?).to_lowercase();
    let length = text.split("content-length:").nth(1)?.lines().next()?.trim().parse::<usize>().ok()?;
    (read.len() >= head + length).then_some((head, head + length))
}

fn model(request: &str) -> &str {
    request.split(r#""model":""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}
