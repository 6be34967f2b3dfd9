use super::*;

// What gateways say is in tests/wire/too_long.rs.
#[test]
fn what_is_no_number_is_not_read() {
    for message in [
        "maximum context length is [FILTERED] tokens",
        "maximum context length is 0 tokens, or 99999999999999999999999",
    ] {
        assert_eq!(Length::of(message), Length::default(), "{message}");
    }
}
