use super::*;
use crate::answer::Scope;
use crate::request::candidate::tests::{candidate, endpoint};

const POLICY: Policy = Policy { cooldown_after: Some(3), down_after: Duration::from_secs(3600) };

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn failure(reason: Reason) -> Failure {
    let scope = match reason {
        Reason::Unauthorized | Reason::InsufficientCredits => Scope::Endpoint,
        Reason::Rejected => Scope::Request,
        _ => Scope::Model,
    };
    Failure::new(reason, scope, "test")
}

fn fail(health: &Health, candidate: &Candidate, reason: Reason, now: Instant) -> Vec<Notice> {
    health.record(candidate, Some(&failure(reason)), secs(1), POLICY, now)
}

fn succeed(health: &Health, candidate: &Candidate, now: Instant) -> Vec<Notice> {
    health.record(candidate, None, secs(1), POLICY, now)
}

fn report(health: &Health, model: &str, now: Instant) -> Report {
    health.report(now).into_iter().find(|report| report.model == model).unwrap()
}

#[test]
fn three_transient_failures_in_a_row_start_a_cooldown() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    for reason in [Reason::Timeout, Reason::Unavailable] {
        assert_eq!(fail(&health, &model, reason, now), []);
    }
    assert_eq!(succeed(&health, &model, now), []);
    for _ in 0..2 {
        assert_eq!(fail(&health, &model, Reason::Timeout, now), []);
        assert!(health.admits(&model, now));
    }
    let notices = fail(&health, &model, Reason::Connection, now);
    let [Notice::Cooling { length, reason: Reason::Connection, failures: 3, whole_endpoint: false }] = notices[..]
    else {
        panic!("{notices:?}")
    };
    assert!((secs(20)..=secs(24)).contains(&length));
    assert!(!health.admits(&model, now + secs(19)) && health.admits(&model, now + secs(25)));
    assert!(health.admits(&candidate("b/2"), now), "each model has its own");
    let elsewhere = Candidate { endpoint: endpoint("groq"), ..candidate("a/1") };
    assert!(health.admits(&elsewhere, now), "at each endpoint");
}

#[test]
fn one_failure_with_retry_after_is_enough() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    let with_wait = Failure { retry_after: Some(secs(7)), ..failure(Reason::RateLimited) };
    let notices = health.record(&model, Some(&with_wait), secs(1), POLICY, now);
    assert!(matches!(notices[..], [Notice::Cooling { length, .. }] if (secs(7)..secs(9)).contains(&length)));
    assert!(!health.admits(&model, now + secs(6)) && health.admits(&model, now + secs(9)));
}

#[test]
fn a_model_that_keeps_saying_404_cools_down_like_one_that_keeps_failing() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    for _ in 0..2 {
        assert_eq!(fail(&health, &model, Reason::ModelNotFound, now), []);
    }
    let notices = fail(&health, &model, Reason::ModelNotFound, now);
    assert!(matches!(notices[..], [Notice::Cooling { reason: Reason::ModelNotFound, whole_endpoint: false, .. }]));
    assert!(!health.admits(&model, now));
}

#[test]
fn a_key_that_one_provider_behind_the_gateway_refuses_cools_the_model_alone() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    for reason in [Reason::Unauthorized, Reason::InsufficientCredits, Reason::Unauthorized] {
        health.record(&model, Some(&Failure::new(reason, Scope::Model, "test")), secs(1), POLICY, now);
    }
    assert!(!health.admits(&model, now) && health.admits(&candidate("b/2"), now));
}

#[test]
fn what_may_be_the_requests_fault_counts_for_nothing() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    for (reason, scope) in [
        (Reason::Rejected, Scope::Request),
        (Reason::TooExpensive, Scope::Model),
        (Reason::Rejected, Scope::Model),
        (Reason::Blank, Scope::Model),
    ] {
        for _ in 0..9 {
            assert_eq!(health.record(&model, Some(&Failure::new(reason, scope, "test")), secs(1), POLICY, now), []);
        }
    }
    let report = report(&health, "a/1", now);
    assert_eq!((report.attempts, report.failures, report.last_reason), (36, 0, None));
    assert!(health.admits(&model, now));
}

