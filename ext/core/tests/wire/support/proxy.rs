//! A proxy on loopback that writes down what it gets to see.

use std::sync::{Arc, Mutex};

use tokio::io::{copy, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::http::until_closed;

/// What it does about a request to connect.
#[derive(Clone, Copy)]
pub(crate) enum Conduct {
    /// Connects, and carries what comes.
    Connect,
    /// Says this, and closes.
    Say(&'static str),
    Stall,
}

#[derive(Clone)]
pub(crate) struct ProxyServer {
    pub(crate) port: u16,
    /// What each client sent, byte for byte.
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl ProxyServer {
    /// In the runtime of the test.
    pub(crate) async fn start(conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let seen = Arc::clone(&proxy.seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut all = seen.lock().unwrap();
                all.push(Vec::new());
                tokio::spawn(serve(stream, conduct, Arc::clone(&seen), all.len() - 1));
            }
        });
        proxy
    }

    pub(crate) fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap().clone()
    }

    /// The first request to connect, with the headers that came with it.
    pub(crate) fn head(&self) -> String {
        let seen = self.seen().remove(0);
        let end = seen.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        String::from_utf8(seen[..end + 4].to_vec()).unwrap()
    }
}

async fn serve(mut client: TcpStream, conduct: Conduct, seen: Arc<Mutex<Vec<Vec<u8>>>>, number: usize) {
    let note = |bytes: &[u8]| seen.lock().unwrap()[number].extend_from_slice(bytes);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    note(&head);
    match conduct {
        Conduct::Stall => return until_closed(&mut client).await,
        Conduct::Say(words) => return client.write_all(words.as_bytes()).await.unwrap(),
        Conduct::Connect => {}
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).expect("CONNECT");
    let server = TcpStream::connect(target).await.unwrap();
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
        note(&bytes[..read]);
        if to_server.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}
