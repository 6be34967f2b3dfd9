use super::*;

#[test]
fn a_header_that_is_left_out_has_a_name() {
    assert_eq!(Headers::default().without(["a b"]).unwrap_err(), HeaderError::Name);
}

#[test]
fn the_later_of_two_headers_counts_whatever_their_case() {
    let headers = Headers::new([("X-Team", "first"), ("x-team", "second")]).unwrap();
    assert_eq!(headers.map().len(), 1);
    assert_eq!(headers.map()["X-TEAM"], "second");
}

#[test]
fn no_value_is_in_a_debug_print_or_in_an_error() {
    let headers = Headers::new([("x-pass", "very-secret")]).unwrap();
    assert!(!format!("{headers:?} {:?}", headers.map()).contains("very-secret"));
    for value in ["very-secret\r\nX-Evil: 1", "very-secret\n", "very-secret\u{e9}", "very-secret\0"] {
        let error = Headers::new([("x-pass", value)]).unwrap_err();
        assert_eq!(error, HeaderError::Value("x-pass".to_owned()));
        assert!(!format!("{error} {error:?}").contains("very-secret"));
    }
    for name in ["", "x pass", "x-pass:", "x\r\ny", ":path", "x-p\u{e4}ss"] {
        assert_eq!(Headers::new([(name, "1")]).unwrap_err(), HeaderError::Name, "{name}");
    }
}

#[test]
fn plain_words_are_no_secrets() {
    let headers = Headers::new([("a", "enabled"), ("b", "1"), ("c", "Token s3cr3t"), ("d", "team-7")]).unwrap();
    assert_eq!(headers.secrets().collect::<Vec<_>>(), ["Token", "s3cr3t", "team-7"]);
}
