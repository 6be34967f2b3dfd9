use super::*;

#[test]
fn a_quotation_of_the_answer_is_masked_and_the_callers_own_words_are_kept() {
    let said = ["{\"patient\": \"Erika Mustermann\", \"age\": 47".to_owned()];
    let words = "expected ',' after 47 at line 1 column 42: {\"patient\": \"Erika Mustermann\",\n \"age\": 47";
    let line = without_quotations(words, &said);
    assert!(line.starts_with("expected ',' after 47 at line 1 column 42: [FILTERED]"), "{line}");
    assert!(!line.contains("Erika") && !line.contains("patient"), "{line}");
    assert_eq!(without_quotations("too short: 12 words", &said), "too short: 12 words");
}

#[test]
fn a_long_message_is_one_line_and_cut() {
    let line = without_quotations(&"wrong\n".repeat(5000), &[]);
    assert!(line.chars().count() <= 303 && line.ends_with("...") && !line.contains('\n'), "{line}");
}
