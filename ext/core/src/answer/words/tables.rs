//! The words in which gateways and vendors say what went wrong. A new one goes into the row of its kind.

use super::Kind;

/// Codes, types and the names of exceptions. Case, signs and `_error` or `Exception` at the end do not matter.
#[rustfmt::skip]
pub(super) const CODES: &[(Kind, &[&str])] = &[
    (Kind::Money, &[
        "insufficient_quota", "insufficient_credits", "insufficient_balance", "insufficient_funds", "payment_required",
        "billing_hard_limit_reached", "billing_not_active", "account_not_active", "budget_exceeded", "credits_exhausted",
        "spending_limit_exceeded", "key_limit_exceeded", "credit_limit", "credit_limit_exceeded", "billing",
        "exceeded_budget", "Arrearage",
    ]),
    (Kind::InFlight, &["openrouter_in_flight_budget", "in_flight_budget_exhausted"]),
    (Kind::NeverFits, &["weight_exceeds_budget"]),
    (Kind::Moderated, &[
        "content_policy_violation", "refusal", "content_filter", "content_filtered", "content_blocked",
        "ResponsibleAIPolicyViolation", "DataInspectionFailed", "moderation_blocked", "prompt_blocked", "hooks_failed",
        "guardrail_violation", "guardrail_intervened", "sensitive_content", "prohibited_content",
    ]),
    (Kind::RateLimited, &[
        "rate_limit_exceeded", "rate_limit_reached", "rate_limit", "rate_limited", "too_many_requests",
        "resource_exhausted", "token_quota_exceeded", "quota_exceeded", "service_quota_exceeded", "throttling",
        "throttled", "request_throttled", "queue_exceeded", "model_rate_limit", "dynamic_request_limited",
        "throttling_rate_quota", "throttling_allocation_quota", "throttling_burst_rate",
    ]),
    (Kind::Unavailable, &[
        "provider_overloaded", "provider_unavailable", "server", "unmapped", "capacity_exhausted", "capacity_exceeded",
        "temporarily_unavailable", "overloaded", "model_overloaded", "engine_overloaded", "internal_server", "internal",
        "internal_failure", "service_unavailable", "unavailable", "bad_gateway", "model_not_ready", "model_loading",
        "service_tier_capacity_exceeded", "no_healthy_upstream", "no_capacity", "deployment_not_ready",
        "model_error", "model_stream_error",
    ]),
    (Kind::Timeout, &["timeout", "request_timeout", "gateway_timeout", "deadline_exceeded", "model_timeout"]),
    (Kind::BadAnswer, &["json_validate_failed", "tool_use_failed", "malformed_function_call"]),
    (Kind::TooLong, &[
        "context_length_exceeded", "context_window_exceeded", "exceed_context_size", "tokens_limit_reached",
        "prompt_too_long", "input_too_long", "context_length_error", "context_window_overflow",
        "model_max_prompt_tokens_exceeded",
    ]),
    (Kind::NoModel, &[
        "model_not_found", "wrong_endpoint", "no_endpoints", "model_deprecated", "model_unavailable_upstream",
        "privacy_restricted", "constraint_filtered", "free_variant_ended", "region_restricted", "not_found",
        "resource_not_found", "model_decommissioned", "model_not_supported", "model_not_available", "model_unavailable",
        "unavailable_model", "unsupported_model", "unknown_model", "invalid_model", "model_not_allowed",
        "model_not_active", "model_terms_required", "model_permission_blocked_org", "deployment_not_found",
        "operation_not_supported", "no_providers_available", "resource_does_not_exist", "unsupported_country_region_territory", "unsupported_country", "unsupported_region",
        "user_location_not_supported",
    ]),
    (Kind::Key, &[
        "authentication", "unauthorized", "unauthenticated", "invalid_api_key", "api_key_invalid", "api_key_expired",
        "api_key_disabled", "incorrect_api_key", "missing_api_key", "no_api_key", "invalid_authentication",
        "invalid_auth", "account_deactivated", "account_suspended", "access_terminated", "unrecognized_client",
        "expired_token",
    ]),
    (Kind::Permission, &[
        "permission", "permission_denied", "access_denied", "insufficient_permissions", "key_model_access_denied",
        "team_model_access_denied", "user_model_access_denied",
    ]),
    (Kind::Request, &[
        "invalid_prompt", "precondition_failed", "payload_too_large", "unprocessable", "string_too_long",
        "max_tokens_exceeded", "token_limit_exceeded", "invalid_image", "unsupported_image_format", "invalid_base64_image",
        "invalid_image_url", "unsupported_parameter", "unsupported_value", "invalid_type",
        "missing_required_parameter", "unknown_parameter",
    ]),
    (Kind::Generic, &["invalid_request", "bad_request", "invalid_argument"]),
];

