//! A server that sends much and keeps little: the memory of the tests is that of the client.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// An answer that repeats itself.
#[derive(Default)]
pub(crate) struct Flood {
    pub(crate) status: &'static str,
    pub(crate) headers: &'static str,
    pub(crate) start: Vec<u8>,
    pub(crate) unit: Vec<u8>,
    pub(crate) times: usize,
    pub(crate) end: Vec<u8>,
}

impl Flood {
    /// Answers the first request with it.
    pub(crate) fn serve_once(self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            read_request(&mut stream);
            // A client that has had enough hangs up.
            let _hung_up = self.send(&mut stream);
        });
        address
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let length = self.start.len() + self.unit.len() * self.times + self.end.len();
        let Self { status, headers, .. } = self;
        write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n")?;
        stream.write_all(&self.start)?;
        let at_once = 16_384 / self.unit.len().max(1) + 1;
        let block = self.unit.repeat(at_once);
        for _ in 0..self.times / at_once {
            stream.write_all(&block)?;
        }
        stream.write_all(&self.unit.repeat(self.times % at_once))?;
        stream.write_all(&self.end)
    }
}

fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"}]}") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        request.extend(byte);
    }
}
