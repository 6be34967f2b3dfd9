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
    for pattern in ["anthropic", "anthropic/", "google/*", "*/gpt*", "a*sonnet", "anthropic/*4.5*5", "", "?*", "*x"] {
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
