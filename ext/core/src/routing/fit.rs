//! Which candidates a prompt may fit that was too long for others.
//!
//! Every model would reject a request that is malformed; one that is too long is only rejected by models with a window
//! no larger. So a larger one is tried, if it is known to be.

use crate::routing::{Chain, Hop};

/// The windows of a chain's candidates, and the largest that was too small.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    /// In tokens, by position.
    windows: Vec<Option<u64>>,
    looked_up: bool,
    exceeded: Option<Exceeded>,
}

#[derive(Debug, Clone)]
struct Exceeded {
    window: Window,
    model: String,
}

/// An unknown one is as good as the largest: no other is known to be larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Window {
    Tokens(u64),
    Unknown,
}

impl Fit {
    /// What the chain says.
    pub(super) fn of(chain: &Chain) -> Self {
        let windows = chain.candidates().iter().map(|candidate| candidate.context).collect();
        Self { windows, looked_up: false, exceeded: None }
    }

    /// Takes over what another walk of the call has found too small.
    pub(super) fn join(&mut self, other: Self) {
        if other.exceeded.is_some() {
            *self = other;
        }
    }

    /// Whether [`Fit::learn`] has yet to be called.
    pub(super) fn is_to_learn(&self) -> bool {
        !self.looked_up && self.windows.iter().any(Option::is_none)
    }

    /// Adds what was looked up. What the chain says takes precedence.
    pub(super) fn learn(&mut self, looked_up: &[Option<u64>]) {
        self.looked_up = true;
        for (window, looked_up) in self.windows.iter_mut().zip(looked_up) {
            *window = window.or(*looked_up);
        }
    }

    /// The prompt is too long for a candidate. `named` is the window that the error names.
    pub(super) fn exceeded(&mut self, hop: &Hop, named: Option<u64>) {
        let known = self.window(hop.position).or(named);
        if let Some(window) = self.windows.get_mut(hop.position) {
            *window = known;
        }
        let window = known.map_or(Window::Unknown, Window::Tokens);
        if self.exceeded.as_ref().is_none_or(|before| before.window <= window) {
            self.exceeded = Some(Exceeded { window, model: hop.model.clone() });
        }
    }

    /// Why the prompt does not fit into a candidate, unless it may.
    pub(super) fn refusal(&self, position: usize) -> Option<String> {
        let exceeded = self.exceeded.as_ref()?;
        let why = match (self.window(position), exceeded.window) {
            (Some(window), Window::Tokens(too_small)) if window > too_small => return None,
            (Some(window), _) => format!("it takes {window} tokens"),
            (None, _) => "its window is not known".to_owned(),
        };
        Some(format!("not called: the prompt is too long for {}, and {why}", exceeded.model))
    }

    /// Whether the prompt is too long, and no candidate is known to be larger.
    pub(super) fn nowhere(&self) -> bool {
        self.exceeded.is_some() && (0..self.windows.len()).all(|position| self.refusal(position).is_some())
    }

    /// The largest window of the chain, as far as it is known.
    pub(super) fn largest(&self) -> Option<u64> {
        self.windows.iter().flatten().max().copied()
    }

    fn window(&self, position: usize) -> Option<u64> {
        self.windows.get(position).copied().flatten()
    }
}
