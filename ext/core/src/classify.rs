//! From a status and an error object to a reason and a scope: OpenRouter's error table.

use crate::answer::ErrorBody;
use crate::failure::{Reason, Scope};

/// Judges an error by, in this order: what money says (402, 403), the documented
/// `metadata.error_type`, the status. `error.availability.retryable` overrides the status.
pub(crate) fn classify(status: u16, error: &ErrorBody) -> (Reason, Scope) {
    if error.constrained_by("max_price") {
        return (Reason::TooExpensive, Scope::Model);
    }
    let verdict = match status {
        402 => payment(error),
        403 => forbidden(error),
        _ => by_type(error).unwrap_or_else(|| by_status(status, error)),
    };
    match error.availability.as_ref().and_then(|availability| availability.retryable) {
        Some(true) if !is_transient(verdict.0) => (Reason::Unavailable, Scope::Model),
        Some(false) if is_transient(verdict.0) => (Reason::Rejected, Scope::Request),
        _ => verdict,
    }
}

fn is_transient(reason: Reason) -> bool {
    matches!(reason, Reason::RateLimited | Reason::Unavailable | Reason::Timeout)
}

/// Too much in flight passes by itself; the other refusals to be paid last until somebody pays.
fn payment(error: &ErrorBody) -> (Reason, Scope) {
    let in_flight = error.names("openrouter_in_flight_budget") || error.names("in_flight_budget_exhausted");
    if in_flight && !error.names("weight_exceeds_budget") {
        (Reason::RateLimited, Scope::Model)
    } else {
        (Reason::InsufficientCredits, Scope::Endpoint)
    }
}

/// 403 is three different things, told apart by what the metadata holds.
fn forbidden(error: &ErrorBody) -> (Reason, Scope) {
    let Some(metadata) = &error.metadata else { return (Reason::Rejected, Scope::Request) };
    if metadata.reasons || metadata.patterns || metadata.flagged_input.is_some() {
        (Reason::Moderated, Scope::Request)
    } else if metadata.limit_source.is_some() || metadata.limit_usd || metadata.spend_usd {
        (Reason::InsufficientCredits, Scope::Endpoint)
    } else {
        by_type(error).unwrap_or((Reason::Rejected, Scope::Request))
    }
}

/// The canonical error types of OpenRouter's schema, and the codes that the gateways it imitates
/// use for the same. An unknown or unmapped type leaves it to the status.
fn by_type(error: &ErrorBody) -> Option<(Reason, Scope)> {
    const TYPES: &[(&str, Reason, Scope)] = &[
        ("model_not_found", Reason::ModelNotFound, Scope::Model),
        ("not_found", Reason::ModelNotFound, Scope::Model),
        ("authentication", Reason::Unauthorized, Scope::Endpoint),
        ("insufficient_quota", Reason::InsufficientCredits, Scope::Endpoint),
        ("rate_limit_exceeded", Reason::RateLimited, Scope::Model),
        ("provider_overloaded", Reason::Unavailable, Scope::Model),
        ("provider_unavailable", Reason::Unavailable, Scope::Model),
        ("server", Reason::Unavailable, Scope::Model),
        ("timeout", Reason::Timeout, Scope::Model),
        ("content_policy_violation", Reason::Moderated, Scope::Request),
        ("refusal", Reason::Moderated, Scope::Request),
        ("context_length_exceeded", Reason::Rejected, Scope::Request),
        ("max_tokens_exceeded", Reason::Rejected, Scope::Request),
        ("token_limit_exceeded", Reason::Rejected, Scope::Request),
        ("string_too_long", Reason::Rejected, Scope::Request),
        ("invalid_request", Reason::Rejected, Scope::Request),
        ("invalid_prompt", Reason::Rejected, Scope::Request),
        ("precondition_failed", Reason::Rejected, Scope::Request),
        ("payload_too_large", Reason::Rejected, Scope::Request),
        ("unprocessable", Reason::Rejected, Scope::Request),
        ("invalid_image", Reason::Rejected, Scope::Request),
        ("image_too_large", Reason::Rejected, Scope::Request),
        ("image_too_small", Reason::Rejected, Scope::Request),
        ("unsupported_image_format", Reason::Rejected, Scope::Request),
        ("image_not_found", Reason::Rejected, Scope::Request),
        ("image_download_failed", Reason::Rejected, Scope::Request),
    ];
    let (_, reason, scope) = TYPES.iter().find(|(word, ..)| error.names(word))?;
    Some((*reason, *scope))
}

