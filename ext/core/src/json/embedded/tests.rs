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
fn a_fence_comes_before_what_else_there_is() {
    for text in [
        "With {\"type\": \"object\"} in mind:\n```json\n{\"a\": 1}\n```\nor {\"b\": 2}",
        "~~~JSON\n{\"a\": 1}\n~~~",
        "```json {\"a\": 1}```",
        "```\nputs [1]\n```\n  ```json\r\n{\"a\": 1}\r\n  ```\r\n",
        "```json\n{\"a\": 1}\n```\n```json\n{\"b\": 2}\n```",
    ] {
        assert_eq!(found(text), Ok("{\"a\": 1}"), "{text}");
    }
    assert_eq!(found("```json\n42\n```"), Ok("42"));
    assert_eq!(found("So:\n```\n[1, 2]\n```\n"), Ok("[1, 2]"));
    assert_eq!(found("Sure: {\"a\": \"```[1]```\"} [\"b\"]"), Ok("{\"a\": \"```[1]```\"}"));
    assert_eq!(found("\u{feff}42"), Ok("42"));
}

#[test]
fn what_a_model_thinks_aloud_is_no_answer() {
    let json = "{\"a\": \"</think>\"}";
    for thoughts in [
        "<think>Maybe {\"a\": 0}?</think>",
        "\n<thinking>\n```json\n{\"a\": 0}\n```\n</thinking>\n\n```json\n",
        "Maybe {\"a\": 0}, or\n[\"b\"]?\n</think>\nHere: ",
    ] {
        assert_eq!(found(&format!("{thoughts}{json}\n")), Ok(json), "{thoughts}");
        assert_eq!(found(&format!("{thoughts}I would rather not.")), Err(NoJson::Missing), "{thoughts}");
    }
    assert_eq!(found(&format!("Sure: {json}")), Ok(json));
    let broken = "<think>{\"a\": 0}\n</think>\n{\"b\": 1,}";
    assert_eq!(found(broken), Err(NoJson::Broken { line: 3, column: 9 }));
    assert_eq!(found("<think>Maybe {\"a\": 0}"), Err(NoJson::Missing));
}

#[test]
fn footnotes_and_boxes_to_tick_are_no_answer_unless_there_is_no_other() {
    let json = "{\"a\": [1]}";
    for words in ["As [1] and [[2]] say: ", "- [ ] one\n- [x] two\n", "{}: "] {
        assert_eq!(found(&format!("{words}{json} [3]")), Ok(json), "{words}");
    }
    assert_eq!(found("The numbers: [1, 2], [3]."), Ok("[1, 2]"));
}

#[test]
fn what_is_inside_of_broken_json_is_no_answer() {
    for text in [
        "{\"items\": [{\"price\": 1}], \"currency\": \"EU",
        "Here:\n[\n {\"a\": 1},\n {\"a\": 2},\n",
        "{\"a\": [[1, 2], [3",
        "```json\n{\"a\": {\"b\": \"c\"},\n```",
        "{\"a\": [\"b\"], \"c\" 2}",
        "{\"a\": NaN, \"b\": {\"c\": \"d\"}}",
        "[{\"a\": 1}, {\"b\": undefined}]",
    ] {
        assert!(found(text).is_err(), "{text}: {:?}", found(text));
    }
    assert_eq!(found("{\"a\": tru} I mean {\"a\": \"b\"}"), Ok("{\"a\": \"b\"}"));
    assert_eq!(found("[see {it}, ]: {\"a\": \"b\"}"), Ok("{\"a\": \"b\"}"));
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
    assert!(found(&"]}".repeat(1 << 16)).is_err());
    assert!(found(&"```\n[\n".repeat(1 << 14)).is_err());
    assert!(found(&format!("{}{}", "{".repeat(1000), "\"a\" ".repeat(1 << 14))).is_err());
}
