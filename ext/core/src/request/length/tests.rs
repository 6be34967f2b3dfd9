use super::*;
use crate::request::candidate::tests::candidate;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn exceeds(messages: &str, options: &[(&str, &str)], window: u64) -> Option<u64> {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), raw(value))).collect();
    Request::new(raw(messages), options).exceeds(&candidate("a/b"), window)
}

fn content(text: &str) -> String {
    format!(r#"[{{"role":"user","content":"{text}"}}]"#)
}

#[test]
fn a_text_has_at_least_an_eighth_of_its_characters_as_tokens() {
    let text = content(&"abcdefgh".repeat(100));
    assert_eq!(exceeds(&text, &[], 99), Some(100));
    assert_eq!(exceeds(&text, &[], 100), None);
    assert_eq!(exceeds(&content(&"абвгдежз".repeat(100)), &[], 99), Some(100), "of characters, not of bytes");
    let parts = r#"[{"role":"user","content":[{"type":"text","text":"TEXT"},{"type":"text","text":"TEXT"}]}]"#;
    assert_eq!(exceeds(&parts.replace("TEXT", &"abcdefgh".repeat(50)), &[], 99), Some(100));
}

#[test]
fn what_may_be_few_tokens_does_not_count() {
    let image = format!(
        r#"[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{}"}}}}]}}]"#,
        "iVBORw0KGgo".repeat(10_000)
    );
    assert_eq!(exceeds(&image, &[], 10), None);
    assert_eq!(exceeds(&format!("[7,{:?}]", "abcdefgh".repeat(1000)), &[], 10), None);
}

/// As the longest tokens of today's vocabularies.
#[test]
fn runs_are_packed() {
    for (run, longest) in [("=", 128), (" ", 128), ("=-", 128), ("x", 32), ("ab", 32), ("あ", 32)] {
        let text = content(&run.repeat(128_000 / run.chars().count()));
        let tokens = 128_000 / longest;
        assert_eq!(exceeds(&text, &[], tokens), None, "{run}");
        assert_eq!(exceeds(&text, &[], tokens - 1), Some(tokens), "{run}");
    }
}

#[test]
fn a_prompt_that_the_gateway_shortens_may_fit() {
    let text = content(&"abcdefgh".repeat(100));
    for (name, value) in [("transforms", r#"["middle-out"]"#), ("plugins", r#"[{"id":"context-compression"}]"#)] {
        assert_eq!(exceeds(&text, &[(name, value)], 10), None, "{name}");
    }
    assert_eq!(exceeds(&text, &[("transforms", "[]")], 10), Some(100));
}
