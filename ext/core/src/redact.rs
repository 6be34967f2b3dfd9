//! What an endpoint says of a failure goes into logs; what the prompt said must not. Providers do
//! quote the request in their error messages, and some the key.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::surrogates;

/// Rails' own word for it, and plain ASCII: logs come in all encodings.
const MASK: &str = "[FILTERED]";
/// Longer than chance: text shared with the prompt from this many bytes on is a quotation.
const QUOTATION: usize = 16;
/// A whole message this short is looked for as it is.
const SHORTEST: usize = 6;
const LONGEST_MESSAGE: usize = 300;
/// Each is looked for in every text. Moderation quotes one.
const MOST_FLAGGED: usize = 16;
/// In bytes. Parsed, it takes a hundred times as much at worst.
const LONGEST_BODY: usize = 64 * 1024;

/// As much of an endpoint's words as is looked at: far more than will be shown, for half a secret is not
/// found.
pub(crate) fn beginning(words: &str) -> &str {
    cut(words, LONGEST_MESSAGE * 50)
}

/// One printable line from an endpoint's words: without `secrets`, without quotations of what was
/// `sent` (a JSON body) or `said` (by the model), and not too long.
pub(crate) fn one_line<'s>(text: &str, secrets: &[&str], sent: &[u8], said: impl Iterator<Item = &'s str>) -> String {
    let secrets = longest_first(secrets.iter().map(|secret| flat(&unescaped(secret))));
    let line = without(&flat(&unescaped(beginning(text))), &secrets);
    let sent: Value = serde_json::from_slice(sent).unwrap_or_default();
    let (mut messages, mut options) = (Vec::new(), Vec::new());
    sent.as_object().into_iter().flatten().filter(|(name, _)| is_from_caller(name)).for_each(|(name, value)| {
        strings(value, if name == "messages" { &mut messages } else { &mut options });
    });
    let said = said.map(|text| -> &str { text });
    shorten(&without_quotations(&line, messages.into_iter().chain(said), options.into_iter()))
}

/// One line of printable text, and not too long.
pub(crate) fn printable(text: &str) -> String {
    shorten(&flat(text))
}

/// An error body as it came, less the key and less the input that moderation quotes; of a long one the
/// beginning.
pub(crate) fn body(text: &str, secrets: &[&str]) -> String {
    let secrets = spellings(secrets);
    let beginning = cut(text, LONGEST_BODY);
    let clean = body_of(beginning, &secrets);
    if beginning.len() == text.len() || clean == MASK {
        return clean;
    }
    // The half of a secret that the cut may have left.
    let half = secrets.iter().map(String::len).max().unwrap_or_default();
    cut(&clean, clean.len().saturating_sub(half)).to_owned()
}

/// The first `most` bytes, less a letter that they cut in two.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

fn body_of(text: &str, secrets: &[String]) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut json) => {
            // Elsewhere it may be quoted without that name.
            let mut flagged = Vec::new();
            flagged_input(&json, &mut flagged);
            if flagged.len() > MOST_FLAGGED {
                return MASK.to_owned();
            }
            let secrets = longest_first(secrets.iter().cloned().chain(spellings(&flagged)));
            if hide(&mut json, &secrets) {
                json.to_string()
            } else {
                text.to_owned()
            }
        }
        // Where the input ends cannot be told: JavaScript cuts a text in the middle of an emoji,
        // and writes the half of it as an escape that is no Unicode.
        Err(_) if text.contains("flagged_input") => MASK.to_owned(),
        Err(_) => without(text, secrets),
    }
}

fn flagged_input<'j>(json: &'j Value, found: &mut Vec<&'j str>) {
    match json {
        Value::Object(map) => map.iter().for_each(|(name, value)| match value {
            Value::String(text) if name == "flagged_input" && text.len() >= SHORTEST => found.push(text),
            _ => flagged_input(value, found),
        }),
        Value::Array(list) => list.iter().for_each(|value| flagged_input(value, found)),
        _ => {}
    }
}

