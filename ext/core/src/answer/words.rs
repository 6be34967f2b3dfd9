//! The kind of failure that a code or a message names.

mod tables;

use crate::answer::evidence::plain;
use tables::{CODES, PHRASES};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `max_tokens` costs more than the balance; a cheaper model may fit.
    CannotAfford,
    /// The key or its account has no money.
    Money,
    /// Too much of the key's money is in flight.
    InFlight,
    /// As [`Kind::InFlight`], and this request alone exceeds the limit.
    NeverFits,
    Moderated,
    RateLimited,
    Unavailable,
    Timeout,
    /// The model's output was invalid.
    BadAnswer,
    /// Too long for this model.
    TooLong,
    /// The endpoint has no such model, or not for this caller.
    NoModel,
    /// The key.
    Key,
    /// The key, for this model.
    Permission,
    /// The request.
    Request,
    /// The request, unless there is better evidence: these words accompany all kinds of codes.
    Generic,
    /// Refused without a reason.
    Unknown,
}

/// The kind that a code or a type names.
pub(crate) fn of_code(code: &str) -> Option<Kind> {
    // AWS writes `com.amazon.coral.service#ThrottlingException`.
    let code = plain(code.rsplit('#').next().unwrap_or_default());
    let base = code.strip_suffix("error").or_else(|| code.strip_suffix("exception")).unwrap_or(&code);
    let names = |known: &str, code: &str| {
        let known = known.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
        known.eq(code.chars())
    };
    let known = |codes: &[&str]| codes.iter().any(|known| names(known, &code) || names(known, base));
    // OpenRouter has a type for each thing that can be wrong with an image.
    let image = || code.starts_with("image").then_some(Kind::Request);
    CODES.iter().find(|(_, codes)| known(codes)).map(|(kind, _)| *kind).or_else(image)
}

/// The kinds that a message names: by the codes that it quotes, and by its phrases.
pub(crate) fn of_message(message: &str) -> impl Iterator<Item = Kind> + '_ {
    let words = message.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let codes = words.filter(|word| is_code(word)).filter_map(of_code).filter(|kind| *kind != Kind::Generic);
    let text = message.to_lowercase().replace('_', " ");
    let fits = move |phrases: &[&str]| phrases.iter().any(|phrase| is_in(phrase, &text));
    codes.chain(PHRASES.iter().filter(move |(_, phrases)| fits(phrases)).map(|(kind, _)| *kind))
}

fn is_code(word: &str) -> bool {
    word.contains('_') || word.ends_with("Error") || word.ends_with("Exception")
}

/// The most bytes between the parts of a phrase: the name of a model fits in.
const MAX_GAP: usize = 120;

fn is_in(phrase: &str, text: &str) -> bool {
    let Some((start, end)) = phrase.split_once('*') else { return text.contains(phrase) };
    let ends: Vec<usize> = text.match_indices(end).map(|(place, _)| place).collect();
    let mut starts = text.match_indices(start).map(|(place, _)| place + start.len());
    starts.any(|from| ends.iter().any(|to| (from..from + MAX_GAP).contains(to)))
}

#[cfg(test)]
mod tests;
