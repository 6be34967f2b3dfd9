//! Hedging: when a call makes a second attempt beside its first, and how many calls may. `hedged.rs` is how it is done.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Of one chain, in one process. It holds its lock for moments only.
#[derive(Debug)]
pub struct Hedge {
    after: HedgeAfter,
    /// What each call earns, in millionths of a hedge.
    share: u64,
    saved: Mutex<u64>,
}

/// How long the first attempt is alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HedgeAfter {
    Time(Duration),
    /// The time within which 95 of 100 answers of the candidate came. No hedging while there are too few answers.
    P95,
}

const ONE: u64 = 1_000_000;
/// So many hedges can be saved up, so that a primary that begins to hang after a quiet day does not double the load.
const MAX_SAVED: u64 = 10 * ONE;

impl Hedge {
    /// `share` of the calls, above 0 and up to 1. The first call may be hedged, too: there are never more hedges than
    /// `share` of the calls, rounded up.
    pub fn new(after: HedgeAfter, share: f64) -> Self {
        let share = (share.clamp(0.0, 1.0) * ONE as f64).round() as u64;
        Self { after, share, saved: Mutex::new(ONE - share) }
    }

    /// `p95` returns that of the candidate. `None`: this attempt is not hedged.
    pub(super) fn delay(&self, p95: impl FnOnce() -> Option<Duration>) -> Option<Duration> {
        match self.after {
            HedgeAfter::Time(time) => Some(time),
            HedgeAfter::P95 => p95(),
        }
    }

    /// Once for each call.
    pub(super) fn earn(&self) {
        let mut saved = self.saved();
        *saved = saved.saturating_add(self.share).min(MAX_SAVED);
    }

    /// False if too many calls were hedged of late.
    pub(super) fn spend(&self) -> bool {
        let mut saved = self.saved();
        let left = saved.checked_sub(ONE);
        *saved = left.unwrap_or(*saved);
        left.is_some()
    }

    /// The hedge was not made.
    pub(super) fn give_back(&self) {
        let mut saved = self.saved();
        *saved = saved.saturating_add(ONE).min(MAX_SAVED);
    }

    fn saved(&self) -> MutexGuard<'_, u64> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
