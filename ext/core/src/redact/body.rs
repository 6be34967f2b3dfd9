//! The body of an error for the caller whose request is at fault.

use serde_json::{Map, Value};

use super::plain_text::cut;
use super::{longest_first, without, MASK, MIN_PASSAGE};

/// Each is searched for in every text. Moderation quotes one.
const MAX_FLAGGED: usize = 16;
/// In bytes. Parsed, it takes up to a hundred times as much.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// An error body without the key and without the input that moderation quotes; of a long one the beginning.
pub(crate) fn body(text: &str, secrets: &[&str]) -> String {
    let secrets = spellings(secrets);
    let beginning = cut(text, MAX_BODY_BYTES);
    let clean = body_of(beginning, &secrets);
    if beginning.len() == text.len() || clean == MASK {
        return clean;
    }
    // The cut may have left half of a secret.
    let half = secrets.iter().map(String::len).max().unwrap_or_default();
    cut(&clean, clean.len().saturating_sub(half)).to_owned()
}

fn body_of(text: &str, secrets: &[String]) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut json) => {
            // It may be quoted elsewhere without that name.
            let mut flagged = Vec::new();
            flagged_input(&json, &mut flagged);
            if flagged.len() > MAX_FLAGGED {
                return MASK.to_owned();
            }
            let secrets = longest_first(secrets.iter().cloned().chain(spellings(&flagged)));
            // Of fields with one name, `json` has only the last: the others have not been searched.
            let unseen = fields(&json) < colons(text);
            if hide(&mut json, &secrets) || unseen {
                json.to_string()
            } else {
                text.to_owned()
            }
        }
        // The end of the input is unknown: JavaScript cuts a text in the middle of an emoji,
        // and writes the half of it as an escape that is no Unicode.
        Err(_) if text.contains("flagged_input") => MASK.to_owned(),
        Err(_) => without(text, secrets),
    }
}

fn fields(json: &Value) -> usize {
    match json {
        Value::Object(map) => map.len() + map.values().map(fields).sum::<usize>(),
        Value::Array(list) => list.iter().map(fields).sum(),
        _ => 0,
    }
}

/// Those between a name and its value.
fn colons(json: &str) -> usize {
    let (mut colons, mut quoted, mut escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b':' if !quoted => colons += 1,
            _ => {}
        }
    }
    colons
}

fn flagged_input<'j>(json: &'j Value, found: &mut Vec<&'j str>) {
    match json {
        Value::Object(map) => map.iter().for_each(|(name, value)| match value {
            Value::String(text) if name == "flagged_input" && text.len() >= MIN_PASSAGE => found.push(text),
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

#[cfg(test)]
mod tests;
