//! How long a prompt is, and how large the window that it exceeds, as far as the words of an error say so.

/// In tokens. By the endpoint's own count, which may include the completion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Length {
    pub tokens: Option<u64>,
    pub window: Option<u64>,
}

/// Parts of messages, in lower case, with blanks for `_`; `#` stands for a number, of which the last counts. The first
/// that fits counts.
#[rustfmt::skip]
const WINDOWS: &[&str] = &[
    "maximum context length is #", "maximum context length of #", "maximum context length: #", "maximum context length (#",
    "with # maximum context length", "maximum prompt length is #", "> # maximum", "context limit: # + # > #",
    "tokens allowed (#", "tokens allowed: #", "tokens allowed is #", "tokens allowed #", "cannot exceed #", "must be <= #",
    "less than # tokens", "model token limit: #", "tokens limit #", "max size: # tokens", "max input tokens: #",
    "limit for this model is #", "limit is #", "limit of #", "only supports up to #", "context window of #",
    "context window (#", "context window is #", "context window limit (#", "context length of #", "context length (#",
    "context length is #", "context length is only #", "context length of only #", "context size (#", "context size of #",
    "context size is #", "input length should be [1, #", "input length is #", "input length of #", "model length of #",
    "exceeds the maximum length #", "exceeding max # tokens", "maximum of # tokens",
];
#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "requested about # tokens", "you requested #", "requested: #", "requested # tokens", "requested tokens (#",
    "total of # tokens", "too long: # tokens", "too long: #", "token count (#", "token count of #", "token count is #",
    "token count: #", "contains # tokens", "contains at least # input tokens", "has # tokens", "has # input tokens",
    "passed # input tokens", "of input tokens #", "output tokens (#", "received #", "given: #", "resulted in # tokens",
    "current length is #", "request (# tokens", "context limit: #", "input length (#", "input length #",
    "input (# tokens", "input of # tokens", "prompt (length #",
];

impl Length {
    /// `message` has no quotations of the prompt, which may name any number.
    pub(crate) fn of(message: &str) -> Self {
        let text = message.to_lowercase().replace('_', " ").replace('`', "");
        let first = |templates: &[&str]| templates.iter().find_map(|template| find(template, &text));
        Self { tokens: first(TOKENS), window: first(WINDOWS) }
    }
}

fn find(template: &str, text: &str) -> Option<u64> {
    let begin = template.split('#').next()?;
    text.match_indices(begin).find_map(|(place, _)| read(template, text.get(place..)?))
}

/// The last number, if the text begins as the template says.
fn read(template: &str, mut text: &str) -> Option<u64> {
    let mut last = None;
    let mut parts = template.split('#');
    text = text.strip_prefix(parts.next()?)?;
    for part in parts {
        let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != ',').unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        last = Some(number.replace(',', "").parse::<u64>().ok().filter(|number| *number > 0)?);
        text = rest.strip_prefix(part)?;
    }
    last
}

#[cfg(test)]
mod tests;
