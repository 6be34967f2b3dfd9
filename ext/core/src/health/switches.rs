//! Models that a person has switched off for some time.

use std::time::Instant;

/// A pattern of models that calls skip.
#[derive(Debug, Clone)]
pub struct Switch {
    pattern: String,
    until: Instant,
    note: String,
}

impl Switch {
    /// `note` says who switched it off, why and until when.
    pub fn new(pattern: &str, until: Instant, note: String) -> Self {
        Self { pattern: pattern.to_ascii_lowercase(), until, note }
    }

    fn is_on_at(&self, model: &str, now: Instant) -> bool {
        now >= self.until || !matches(&self.pattern, model)
    }
}

/// The note of the switch that turns the model off for longest.
pub(super) fn find<'s>(switches: &'s [Switch], model: &str, now: Instant) -> Option<&'s str> {
    if switches.is_empty() {
        return None;
    }
    let model = model.to_ascii_lowercase();
    let off = switches.iter().filter(|switch| !switch.is_on_at(&model, now));
    off.max_by_key(|switch| switch.until).map(|switch| switch.note.as_str())
}

/// Whether a pattern covers a model, in any case of letters. `*` stands for any characters, or none.
pub fn covers(pattern: &str, model: &str) -> bool {
    matches(&pattern.to_ascii_lowercase(), &model.to_ascii_lowercase())
}

fn matches(pattern: &str, model: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == model };
    let Some(mut left) = model.strip_prefix(start) else { return false };
    let mut parts = rest.split('*');
    let end = parts.next_back().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests;