/// Hides secrets wherever they are, and flagged input whatever it is.
fn hide(json: &mut Value, secrets: &[String]) -> bool {
    match json {
        Value::String(text) => {
            // A provider's own error often comes as JSON in a string.
            let clean =
                if text.trim_start().starts_with(['{', '[']) { body_of(text, secrets) } else { without(text, secrets) };
            let hidden = clean != *text;
            *text = clean;
            hidden
        }
        Value::Object(map) => {
            let hidden = map.iter_mut().fold(false, |hidden, (name, value)| {
                if name == "flagged_input" {
                    *value = Value::from(MASK);
                    return true;
                }
                hide(value, secrets) || hidden
            });
            hide_names(map, secrets) || hidden
        }
        Value::Array(list) => list.iter_mut().fold(false, |hidden, value| hidden | hide(value, secrets)),
        _ => false,
    }
}

fn hide_names(map: &mut Map<String, Value>, secrets: &[String]) -> bool {
    if !map.keys().any(|name| secrets.iter().any(|secret| name.contains(secret))) {
        return false;
    }
    *map = std::mem::take(map).into_iter().map(|(name, value)| (without(&name, secrets), value)).collect();
    true
}

/// Each secret as it is and as JSON escapes it: `metadata.raw` is often JSON in a string.
fn spellings(secrets: &[&str]) -> Vec<String> {
    let escaped = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
    let all = secrets.iter().flat_map(|secret| [(*secret).to_owned(), escaped(secret)]);
    longest_first(all)
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

fn shorten(line: &str) -> String {
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
        one_line(text, secrets, SENT.as_bytes(), ["a partial answer of the model"].into_iter())
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
    fn a_body_keeps_its_shape_without_the_flagged_input() {
        let moderated = r#"{"error":{"metadata":{"reasons":["violence"],"flagged_input":"my secret"}}}"#;
        let clean = body(moderated, &[]);
        assert!(clean.contains("violence") && !clean.contains("my secret"), "{clean}");
        assert_eq!(body(&format!("[{}0]", r#"{"flagged_input":"my secret"},"#.repeat(17)), &[]), MASK);
        let quoted = body(r#"{"detail":"no: my secret","flagged_input":"my secret"}"#, &[]);
        assert!(!quoted.contains("my secret"), "{quoted}");
        let named = body(r#"{"key":{"sk-1":"bad key"}}"#, &["sk-1"]);
        assert_eq!(named, r#"{"key":{"[FILTERED]":"bad key"}}"#);
        let nested = body(r#"{"raw":"{\"flagged_input\":\"my secret\"}"}"#, &[]);
        assert!(!nested.contains("my secret"), "{nested}");
        assert_eq!(body("<html>key</html>", &["key"]), "<html>[FILTERED]</html>");
    }

    #[test]
    fn a_secret_within_a_secret_does_not_lay_it_open() {
        let flagged = "my prompt with sk-1 in it";
        assert_eq!(body(&format!(r#"{{"echo":"{flagged}"}}"#), &["sk-1", flagged]), r#"{"echo":"[FILTERED]"}"#);
        assert_eq!(line(&format!("no: {flagged}"), &["sk-1", flagged]), "no: [FILTERED]");
    }

    #[test]
    fn of_a_long_body_the_beginning_is_kept_without_half_a_secret() {
        let key = "sk-0123456789";
        for before in 0..key.len() {
            let text = format!("{}{key}{}", "é".repeat((LONGEST_BODY - before) / 2), "x".repeat(99));
            let kept = body(&text, &[key]);
            assert!(kept.len() > LONGEST_BODY - 100 && !kept.contains("sk"), "{before}");
        }
        let flagged = format!(r#"{{"flagged_input":"{}"}}"#, "my secret ".repeat(LONGEST_BODY));
        assert_eq!(body(&flagged, &[]), MASK);
    }
}
