//! The circuit breakers behind [`Health`](super::Health): one for each endpoint, and one for each of its models.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::cooldown::{Cooldown, Phase};
use super::latency::Latency;
use super::model::ModelHealth;
use super::{jitter, Cooling, Notice, Policy};
use crate::answer::{Failure, Reason, Scope};
use crate::request::endpoint::Identity;
use crate::request::{Candidate, Endpoint};

#[derive(Debug, Default)]
pub(super) struct Breakers {
    /// By an endpoint's name, address and key.
    pub(super) endpoints: HashMap<Identity, EndpointHealth>,
    last_ticket: u64,
}

/// One endpoint and its models.
#[derive(Debug, Default)]
pub(super) struct EndpointHealth {
    pub(super) name: String,
    pub(super) cooldown: Cooldown,
    reason: Option<Reason>,
    pub(super) models: HashMap<String, ModelHealth>,
}

/// Models and keys may come from an app's users, so that their number needs a bound.
const MAX_ENDPOINTS: usize = 50;
const MAX_MODELS_PER_ENDPOINT: usize = 500;

impl Breakers {
    pub(super) fn phase(&self, candidate: &Candidate, now: Instant) -> (Phase, Cooling) {
        let clear = (Phase::Clear, Cooling { left: Duration::ZERO, reason: None, whole_endpoint: false });
        let Some(entry) = self.endpoints.get(candidate.endpoint.identity()) else { return clear };
        let model_health = entry.models.get(&candidate.model);
        let model = model_health.map_or(Phase::Clear, |model_health| model_health.cooldown.phase(now));
        let cooling = |left, reason, whole_endpoint| (Phase::Cooling(left), Cooling { left, reason, whole_endpoint });
        match (entry.cooldown.phase(now), model) {
            (Phase::Cooling(left), _) => cooling(left, entry.reason, true),
            (_, Phase::Cooling(left)) => {
                cooling(left, model_health.and_then(|model_health| model_health.last_reason), false)
            }
            (Phase::Clear, Phase::Clear) => clear,
            _ => (Phase::HalfOpen, clear.1),
        }
    }

    /// Of the model and of its endpoint, whichever is half-open.
    pub(super) fn start_probe(&mut self, candidate: &Candidate, until: Instant) -> u64 {
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        let entry = self.entry(&candidate.endpoint);
        let model = entry.models.get_mut(&candidate.model).map(|model_health| &mut model_health.cooldown);
        for cooldown in model.into_iter().chain([&mut entry.cooldown]).filter(|cooldown| cooldown.is_cooling()) {
            cooldown.start_probe(ticket, until);
        }
        ticket
    }

    pub(super) fn end_probe(&mut self, ticket: u64) {
        for entry in self.endpoints.values_mut() {
            entry.cooldown.end_probe(ticket);
            entry.models.values_mut().for_each(|model_health| model_health.cooldown.end_probe(ticket));
        }
    }

    pub(super) fn succeeded(&mut self, candidate: &Candidate, took: Duration, now: Instant) -> Vec<Notice> {
        let entry = self.entry(&candidate.endpoint);
        let whole_endpoint = entry.cooldown.clear();
        let model_health = entry.model(&candidate.model);
        let outage = model_health.outage(now);
        model_health.succeeded(took, now);
        let model = model_health.cooldown.clear();
        let cleared = (model || whole_endpoint).then_some(Notice::Cleared { model, whole_endpoint });
        cleared.into_iter().chain(outage.map(|outage| Notice::Up { outage })).collect()
    }

    pub(super) fn failed(
        &mut self,
        candidate: &Candidate,
        failure: &Failure,
        took: Duration,
        policy: Policy,
        now: Instant,
    ) -> Vec<Notice> {
        let (reason, whole_endpoint) = (failure.reason, failure.scope == Scope::Endpoint);
        let entry = self.entry(&candidate.endpoint);
        // An answer with any other fault shows that the endpoint accepts the key and has money.
        let cleared = failure.status.is_some() && !whole_endpoint && entry.cooldown.clear();
        let model_health = entry.model(&candidate.model);
        let enough = model_health.failed(failure, took, policy.cooldown_after.unwrap_or(u32::MAX), now);
        let failures = model_health.failures;
        let down =
            model_health.newly_down(policy.down_after, now).map(|failing| Notice::Down { failing, reason, failures });

        let retry_after = failure.retry_after.filter(|wait| !wait.is_zero());
        let cooldown = if policy.cooldown_after.is_none() {
            None
        } else if whole_endpoint {
            entry.reason = Some(reason);
            entry.cooldown.failed(took);
            Some(&mut entry.cooldown)
        } else if failure.is_strike() && (enough || retry_after.is_some() || model_health.cooldown.is_cooling()) {
            Some(&mut model_health.cooldown)
        } else {
            None
        };
        let length = cooldown.and_then(|cooldown| cooldown.start(retry_after, jitter(), now));
        let cooling = length.map(|length| Notice::Cooling { length, reason, failures, whole_endpoint });
        let cleared = cleared.then_some(Notice::Cleared { model: false, whole_endpoint: true });
        cleared.into_iter().chain(cooling).chain(down).collect()
    }

    /// `None` if no attempt was recorded.
    pub(super) fn latency(&mut self, candidate: &Candidate) -> Option<&mut Latency> {
        let entry = self.endpoints.get_mut(candidate.endpoint.identity())?;
        entry.models.get_mut(&candidate.model).map(|model_health| &mut model_health.latency)
    }

    pub(super) fn take_over(
        &mut self,
        endpoint: &Endpoint,
        model: Option<&str>,
        until: Instant,
        reason: Reason,
        now: Instant,
    ) {
        let entry = self.entry(endpoint);
        let (cooldown, known) = match model {
            Some(model) => {
                let model_health = entry.model(model);
                (&mut model_health.cooldown, &mut model_health.last_reason)
            }
            None => (&mut entry.cooldown, &mut entry.reason),
        };
        if cooldown.extend(until, now).is_some() {
            *known = Some(reason);
        }
    }

    pub(super) fn lift(&mut self, endpoint: &Endpoint, model: Option<&str>) {
        let Some(entry) = self.endpoints.get_mut(endpoint.identity()) else { return };
        match model {
            None => _ = entry.cooldown.clear(),
            Some(model) => _ = entry.models.get_mut(model).is_some_and(ModelHealth::lift),
        }
    }

    fn entry(&mut self, endpoint: &Endpoint) -> &mut EndpointHealth {
        if !self.endpoints.contains_key(endpoint.identity()) && self.endpoints.len() >= MAX_ENDPOINTS {
            self.endpoints.clear();
        }
        let new = || EndpointHealth { name: endpoint.name().to_owned(), ..EndpointHealth::default() };
        self.endpoints.entry(endpoint.identity().clone()).or_insert_with(new)
    }
}

impl EndpointHealth {
    fn model(&mut self, model: &str) -> &mut ModelHealth {
        if !self.models.contains_key(model) && self.models.len() >= MAX_MODELS_PER_ENDPOINT {
            let oldest =
                self.models.iter().min_by_key(|(_, model_health)| model_health.used).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.models.remove(&oldest));
        }
        self.models.entry(model.to_owned()).or_default()
    }
}
