//! How far an attempt has come: after a dropped one, this decides whether it may be billed.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use crate::answer::timed_out;

/// Of one attempt. Clones share it, so that the caller has it after the attempt was dropped.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stage: AtomicU8,
    generation_id: OnceLock<String>,
}

/// The request has not been sent.
const READY: u8 = 0;
/// Its body may have reached the server.
const SENT: u8 = 1;
/// The server has answered with an error status.
const REFUSED: u8 = 2;
/// The request will not be sent: it costs nothing.
const WITHHELD: u8 = 3;

impl Progress {
    /// Whether the request may have reached a server that has not refused it. Call it after the attempt: a request that
    /// was not sent by then is withheld for good, so that the answer stays true.
    pub fn uncertain(&self) -> bool {
        self.step(READY, WITHHELD) == SENT
    }

    /// Whether the request may have reached a server, even one that refused it. Call it after the attempt, as above.
    pub(crate) fn was_sent(&self) -> bool {
        matches!(self.step(READY, WITHHELD), SENT | REFUSED)
    }

    /// The generation's id from the answer's headers, if they came.
    pub fn generation_id(&self) -> Option<&str> {
        self.0.generation_id.get().map(String::as_str)
    }

    /// Whether the request has neither been sent nor withheld.
    pub(crate) fn is_unsent(&self) -> bool {
        self.0.stage.load(Ordering::Acquire) == READY
    }

    /// Whether the body may be sent. Called just before it is.
    pub(crate) fn begin_sending(&self) -> bool {
        self.step(READY, SENT) != WITHHELD
    }

    /// The server refused the request unread, so that it may be sent again.
    pub(crate) fn refused_unread(&self) {
        self.step(SENT, READY);
    }

    /// The headers of the answer came. An error status means that there will be no answer to pay for, unless it is a
    /// timeout.
    pub(crate) fn received_headers(&self, status: u16, generation_id: Option<&str>) {
        if !(200..300).contains(&status) && !timed_out::says(status) {
            self.step(SENT, REFUSED);
            self.step(READY, WITHHELD);
        }
        if let Some(id) = generation_id {
            let _known = self.0.generation_id.set(id.to_owned());
        }
    }

    /// Moves from one stage to another. Returns the stage before.
    fn step(&self, from: u8, to: u8) -> u8 {
        let moved = self.0.stage.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        moved.unwrap_or_else(|other| other)
    }
}

#[cfg(test)]
mod tests;
