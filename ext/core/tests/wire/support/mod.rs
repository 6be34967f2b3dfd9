//! What the tests share: a gateway that plays a script, and a caller.

mod authority;
mod caller;
mod gateway;
mod http;
mod proxy;
mod tls;

use std::net::SocketAddr;

use tokio::net::TcpSocket;

pub(crate) use authority::{Authority, Temporary};
pub(crate) use caller::{good_answer, messages, Caller, KEY};
pub(crate) use gateway::{Event, Gateway, Reply, Step};
pub(crate) use http::{answer, gzip, json, until_closed, Received};
pub(crate) use proxy::{Conduct, ProxyServer};
pub(crate) use tls::TlsGateway;

/// An address at which nobody listens, as long as the socket has it.
pub(crate) fn nobody() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}