fn by_status(status: u16, error: &ErrorBody) -> (Reason, Scope) {
    match status {
        401 => (Reason::Unauthorized, Scope::Endpoint),
        404 => (Reason::ModelNotFound, Scope::Model),
        // Without a type, OpenRouter's refusal of a misspelt model is known by its words alone.
        400 if error.message.as_ref().is_some_and(|text| text.ends_with("is not a valid model ID")) => {
            (Reason::ModelNotFound, Scope::Model)
        }
        408 => (Reason::Timeout, Scope::Model),
        429 => (Reason::RateLimited, Scope::Model),
        400..=499 => (Reason::Rejected, Scope::Request),
        500..=599 => (Reason::Unavailable, Scope::Model),
        _ => (Reason::BadAnswer, Scope::Model),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Reason::{
        InsufficientCredits, ModelNotFound, Moderated, RateLimited, Rejected, Timeout, Unauthorized, Unavailable,
    };

    fn judge(status: u16, error: &str) -> (Reason, Scope) {
        classify(status, &serde_json::from_str(error).unwrap())
    }

    #[test]
    fn every_row_of_the_table() {
        use Scope::{Endpoint, Model, Request};
        let rows: &[(u16, &str, Reason, Scope)] = &[
            (400, r#"{"code":400,"message":"bad"}"#, Rejected, Request),
            (400, r#"{"metadata":{"error_type":"context_length_exceeded"}}"#, Rejected, Request),
            (400, r#"{"metadata":{"error_type":"model_not_found"}}"#, ModelNotFound, Model),
            (400, r#"{"message":"a/b is not a valid model ID"}"#, ModelNotFound, Model),
            (404, "{}", ModelNotFound, Model),
            (401, "{}", Unauthorized, Endpoint),
            (402, r#"{"metadata":{"limit_source":"openrouter_in_flight_budget"}}"#, RateLimited, Model),
            (402, r#"{"metadata":{"reason":"in_flight_budget_exhausted"}}"#, RateLimited, Model),
            (
                402,
                r#"{"metadata":{"limit_source":"openrouter_in_flight_budget","reason":"weight_exceeds_budget"}}"#,
                InsufficientCredits,
                Endpoint,
            ),
            (402, r#"{"metadata":{"limit_source":"openrouter_credits"}}"#, InsufficientCredits, Endpoint),
            (402, r#"{"metadata":{"limit_source":"openrouter_key_limit"}}"#, InsufficientCredits, Endpoint),
            (402, "{}", InsufficientCredits, Endpoint),
            (
                403,
                r#"{"metadata":{"reasons":["violence"],"flagged_input":"x","provider_name":"p","model_slug":"m"}}"#,
                Moderated,
                Request,
            ),
            (403, r#"{"metadata":{"patterns":["ssn"]}}"#, Moderated, Request),
            (
                403,
                r#"{"metadata":{"limit_source":"key","limit_usd":1,"spend_usd":1,"resets_at":null}}"#,
                InsufficientCredits,
                Endpoint,
            ),
            (403, "{}", Rejected, Request),
            (408, "{}", Timeout, Model),
            (429, "{}", RateLimited, Model),
            (500, "{}", Unavailable, Model),
            (502, "{}", Unavailable, Model),
            (503, "{}", Unavailable, Model),
            (504, "{}", Unavailable, Model),
            (524, "{}", Unavailable, Model),
            (529, "{}", Unavailable, Model),
            (412, "{}", Rejected, Request),
            (413, "{}", Rejected, Request),
            (422, "{}", Rejected, Request),
            (418, "{}", Rejected, Request),
        ];
        for (status, error, reason, scope) in rows {
            assert_eq!(judge(*status, error), (*reason, *scope), "{status} {error}");
        }
    }

    #[test]
    fn a_model_whose_providers_all_ask_more_than_max_price_is_too_expensive() {
        let constraint = r#""code":"constraint_filtered","constraint":{"field":"max_price"}"#;
        for error in [
            format!(r#"{{"code":404,"metadata":{{{constraint}}}}}"#),
            format!(r#"{{"code":404,"availability":{{"retryable":false,{constraint}}}}}"#),
            format!(r#"{{"metadata":{{"availability":{{"retryable":true,{constraint}}}}}}}"#),
            format!("{{{constraint}}}"),
            r#"{"metadata":{"constraint":{"field":"provider.max_price.completion"}}}"#.to_owned(),
        ] {
            assert_eq!(judge(404, &error), (Reason::TooExpensive, Scope::Model), "{error}");
        }
        for other in [r#"{"constraint":{"field":"data_collection"}}"#, r#"{"constraint":"max_price"}"#] {
            assert_eq!(judge(404, other), (ModelNotFound, Scope::Model), "{other}");
        }
    }

    #[test]
    fn availability_overrides_the_status() {
        assert_eq!(judge(400, r#"{"availability":{"retryable":true}}"#), (Unavailable, Scope::Model));
        assert_eq!(judge(429, r#"{"availability":{"retryable":true}}"#), (RateLimited, Scope::Model));
        assert_eq!(judge(503, r#"{"availability":{"retryable":false}}"#), (Rejected, Scope::Request));
        assert_eq!(judge(401, r#"{"availability":{"retryable":false}}"#), (Unauthorized, Scope::Endpoint));
        assert_eq!(judge(503, r#"{"availability":null}"#), (Unavailable, Scope::Model));
    }

    #[test]
    fn an_unknown_type_leaves_it_to_the_status() {
        assert_eq!(judge(503, r#"{"metadata":{"error_type":"unmapped"}}"#), (Unavailable, Scope::Model));
        assert_eq!(judge(429, r#"{"code":"insufficient_quota"}"#), (InsufficientCredits, Scope::Endpoint));
        assert_eq!(judge(500, r#"{"metadata":"odd","code":{},"message":5}"#), (Unavailable, Scope::Model));
    }
}
