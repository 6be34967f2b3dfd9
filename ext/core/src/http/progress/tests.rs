use super::*;

#[test]
fn what_did_not_go_out_is_certain_and_stays_here() {
    let progress = Progress::default();
    assert!(!progress.uncertain());
    assert!(!progress.begin_sending(), "the caller has already settled it as certain");
    assert!(!progress.uncertain());
}

#[test]
fn what_went_out_is_uncertain_until_it_is_refused() {
    let progress = Progress::default();
    assert!(progress.begin_sending() && progress.begin_sending());
    assert!(progress.uncertain() && progress.clone().uncertain());
    progress.received_headers(200, Some("gen-1"));
    assert!(progress.uncertain());
    progress.received_headers(504, None);
    assert!(progress.uncertain());
    progress.received_headers(503, None);
    assert!(!progress.uncertain() && progress.was_sent());
    assert_eq!(progress.generation_id(), Some("gen-1"));
}

#[test]
fn what_was_refused_before_it_went_out_stays_here() {
    for status in [408, 503] {
        let progress = Progress::default();
        progress.received_headers(status, None);
        assert!(!progress.was_sent() && !progress.uncertain() && !progress.begin_sending(), "{status}");
    }
}

#[test]
fn what_was_turned_away_can_be_sent_again() {
    let progress = Progress::default();
    assert!(progress.begin_sending());
    progress.refused_unread();
    assert!(progress.begin_sending() && progress.uncertain());
    progress.refused_unread();
    assert!(!progress.uncertain());
}
