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

impl Latency {
    pub(super) fn add(&mut self, took: Duration) {
        let took = took.as_secs_f32();
        match self.recent.get_mut(self.next) {
            Some(oldest) => *oldest = took,
            None => self.recent.push(took),
        }
        self.next = (self.next + 1) % MAX_SAMPLES;
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
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_latest_answers() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile(0.5), None);
        for _ in 0..MAX_SAMPLES {
            latency.add(Duration::from_secs(999));
        }
        for seconds in 1..=MAX_SAMPLES as u64 {
            latency.add(Duration::from_secs(seconds));
        }
        assert_eq!(latency.percentile(0.5), Some(Duration::from_secs(64)));
        assert_eq!(latency.percentile(0.95), Some(Duration::from_secs(122)));
    }
}
