use super::*;

#[test]
fn values_are_texts_and_names_and_the_protocols_words_are_not() {
    let json = r#"[{"role":"user","content":[{"type":"text", "text" : "Say \"Hi\" \\"}, "é"]},{"type":["a"],"n":1,"x":"","role":"tool"}]"#;
    assert_eq!(Texts::of(json).collect::<Vec<_>>(), [r#"Say \"Hi\" \\"#, "é", "a", ""]);
    assert_eq!(Texts::of(r#""all of it""#).collect::<Vec<_>>(), ["all of it"]);
    assert_eq!(Texts::of("[1,null]").count(), 0);
}
