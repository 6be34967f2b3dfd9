use super::*;

#[test]
fn gateways_and_vendors_name_the_length_and_the_window() {
    for (message, tokens, window) in [
        (
            "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (130000 of text input, 10000 in the output).",
            Some(140_000),
            Some(131_072),
        ),
        (
            "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.",
            Some(5_000),
            Some(4_096),
        ),
        (
            "This model's maximum context length is 8,192 tokens. However, you requested 9,000 tokens",
            Some(9_000),
            Some(8_192),
        ),
        ("prompt is too long: 208310 tokens > 200000 maximum", Some(208_310), Some(200_000)),
        (
            "input length and `max_tokens` exceed context limit: 199211 + 20000 > 200000, decrease input length",
            Some(199_211),
            Some(200_000),
        ),
        (
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            Some(1_048_577),
            Some(1_048_576),
        ),
        (
            "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            Some(40_000),
            Some(32_768),
        ),
        (
            "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
            Some(537_812),
            Some(131_072),
        ),
        (
            "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 8000.",
            Some(8_000),
            Some(4_081),
        ),
        ("inputs tokens + max_new_tokens must be <= 8193. Given: 9000 inputs tokens", Some(9_000), Some(8_193)),
        (
            "Please reduce the length of the messages. Current length is 9000 while limit is 8192",
            Some(9_000),
            Some(8_192),
        ),
        ("request (5000 tokens) exceeds the available context size (4096 tokens)", Some(5_000), Some(4_096)),
        ("Request body too large for gpt-4o model. Max size: 8000 tokens.", None, Some(8_000)),
        ("Your request exceeded model token limit: 8192 (requested: 9000)", Some(9_000), Some(8_192)),
        ("Range of input length should be [1, 30720]", None, Some(30_720)),
        ("Input is too long for requested model.", None, None),
        ("maximum context length is [FILTERED] tokens", None, None),
        ("maximum context length is 0 tokens, or 99999999999999999999999", None, None),
    ] {
        assert_eq!(Length::of(message), Length { tokens, window }, "{message}");
    }
}
