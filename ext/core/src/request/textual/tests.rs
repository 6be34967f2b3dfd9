use super::*;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn content(json: &str) -> bool {
    are_messages(&raw(&format!(r#"[{{"role":"user","content":{json}}}]"#)))
}

#[test]
fn text_is_text_whatever_it_is_about() {
    for text in [
        r#""Hi""#,
        "null",
        r#""{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.example/b.png\"}}""#,
        r#"[{"type":"text","text":"what is an image_url?"}]"#,
        r#"[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral"}}]"#,
        r#"[{"type":"refusal","refusal":"No."}]"#,
        "[]",
    ] {
        assert!(content(text), "{text}");
    }
}

#[test]
fn a_call_of_a_function_and_its_result_are_text() {
    let messages = r#"[{"role":"system","content":"Be brief."},
        {"role":"assistant","content":null,"reasoning":"Hm.",
         "reasoning_details":[{"type":"reasoning.text","text":"Hm.","signature":"abc"}],
         "tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"type\":\"file\"}"}}]},
        {"role":"tool","tool_call_id":"1","name":"f","content":"42"}]"#;
    assert!(are_messages(&raw(messages)));
}

#[test]
fn whatever_else_there_is_is_not() {
    for other in [
        r#"[{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}]"#,
        r#"[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]"#,
        r#"[{"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}}]"#,
        r#"[{"type":"file","file":{"file_id":"file-1"}}]"#,
        r#"[{"type":"text","text":"Hi"},{"type":"video_url","video_url":{"url":"https://a.example/b"}}]"#,
        r#"[{"\u0074ype":"image\u005furl","image_url":{"url":"https://a.example/b.png"}}]"#,
        r#"[{"type":"text","image_url":{"url":"https://a.example/b.png"}}]"#,
        r#"[{"type":"input_image","image_url":"https://a.example/b.png"}]"#,
        r#"[{"text":"Hi"}]"#,
        r#"[["Hi"]]"#,
        "42",
        r#"{"url":"https://a.example/b.png"}"#,
    ] {
        assert!(!content(other), "{other}");
    }
}

#[test]
fn what_a_message_may_hold_besides_is_not_text_either() {
    for message in [
        r#"{"role":"assistant","audio":{"id":"audio_1"}}"#,
        r#"{"role":"assistant","images":[{"type":"image_url"}]}"#,
        r#"{"role":"assistant","annotations":[{"type":"file"}]}"#,
        r#"{"role":"assistant","reasoning_details":[{"type":"reasoning.encrypted","data":"abc"}]}"#,
        r#"{"role":"user","content":"Hi","content":"Hi"}"#,
        r#"{"content":"Hi"}"#,
        r#""Hi""#,
    ] {
        assert!(!are_messages(&raw(&format!("[{message}]"))), "{message}");
    }
    assert!(!are_messages(&raw(r#"{"role":"user"}"#)));
}

#[test]
fn tools_of_ones_own_are_text_and_those_of_others_are_not() {
    let own = r#"{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}"#;
    assert!(are_tools(&raw(&format!("[{own}]"))) && are_tools(&raw("[]")) && are_tools(&raw("null")));
    for other in [r#"{"type":"openrouter:web_search"}"#, r#"{"name":"f"}"#, "7"] {
        assert!(!are_tools(&raw(&format!("[{own},{other}]"))), "{other}");
    }
}
