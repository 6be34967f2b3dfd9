//! HTTP/2, which gateways speak over TLS: here without it, as a client may that knows beforehand.

use std::net::SocketAddr;
use std::time::Duration;

use llm_router_core::{Completion, Failure, Reason};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{good_answer, Caller};

/// What is done with each connection or stream, in order; the last for all that follow.
#[derive(Clone, Copy)]
enum Turn {
    Answer,
    /// Refuse the stream, unread.
    Refuse,
    /// Give the stream up.
    Cancel,
    /// Close the connection and say that none of its streams was read.
    GoAway,
}

/// Streams that were answered: how long their body was said to be, and was.
type Lengths = Vec<(Option<String>, usize)>;

async fn served(turns: &[Turn]) -> (Result<Completion, Failure>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, turns.to_vec()));
    let outcome = caller(address).attempt().await;
    (outcome, lengths(server).await.len())
}

fn caller(address: SocketAddr) -> Caller {
    // Whichever test comes first installs it.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    Caller { client: client.into(), ..Caller::of(address) }
}

async fn lengths(server: JoinHandle<Lengths>) -> Lengths {
    let all = tokio::time::timeout(Duration::from_secs(60), server);
    all.await.expect("every turn is taken").unwrap()
}

/// Until every turn was taken.
async fn serve(listener: TcpListener, turns: Vec<Turn>) -> Lengths {
    let mut turns = turns.into_iter().peekable();
    let mut lengths = Vec::new();
    while turns.peek().is_some() {
        let (stream, _) = listener.accept().await.unwrap();
        if matches!(turns.peek(), Some(Turn::GoAway)) {
            go_away(stream).await;
            turns.next();
            continue;
        }
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(accepted) = connection.accept().await {
            let (request, mut respond) = accepted.unwrap();
            match turns.next().expect("a turn for each stream") {
                Turn::Refuse => respond.send_reset(h2::Reason::REFUSED_STREAM),
                Turn::Cancel => respond.send_reset(h2::Reason::CANCEL),
                Turn::GoAway => panic!("the turn of a connection"),
                Turn::Answer => {
                    let said = request.headers().get("content-length").map(|said| said.to_str().unwrap().to_owned());
                    // The body comes only while the connection is polled.
                    let read = tokio::spawn(async move {
                        let mut body = request.into_body();
                        let mut length = 0;
                        while let Some(data) = body.data().await {
                            length += data.unwrap().len();
                        }
                        length
                    });
                    let mut answer = respond.send_response(Default::default(), false).unwrap();
                    answer.send_data(good_answer().into(), true).unwrap();
                    let after = tokio::select! {
                        length = read => length.unwrap(),
                        _ = connection.accept() => panic!("one request at a time"),
                    };
                    lengths.push((said, after));
                }
            }
        }
    }
    lengths
}

/// By hand, for the library would not go away from a stream that it has accepted (RFC 9113, 4.1, 6.8).
async fn go_away(mut stream: TcpStream) {
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let go_away = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    stream.write_all(&settings).await.unwrap();
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains("\"messages\"") {
        stream.read_buf(&mut read).await.unwrap();
    }
    stream.write_all(&go_away).await.unwrap();
}

#[tokio::test]
async fn the_length_of_the_body_is_known_before_it_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let caller = caller(listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, vec![Turn::Answer]));
    assert_eq!(caller.attempt().await.unwrap().content(), Some("Hello"));
    drop(caller);
    let (said, length) = lengths(server).await.remove(0);
    assert_eq!(said, Some(length.to_string()));
}

#[tokio::test]
async fn a_request_that_was_turned_away_unread_is_sent_again() {
    for refused_unread in [Turn::Refuse, Turn::GoAway] {
        let (outcome, answers) = served(&[refused_unread, refused_unread, Turn::Answer]).await;
        assert_eq!((outcome.unwrap().content(), answers), (Some("Hello"), 1));
    }
}

#[tokio::test]
async fn a_request_that_is_always_turned_away_is_given_up_and_not_billed() {
    for refused_unread in [Turn::Refuse, Turn::GoAway] {
        let failure = served(&[refused_unread; 3]).await.0.unwrap_err();
        assert_eq!((failure.reason, failure.uncertain), (Reason::Connection, false), "{failure:?}");
    }
}

#[tokio::test]
async fn a_request_that_was_given_up_is_not_sent_again_and_may_be_billed() {
    let failure = served(&[Turn::Cancel]).await.0.unwrap_err();
    assert_eq!((failure.reason, failure.uncertain), (Reason::Connection, true), "{failure:?}");
}
