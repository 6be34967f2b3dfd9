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
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_pattern_covers_what_its_stars_stand_for() {
        let claude = "anthropic/claude-sonnet-4.5";
        for pattern in
            ["anthropic/*", "*", "**", "*sonnet*", "a*c/*-4.5", "Anthropic/Claude-Sonnet-4.5", "anthropic/claude*4.5*"]
        {
            assert!(covers(pattern, claude), "{pattern}");
        }
        for pattern in ["anthropic", "anthropic/", "google/*", "*/gpt*", "a*sonnet", "anthropic/*4.5*5", "", "?*", "*x"]
        {
            assert!(!covers(pattern, claude), "{pattern}");
        }
        assert!(!covers("ab*ba", "aba"), "the ends do not overlap");
        assert!(covers("Ä*", "Äb") && !covers("ä*", "b"));
    }

    #[test]
    fn the_switch_that_lasts_longest_counts_until_it_expires() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let switches = [
            Switch::new("a/*", at(10), "short".into()),
            Switch::new("A/1", at(20), "long".into()),
            Switch::new("b/*", at(99), "other".into()),
        ];
        assert_eq!(find(&switches, "a/1", now), Some("long"));
        assert_eq!(find(&switches, "a/2", now), Some("short"));
        assert_eq!(find(&switches, "a/2", at(10)), None, "it expires by itself");
        assert_eq!(find(&switches, "a/1", at(19)), Some("long"));
        assert_eq!(find(&switches, "c/3", now), None);
        assert_eq!(find(&[], "a/1", now), None);
    }
}