#[test]
fn without_cooldowns_nothing_cools() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    let off = Policy { cooldown_after: None, ..POLICY };
    for reason in [Reason::Timeout, Reason::Unauthorized, Reason::Timeout, Reason::Timeout] {
        assert_eq!(health.record(&model, Some(&failure(reason)), secs(1), off, now), []);
    }
    assert!(health.admits(&model, now));
}

#[test]
fn a_refused_key_cools_the_whole_endpoint_at_once() {
    let (health, now) = (Health::default(), Instant::now());
    let notices = fail(&health, &candidate("a/1"), Reason::InsufficientCredits, now);
    assert!(matches!(notices[..], [Notice::Cooling { whole_endpoint: true, .. }]));
    let Admission::CoolingDown(cooling) = health.admit(&candidate("b/2"), secs(1), now) else { panic!("must cool") };
    assert!(cooling.whole_endpoint && cooling.reason == Some(Reason::InsufficientCredits));
    assert!(health.admits(&Candidate { endpoint: endpoint("groq"), ..candidate("b/2") }, now));
    let notices = succeed(&health, &candidate("c/3"), now);
    assert_eq!(notices, [Notice::Cleared { model: false, whole_endpoint: true }]);
    assert!(health.admits(&candidate("b/2"), now));
}

#[test]
fn one_call_probes_and_its_end_decides() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    let fail = |now| health.record(&model, Some(&failure(Reason::Timeout)), secs(10), POLICY, now);
    for _ in 0..3 {
        fail(start);
    }
    let due = start + secs(40);
    let Admission::Probe(probe) = health.admit(&model, secs(10), due) else { panic!("must probe") };
    assert!(matches!(health.admit(&model, secs(10), due), Admission::CoolingDown(_)));
    assert_eq!(report(&health, "a/1", due).state, State::Probing);
    drop(probe);
    let Admission::Probe(probe) = health.admit(&model, secs(10), due) else { panic!("a dropped probe gives way") };
    let notices = fail(due);
    assert!(matches!(notices[..], [Notice::Cooling { length, .. }] if length >= secs(60)), "{notices:?}");
    drop(probe);
    assert!(!health.admits(&model, due + secs(59)));

    let due = due + secs(80);
    let Admission::Probe(_probe) = health.admit(&model, secs(10), due) else { panic!("must probe") };
    assert_eq!(succeed(&health, &model, due), [Notice::Cleared { model: true, whole_endpoint: false }]);
    assert!(matches!(health.admit(&model, secs(10), due), Admission::Clear));
}

#[test]
fn a_probe_from_before_a_reset_ends_no_later_one() {
    fn probe<'h>(health: &'h Health, model: &Candidate, now: Instant) -> Probe<'h> {
        health.take_over(&model.endpoint, Some("a/1"), secs(10), Reason::Timeout, now);
        let Admission::Probe(probe) = health.admit(model, secs(10), now + secs(13)) else { panic!("must probe") };
        probe
    }
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    let before = probe(&health, &model, now);
    health.reset();
    let _later = probe(&health, &model, now);
    drop(before);
    assert!(!health.admits(&model, now + secs(13)));
}

/// What a minute-long outage of the first model looks like to a caller who calls twenty times a second: how often it
/// tries that model in the outage, and how long after its end it is answered there.
fn outage(took: Duration, health: &Health) -> (usize, Duration) {
    let (model, start, tick) = (candidate("a/1"), Instant::now(), Duration::from_millis(50));
    let (end, mut now, mut attempts) = (start + secs(60), start, 0);
    while now < start + secs(1200) {
        let admission = health.admit(&model, secs(60), now);
        if !matches!(admission, Admission::CoolingDown(_)) {
            let begun = now;
            now += took;
            if begun >= end {
                health.record(&model, None, took, POLICY, now);
                return (attempts, begun - end);
            }
            attempts += 1;
            health.record(&model, Some(&failure(Reason::Unavailable)), took, POLICY, now);
        }
        now += tick;
    }
    panic!("never back");
}

#[test]
fn an_outage_with_instant_failures_costs_few_attempts_and_ends_soon_after_its_end() {
    for _ in 0..200 {
        let (attempts, late) = outage(Duration::from_millis(2), &Health::default());
        assert!(attempts <= 8, "{attempts} attempts");
        assert!(late <= secs(12), "back after {late:?}");
    }
}

