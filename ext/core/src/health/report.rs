//! A snapshot for consoles.

use std::time::{Duration, Instant};

use super::breakers::{Breakers, EndpointHealth};
use super::model::ModelHealth;
use crate::answer::Reason;

/// One model at one endpoint. Times are relative to the moment of the report.
#[derive(Debug, Clone)]
pub struct Report {
    pub endpoint: String,
    /// `*` for an endpoint that cools down as a whole, if this process attempted none of its models.
    pub model: String,
    pub state: State,
    /// Since the first failure after the last success.
    pub failing: Option<Duration>,
    /// Since the last success.
    pub failures: u64,
    pub last_reason: Option<Reason>,
    /// Zero if the next call is the probe.
    pub next_probe: Option<Duration>,
    pub attempts: u64,
    pub successes: u64,
    /// Of the latest answers.
    pub p50: Option<Duration>,
    pub p95: Option<Duration>,
}

/// Whether calls attempt a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// They do, and the last attempt was answered.
    Up,
    /// They do, though the last attempt failed.
    Failing,
    /// They skip it.
    CoolingDown,
    /// They skip it, while one call probes it.
    Probing,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Failing => "failing",
            Self::CoolingDown => "cooling_down",
            Self::Probing => "probing",
        }
    }
}

const WHOLE_ENDPOINT: &str = "*";

impl Breakers {
    pub(super) fn report(&self, now: Instant) -> Vec<Report> {
        let models = self.endpoints.values().flat_map(|entry| {
            entry.models.iter().map(move |(model, model_health)| report(entry, model, model_health, now))
        });
        // Known from another process only.
        let unattempted =
            self.endpoints.values().filter(|entry| entry.models.is_empty() && entry.cooldown.is_cooling());
        let whole = unattempted.map(|entry| report(entry, WHOLE_ENDPOINT, &ModelHealth::default(), now));
        let mut reports: Vec<_> = models.chain(whole).collect();
        reports.sort_by(|one, other| (&one.endpoint, &one.model).cmp(&(&other.endpoint, &other.model)));
        reports
    }
}

fn report(entry: &EndpointHealth, model: &str, model_health: &ModelHealth, now: Instant) -> Report {
    let cooldowns = [&entry.cooldown, &model_health.cooldown];
    let until = cooldowns.iter().filter_map(|cooldown| cooldown.until()).max();
    let state = match until {
        Some(_) if cooldowns.iter().any(|cooldown| cooldown.is_probed(now)) => State::Probing,
        Some(_) => State::CoolingDown,
        None if model_health.failures > 0 => State::Failing,
        None => State::Up,
    };
    Report {
        endpoint: entry.name.clone(),
        model: model.to_owned(),
        state,
        failing: model_health.failing_since.map(|since| now.saturating_duration_since(since)),
        failures: model_health.failures,
        last_reason: model_health.last_reason,
        next_probe: until.map(|until| until.saturating_duration_since(now)),
        attempts: model_health.attempts,
        successes: model_health.successes,
        p50: model_health.latency.percentile(0.5),
        p95: model_health.latency.percentile(0.95),
    }
}
