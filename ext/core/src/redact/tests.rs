use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::value::RawValue;

use super::plain_text::MAX_MESSAGE_CHARS;
use super::*;
use crate::request::candidate::tests::candidate;
use crate::request::Params;

const MESSAGES: &str = r#"[{"role":"assistant","content":"My number is 123-45-6789\nand my name is Bob"},{"role":"user","content":[{"type":"text","text":"hush-hush"}]},{"role":"user","content":"SSN:\n078-05\nPIN:\n1234"},{"role":"user","content":"私の番号は一二三です, Привет мир"},{"role":"user","content":"<b>\"Straße 7\", C:\\new & old</b>, said Jane Doe, jane@doe.example"}]"#;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn redacted(words: &str, secrets: &[&str], messages: &str) -> String {
    let params = vec![("prediction".to_owned(), raw(r#"{"content":"The draft so far, word for word"}"#))];
    let request = Request::new(raw(messages), params);
    let candidate = candidate("anthropic/claude-sonnet-4.5");
    let said = vec!["a partial answer of the model"];
    let confidential = Confidential { secrets: secrets.to_vec(), request: &request, candidate: &candidate, said };
    at_once(super::line(words, &confidential))
}

fn line(words: &str, secrets: &[&str]) -> String {
    shorten(&redacted(words, secrets, MESSAGES))
}

/// A future that is never blocked.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    turns(future).0
}

/// And how often it lets others have the thread.
fn turns<T>(future: impl Future<Output = T>) -> (T, usize) {
    let mut future = pin!(future);
    let mut turns = 1;
    loop {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => return (output, turns),
            Poll::Pending => turns += 1,
        }
    }
}

#[test]
fn plain_words_pass() {
    for words in [
        "This endpoint's maximum context length is 8192 tokens",
        "the assistant is busy",
        "anthropic/claude-sonnet-4.5 is down",
    ] {
        assert_eq!(line(words, &[]), words);
    }
}

#[test]
fn quotations_of_what_was_sent_or_said_are_cut() {
    let quoted = line("Invalid content: 'My number is 123-45-6789 and my' at 0", &[]);
    assert_eq!(quoted, "Invalid content: '[FILTERED]' at 0");
    assert_eq!(line("refused: hush-hush!", &[]), "refused: [FILTERED]!");
    assert_eq!(line("not so: The draft so far, word", &[]), "not so: [FILTERED]");
    assert_eq!(line("broke off after a partial answer of the", &[]), "broke off after [FILTERED]");
}

