//! Doubts about a chain that works, but protects against few outages.

use std::fmt;

use crate::request::Candidate;
use crate::routing::Chain;

const OPENROUTER: &str = "openrouter.ai";

/// Why a chain protects less than it seems to.
#[derive(Debug, PartialEq, Eq)]
pub enum Doubt {
    /// OpenRouter names every model `vendor/model`.
    NoVendor { model: String },
    /// There is nothing to fall back to.
    Alone { model: String },
    /// A vendor's outage takes both rungs, one after the other.
    Neighbours { first: String, second: String, vendor: String },
    /// An outage of that one upstream takes the whole chain.
    OneUpstream { vendor: String, endpoint: String },
}

impl Chain {
    /// What a reviewer would object to; empty for a sound chain.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut doubts = self.without_vendor();
        doubts.extend(self.one_outage());
        doubts
    }

    fn without_vendor(&self) -> Vec<Doubt> {
        let nameless = self
            .candidates()
            .iter()
            .filter(|candidate| candidate.endpoint.host() == OPENROUTER && !candidate.model.contains('/'));
        nameless.map(|candidate| Doubt::NoVendor { model: candidate.model.clone() }).collect()
    }

    /// Chains, or neighbours, that one outage takes down.
    fn one_outage(&self) -> Vec<Doubt> {
        let candidates = self.candidates();
        let [first, rest @ ..] = candidates else { return Vec::new() };
        if rest.is_empty() {
            return vec![Doubt::Alone { model: first.model.clone() }];
        }
        let same_vendor = |other: &Candidate| other.vendor().eq_ignore_ascii_case(first.vendor());
        if rest.iter().all(|other| same_vendor(other) && other.endpoint.name() == first.endpoint.name()) {
            return vec![Doubt::OneUpstream {
                vendor: first.vendor().to_owned(),
                endpoint: first.endpoint.name().to_owned(),
            }];
        }
        if one_model(candidates) {
            return Vec::new();
        }
        candidates
            .iter()
            .zip(rest)
            .filter(|(one, next)| one.vendor().eq_ignore_ascii_case(next.vendor()))
            .map(|(one, next)| Doubt::Neighbours {
                first: one.model.clone(),
                second: next.model.clone(),
                vendor: one.vendor().to_owned(),
            })
            .collect()
    }
}

/// Whether it is one model at several endpoints, whose vendor cannot be another. Embeddings need such a chain.
fn one_model(candidates: &[Candidate]) -> bool {
    let name = |candidate: &Candidate| {
        candidate.model.split_once('/').map_or(candidate.model.as_str(), |(_, name)| name).to_lowercase()
    };
    let mut names = candidates.iter().map(name);
    let first = names.next();
    let mut endpoints: Vec<_> = candidates.iter().map(|candidate| candidate.endpoint.name()).collect();
    endpoints.sort_unstable();
    names.all(|name| Some(name) == first) && endpoints.windows(2).all(|pair| pair.first() != pair.last())
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVendor { model } => write!(
                f,
                "{model} has no vendor, as models at OpenRouter do: write it as \"vendor/{model}\", such as \"openai/gpt-4o\", or name the endpoint that serves it"
            ),
            Self::Alone { model } => {
                write!(f, "{model} is the only candidate, so there is nothing to fall back to: add a model of another vendor")
            }
            Self::Neighbours { first, second, vendor } => write!(
                f,
                "{first} and {second} are neighbours from one vendor, so an outage at {vendor} takes both: put another vendor's model between them"
            ),
            Self::OneUpstream { vendor, endpoint } => write!(
                f,
                "every candidate is {vendor}'s, through {endpoint}, so one outage takes the whole chain: add a model of another vendor"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
