use super::*;

fn checked(json: impl AsRef<[u8]>) -> Result<(), Misshapen> {
    check(json.as_ref()).map(drop)
}

#[test]
fn what_a_parser_refuses_is_reported() {
    for (json, surrogates, constants) in [
        (r#"["\ud83d"]"#, true, false),
        (r#"{"a":"b\\\uDC00"}"#, true, false),
        (r#""\ud83d\ude00"#, true, false),
        (r#"["\u00e9 \\ud83d","\n"]"#, false, false),
        (r#"["\"#, false, false),
        (r#"["\u"#, false, false),
        ("[NaN]", false, true),
        ("[1,-Infinity]", false, true),
        (r#"["NaN Infinity",null]"#, false, false),
    ] {
        assert_eq!(check(json.as_bytes()), Ok(Shape { surrogates, constants }), "{json}");
    }
}

#[test]
fn depth_has_its_limit_in_lists_and_objects_alike() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let levels = MAX_DEPTH / (open.len() - open.replace(['[', '{'], "").len());
        let nested = |times: usize| format!("{}1{}", open.repeat(times), close.repeat(times));
        assert_eq!(checked(nested(levels)), Ok(()), "{open}");
        assert_eq!(checked(nested(levels + 1)), Err(Misshapen::TooDeep), "{open}");
        assert_eq!(checked(open.repeat(levels + 1)), Err(Misshapen::TooDeep), "{open}");
    }
    assert_eq!(checked("[]".repeat(200)), Ok(()));
}

#[test]
fn number_has_its_limit_in_each_list_by_itself() {
    let list = |entries: usize| format!("[1{}]", ",1".repeat(entries - 1));
    assert_eq!(checked(list(MAX_ENTRIES)), Ok(()));
    assert_eq!(checked(list(MAX_ENTRIES + 1)), Err(Misshapen::TooMany));
    assert_eq!(checked(format!("[{},{}]", list(MAX_ENTRIES), list(MAX_ENTRIES))), Ok(()));
    assert_eq!(checked(format!("{{{}\"a\":1}}", "\"a\":1,".repeat(MAX_ENTRIES))), Err(Misshapen::TooMany));
}

#[test]
fn names_have_their_limit_and_texts_have_none() {
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    for json in [format!(r#"{{"{long}":1}}"#), format!(r#"[{{"a":"b","{long}"#)] {
        assert_eq!(checked(&json), Err(Misshapen::LongName));
        assert_eq!(checked(json.replace(&long, &long[1..])), Ok(()));
    }
    for json in [format!(r#""{long}""#), format!(r#"{{"a":"{long}","b":["{long}","{long}"]}}"#)] {
        assert_eq!(checked(json), Ok(()));
    }
}

#[test]
fn what_stands_in_a_string_has_no_shape() {
    for text in ["[".repeat(200), r#"\"["#.repeat(200), r"\\".to_owned(), ",".repeat(MAX_ENTRIES + 1)] {
        assert_eq!(checked(format!(r#"["{text}",[1]]"#)), Ok(()), "{}", text.len());
    }
    assert_eq!(checked(format!(r#"["\\",{}"#, "[".repeat(200))), Err(Misshapen::TooDeep));
}

#[test]
fn what_is_no_json_does_no_harm() {
    for odd in [&b""[..], b"]]]}", b"\"", b"\"\\", b"\xff,[\xff", b",,,,", b"<html>"] {
        assert_eq!(checked(odd), Ok(()), "{odd:?}");
    }
}
