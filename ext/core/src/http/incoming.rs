//! Reads the body of an answer, unpacked, up to a maximum size.

use std::io::{self, Write};

use reqwest::Response;
use thiserror::Error;

use crate::http::unpacking::Unpacking;

/// Why a body was not read to its end.
pub(crate) enum Unread {
    TooLarge,
    Broken(reqwest::Error),
    /// It does not unpack.
    Garbled(io::Error),
}

/// A `Content-Length` is believed up to this many bytes; more memory is for bytes that came.
const MAX_TRUSTED: usize = 1024 * 1024;

/// Reads at most `max` bytes, counted after decompression. On an error, `body` holds what came before it.
pub(crate) async fn read(response: &mut Response, max: usize, body: &mut Vec<u8>) -> Result<(), Unread> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    body.reserve_exact(announced.min(max).min(MAX_TRUSTED));
    let mut unpacking = Unpacking::into(BoundedBody { body, max });
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => unpacking.write_all(&chunk)?,
            Ok(None) => return Ok(unpacking.finish()?),
            Err(error) => {
                // A partial error body may still be read.
                let _unpacked = unpacking.flush();
                return Err(Unread::Broken(error));
            }
        }
    }
}

/// The memory that the body is written to.
struct BoundedBody<'b> {
    body: &'b mut Vec<u8>,
    max: usize,
}

#[derive(Debug, Error)]
#[error("the body is larger than its maximum")]
struct BodyTooLarge;

impl Write for BoundedBody<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let needed = self.body.len() + bytes.len();
        if needed > self.max {
            return Err(io::Error::other(BodyTooLarge));
        }
        if needed > self.body.capacity() {
            // Twice the room each time, as a `Vec` would do it by itself, but never beyond `max`.
            let room = self.body.capacity().saturating_mul(2).min(self.max).max(needed);
            self.body.reserve_exact(room - self.body.len());
        }
        self.body.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.get_ref() {
            Some(cause) if cause.is::<BodyTooLarge>() => Self::TooLarge,
            _ => Self::Garbled(error),
        }
    }
}
