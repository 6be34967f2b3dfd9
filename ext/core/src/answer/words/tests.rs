use super::*;

#[test]
fn codes_are_known_however_they_are_spelt() {
    for code in ["rate_limit_exceeded", "RATE-LIMIT-EXCEEDED", "RateLimitExceeded", "rateLimitExceededException"] {
        assert_eq!(of_code(code), Some(Kind::RateLimited), "{code}");
    }
    assert_eq!(of_code("NotFoundError"), Some(Kind::NoModel));
    assert_eq!(of_code("invalid_request_error"), Some(Kind::Generic));
    assert_eq!(of_code("something_new"), None);
    assert_eq!(of_code(""), None);
}

#[test]
fn a_phrase_with_a_gap_fits_in_its_order_and_near() {
    let first = |message: &str| of_message(message).next();
    assert_eq!(first("The model `x` does not exist"), Some(Kind::NoModel));
    assert_eq!(first("It does not exist: the model"), None);
    assert_eq!(first(&format!("model {} does not exist", "x".repeat(MAX_GAP))), None);
}

#[test]
fn a_message_may_quote_a_code() {
    let litellm = "litellm.RateLimitError: OpenAIException - {\"code\": \"insufficient_quota\"}";
    assert_eq!(of_message(litellm).collect::<Vec<_>>()[..2], [Kind::RateLimited, Kind::Money]);
    assert_eq!(of_message("no luck: invalid_request_error").next(), None);
}

#[test]
fn each_code_is_of_one_kind() {
    let mut seen = std::collections::HashSet::new();
    for code in CODES.iter().flat_map(|(_, codes)| *codes) {
        assert!(seen.insert(plain(code)), "{code} is there twice");
    }
}
