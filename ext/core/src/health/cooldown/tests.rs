use super::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The lengths of the cooldowns of a model whose failed attempts take so long each.
fn lengths(took: Duration) -> Vec<u64> {
    let (mut cooldown, mut now) = (Cooldown::default(), Instant::now());
    let mut next = || {
        cooldown.failed(took);
        let length = cooldown.start(None, 0.0, now).unwrap();
        now = cooldown.until().unwrap();
        length.as_secs()
    };
    (0..7).map(|_| next()).collect()
}

#[test]
fn it_grows_from_half_a_minute_to_ten_while_attempts_hang() {
    assert_eq!(lengths(secs(60)), [30, 60, 120, 240, 480, 600, 600]);
}

#[test]
fn it_lasts_twenty_times_a_failed_attempt_at_most_and_ten_seconds_at_least() {
    assert_eq!(lengths(secs(2)), [30, 40, 40, 40, 40, 40, 40]);
    assert_eq!(lengths(secs(1)), [20; 7]);
    assert_eq!(lengths(Duration::from_millis(5)), [10; 7]);
}

#[test]
fn the_longest_attempt_since_the_last_cooldown_counts() {
    let (mut cooldown, now) = (Cooldown::default(), Instant::now());
    [1, 2, 1].into_iter().for_each(|took| cooldown.failed(secs(took)));
    assert_eq!(cooldown.start(None, 0.0, now), Some(secs(30)));
    cooldown.failed(secs(1));
    assert_eq!(cooldown.start(None, 0.0, now + secs(30)), Some(secs(20)));
}

#[test]
fn a_success_starts_over() {
    let (mut cooldown, mut now) = (Cooldown::default(), Instant::now());
    for length in [30, 60] {
        cooldown.failed(secs(60));
        assert_eq!(cooldown.start(None, 0.0, now), Some(secs(length)));
        now += secs(length);
    }
    cooldown.failed(secs(60));
    assert!(cooldown.clear() && !cooldown.clear());
    assert_eq!(cooldown.start(None, 0.0, now), Some(secs(10)));
}

#[test]
fn a_later_failure_never_shortens_it_and_only_retry_after_lengthens_it() {
    let (mut cooldown, now) = (Cooldown::default(), Instant::now());
    assert_eq!(cooldown.start(Some(secs(60)), 0.0, now), Some(secs(60)));
    assert_eq!(cooldown.start(Some(secs(1)), 0.0, now), None);
    assert_eq!(cooldown.start(None, 0.0, now), None);
    assert_eq!(cooldown.phase(now), Phase::Cooling(secs(60)));
    assert_eq!(cooldown.start(Some(secs(90)), 0.0, now), Some(secs(90)));
    assert_eq!(cooldown.start(Some(secs(86_400)), 0.0, now), Some(secs(3600)));
}

#[test]
fn jitter_makes_it_longer_never_shorter() {
    let (mut cooldown, now) = (Cooldown::default(), Instant::now());
    assert_eq!(cooldown.start(None, 0.2, now), Some(secs(12)));
}

#[test]
fn one_caller_at_a_time_probes_when_it_is_over() {
    let (mut cooldown, start) = (Cooldown::default(), Instant::now());
    cooldown.start(None, 0.0, start);
    let now = start + secs(10);
    assert_eq!(cooldown.phase(now), Phase::HalfOpen);
    cooldown.start_probe(7, now + secs(10));
    assert!(cooldown.is_probed(now));
    cooldown.end_probe(6);
    assert_eq!(cooldown.phase(now), Phase::Cooling(Duration::ZERO), "another caller's ticket");
    cooldown.end_probe(7);
    assert_eq!(cooldown.phase(now), Phase::HalfOpen);
    cooldown.start_probe(8, now + secs(10));
    assert_eq!(cooldown.phase(now + secs(10)), Phase::HalfOpen, "a probe that never came back");
}
