use super::*;

#[test]
fn percentiles_are_of_the_latest_answers() {
    let mut latency = Latency::default();
    assert_eq!(latency.percentile(0.5), None);
    for _ in 0..MAX_SAMPLES {
        latency.add(Duration::from_secs(999));
    }
    for seconds in 1..=MAX_SAMPLES as u64 {
        latency.add(Duration::from_secs(seconds));
    }
    assert_eq!(latency.percentile(0.5), Some(Duration::from_secs(64)));
    assert_eq!(latency.percentile(0.95), Some(Duration::from_secs(122)));
}

#[test]
fn the_95th_percentile_needs_twenty_answers_and_does_not_sink_with_those_that_were_not_waited_for() {
    let mut latency = Latency::default();
    for seconds in 1..=19 {
        latency.add(Duration::from_secs(seconds));
        latency.add_dropped(Duration::from_secs(999));
    }
    assert_eq!(latency.p95(), None);
    latency.add(Duration::from_secs(20));
    assert_eq!(latency.p95(), Some(Duration::from_secs(19)));
    latency.add_dropped(Duration::from_secs(3));
    assert_eq!(latency.recent.len(), 20);
    latency.add_dropped(Duration::from_secs(21));
    assert_eq!(latency.p95(), Some(Duration::from_secs(20)));
}
