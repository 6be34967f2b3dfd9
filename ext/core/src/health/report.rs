//! What a console shows of it.

use std::time::{Duration, Instant};

use super::board::{Board, Place};
use super::vitals::Vitals;
use crate::answer::Reason;

/// What is known of one model at one endpoint. Times count from, or to, the moment of the report.
#[derive(Debug, Clone)]
pub struct Report {
    pub endpoint: String,
    /// `*` for an endpoint that cools down as a whole, and none of whose models was asked here.
    pub model: String,
    pub state: State,
    /// Since the first failure after the last success.
    pub failing: Option<Duration>,
    /// Since the last success.
    pub failures: u64,
    pub last_reason: Option<Reason>,
    /// Zero where the next call is the probe.
    pub next_probe: Option<Duration>,
    pub attempts: u64,
    pub successes: u64,
    /// Of the latest answers.
    pub p50: Option<Duration>,
    pub p95: Option<Duration>,
}

/// How a model is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is asked, and the last attempt was answered.
    Up,
    /// It is asked, though the last attempt failed.
    Failing,
    /// It is passed by.
    CoolingDown,
    /// It is passed by, while one call sees whether it is back.
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

impl Board {
    pub(super) fn report(&self, now: Instant) -> Vec<Report> {
        let models = self
            .places
            .values()
            .flat_map(|place| place.models.iter().map(move |(model, vitals)| report(place, model, vitals, now)));
        // Known from another process only: nobody was asked here.
        let unasked = self.places.values().filter(|place| place.models.is_empty() && !place.cooldown.is_open());
        let whole = unasked.map(|place| report(place, WHOLE_ENDPOINT, &Vitals::default(), now));
        let mut reports: Vec<_> = models.chain(whole).collect();
        reports.sort_by(|one, other| (&one.endpoint, &one.model).cmp(&(&other.endpoint, &other.model)));
        reports
    }
}

fn report(place: &Place, model: &str, vitals: &Vitals, now: Instant) -> Report {
    let cooldowns = [&place.cooldown, &vitals.cooldown];
    let until = cooldowns.iter().filter_map(|cooldown| cooldown.until()).max();
    let state = match until {
        Some(_) if cooldowns.iter().any(|cooldown| cooldown.is_probed(now)) => State::Probing,
        Some(_) => State::CoolingDown,
        None if vitals.failures > 0 => State::Failing,
        None => State::Up,
    };
    Report {
        endpoint: place.name.clone(),
        model: model.to_owned(),
        state,
        failing: vitals.failing_since.map(|since| now.saturating_duration_since(since)),
        failures: vitals.failures,
        last_reason: vitals.last_reason,
        next_probe: until.map(|until| until.saturating_duration_since(now)),
        attempts: vitals.attempts,
        successes: vitals.successes,
        p50: vitals.latency.percentile(0.5),
        p95: vitals.latency.percentile(0.95),
    }
}
