//! Servers that stall, and the limit of an attempt by the clock on the wall. `time.rs` looks at more of
//! them, under a clock that is paused.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use llm_router_core::{Client, Failure, Proxy, Reason, Trust};
use tokio::join;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::support::{messages, until_closed, Authority, Caller, Conduct, Gateway, ProxyServer, Reply, Step};

const LIMIT: Duration = Duration::from_millis(1500);
/// A tenth of a second is what is promised; a machine that does other things besides takes longer.
const SLACK: Duration = Duration::from_secs(10);

async fn assert_ends_at_its_limit(what: &str, mut caller: Caller) -> Failure {
    caller.limit = LIMIT;
    let started = Instant::now();
    let failure = caller.attempt().await.unwrap_err();
    let waited = started.elapsed();
    println!("{what}: {:+.1} ms", (waited.as_secs_f64() - LIMIT.as_secs_f64()) * 1000.0);
    assert_eq!(failure.reason, Reason::Timeout, "{failure:?}");
    assert!((LIMIT..LIMIT + SLACK).contains(&waited), "{what}: {waited:?}");
    failure
}

/// Who has the request by then may bill it.
async fn assert_stalls_with_it(what: &str, client: &Client, reply: Reply) {
    let gateway = Gateway::start(vec![reply]);
    let caller = Caller::at(&format!("http://{}", gateway.address), client.clone());
    let failure = assert_ends_at_its_limit(what, caller).await;
    assert_eq!(failure.message, "no whole answer within 1.500 s");
    assert!(failure.uncertain);
    assert_eq!(gateway.requests().len(), 1);
}

async fn assert_stalls_before_it(what: &str, caller: Caller) {
    let failure = assert_ends_at_its_limit(what, caller).await;
    assert!(failure.message.starts_with("no connection to "), "{}", failure.message);
    assert!(!failure.uncertain);
}

/// Sends these bytes one after the other, one each second.
fn drip(head: &str, bytes: &str) -> Reply {
    let dripped = bytes.bytes().flat_map(|byte| [Step::Pause(Duration::from_secs(1)), Step::Send(vec![byte])]);
    [Step::Send(head.into())].into_iter().chain(dripped).chain([Step::Stall]).collect()
}

#[tokio::test]
async fn in_connect() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    // Nothing accepts: once the queue is full, the kernel lets further connections wait.
    while let Ok(stream) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        waiting.push(stream.unwrap());
        assert!(waiting.len() < 100, "the queue of connections has an end");
    }
    assert_stalls_before_it("connect", Caller::of(address)).await;
}

#[tokio::test]
async fn in_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        until_closed(&mut stream).await;
    });
    let caller = Caller::at(&format!("https://localhost:{port}"), Authority::new().client(None));
    assert_stalls_before_it("TLS handshake", caller).await;
}

#[tokio::test]
async fn in_the_proxy() {
    let proxy = ProxyServer::start(Conduct::Stall).await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let proxied = Proxy::at(&address, None).unwrap();
    assert_stalls_before_it("proxy", Caller::at("https://api.example", Authority::new().client(Some(proxied)))).await;
}

#[tokio::test]
async fn before_the_answer_or_in_the_middle_of_it() {
    let status = "HTTP/1.1 200 OK\r\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{";
    let half = format!("{status}Content-Le");
    // To make one takes a while, in which no task polls the clock.
    let client = Client::new(&Trust::System, None).unwrap();
    join!(
        assert_stalls_with_it("no answer", &client, vec![Step::Stall]),
        assert_stalls_with_it("headers", &client, vec![Step::Send(half.into()), Step::Stall]),
        assert_stalls_with_it("a byte of the headers each second", &client, drip(status, "Content-Length")),
        assert_stalls_with_it("body", &client, vec![Step::Send(head.into()), Step::Stall]),
        assert_stalls_with_it("a byte of the body each second", &client, drip(head, "\"choices\"")),
        assert_stalls_with_it("a newline each second", &client, drip(head, "\n\n\n\n\n\n")),
    );
}

/// As a server does that reads as slowly as it can: the request does not fit into the kernel's buffers.
#[tokio::test]
async fn in_reading_the_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        sleep(Duration::from_secs(60)).await;
        drop(stream);
    });
    let long = format!(r#"[{{"role":"user","content":"{}"}}]"#, "x".repeat(32 << 20));
    let caller = Caller { request: messages(&long), ..Caller::of(address) };
    assert!(assert_ends_at_its_limit("the request is not read", caller).await.uncertain);
}
