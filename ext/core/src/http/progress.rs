//! How far an attempt has come, for whoever has to account for one that did not end.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use crate::answer::timed_out;

/// Of one attempt. Clones share it: one stays with the caller, who can still ask it when the attempt
/// itself was dropped.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<State>);

#[derive(Debug, Default)]
struct State {
    stage: AtomicU8,
    generation_id: OnceLock<String>,
}

/// The request is still here.
const READY: u8 = 0;
/// Its body is on its way to the server.
const SENT: u8 = 1;
/// The server has answered with a status that is no success.
const REFUSED: u8 = 2;
/// The request stays here: there is nothing to pay for, and will not be.
const SETTLED: u8 = 3;

impl Progress {
    /// Whether the request was, or may have been, handed to a server that has not refused it. Ask when
    /// the attempt is over: a request that has not gone out by then never will, so that what is said
    /// here stays true even if another thread is just about to send it.
    pub fn uncertain(&self) -> bool {
        self.step(READY, SETTLED) == SENT
    }

    /// Whether the request was handed to a server, be it one that refused it. Ask when the attempt is over, as above.
    pub(crate) fn went_out(&self) -> bool {
        matches!(self.step(READY, SETTLED), SENT | REFUSED)
    }

    /// The id of the generation, from the headers of the answer, if they came.
    pub fn generation_id(&self) -> Option<&str> {
        self.0.generation_id.get().map(String::as_str)
    }

    /// Whether the request is still here, and nobody has asked yet whether it is.
    pub(crate) fn is_ready(&self) -> bool {
        self.0.stage.load(Ordering::Acquire) == READY
    }

    /// May the body go out? Asked just before it does.
    pub(crate) fn send(&self) -> bool {
        self.step(READY, SENT) != SETTLED
    }

    /// The server turned the request away unread: it may be sent once more.
    pub(crate) fn turned_away(&self) {
        self.step(SENT, READY);
    }

    /// The headers of the answer are there. A status that is no success says that there will be no
    /// answer, and so nothing to pay for, unless it tells of a time-out.
    pub(crate) fn heard(&self, status: u16, generation_id: Option<&str>) {
        if !(200..300).contains(&status) && !timed_out::says(status) {
            self.step(SENT, REFUSED);
            self.step(READY, SETTLED);
        }
        if let Some(id) = generation_id {
            let _known = self.0.generation_id.set(id.to_owned());
        }
    }

    /// Moves on from one stage to another, and says at which it was.
    fn step(&self, from: u8, to: u8) -> u8 {
        let moved = self.0.stage.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
        moved.unwrap_or_else(|other| other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_go_out_is_certain_and_stays_here() {
        let progress = Progress::default();
        assert!(!progress.uncertain());
        assert!(!progress.send(), "whoever was told that it is certain has booked it so");
        assert!(!progress.uncertain());
    }

    #[test]
    fn what_went_out_is_uncertain_until_it_is_refused() {
        let progress = Progress::default();
        assert!(progress.send() && progress.send());
        assert!(progress.uncertain() && progress.clone().uncertain());
        progress.heard(200, Some("gen-1"));
        assert!(progress.uncertain());
        progress.heard(504, None);
        assert!(progress.uncertain());
        progress.heard(503, None);
        assert!(!progress.uncertain() && progress.went_out());
        assert_eq!(progress.generation_id(), Some("gen-1"));
    }

    #[test]
    fn what_was_refused_before_it_went_out_stays_here() {
        for status in [408, 503] {
            let progress = Progress::default();
            progress.heard(status, None);
            assert!(!progress.went_out() && !progress.uncertain() && !progress.send(), "{status}");
        }
    }

    #[test]
    fn what_was_turned_away_can_be_sent_again() {
        let progress = Progress::default();
        assert!(progress.send());
        progress.turned_away();
        assert!(progress.send() && progress.uncertain());
        progress.turned_away();
        assert!(!progress.uncertain());
    }
}
