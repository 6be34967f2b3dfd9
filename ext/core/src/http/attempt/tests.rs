use super::*;

#[test]
fn a_dropped_attempt_is_uncertain_if_it_went_out() {
    let uncertain = |progress: &Progress| dropped(progress).unwrap_err().uncertain;
    let progress = Progress::default();
    assert!(progress.begin_sending());
    assert!(uncertain(&progress) && !uncertain(&Progress::default()));
}