#[test]
fn other_processes_share_the_length_of_a_cooldown() {
    let (health, other, model) = (Health::default(), Health::default(), candidate("a/1"));
    let now = Instant::now();
    let instantly = |health: &Health, now| {
        health.record(&model, Some(&failure(Reason::Unavailable)), Duration::from_millis(2), POLICY, now)
    };
    let notices: Vec<_> = (0..3).flat_map(|_| instantly(&health, now)).collect();
    let [Notice::Cooling { length, .. }] = notices[..] else { panic!("{notices:?}") };
    other.take_over(&model.endpoint, Some("a/1"), length, Reason::Unavailable, now);
    assert!(!other.admits(&model, now + secs(10)) && other.admits(&model, now + secs(15)));
    let due = now + secs(15);
    let Admission::Probe(_probe) = other.admit(&model, secs(1), due) else { panic!("must probe") };
    let notices = instantly(&other, due);
    assert!(matches!(notices[..], [Notice::Cooling { length, .. }] if length <= secs(12)), "{notices:?}");
}

#[test]
fn an_hour_of_failures_is_reported_once_and_so_is_its_end() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    assert_eq!(fail(&health, &model, Reason::Timeout, start), []);
    assert_eq!(succeed(&health, &model, start), [], "no outage was reported");
    fail(&health, &model, Reason::ModelNotFound, start);
    let notices = fail(&health, &model, Reason::ModelNotFound, start + secs(3600));
    assert_eq!(notices, [Notice::Down { failing: secs(3600), reason: Reason::ModelNotFound, failures: 2 }]);
    let again = fail(&health, &model, Reason::ModelNotFound, start + secs(3700));
    assert!(!again.iter().any(|notice| matches!(notice, Notice::Down { .. })), "{again:?}");
    let notices = succeed(&health, &model, start + secs(4000));
    assert!(notices.contains(&Notice::Up { outage: secs(4000) }), "{notices:?}");
    assert_eq!(succeed(&health, &model, start + secs(4001)), []);
}

#[test]
fn what_other_processes_know_is_taken_over_and_lifted() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    health.take_over(&model.endpoint, Some("a/1"), secs(60), Reason::Timeout, now);
    assert!(!health.admits(&model, now + secs(59)) && health.admits(&candidate("b/2"), now));
    assert_eq!(report(&health, "a/1", now).last_reason, Some(Reason::Timeout));
    health.take_over(&model.endpoint, Some("a/1"), secs(1), Reason::Timeout, now);
    assert!(!health.admits(&model, now + secs(59)), "never shortened");
    health.lift(&model.endpoint, Some("a/1"));
    assert!(health.admits(&model, now));
    health.take_over(&model.endpoint, None, secs(60), Reason::Unauthorized, now);
    assert!(!health.admits(&candidate("b/2"), now));
    health.lift(&model.endpoint, None);
    assert!(health.admits(&candidate("b/2"), now));
}

#[test]
fn failures_from_before_an_answer_elsewhere_are_part_of_no_outage() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    for _ in 0..3 {
        fail(&health, &model, Reason::Timeout, start);
    }
    health.lift(&model.endpoint, Some("a/1"));
    assert_eq!(report(&health, "a/1", start).state, State::Up);
    assert_eq!(fail(&health, &model, Reason::Timeout, start + secs(7200)), []);
    fail(&health, &model, Reason::Timeout, start + secs(10_800));
    health.lift(&model.endpoint, Some("a/1"));
    let up = succeed(&health, &model, start + secs(10_801));
    assert_eq!(up, [Notice::Up { outage: secs(3601) }], "a reported outage ends here");
}

#[test]
fn not_all_processes_come_back_at_one_moment() {
    let now = Instant::now();
    let length = || {
        let (health, model) = (Health::default(), candidate("a/1"));
        let with_wait = Failure { retry_after: Some(secs(100)), ..failure(Reason::RateLimited) };
        let notices = health.record(&model, Some(&with_wait), secs(1), POLICY, now);
        let [Notice::Cooling { length, .. }] = notices[..] else { panic!("{notices:?}") };
        assert!((secs(100)..=secs(120)).contains(&length), "{length:?}");
        length
    };
    let lengths: Vec<_> = (0..20).map(|_| length()).collect();
    assert!(lengths.iter().max() > lengths.iter().min().map(|least| *least + secs(1)).as_ref(), "{lengths:?}");
}

