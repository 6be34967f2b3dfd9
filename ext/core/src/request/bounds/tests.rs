use super::*;
use crate::request::candidate::tests::candidate;
use crate::request::Params;

const MESSAGES: &str = r#"[{"role":"user","content":"Hi"}]"#;

fn params(options: &[(&str, &str)]) -> Params {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    options.iter().map(|(name, value)| ((*name).to_owned(), raw(value))).collect()
}

fn bounds_of(messages: &str, shared: &[(&str, &str)], own: &[(&str, &str)]) -> Bounds {
    let messages = RawValue::from_string(messages.to_owned()).unwrap();
    let candidate = Candidate { params: params(own), ..candidate("a/b") };
    Request::new(messages, params(shared)).bounds(&candidate)
}

fn completion(shared: &[(&str, &str)], own: &[(&str, &str)]) -> Option<u64> {
    bounds_of(MESSAGES, shared, own).completion_tokens
}

fn tier(name: &str, value: &str) -> Option<String> {
    bounds_of(MESSAGES, &[(name, value)], &[]).tier
}

fn prompt(shared: &[(&str, &str)], own: &[(&str, &str)]) -> Option<u64> {
    bounds_of(MESSAGES, shared, own).prompt_tokens
}

#[test]
fn a_completion_is_as_long_as_the_request_allows() {
    assert_eq!(completion(&[("max_tokens", "100")], &[]), Some(100));
    assert_eq!(completion(&[("max_tokens", "100"), ("max_completion_tokens", "200.0")], &[]), Some(200));
    assert_eq!(completion(&[("max_tokens", "100"), ("max_completion_tokens", "null")], &[]), Some(100));
    assert_eq!(completion(&[("max_tokens", "0")], &[]), Some(0));
    assert_eq!(completion(&[], &[]), None);
    for odd in ["null", "-1", "1.5", "\"100\"", "[100]", "1e300"] {
        assert_eq!(completion(&[("max_tokens", odd)], &[]), None, "{odd}");
    }
}

#[test]
fn a_candidates_own_limit_comes_first_and_its_null_takes_the_limit_away() {
    assert_eq!(completion(&[("max_tokens", "100")], &[("max_tokens", "300")]), Some(300));
    assert_eq!(completion(&[("max_tokens", "100")], &[("max_tokens", "null")]), None);
    assert_eq!(completion(&[("max_tokens", "300")], &[("max_completion_tokens", "100")]), Some(300));
}

#[test]
fn several_choices_are_several_times_as_long() {
    let most = |n| completion(&[("max_tokens", "100"), ("n", n)], &[]);
    assert_eq!((most("3"), most("1"), most("0"), most("null")), (Some(300), Some(100), Some(100), Some(100)));
    assert_eq!((most("\"3\""), most("-3"), most("18446744073709551615")), (None, None, None));
}

#[test]
fn a_prompt_is_no_longer_than_its_json() {
    let alone = prompt(&[], &[]).unwrap();
    assert_eq!(alone, MESSAGES.len() as u64 + TEMPLATE_ALLOWANCE);
    let tools = r#"[{"type":"function","function":{"name":"f"}}]"#;
    let with_tools = prompt(&[("tools", tools), ("temperature", "0.2")], &[("temperature", "null")]);
    assert_eq!(with_tools, Some(alone + (tools.len() + "tools".len()) as u64));
    let long = bounds_of(r#"[{"role":"user","content":"私の番号は一二三です"}]"#, &[], &[]).prompt_tokens.unwrap();
    assert_eq!(long - alone, 30 - 2);
}

#[test]
fn what_adds_to_the_prompt_from_outside_leaves_it_without_a_bound() {
    for (name, value) in [
        ("plugins", r#"[{"id":"web"}]"#),
        ("web_search_options", "{}"),
        ("search_parameters", "{}"),
        ("preset", r#""mine""#),
        ("tools", r#"[{"type":"openrouter:web_search"}]"#),
        ("models", r#"["c/d"]"#),
        ("model", r#""c/d""#),
        ("messages", r#"[{"role":"user","content":"Ho"}]"#),
    ] {
        assert_eq!(prompt(&[(name, value)], &[]), None, "{name}");
        assert_eq!(prompt(&[], &[(name, value)]), None, "{name}");
        assert!(prompt(&[(name, value)], &[(name, "null")]).is_some(), "{name}");
    }
    let image = r#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a.example"}}]}]"#;
    assert_eq!(bounds_of(image, &[], &[]).prompt_tokens, None);
}

#[test]
fn what_is_billed_besides_tokens_is_extra() {
    let extras = |name, value| bounds_of(MESSAGES, &[(name, value)], &[]).extras;
    for (name, value) in [
        ("plugins", r#"[{"id":"web"}]"#),
        ("web_search_options", "{}"),
        ("tools", r#"[{"type":"openrouter:web_search"}]"#),
        ("modalities", r#"["image","text"]"#),
        ("audio", r#"{"voice":"alloy"}"#),
    ] {
        assert!(extras(name, value), "{name}");
    }
    for (name, value) in [
        ("plugins", "[]"),
        ("plugins", "null"),
        ("tools", r#"[{"type":"function","function":{"name":"f"}}]"#),
        ("modalities", r#"["text"]"#),
        ("modalities", "null"),
        ("audio", "null"),
        ("provider", r#"{"sort":"price"}"#),
    ] {
        assert!(!extras(name, value), "{name} {value}");
    }
}

#[test]
fn a_service_tier_may_be_dearer() {
    assert_eq!(tier("service_tier", r#""priority""#).as_deref(), Some("priority"));
    assert_eq!(tier("service_tier", r#""fast""#).as_deref(), Some("priority"));
    assert_eq!(tier("speed", r#""fast""#).as_deref(), Some("priority"));
    assert_eq!(tier("service_tier", r#""ultrafast""#).as_deref(), Some("ultrafast"));
    assert_eq!(tier("service_tier", "7").as_deref(), Some("unknown"));
    for cheap in [r#""flex""#, r#""default""#, r#""auto""#, "null"] {
        assert_eq!(tier("service_tier", cheap), None, "{cheap}");
    }
}

#[test]
fn choices_are_known_without_a_limit_of_tokens() {
    let bounds = bounds_of(MESSAGES, &[("n", "3")], &[]);
    assert_eq!((bounds.choices, bounds.completion_tokens), (Some(3), None));
    assert_eq!(bounds_of(MESSAGES, &[], &[]).choices, Some(1));
}

#[test]
fn a_models_name_can_add_more_than_the_model() {
    for (model, plain) in [("a/b", true), ("a/b:free", true), ("a/b:online", false), ("@preset/mine", false)] {
        assert_eq!(is_plain(model), plain, "{model}");
    }
}
