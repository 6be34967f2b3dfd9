use super::*;

#[test]
fn a_text_is_what_a_parser_makes_of_it() {
    for json in [
        r#""""#,
        r#""Hi""#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""é\u00e9 \ud83d\ude00 😀\u0000""#,
        r#""\\ud83d""#,
        r#""\u2028\uffff\\""#,
    ] {
        assert_eq!(unescape(json).unwrap(), serde_json::from_str::<String>(json).unwrap(), "{json}");
    }
}

#[test]
fn only_what_has_escapes_is_copied() {
    assert!(matches!(unescape(r#""é!""#), Some(Cow::Borrowed("é!"))));
    assert!(matches!(unescape(r#""\u00e9!""#), Some(Cow::Owned(_))));
}

#[test]
fn half_an_emoji_takes_nothing_else_with_it() {
    assert_eq!(unescape(r#""a\ud83db""#).unwrap(), "a\u{fffd}b");
    assert_eq!(unescape(r#""\ud83d\n\ude00""#).unwrap(), "\u{fffd}\n\u{fffd}");
    assert_eq!(unescape(r#""\ud83d\ud83d\ude00""#).unwrap(), "\u{fffd}😀");
    assert_eq!(unescape(r#""\ud83d\u0041""#).unwrap(), "\u{fffd}A");
}

#[test]
fn other_json_is_no_text() {
    for json in ["null", "1", "[\"a\"]", "{}", "true"] {
        assert_eq!(unescape(json), None, "{json}");
    }
}
