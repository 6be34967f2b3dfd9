//! The latest answers' times.

use std::time::Duration;

/// A ring buffer.
#[derive(Debug, Default)]
pub(super) struct Latency {
    /// In seconds: half the size of a `Duration`.
    recent: Vec<f32>,
    next: usize,
}

const MAX_SAMPLES: usize = 128;
/// One in twenty is the 95th percentile.
const ENOUGH_SAMPLES: usize = 20;

impl Latency {
    pub(super) fn add(&mut self, took: Duration) {
        let took = took.as_secs_f32();
        match self.recent.get_mut(self.next) {
            Some(oldest) => *oldest = took,
            None => self.recent.push(took),
        }
        self.next = (self.next + 1) % MAX_SAMPLES;
    }

    /// [`Latency::percentile`] 0.95, once there are [`ENOUGH_SAMPLES`].
    pub(super) fn p95(&self) -> Option<Duration> {
        (self.recent.len() >= ENOUGH_SAMPLES).then(|| self.percentile(0.95)).flatten()
    }

    /// An answer that was not waited for would have taken at least so long. Unless that counts, the 95th percentile
    /// sinks with each of them.
    pub(super) fn add_dropped(&mut self, waited: Duration) {
        if self.p95().is_some_and(|usual| waited > usual) {
            self.add(waited);
        }
    }

    /// The time within which `share` (0 to 1) of the answers came. `None` before the first.
    pub(super) fn percentile(&self, share: f64) -> Option<Duration> {
        let mut sorted = self.recent.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).map(|seconds| Duration::from_secs_f32(*seconds))
    }
}

#[cfg(test)]
mod tests;