/// Parts of messages, in lower case, with blanks for `_`; `*` stands for a few words. The first row that fits counts.
#[rustfmt::skip]
pub(super) const PHRASES: &[(Kind, &[&str])] = &[
    (Kind::CannotAfford, &["can only afford", "requires more credits", "fewer max tokens", "prompt tokens limit exceeded"]),
    (Kind::Money, &[
        "insufficient balance", "insufficient credit", "insufficient fund", "insufficient quota", "not enough credit",
        "not enough balance", "balance is insufficient", "余额不足", "credit balance is too low", "out of credit", "no credits left", "credits are depleted",
        "used all available credits", "monthly included credits", "key limit exceeded", "credit limit exceeded", "spending limit", "spend limit",
        "specified api usage limits", "billing hard limit", "account is not active", "inactive subscription",
        "budget has been exceeded", "budget exceeded", "payment required", "please recharge",
    ]),
    (Kind::Moderated, &[
        "content policy", "content management policy", "usage policy", "usage policies", "input was flagged",
        "prompt was flagged", "flagged by", "flagged as", "flagged for", "blocked by*safety", "blocked by*content filter",
        "guardrail", "safety system", "safety policy", "usage guidelines", "inappropriate content", "content exists risk",
    ]),
    (Kind::RateLimited, &[
        "rate limit", "rate-limit", "ratelimit", "too many requests", "too many concurrent", "tokens per min",
        "tokens per day", "requests per min", "requests per day", "resource exhausted", "exceeded your current quota",
        "quota exceeded", "throttled",
    ]),
    (Kind::Request, &["max tokens*must be less than"]),
    (Kind::TooLong, &[
        "maximum context length", "context length", "context window", "context size", "exceed context limit",
        "prompt is too long", "prompt is too large", "prompt too long", "prompt exceeds max", "input is too long",
        "input too long", "too many input tokens", "too many tokens:", "reduce the length of the messages",
        "exceeds the maximum number of tokens", "range of input length", "maximum prompt length", "shorter prompt",
        "exceeded model token limit", "maximum model length", "maximum allowed input length", "input length*exceed",
        "input tokens exceed", "number of input tokens", "input token count is", "prompt token count of",
        "tokens*must be <=", "must have less than*tokens", "tokens, exceeding max", "more than max tokens allowed",
        "exceed max message tokens", "text cannot exceed*tokens", "body too large for*tokens",
        ".content': string too long", ".text': string too long", "'input': string too long",
    ]),
    (Kind::NoModel, &[
        "location is not supported", "region is not supported", "country is not supported", "territory not supported",
        "not available in your", "not supported in your", "not a valid model", "no such model", "unknown model",
        "invalid model", "unsupported model", "unable to access model", "no endpoints found", "no allowed providers",
        "no available channel", "model*not found", "model*not exist", "model*doesn't exist",
        "model*is not supported", "model*decommissioned", "model*has been deprecated",
        "model*has been retired", "model*no longer available", "model*isn't supported", "model identifier is invalid", "deployment*not exist", "llm provider not provided",
    ]),
    (Kind::Permission, &["not allowed to access*model", "not have access to*model", "don't have access to*model"]),
    (Kind::Key, &[
        "invalid api key", "incorrect api key", "invalid x-api-key", "api key not valid", "api key expired",
        "api key not found", "api key is invalid", "api key has been disabled", "api key has been revoked",
        "no auth credentials", "authentication fail", "authentication error", "invalid authentication", "unauthorized",
        "no api key", "missing api key", "provide an api key",
    ]),
    (Kind::Timeout, &["timed out", "request timeout", "gateway timeout", "deadline exceeded"]),
    (Kind::Unavailable, &[
        "overloaded", "at capacity", "over capacity", "currently loading", "loading model", "temporarily unavailable",
        "service unavailable", "currently unavailable", "try again later", "no healthy upstream",
        "upstream connect error", "internal server error", "bad gateway",
    ]),
];
