use super::*;
use crate::request::candidate::tests::candidate;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn body(own: Params) -> String {
    let request = Request::new(
        raw(r#"[{"role":"user","content":"Hi"}]"#),
        vec![("temperature".into(), raw("0.2")), ("max_tokens".into(), raw("10"))],
    );
    let candidate = Candidate { params: own, ..candidate("a/b") };
    String::from_utf8(request.body_for(&candidate).unwrap()).unwrap()
}

#[test]
fn options_pass_through_as_they_are() {
    assert_eq!(
        body(vec![]),
        r#"{"model":"a/b","messages":[{"role":"user","content":"Hi"}],"temperature":0.2,"max_tokens":10}"#
    );
}

#[test]
fn a_candidate_with_messages_of_its_own_gets_them_and_the_others_the_callers() {
    let request = Request::new(raw("[1]"), vec![]).with_own_messages(vec![raw("[2]"), raw("[3]")]);
    let body = |own_messages| {
        let candidate = Candidate { own_messages, ..candidate("a/b") };
        String::from_utf8(request.body_for(&candidate).unwrap()).unwrap()
    };
    assert_eq!(body(None), r#"{"model":"a/b","messages":[1]}"#);
    assert_eq!(body(Some(1)), r#"{"model":"a/b","messages":[3]}"#);
}

#[test]
fn texts_to_embed_are_the_input() {
    let request = Request::embedding(raw(r#"["Hi","Bye"]"#), 2, vec![("dimensions".into(), raw("3"))]);
    let body = String::from_utf8(request.body_for(&candidate("a/b")).unwrap()).unwrap();
    assert_eq!(body, r#"{"model":"a/b","input":["Hi","Bye"],"dimensions":3}"#);
    assert_eq!(request.dimensions(&candidate("a/b")), Some(3));
}

#[test]
fn a_candidates_own_parameters_win_and_its_nulls_take_away() {
    let own = vec![("temperature".into(), raw("null")), ("max_tokens".into(), raw("99")), ("top_k".into(), raw("1"))];
    assert_eq!(body(own), r#"{"model":"a/b","messages":[{"role":"user","content":"Hi"}],"max_tokens":99,"top_k":1}"#);
}
