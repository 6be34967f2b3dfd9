use super::*;

fn found(text: &str) -> Result<&str, NoJson> {
    embedded_json(text).map(|place| &text[place])
}

#[test]
fn json_alone_is_all_of_it() {
    for text in ["{\"a\": [1, {\"b\": null}]}", "[]", "42", "\"yes\"", "null", " \n{} \n"] {
        assert_eq!(found(text).map(str::trim), Ok(text.trim()), "{text}");
    }
}

#[test]
fn fences_and_words_around_it_are_left_out() {
    let json = "{\"a\": \"} ```\"}";
    for text in [
        format!("```json\n{json}\n```"),
        format!("```\n{json}```"),
        format!("Sure! Here it is:\n\n{json}\n\nDoes that {{help}}?"),
        format!("As in [the manual] and {{so on}}: {json}"),
        format!("\u{feff}{json}"),
    ] {
        assert_eq!(found(&text), Ok(json), "{text}");
    }
}

#[test]
fn where_it_breaks_is_said_without_a_quotation() {
    assert_eq!(found(""), Err(NoJson::Missing));
    assert_eq!(found("I would rather not."), Err(NoJson::Missing));
    assert_eq!(found("{\"a\": 1,}"), Err(NoJson::Broken { line: 1, column: 9 }));
    assert_eq!(found("Here:\n{\"a\": 1,\n \"b\" 2}"), Err(NoJson::Broken { line: 3, column: 6 }));
    assert_eq!(found("Here: {\"a\" 1}"), Err(NoJson::Broken { line: 1, column: 12 }));
    assert_eq!(found("```json\n{\"a\": \"the secr"), Err(NoJson::CutOff { line: 2, column: 15 }));
}

#[test]
fn hostile_text_is_read_a_bounded_number_of_times() {
    assert!(found(&"[\"".repeat(1 << 16)).is_err());
    assert!(found(&"[".repeat(1 << 16)).is_err());
    assert!(found(&format!("{}{}", "{".repeat(1000), "\"a\" ".repeat(1 << 14))).is_err());
}
