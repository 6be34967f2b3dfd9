//! From what an error says to a reason and a scope. The codes and phrases are in [`crate::answer::words`].

use crate::answer::evidence::{Evidence, Source};
use crate::answer::failure::{Reason, Scope};
use crate::answer::words::{self, Kind};

/// Judges an error by its evidence. `message` is the error's message without quotations of the prompt, so that no
/// prompt influences the result.
pub(crate) fn classify(status: u16, evidence: &Evidence, message: &str) -> (Reason, Scope) {
    if evidence.constrained_by("max_price") {
        return (Reason::TooExpensive, Scope::Model);
    }
    let (reason, scope) = match kind(status, evidence, message) {
        Kind::CannotAfford => (Reason::InsufficientCredits, Scope::Model),
        Kind::Money | Kind::NeverFits => (Reason::InsufficientCredits, Scope::Endpoint),
        Kind::InFlight | Kind::RateLimited => (Reason::RateLimited, Scope::Model),
        Kind::Moderated => (Reason::Moderated, Scope::Request),
        Kind::Unavailable => (Reason::Unavailable, Scope::Model),
        Kind::Timeout => (Reason::Timeout, Scope::Model),
        Kind::BadAnswer => (Reason::BadAnswer, Scope::Model),
        Kind::NoModel => (Reason::ModelNotFound, Scope::Model),
        Kind::Key => (Reason::Unauthorized, Scope::Endpoint),
        Kind::Permission => (Reason::Unauthorized, Scope::Model),
        Kind::TooLong => (Reason::TooLong, Scope::Request),
        Kind::Request | Kind::Generic => (Reason::Rejected, Scope::Request),
        Kind::Unknown => (Reason::Rejected, Scope::Model),
    };
    // A provider's key or balance, behind the gateway: the endpoint itself works.
    let provider = scope == Scope::Endpoint && evidence.provider_name.is_some();
    (reason, if provider { Scope::Model } else { scope })
}

/// The evidence in its order: money and moderation, codes, the words of the message, the status.
fn kind(status: u16, evidence: &Evidence, message: &str) -> Kind {
    let codes: Vec<(Source, Kind)> =
        evidence.words().filter_map(|(source, word)| Some((source, words::of_code(word)?))).collect();
    let message: Vec<Kind> = words::of_message(message).collect();
    if let Some(kind) = money_or_moderation(status, evidence, &codes, &message) {
        return kind;
    }
    // A message may quote a general exception beside its reason.
    let said = message.iter().find(|kind| **kind != Kind::Unavailable).or(message.first()).copied();
    // A code may say no more than that the request is too large. Where it is the prompt, another model may take it.
    let too_long = |kind: &Kind| *kind == Kind::Request && said == Some(Kind::TooLong);
    let coded = codes.iter().map(|(_, kind)| *kind).find(|kind| *kind != Kind::Generic && !too_long(kind));
    let known = coded.or(said);
    if evidence.retryable == Some(true) {
        return known.filter(|kind| is_transient(*kind)).unwrap_or(Kind::Unavailable);
    }
    if let Some(kind) = known {
        return kind;
    }
    // As OpenRouter's own type it outweighs the status.
    let typed = codes.contains(&(Source::ErrorType, Kind::Generic));
    let kind = if typed { Kind::Request } else { by_statuses(status, evidence, !codes.is_empty()) };
    // An error about availability does not blame the request.
    if kind == Kind::Request && evidence.availability {
        Kind::Unknown
    } else {
        kind
    }
}

fn is_transient(kind: Kind) -> bool {
    matches!(kind, Kind::RateLimited | Kind::Unavailable | Kind::Timeout)
}

/// The body's words about money and moderation outweigh its codes and the status.
fn money_or_moderation(status: u16, evidence: &Evidence, codes: &[(Source, Kind)], message: &[Kind]) -> Option<Kind> {
    let coded = |kind: Kind| codes.iter().any(|(_, code)| *code == kind);
    let said = |kind: Kind| coded(kind) || message.contains(&kind);
    // With a 429 or a 5xx, limits and reasons are those of the gateway.
    let refused = !is_transient(by_status(status));
    let found = evidence.found || (!evidence.flagged.is_empty() && by_status(status) != Kind::Request);
    if found && refused {
        Some(Kind::Moderated)
    } else if coded(Kind::InFlight) && !coded(Kind::NeverFits) {
        Some(Kind::InFlight)
    } else if said(Kind::CannotAfford) {
        Some(Kind::CannotAfford)
    } else if said(Kind::Money) || (evidence.limit && refused) || status == 402 {
        Some(Kind::Money)
    } else {
        Some(Kind::Moderated).filter(|kind| said(*kind))
    }
}

/// If the answer's own status blames the request, or nothing, a status in the error may be more precise.
fn by_statuses(status: u16, evidence: &Evidence, generic: bool) -> Kind {
    let other_than = |kind: Kind| evidence.statuses().map(by_status).find(|named| *named != kind).unwrap_or(kind);
    match by_status(status) {
        kind @ (Kind::Request | Kind::Unknown) => other_than(kind),
        // In a 200, a generic code is all there is. With a 403 it says nothing.
        Kind::BadAnswer if generic => Kind::Request,
        kind => kind,
    }
}

fn by_status(status: u16) -> Kind {
    match status {
        400 | 412 | 413 | 422 => Kind::Request,
        401 => Kind::Key,
        402 => Kind::Money,
        404 | 410 | 451 => Kind::NoModel,
        408 => Kind::Timeout,
        429 => Kind::RateLimited,
        409 | 425 | 498 | 500..=599 => Kind::Unavailable,
        400..=499 => Kind::Unknown,
        _ => Kind::BadAnswer,
    }
}
