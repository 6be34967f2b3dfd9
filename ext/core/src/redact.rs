//! What an endpoint says of a failure goes into logs; what the prompt said must not. Providers do
//! quote the request in their error messages, and some the key.

use std::collections::HashSet;

use serde_json::Value;

/// Rails' own word for it, and plain ASCII: logs come in all encodings.
const MASK: &str = "[FILTERED]";
/// Longer than chance: text shared with the prompt from this many bytes on is a quotation.
const QUOTATION: usize = 16;
/// A whole message this short is looked for as it is.
const SHORTEST: usize = 6;
const LONGEST_MESSAGE: usize = 300;

/// One printable line from an endpoint's words: without `secrets`, without quotations of the
/// `messages` that were sent, and not too long.
pub(crate) fn one_line(text: &str, secrets: &[&str], messages: &str) -> String {
    let mut line = flat(text).chars().take(LONGEST_MESSAGE * 4).collect::<String>();
    for secret in spellings(secrets).iter().map(|secret| flat(secret)).filter(|secret| !secret.is_empty()) {
        line = line.replace(&secret, MASK);
    }
    let mut said = Vec::new();
    if let Ok(messages) = serde_json::from_str::<Value>(messages) {
        strings(&messages, &mut said);
    }
    for short in said.iter().filter(|text| (SHORTEST..QUOTATION).contains(&text.len())) {
        line = line.replace(short.as_str(), MASK);
    }
    shorten(&without_quotations(&line, &said))
}

/// An error body as it came, less the key and less the input that moderation quotes.
pub(crate) fn body(text: &str, secrets: &[&str]) -> String {
    let secrets = spellings(secrets);
    match serde_json::from_str::<Value>(text) {
        Ok(mut json) => {
            if hide(&mut json, &secrets) {
                json.to_string()
            } else {
                text.to_owned()
            }
        }
        // Where the input ends cannot be told: JavaScript cuts a text in the middle of an emoji,
        // and writes the half of it as an escape that is no Unicode.
        Err(_) if text.contains("flagged_input") => MASK.to_owned(),
        Err(_) => without(text, &secrets),
    }
}

/// Hides secrets wherever they are, and flagged input whatever it is.
fn hide(json: &mut Value, secrets: &[String]) -> bool {
    match json {
        Value::String(text) => {
            let clean = without(text, secrets);
            let hidden = clean != *text;
            *text = clean;
            hidden
        }
        Value::Object(map) => map.iter_mut().fold(false, |hidden, (name, value)| {
            if name == "flagged_input" {
                *value = Value::from(MASK);
                return true;
            }
            hide(value, secrets) || hidden
        }),
        Value::Array(list) => list.iter_mut().fold(false, |hidden, value| hidden | hide(value, secrets)),
        _ => false,
    }
}

/// Each secret as it is and as JSON escapes it: `metadata.raw` is often JSON in a string.
fn spellings(secrets: &[&str]) -> Vec<String> {
    let escaped = |text: &str| Value::from(text).to_string().trim_matches('"').to_owned();
    let all = secrets.iter().flat_map(|secret| [(*secret).to_owned(), escaped(secret)]);
    all.filter(|secret| !secret.is_empty()).collect()
}

fn without(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
}

/// Line breaks and other control characters would forge lines in a log.
fn flat(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Everything a person wrote into the messages; `role` and `type` are the protocol's words.
fn strings(json: &Value, said: &mut Vec<String>) {
    match json {
        Value::String(text) => said.push(flat(text)),
        Value::Array(list) => list.iter().for_each(|value| strings(value, said)),
        Value::Object(map) => {
            map.iter()
                .filter(|(name, _)| *name != "role" && *name != "type")
                .for_each(|(_, value)| strings(value, said));
        }
        _ => {}
    }
}

fn without_quotations(line: &str, said: &[String]) -> String {
    let windows: HashSet<&[u8]> = line.as_bytes().windows(QUOTATION).collect();
    let quoted: HashSet<&[u8]> = said
        .iter()
        .flat_map(|text| text.as_bytes().windows(QUOTATION))
        .filter(|window| windows.contains(window))
        .collect();
    if quoted.is_empty() {
        return line.to_owned();
    }
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

    const MESSAGES: &str = r#"[{"role":"assistant","content":"My number is 123-45-6789\nand my name is Bob"},{"role":"user","content":[{"type":"text","text":"hush-hush"}]}]"#;

    #[test]
    fn plain_words_pass() {
        let words = "This endpoint's maximum context length is 8192 tokens";
        assert_eq!(one_line(words, &[], MESSAGES), words);
        assert_eq!(one_line("the assistant is busy", &[], MESSAGES), "the assistant is busy");
    }

    #[test]
    fn quotations_of_the_prompt_are_cut() {
        let line = one_line("Invalid content: 'My number is 123-45-6789 and my' at 0", &[], MESSAGES);
        assert_eq!(line, "Invalid content: '[FILTERED]' at 0");
        assert_eq!(one_line("refused: hush-hush!", &[], MESSAGES), "refused: [FILTERED]!");
    }

    #[test]
    fn the_key_is_cut() {
        assert_eq!(one_line("bad key sk-1234", &["sk-1234"], "[]"), "bad key [FILTERED]");
    }

    #[test]
    fn a_message_is_one_line_and_not_too_long() {
        assert_eq!(one_line("a\nb\r\n\u{1b}[31mc", &[], "[]"), "a b [31mc");
        assert_eq!(one_line(&"é".repeat(5000), &[], "[]").chars().count(), LONGEST_MESSAGE + 3);
    }

    #[test]
    fn a_body_keeps_its_shape_without_the_flagged_input() {
        let moderated = r#"{"error":{"metadata":{"reasons":["violence"],"flagged_input":"my secret"}}}"#;
        let clean = body(moderated, &[]);
        assert!(clean.contains("violence") && !clean.contains("my secret"), "{clean}");
        assert_eq!(body("<html>key</html>", &["key"]), "<html>[FILTERED]</html>");
    }
}
