use super::*;

#[test]
fn a_body_keeps_its_shape_without_the_flagged_input() {
    let moderated = r#"{"error":{"metadata":{"reasons":["violence"],"flagged_input":"my secret"}}}"#;
    let clean = body(moderated, &[]);
    assert!(clean.contains("violence") && !clean.contains("my secret"), "{clean}");
    assert_eq!(body(&format!("[{}0]", r#"{"flagged_input":"my secret"},"#.repeat(17)), &[]), MASK);
    let quoted = body(r#"{"detail":"no: my secret","flagged_input":"my secret"}"#, &[]);
    assert!(!quoted.contains("my secret"), "{quoted}");
    for twice in [
        r#"{"a":{"flagged_input":"my secret"},"a":1}"#,
        r#"{"a":"sk-1","a":1}"#,
        r#"{"a":"{\"b\":\"sk\\u002d1\",\"b\":2}"}"#,
    ] {
        let kept = body(twice, &["sk-1"]);
        assert!(!kept.contains("my secret") && !kept.contains("sk"), "{kept}");
    }
    let as_it_came = r#"{ "b": ":", "a": {"c": [{"d": "\\\":"}]} }"#;
    assert_eq!(body(as_it_came, &["sk-1"]), as_it_came);
    let named = body(r#"{"key":{"sk-1":"bad key"}}"#, &["sk-1"]);
    assert_eq!(named, r#"{"key":{"[FILTERED]":"bad key"}}"#);
    let nested = body(r#"{"raw":"{\"flagged_input\":\"my secret\"}"}"#, &[]);
    assert!(!nested.contains("my secret"), "{nested}");
    assert_eq!(body("<html>key</html>", &["key"]), "<html>[FILTERED]</html>");
}

#[test]
fn of_a_long_body_the_beginning_is_kept_without_half_a_secret() {
    let key = "sk-0123456789";
    for before in 0..key.len() {
        let text = format!("{}{key}{}", "é".repeat((MAX_BODY_BYTES - before) / 2), "x".repeat(99));
        let kept = body(&text, &[key]);
        assert!(kept.len() > MAX_BODY_BYTES - 100 && !kept.contains("sk"), "{before}");
    }
    let flagged = format!(r#"{{"flagged_input":"{}"}}"#, "my secret ".repeat(MAX_BODY_BYTES));
    assert_eq!(body(&flagged, &[]), MASK);
}
