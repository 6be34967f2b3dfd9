//! What cannot be sent as JSON.

/// Why a value cannot be sent, and where it is: the path grows on the way out of the recursion.
pub(super) struct Refusal {
    path: Vec<String>,
    why: String,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { path: Vec::new(), why: why.into() }
    }

    pub(super) fn inside(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }

    pub(super) fn sentence(&self, at: &str) -> String {
        // The first steps say enough, also for a structure that contains itself.
        let path: String = self.path.iter().rev().take(8).map(String::as_str).collect();
        format!("{at}{path} cannot be sent as JSON: {}", self.why)
    }
}