#[test]
fn timeouts_below_the_median_latency_start_no_cooldown() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    health.record(&model, None, secs(5), POLICY, now);
    let timeout = failure(Reason::Timeout);
    for _ in 0..5 {
        assert_eq!(health.record(&model, Some(&timeout), secs(1), POLICY, now), []);
    }
    assert!(health.admits(&model, now));
    for _ in 0..3 {
        health.record(&model, Some(&timeout), secs(6), POLICY, now);
    }
    assert!(!health.admits(&model, now));
}

#[test]
fn any_answer_that_is_no_refusal_ends_the_cooldown_of_an_endpoint() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    fail(&health, &model, Reason::Unauthorized, now);
    fail(&health, &model, Reason::Timeout, now);
    assert!(!health.admits(&candidate("b/2"), now));
    let busy = failure(Reason::Unavailable).with_status(503);
    let notices = health.record(&model, Some(&busy), secs(1), POLICY, now);
    assert_eq!(notices[0], Notice::Cleared { model: false, whole_endpoint: true });
    assert!(health.admits(&candidate("b/2"), now));
}

#[test]
fn one_failure_after_a_cooldown_of_others_begins_the_next() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    health.take_over(&model.endpoint, Some("a/1"), secs(10), Reason::Timeout, now);
    let due = now + secs(13);
    let Admission::Probe(_probe) = health.admit(&model, secs(1), due) else { panic!("must probe") };
    let notices = fail(&health, &model, Reason::Timeout, due);
    assert!(matches!(notices[..], [Notice::Cooling { failures: 1, .. }]), "{notices:?}");
}

#[test]
fn an_endpoint_that_cools_down_elsewhere_is_reported_without_an_attempt_here() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    health.take_over(&model.endpoint, None, secs(60), Reason::Unauthorized, now);
    let reports = health.report(now);
    assert_eq!((reports.len(), reports[0].model.as_str(), reports[0].state), (1, "*", State::CoolingDown));
}

#[test]
fn the_report_has_each_model() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    succeed(&health, &model, start);
    fail(&health, &model, Reason::Timeout, start);
    let failing = report(&health, "a/1", start + secs(5));
    assert_eq!((failing.state, failing.failing, failing.failures), (State::Failing, Some(secs(5)), 1));
    assert_eq!((failing.attempts, failing.successes, failing.p50, failing.p95), (2, 1, Some(secs(1)), Some(secs(1))));
    fail(&health, &model, Reason::Timeout, start);
    fail(&health, &model, Reason::Timeout, start);
    let cooling = report(&health, "a/1", start);
    assert_eq!((cooling.state, cooling.last_reason), (State::CoolingDown, Some(Reason::Timeout)));
    assert!(cooling.next_probe >= Some(secs(20)));
    health.reset();
    assert!(health.report(start).is_empty());
}

#[test]
fn of_models_the_500_that_were_called_last_are_kept() {
    let (health, start) = (Health::default(), Instant::now());
    for number in 0..501 {
        succeed(&health, &candidate(&format!("a/{number}")), start + secs(number));
        if number == 499 {
            assert_eq!(health.report(start).len(), 500);
            succeed(&health, &candidate("a/0"), start + secs(600));
        }
    }
    let models: Vec<_> = health.report(start).into_iter().map(|report| report.model).collect();
    assert_eq!(models.len(), 500);
    assert!(models.contains(&"a/0".to_owned()) && !models.contains(&"a/1".to_owned()), "a/1 is the oldest");
    assert!(models.contains(&"a/500".to_owned()));
    succeed(&health, &candidate("a/500"), start + secs(601));
    assert_eq!(health.report(start).len(), 500, "one that is known needs no room");
}

#[test]
fn of_endpoints_50_are_kept() {
    let (health, start) = (Health::default(), Instant::now());
    let at = |number: u64| Candidate { endpoint: endpoint(&format!("e{number}")), ..candidate("a/1") };
    (0..50).for_each(|number| drop(succeed(&health, &at(number), start)));
    succeed(&health, &at(0), start);
    assert_eq!(health.report(start).len(), 50);
    succeed(&health, &at(50), start);
    let endpoints: Vec<_> = health.report(start).into_iter().map(|report| report.endpoint).collect();
    assert_eq!(endpoints, ["e50"], "keys may be anybody's: the breakers begins anew");
}

