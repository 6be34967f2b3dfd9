//! A request body that notes when it is sent. The HTTP client polls it only once there is a connection, and no model
//! can begin before it has arrived.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use thiserror::Error;

use crate::http::Progress;

/// `json` as a request's body, of the same length on the wire as without this wrapper.
pub(crate) fn body(json: Vec<u8>, progress: &Progress) -> reqwest::Body {
    reqwest::Body::wrap(Outgoing { json: json.into(), progress: progress.clone(), begun: false })
}

struct Outgoing {
    json: reqwest::Body,
    progress: Progress,
    begun: bool,
}

/// The attempt ended just before its request was sent.
#[derive(Debug, Error)]
#[error("the attempt had ended before its request was sent")]
struct Withheld;

impl Body for Outgoing {
    type Data = <reqwest::Body as Body>::Data;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if !self.begun && !self.progress.begin_sending() {
            return Poll::Ready(Some(Err(Withheld.into())));
        }
        self.begun = true;
        Pin::new(&mut self.json).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.json.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.json.size_hint()
    }
}
