//! What an endpoint says of a failure goes into logs; what the prompt said must not. Providers do
//! quote the request in their error messages, and some the key.

mod body;

use std::collections::HashSet;

use serde_json::Value;

use crate::surrogates;

pub(crate) use body::body;

/// Rails' own word for it, and plain ASCII: logs come in all encodings.
const MASK: &str = "[FILTERED]";
/// Longer than chance: text shared with the prompt from this many bytes on is a quotation.
const QUOTATION: usize = 16;
/// A whole message this short is looked for as it is.
const SHORTEST: usize = 6;
const LONGEST_MESSAGE: usize = 300;

/// As much of an endpoint's words as is looked at: far more than will be shown, for half a secret is not
/// found.
pub(crate) fn beginning(words: &str) -> &str {
    cut(words, LONGEST_MESSAGE * 50)
}

/// One printable line from an endpoint's words: without `secrets`, and without quotations of what was
/// `sent` (a JSON body) or `said` (by the model).
pub(crate) fn line<'s>(text: &str, secrets: &[&str], sent: &[u8], said: impl Iterator<Item = &'s str>) -> String {
    let secrets = longest_first(secrets.iter().map(|secret| flat(&unescaped(secret))));
    let line = without(&flat(&unescaped(beginning(text))), &secrets);
    let sent: Value = serde_json::from_slice(sent).unwrap_or_default();
    let (mut messages, mut options) = (Vec::new(), Vec::new());
    sent.as_object().into_iter().flatten().filter(|(name, _)| is_from_caller(name)).for_each(|(name, value)| {
        strings(value, if name == "messages" { &mut messages } else { &mut options });
    });
    let said = said.map(|text| -> &str { text });
    without_quotations(&line, messages.into_iter().chain(said), options.into_iter())
}

/// One line of printable text, and not too long.
pub(crate) fn printable(text: &str) -> String {
    shorten(&flat(text))
}

/// The first `most` bytes, less a letter that they cut in two.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// One secret may hold another: cut out of it first, that would leave the rest to be read.
fn longest_first(secrets: impl Iterator<Item = String>) -> Vec<String> {
    let mut secrets: Vec<String> = secrets.filter(|secret| !secret.is_empty()).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

fn without(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
}

/// Line breaks and other control characters would forge lines in a log.
fn flat(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Text that quotes JSON holds its escapes, sometimes those of JSON within JSON.
fn unescaped(text: &str) -> String {
    let mut plain = text.to_owned();
    for _ in 0..3 {
        if !plain.contains('\\') {
            break;
        }
        let quoted = format!("\"{}\"", surrogates::replaced(plain.replace("\\\"", "\"").replace('"', "\\\"")));
        match serde_json::from_str::<String>(&quoted) {
            Ok(once) => plain = once,
            Err(_) => break,
        }
    }
    plain
}

/// `role`, `type` and `model` are the protocol's words.
fn is_from_caller(name: &str) -> bool {
    !["role", "type", "model"].contains(&name)
}

/// Everything that came from the caller.
fn strings<'j>(json: &'j Value, said: &mut Vec<&'j str>) {
    match json {
        Value::String(text) => said.push(text),
        Value::Array(list) => list.iter().for_each(|value| strings(value, said)),
        Value::Object(map) => {
            map.iter().filter(|(name, _)| is_from_caller(name)).for_each(|(_, value)| strings(value, said));
        }
        _ => {}
    }
}

/// Of `said`, quotations are cut as soon as they are longer than chance, and short texts where they stand
/// as a whole; of `options`, which are words like `low` as well, long quotations only.
fn without_quotations<'s>(
    line: &str,
    said: impl Iterator<Item = &'s str>,
    options: impl Iterator<Item = &'s str>,
) -> String {
    let windows: HashSet<&[u8]> = line.as_bytes().windows(QUOTATION).collect();
    let mut quoted = HashSet::new();
    let mut short = Vec::new();
    // One text at a time: each may be as large as an answer.
    for (text, whole) in said.map(|text| (text, true)).chain(options.map(|text| (text, false))) {
        let text = flat(text);
        quoted.extend(text.as_bytes().windows(QUOTATION).filter_map(|window| windows.get(window).copied()));
        if whole && (SHORTEST..QUOTATION).contains(&text.len()) && line.contains(&text) {
            short.push(text);
        }
    }
    let line = if quoted.is_empty() { line.to_owned() } else { masked(line, &quoted) };
    short.iter().fold(line, |line, text| line.replace(text, MASK))
}

fn masked(line: &str, quoted: &HashSet<&[u8]>) -> String {
    let mut hidden = vec![false; line.len()];
    for (start, window) in line.as_bytes().windows(QUOTATION).enumerate() {
        if quoted.contains(window) {
            hidden.iter_mut().skip(start).take(QUOTATION).for_each(|byte| *byte = true);
        }
    }
    let mut clean = String::with_capacity(line.len());
    let mut masked = false;
    for (start, letter) in line.char_indices() {
        let hide = hidden.iter().skip(start).take(letter.len_utf8()).any(|byte| *byte);
        match (hide, masked) {
            (false, _) => clean.push(letter),
            (true, false) => clean.push_str(MASK),
            (true, true) => {}
        }
        masked = hide;
    }
    clean
}

pub(crate) fn shorten(line: &str) -> String {
    match line.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = r#"{"model":"anthropic/claude-sonnet-4.5","messages":[{"role":"assistant","content":"My number is 123-45-6789\nand my name is Bob"},{"role":"user","content":[{"type":"text","text":"hush-hush"}]},{"role":"user","content":"SSN:\n078-05\nPIN:\n1234"},{"role":"user","content":"私の番号は一二三です"}],"prediction":{"content":"The draft so far, word for word"}}"#;

    fn line(text: &str, secrets: &[&str]) -> String {
        shorten(&super::line(text, secrets, SENT.as_bytes(), ["a partial answer of the model"].into_iter()))
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
    fn the_key_is_cut_wherever_it_stands() {
        assert_eq!(line("bad key sk-1234", &["sk-1234"]), "bad key [FILTERED]");
        let late = format!("{} key sk-1234", "x".repeat(LONGEST_MESSAGE - 8));
        assert!(!line(&late, &["sk-1234"]).contains("sk-"));
    }

    #[test]
    fn a_message_is_one_line_and_not_too_long() {
        assert_eq!(line("a\nb\r\n\u{1b}[31mc", &[]), "a b [31mc");
        assert_eq!(line(&"é".repeat(5000), &[]).chars().count(), LONGEST_MESSAGE + 3);
    }

    #[test]
    fn a_secret_within_a_secret_does_not_lay_it_open() {
        let flagged = "my prompt with sk-1 in it";
        assert_eq!(body(&format!(r#"{{"echo":"{flagged}"}}"#), &["sk-1", flagged]), r#"{"echo":"[FILTERED]"}"#);
        assert_eq!(line(&format!("no: {flagged}"), &["sk-1", flagged]), "no: [FILTERED]");
    }
}
