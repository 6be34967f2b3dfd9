//! A gateway on loopback that speaks TLS, and over it HTTP/1.1 or HTTP/2, as the two agree.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::Notify;
use tokio_rustls::server::TlsStream;
use tokio_rustls::TlsAcceptor;

use super::http::{json, send, Received};
use super::{good_answer, Caller};

#[derive(Clone)]
pub(crate) struct TlsGateway {
    pub(crate) port: u16,
    /// The protocol of each request.
    protocols: Arc<Mutex<Vec<&'static str>>>,
    breaking: Arc<AtomicBool>,
    freezing: Arc<AtomicBool>,
    padding: Arc<AtomicUsize>,
    /// Notified when a connection froze.
    pub(crate) frozen: Arc<Notify>,
}

impl TlsGateway {
    /// In the runtime of the test.
    pub(crate) async fn start(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = Self {
            port: listener.local_addr().unwrap().port(),
            protocols: Arc::default(),
            breaking: Arc::default(),
            freezing: Arc::default(),
            padding: Arc::default(),
            frozen: Arc::default(),
        };
        let served = gateway.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, gateway) = (acceptor.clone(), served.clone());
                tokio::spawn(async move { gateway.serve(acceptor, stream).await });
            }
        });
        gateway
    }

    /// A caller that uses its name.
    pub(crate) fn caller(&self, client: llm_router_core::Client) -> Caller {
        Caller::at(&format!("https://localhost:{}/api/v1", self.port), client)
    }

    pub(crate) fn protocols(&self) -> Vec<&'static str> {
        self.protocols.lock().unwrap().clone()
    }

    /// From now on it takes requests and closes their connection.
    pub(crate) fn break_off(&self) {
        self.breaking.store(true, Ordering::SeqCst);
    }

    /// The connection on which the next request comes is not looked at again; others are.
    pub(crate) fn freeze(&self) {
        self.freezing.store(true, Ordering::SeqCst);
    }

    /// From now on its answers over HTTP/2 have so many headers more, each of a hundred bytes.
    pub(crate) fn pad(&self, headers: usize) {
        self.padding.store(headers, Ordering::SeqCst);
    }

    async fn serve(&self, acceptor: TlsAcceptor, stream: TcpStream) {
        // A client that does not like the certificate breaks off here.
        let Ok(mut stream) = acceptor.accept(stream).await else { return };
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            return self.serve_h2(stream).await;
        }
        while let Ok(Some(_request)) = Received::read(&mut stream).await {
            self.protocols.lock().unwrap().push("http/1.1");
            if self.breaking.load(Ordering::SeqCst) {
                return;
            }
            send(&mut stream, &json(good_answer())).await;
        }
    }

    async fn serve_h2(&self, stream: TlsStream<TcpStream>) {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        let cut = Arc::new(Notify::new());
        loop {
            let accepted = select! {
                accepted = connection.accept() => accepted,
                () = cut.notified() => return,
            };
            let Some(Ok((request, mut respond))) = accepted else { return };
            self.protocols.lock().unwrap().push("h2");
            if self.freezing.swap(false, Ordering::SeqCst) {
                self.frozen.notify_one();
                return std::future::pending().await;
            }
            let (breaking, cut) = (self.breaking.load(Ordering::SeqCst), Arc::clone(&cut));
            let padding = self.padding.load(Ordering::SeqCst);
            tokio::spawn(async move {
                let mut body = request.into_body();
                while body.data().await.is_some() {}
                if breaking {
                    return cut.notify_one();
                }
                let add = |headers: &mut HeaderMap| {
                    for number in 0..padding {
                        let name = HeaderName::try_from(format!("x-padding-{number}")).unwrap();
                        headers.insert(name, HeaderValue::try_from("x".repeat(90)).unwrap());
                    }
                };
                let mut answer =
                    respond.send_response(with(Default::default(), |head| add(head.headers_mut())), false).unwrap();
                answer.send_data(good_answer().into(), true).unwrap();
            });
        }
    }
}

fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}