#[test]
fn a_probe_that_never_comes_back_holds_its_place_for_its_limit_and_a_minute() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    health.take_over(&model.endpoint, Some("a/1"), secs(10), Reason::Timeout, start);
    let due = start + secs(13);
    let Admission::Probe(probe) = health.admit(&model, secs(30), due) else { panic!("must probe") };
    std::mem::forget(probe);
    assert!(!health.admits(&model, due + secs(89)));
    assert!(health.admits(&model, due + secs(90)));
}

#[test]
fn a_probe_that_ends_gives_its_own_place_back_alone() {
    let (health, start) = (Health::default(), Instant::now());
    let (one, other) = (candidate("a/1"), candidate("b/2"));
    for model in [&one, &other] {
        health.take_over(&model.endpoint, Some(&model.model), secs(10), Reason::Timeout, start);
    }
    let due = start + secs(13);
    let Admission::Probe(first) = health.admit(&one, secs(30), due) else { panic!("must probe") };
    let Admission::Probe(_second) = health.admit(&other, secs(30), due) else { panic!("must probe") };
    drop(first);
    assert!(health.admits(&one, due) && !health.admits(&other, due));
}

#[test]
fn one_call_probes_the_model_and_its_endpoint_at_once() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    health.take_over(&model.endpoint, Some("a/1"), secs(10), Reason::Timeout, start);
    health.take_over(&model.endpoint, None, secs(10), Reason::Unauthorized, start);
    let due = start + secs(13);
    let Admission::Probe(probe) = health.admit(&model, secs(30), due) else { panic!("must probe") };
    assert!(!health.admits(&candidate("b/2"), due), "the endpoint is being probed");
    drop(probe);
    assert!(health.admits(&model, due) && health.admits(&candidate("b/2"), due));
    let Admission::Probe(_probe) = health.admit(&model, secs(30), due) else { panic!("a dropped probe gives way") };
    assert_eq!(succeed(&health, &model, due), [Notice::Cleared { model: true, whole_endpoint: true }]);
}

#[test]
fn the_report_says_of_each_state_what_it_is() {
    let (health, model, start) = (Health::default(), candidate("a/1"), Instant::now());
    succeed(&health, &candidate("b/2"), start);
    succeed(&health, &model, start);
    let up = report(&health, "a/1", start);
    assert_eq!((up.state.as_str(), up.failing, up.failures, up.next_probe), ("up", None, 0, None));
    fail(&health, &model, Reason::Timeout, start);
    assert_eq!(report(&health, "a/1", start).state.as_str(), "failing");
    health.take_over(&model.endpoint, Some("a/1"), secs(10), Reason::Timeout, start);
    assert_eq!(report(&health, "a/1", start).state.as_str(), "cooling_down");
    assert_eq!(report(&health, "b/2", start).state.as_str(), "up");
    health.take_over(&model.endpoint, None, secs(100), Reason::Unauthorized, start);
    let next = report(&health, "a/1", start).next_probe.unwrap();
    assert!((secs(100)..=secs(120)).contains(&next), "the later of the two: {next:?}");
    assert_eq!(report(&health, "b/2", start).state.as_str(), "cooling_down");
    let due = start + secs(121);
    assert_eq!(report(&health, "a/1", due).next_probe, Some(Duration::ZERO));
    let Admission::Probe(_probe) = health.admit(&model, secs(1), due) else { panic!("must probe") };
    assert_eq!(report(&health, "a/1", due).state.as_str(), "probing");
    let models: Vec<_> = health.report(due).into_iter().map(|report| report.model).collect();
    assert_eq!(models, ["a/1", "b/2"], "sorted, and without a line for an endpoint whose models are there");
}

#[test]
fn an_endpoint_that_answers_again_and_has_no_models_is_not_reported() {
    let (health, model, now) = (Health::default(), candidate("a/1"), Instant::now());
    health.take_over(&model.endpoint, None, secs(60), Reason::Unauthorized, now);
    health.lift(&model.endpoint, None);
    assert!(health.report(now).is_empty());
}

#[test]
fn no_debug_print_shows_a_key() {
    let endpoint =
        crate::request::Endpoint::new("e", "http://127.0.0.1:1", Some("sk-secret"), &crate::request::App::default())
            .unwrap();
    let model = Candidate { endpoint: std::sync::Arc::new(endpoint), ..candidate("a/1") };
    let health = Health::default();
    fail(&health, &model, Reason::Timeout, Instant::now());
    assert!(!format!("{health:?}").contains("sk-secret"));
}
