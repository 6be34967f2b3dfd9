use super::*;

#[test]
fn a_time_out_has_many_spellings() {
    for words in [
        "upstream request timeout",
        "Gateway Time-out",
        "provider timed out",
        "DEADLINE_EXCEEDED",
        "connect ETIMEDOUT 10.0.0.1:443",
        "The model took too long to respond",
    ] {
        assert!(named(502, words) && named(200, words), "{words}");
    }
    assert!(!named(502, "Bad gateway, out of time slots"));
}

#[test]
fn some_statuses_say_so_alone_and_a_bad_request_never_does() {
    assert!([408, 504, 524, 598].iter().all(|status| says(*status)));
    assert!(![200, 400, 429, 500, 502, 503, 529].iter().any(|status| says(*status)));
    assert!(!named(400, "timeout must be a number") && !named(429, "timed out of the queue"));
}