#[test]
fn quotations_are_found_under_their_escapes() {
    assert_eq!(line(r#"bad: {"content":"SSN:\n078-05\nPIN:\n1234"}"#, &[]), r#"bad: {"content":"[FILTERED]"}"#);
    assert_eq!(line(r"bad: \u79c1\u306e\u756a\u53f7\u306f\u4e00\u4e8c\u4e09", &[]), "bad: [FILTERED]");
}

#[test]
fn quotations_are_found_under_the_escapes_of_others() {
    for quoted in [
        r"b'\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 \xd0\xbc\xd0\xb8\xd1\x80'",
        r"\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440 \ud83d \u12",
        "ПРИВЕТ МИР",
        "%D0%9F%D1%80%D0%B8%D0%B2%D0%B5%D1%82%20%D0%BC%D0%B8%D1%80",
        r"\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442 мир",
    ] {
        let line = line(&format!("bad: {quoted} at 0"), &[]);
        assert!(line.contains(MASK) && !line.contains("041f") && !line.contains("xd0"), "{line}");
        assert!(!line.to_lowercase().contains('п') && line.ends_with(" at 0"), "{line}");
    }
    for quoted in [
        "&lt;b&gt;&quot;Straße 7&quot;, C:\\new &amp; old",
        "&amp;lt;b&amp;gt;&amp;quot;Straße 7&amp;quot;, C:\\new &amp;amp; old",
        r#"<B>\"STRASSE 7\", C:\\NEW & OLD"#,
        r#"'<b>"Stra\xdfe 7", C:\\new & old'"#,
        r#"\u003cb\u003e\"Stra\u00dfe 7\", C:\\new \u0026 old"#,
    ] {
        let line = line(&format!("bad: {quoted}"), &[]);
        assert!(line.contains(MASK) && !line.to_lowercase().contains("stra") && !line.contains("old"), "{line}");
    }
}

#[test]
fn a_short_quotation_is_masked_if_it_identifies_somebody() {
    for (words, clean) in [
        ("bad value: 123-45-6789", "bad value: [FILTERED]"),
        ("bad value (ssn=123-45-6789), sorry", "bad value (ssn=[FILTERED]), sorry"),
        ("no user 'JANE DOE'", "no user '[FILTERED]'"),
        ("no user \"Jane Doe...\" here", "no user \"[FILTERED]...\" here"),
        ("no mail to jane@doe.example.", "no mail to [FILTERED]."),
        (
            "number 999-99-9999 of 'John Doe' is said to be there",
            "number 999-99-9999 of 'John Doe' is said to be there",
        ),
    ] {
        assert_eq!(line(words, &[]), clean);
    }
}

#[test]
fn of_words_that_are_too_long_no_half_secret_is_left() {
    let words = format!("{} sk-1234 {}", "x".repeat(MAX_MESSAGE_CHARS * 50 - 6), "y".repeat(99));
    let clean = redacted(&words, &["sk-1234"], &format!(r#"[{{"content":"{}"}}]"#, "x".repeat(99)));
    assert_eq!(clean, MASK);
}

#[test]
fn a_large_prompt_is_gone_through_in_turns() {
    let texts = 40;
    let text = format!("{} my number is 123-45-6789 {}", "a b ".repeat(25_000), " ".repeat(100_000));
    let messages = format!("[{}{{}}]", format!(r#"{{"content":"{text}"}},"#).repeat(texts));
    let request = Request::new(raw(&messages), Params::new());
    let candidate = candidate("a/b");
    let confidential = Confidential { secrets: vec![], request: &request, candidate: &candidate, said: vec![] };
    let (line, turns) = turns(super::line("no: my number is 123-45-6789", &confidential));
    assert_eq!(line, "no: [FILTERED]");
    assert!(turns > text.len() * texts / (2 * TURN_BYTES), "{turns} turns");
    let (folded, mut passage) = (b"no: my number is 123-45-6789", Passage::of(&text, true));
    let mut quotations = Quotations::of(folded, std::iter::empty());
    let mut read = 0;
    loop {
        match quotations.turn(&mut passage) {
            0 => break,
            turn => (read, _) = (read + turn, assert!(turn <= TURN_BYTES + 16, "{turn} bytes in a turn")),
        }
    }
    assert_eq!(read, text.len());
}

#[test]
fn the_key_is_cut_wherever_it_stands() {
    assert_eq!(line("bad key sk-1234", &["sk-1234"]), "bad key [FILTERED]");
    let late = format!("{} key sk-1234", "x".repeat(MAX_MESSAGE_CHARS - 8));
    assert!(!line(&late, &["sk-1234"]).contains("sk-"));
}

#[test]
fn a_message_is_one_line_and_not_too_long() {
    assert_eq!(line("a\nb\r\n\u{1b}[31mc", &[]), "a b [31mc");
    assert_eq!(line(&"é".repeat(5000), &[]).chars().count(), MAX_MESSAGE_CHARS + 3);
}

#[test]
fn a_secret_within_a_secret_does_not_lay_it_open() {
    let flagged = "my prompt with sk-1 in it";
    assert_eq!(body(&format!(r#"{{"echo":"{flagged}"}}"#), &["sk-1", flagged]), r#"{"echo":"[FILTERED]"}"#);
    assert_eq!(line(&format!("no: {flagged}"), &["sk-1", flagged]), "no: [FILTERED]");
}
