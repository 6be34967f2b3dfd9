//! The body of an answer, no more of it than the caller can hold.

use reqwest::Response;

/// Why a body was not read to its end.
pub(crate) enum Unread {
    TooLarge,
    Broken(reqwest::Error),
}

/// What a server announces is believed up to this many bytes; memory beyond it is for bytes that came.
const MAX_TRUSTED: usize = 1024 * 1024;

/// Reads at most `max` bytes, counted after decompression, into `body`, which holds what came before
/// an error too.
pub(crate) async fn read(response: &mut Response, max: usize, body: &mut Vec<u8>) -> Result<(), Unread> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    body.reserve_exact(announced.min(max).min(MAX_TRUSTED));
    while let Some(chunk) = response.chunk().await.map_err(Unread::Broken)? {
        if body.len() + chunk.len() > max {
            return Err(Unread::TooLarge);
        }
        make_room(body, chunk.len(), max);
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

/// Twice the room each time, as a `Vec` would do it by itself, but never beyond `max`.
fn make_room(body: &mut Vec<u8>, more: usize, max: usize) {
    let needed = body.len() + more;
    if needed > body.capacity() {
        let room = body.capacity().saturating_mul(2).min(max).max(needed);
        body.reserve_exact(room - body.len());
    }
}
