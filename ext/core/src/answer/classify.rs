//! From what an error says to a reason and a scope. The codes and phrases are in [`crate::answer::words`].

use crate::answer::evidence::{Evidence, Source};
use crate::answer::failure::{Reason, Scope};
use crate::answer::words::{self, Kind};

/// Judges an error by its evidence. `message` is what it says to a person, without quotations of the prompt: nobody's
/// prompt has a say in this.
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
        Kind::TooLong | Kind::Request | Kind::Generic => (Reason::Rejected, Scope::Request),
        Kind::Unknown => (Reason::Rejected, Scope::Model),
    };
    // A key or a balance of one provider behind the gateway: the gateway itself is well.
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
    let known = codes.iter().map(|(_, kind)| *kind).find(|kind| *kind != Kind::Generic).or(message.first().copied());
    if evidence.retryable == Some(true) {
        return known.filter(|kind| is_transient(*kind)).unwrap_or(Kind::Unavailable);
    }
    if let Some(kind) = known {
        return kind;
    }
    // As a type of OpenRouter's it counts for more than the status.
    let typed = codes.contains(&(Source::ErrorType, Kind::Generic));
    let kind = if typed { Kind::Request } else { by_statuses(status, evidence, !codes.is_empty()) };
    // Who talks of availability does not say that the request is at fault.
    if kind == Kind::Request && evidence.availability {
        Kind::Unknown
    } else {
        kind
    }
}

fn is_transient(kind: Kind) -> bool {
    matches!(kind, Kind::RateLimited | Kind::Unavailable | Kind::Timeout)
}

/// What the body says of these counts for more than its codes and the status.
fn money_or_moderation(status: u16, evidence: &Evidence, codes: &[(Source, Kind)], message: &[Kind]) -> Option<Kind> {
    let coded = |kind: Kind| codes.iter().any(|(_, code)| *code == kind);
    let said = |kind: Kind| coded(kind) || message.contains(&kind);
    // Beside a 429 or a 5xx, a limit or reasons are those of the gateway itself.
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

/// Where the answer's own status would blame the request, or nobody, one that the error names may say better.
fn by_statuses(status: u16, evidence: &Evidence, generic: bool) -> Kind {
    let other_than = |kind: Kind| evidence.statuses().map(by_status).find(|named| *named != kind).unwrap_or(kind);
    match by_status(status) {
        kind @ (Kind::Request | Kind::Unknown) => other_than(kind),
        // Inside a 200, a word that says little is all there is. Beside a 403 it says nothing.
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
