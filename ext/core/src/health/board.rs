//! The state behind [`Health`](super::Health): endpoints, and their models.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::cooldown::{Cooldown, Look};
use super::vitals::Vitals;
use super::{jitter, Cooling, Notice, Policy};
use crate::answer::{Failure, Reason, Scope};
use crate::request::endpoint::Identity;
use crate::request::{Candidate, Endpoint};

#[derive(Debug, Default)]
pub(super) struct Board {
    /// By what makes an endpoint the same: its name, its address and its key.
    pub(super) places: HashMap<Identity, Place>,
    tickets: u64,
}

/// An endpoint.
#[derive(Debug, Default)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) cooldown: Cooldown,
    reason: Option<Reason>,
    pub(super) models: HashMap<String, Vitals>,
}

/// The names of models may be anybody's, and so may keys: more than these are not kept.
const MOST_PLACES: usize = 50;
const MOST_MODELS: usize = 500;

impl Board {
    pub(super) fn look(&self, candidate: &Candidate, now: Instant) -> (Look, Cooling) {
        let open = (Look::Open, Cooling { left: Duration::ZERO, reason: None, whole_endpoint: false });
        let Some(place) = self.places.get(candidate.endpoint.identity()) else { return open };
        let vitals = place.models.get(&candidate.model);
        let model = vitals.map_or(Look::Open, |vitals| vitals.cooldown.look(now));
        let cooling = |left, reason, whole_endpoint| (Look::Cooling(left), Cooling { left, reason, whole_endpoint });
        match (place.cooldown.look(now), model) {
            (Look::Cooling(left), _) => cooling(left, place.reason, true),
            (_, Look::Cooling(left)) => cooling(left, vitals.and_then(|vitals| vitals.last_reason), false),
            (Look::Open, Look::Open) => open,
            _ => (Look::Due, open.1),
        }
    }

    /// For the model and for its endpoint, whichever is cooling.
    pub(super) fn claim(&mut self, candidate: &Candidate, until: Instant) -> u64 {
        self.tickets += 1;
        let ticket = self.tickets;
        let place = self.place(&candidate.endpoint);
        let model = place.models.get_mut(&candidate.model).map(|vitals| &mut vitals.cooldown);
        for cooldown in model.into_iter().chain([&mut place.cooldown]).filter(|cooldown| !cooldown.is_open()) {
            cooldown.claim(ticket, until);
        }
        ticket
    }

    pub(super) fn release(&mut self, ticket: u64) {
        for place in self.places.values_mut() {
            place.cooldown.release(ticket);
            place.models.values_mut().for_each(|vitals| vitals.cooldown.release(ticket));
        }
    }

    pub(super) fn succeeded(&mut self, candidate: &Candidate, took: Duration, now: Instant) -> Vec<Notice> {
        let place = self.place(&candidate.endpoint);
        let whole_endpoint = place.cooldown.close();
        let vitals = place.vitals(&candidate.model);
        let outage = vitals.outage(now);
        vitals.succeeded(took, now);
        let model = vitals.cooldown.close();
        let warm = (model || whole_endpoint).then_some(Notice::Warm { model, whole_endpoint });
        warm.into_iter().chain(outage.map(|outage| Notice::Up { outage })).collect()
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
        let place = self.place(&candidate.endpoint);
        // Whatever else an answer says: the endpoint takes the key, and has money.
        let warm = failure.status.is_some() && !whole_endpoint && place.cooldown.close();
        let vitals = place.vitals(&candidate.model);
        let enough = vitals.failed(failure, took, policy.cooldown_after.unwrap_or(u32::MAX), now);
        let failures = vitals.failures;
        let down = vitals.newly_down(policy.down_after, now).map(|failing| Notice::Down { failing, reason, failures });

        let asked = failure.retry_after.filter(|wait| !wait.is_zero());
        let cooldown = if policy.cooldown_after.is_none() {
            None
        } else if whole_endpoint {
            place.reason = Some(reason);
            place.cooldown.failed(took);
            Some(&mut place.cooldown)
        } else if failure.is_strike() && (enough || asked.is_some() || !vitals.cooldown.is_open()) {
            Some(&mut vitals.cooldown)
        } else {
            None
        };
        let length = cooldown.and_then(|cooldown| cooldown.start(asked, jitter(), now));
        let cooling = length.map(|length| Notice::Cooling { length, reason, failures, whole_endpoint });
        let warm = warm.then_some(Notice::Warm { model: false, whole_endpoint: true });
        warm.into_iter().chain(cooling).chain(down).collect()
    }

    pub(super) fn take_over(
        &mut self,
        endpoint: &Endpoint,
        model: Option<&str>,
        until: Instant,
        reason: Reason,
        now: Instant,
    ) {
        let place = self.place(endpoint);
        let (cooldown, known) = match model {
            Some(model) => {
                let vitals = place.vitals(model);
                (&mut vitals.cooldown, &mut vitals.last_reason)
            }
            None => (&mut place.cooldown, &mut place.reason),
        };
        if cooldown.extend(until, now).is_some() {
            *known = Some(reason);
        }
    }

    pub(super) fn lift(&mut self, endpoint: &Endpoint, model: Option<&str>) {
        let Some(place) = self.places.get_mut(endpoint.identity()) else { return };
        match model {
            None => _ = place.cooldown.close(),
            Some(model) => _ = place.models.get_mut(model).is_some_and(Vitals::lift),
        }
    }

    fn place(&mut self, endpoint: &Endpoint) -> &mut Place {
        if !self.places.contains_key(endpoint.identity()) && self.places.len() >= MOST_PLACES {
            self.places.clear();
        }
        let new = || Place { name: endpoint.name().to_owned(), ..Place::default() };
        self.places.entry(endpoint.identity().clone()).or_insert_with(new)
    }
}

impl Place {
    fn vitals(&mut self, model: &str) -> &mut Vitals {
        if !self.models.contains_key(model) && self.models.len() >= MOST_MODELS {
            let oldest = self.models.iter().min_by_key(|(_, vitals)| vitals.used).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.models.remove(&oldest));
        }
        self.models.entry(model.to_owned()).or_default()
    }
}
