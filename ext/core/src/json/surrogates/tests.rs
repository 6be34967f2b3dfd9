fn replaced(json: &str) -> String {
    super::replaced(json.to_owned())
}

#[test]
fn halves_are_replaced_and_the_rest_is_kept() {
    assert_eq!(replaced(r"Hi \ud83d"), r"Hi \ufffd");
    assert_eq!(replaced(r"Hi \uD83D"), r"Hi \ufffd");
    assert_eq!(replaced(r"\ude00!"), r"\ufffd!");
    assert_eq!(replaced(r"\ud83d\ude00 \u00e9 \n \\ud83d é"), r"\ud83d\ude00 \u00e9 \n \\ud83d é");
    assert_eq!(replaced(r"\ud83d\ud83d\ude00"), r"\ufffd\ud83d\ude00");
    assert_eq!(replaced(r"cut \u12"), r"cut \u12");
    assert_eq!(replaced("é\\"), "é\\");
}
