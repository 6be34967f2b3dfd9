//! The table of errors (docs/failures.md), row by row, each in the spellings of several gateways: what it is, and how
//! far the fault reaches.

use llm_router_core::{Failure, Reason, Scope};

use crate::support::{answer, Caller, Gateway, Step};

use Reason::{
    BadAnswer, InsufficientCredits, ModelNotFound, Moderated, RateLimited, Rejected, Timeout, TooExpensive,
    Unauthorized, Unavailable,
};

pub(crate) type Row<'r> = (u16, &'r str);

/// Each answer over a socket, of one gateway.
pub(crate) async fn failures(rows: &[Row<'_>]) -> Vec<Failure> {
    let script = rows.iter().map(|(status, body)| vec![Step::Send(answer(&format!("{status} Scripted"), "", body))]);
    let gateway = Gateway::start(script.collect());
    let caller = Caller::of(gateway.address);
    let mut failures = Vec::new();
    for (status, body) in rows {
        failures.push(caller.attempt().await.expect_err(&format!("{status} {body}")));
    }
    failures
}

pub(crate) async fn all_are(reason: Reason, scope: Scope, rows: &[Row<'_>]) {
    for ((status, body), failure) in rows.iter().zip(failures(rows).await) {
        assert_eq!((failure.reason, failure.scope), (reason, scope), "{status} {body}");
        assert_eq!(failure.body.is_some(), scope == Scope::Request, "{status} {body}");
    }
}

#[tokio::test]
async fn the_request_is_at_fault_where_nothing_says_otherwise() {
    let rows = [
        (400, "{}"),
        (400, ""),
        (400, "<html><h1>400 Bad Request</h1></html>"),
        (412, "{}"),
        (413, "<html><h1>413 Request Entity Too Large</h1></html>"),
        (422, r#"{"detail":[{"loc":["body","messages"],"msg":"field required","type":"value_error.missing"}]}"#),
        (400, r#"{"error":{"code":400,"message":"max_tokens is too large"}}"#),
        (
            400,
            r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model.","type":"invalid_request_error","code":"unsupported_parameter"}}"#,
        ),
        (400, r#"[{"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}}]"#),
        (400, r#"{"error":{"metadata":{"error_type":"something_new"}}}"#),
        (404, r#"{"error":{"message":"bad","error_type":"invalid_request"}}"#),
        (502, r#"{"error":{"message":"bad","metadata":{"error_type":"invalid_prompt"}}}"#),
        (409, r#"{"error":{"error_type":"unprocessable"}}"#),
        (502, r#"{"error":{"error_type":"image_something_new"}}"#),
        (424, r#"{"error":{"error_type":"image_download_failed"}}"#),
        (200, r#"{"error":{"type":"invalid_request_error","message":"messages: field required"}}"#),
        (200, r#"{"error":{"message":"bad","http_status":400}}"#),
        (200, r#"[{"error":{"code":400,"message":"bad"}}]"#),
    ];
    all_are(Rejected, Scope::Request, &rows).await;
}

#[tokio::test]
async fn moderation_guardrails_and_refusals_stop_whatever_the_status() {
    let rows = [
        (
            403,
            r#"{"error":{"code":403,"message":"no","metadata":{"reasons":["violence"],"flagged_input":"x","provider_name":"P"}}}"#,
        ),
        (403, r#"{"error":{"reasons":["violence"]}}"#),
        (403, r#"{"error":{"metadata":{"patterns":["ssn"]}}}"#),
        (403, r#"{"error":{"flagged_input":"hurt him"}}"#),
        (200, r#"{"error":{"code":403,"metadata":{"reasons":["violence"]}}}"#),
        (400, r#"{"error":{"error_type":"content_policy_violation"}}"#),
        (502, r#"{"error":{"metadata":{"error_type":"refusal"}}}"#),
        (
            400,
            r#"{"error":{"message":"The response was filtered","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
        ),
        (400, r#"{"error":{"message":"litellm.ContentPolicyViolationError: no","type":null,"code":"400"}}"#),
        (446, r#"{"error":{"message":"The guardrail checks failed","type":"hooks_failed","code":null}}"#),
        (403, r#"{"message":"Your input was flagged by our safety filters"}"#),
        (403, r#"{"code":"The caller does not have permission","error":"Content violates usage guidelines."}"#),
        (
            400,
            r#"{"error":{"message":"Content Exists Risk","type":"invalid_request_error","code":"invalid_request_error"}}"#,
        ),
    ];
    all_are(Moderated, Scope::Request, &rows).await;
}

#[tokio::test]
async fn a_model_that_is_not_here_not_for_us_or_no_more_is_left_for_the_next() {
    let codes = [
        "model_not_found",
        "wrong_endpoint",
        "no_endpoints",
        "model_deprecated",
        "model_unavailable_upstream",
        "privacy_restricted",
        "constraint_filtered",
        "free_variant_ended",
        "region_restricted",
    ];
    let available: Vec<String> = codes
        .iter()
        .flat_map(|code| {
            let availability = format!(r#""availability":{{"code":"{code}","retryable":false}}"#);
            [format!(r#"{{"error":{{{availability}}}}}"#), format!(r#"{{"error":{{"metadata":{{{availability}}}}}}}"#)]
        })
        .collect();
    let mut rows = vec![
        (404, ""),
        (404, "{}"),
        (410, "{}"),
        (451, "{}"),
        (404, "<html>Not Found</html>"),
        (400, r#"{"error":{"message":"a/b is not a valid model ID","code":400}}"#),
        (400, r#"{"error":{"message":"a/b is not a valid model ID","error_type":"invalid_request"}}"#),
        (404, r#"{"error":"model 'llama9' not found, try pulling it first"}"#),
        (400, r#"{"error":"model 'llama9' not found, try pulling it first"}"#),
        (400, r#"{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#),
        (
            400,
            r#"{"error":{"message":"The model `x` has been decommissioned","type":"invalid_request_error","code":"model_decommissioned"}}"#,
        ),
        (400, r#"{"error":{"message":"no","code":"model_not_supported"}}"#),
        (
            403,
            r#"{"error":{"message":"Country, region, or territory not supported","type":"request_forbidden","code":"unsupported_country_region_territory"}}"#,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"#,
        ),
        (400, r#"{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}"#),
        (
            400,
            r#"{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
        ),
        (400, r#"{"error":{"code":"DeploymentNotFound","message":"no"}}"#),
        (400, r#"{"error":{"code":"OperationNotSupported","message":"no"}}"#),
        (
            400,
            r#"{"error":{"message":"/chat/completions: Invalid model name passed in model=x","type":"invalid_request_error","code":"400"}}"#,
        ),
        (400, r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#),
        (400, r#"{"CODE":"MODEL_NOT_FOUND","MESSAGE":"no"}"#),
        (400, r#"{"message":"The provided model identifier is invalid."}"#),
        (
            400,
            r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error","code":"invalid_request_error"}}"#,
        ),
        (400, r#"{"errors":[{"code":"model_not_found","message":"no"}]}"#),
        (400, r#"{"error":[{"code":["model_not_found"]}]}"#),
        (400, r#"{"detail":{"error":{"code":"model_not_found"}}}"#),
        (400, r#"{"error":{"message":"no","http_status":404}}"#),
        (400, r#"{"error":"{\"error\":{\"code\":\"model_not_found\"}}"}"#),
        (400, "The model `x` does not exist"),
        (200, r#"{"error":{"message":"no","http_status":404}}"#),
        (200, r#"{"object":"error","message":"no","type":"NotFoundError","code":404}"#),
    ];
    rows.extend(available.iter().flat_map(|body| [400, 403, 404].map(|status| (status, body.as_str()))));
    all_are(ModelNotFound, Scope::Model, &rows).await;
}

#[tokio::test]
async fn what_passes_by_itself_is_left_for_the_next() {
    let rows = [
        (429, ""),
        (429, r#"{"error":{"code":429,"message":"slow down"}}"#),
        (400, r#"{"error":{"metadata":{"error_type":"rate_limit_exceeded"}}}"#),
        (
            413,
            r#"{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 9000","type":"tokens","code":"rate_limit_exceeded"}}"#,
        ),
        (413, r#"{"error":{"message":"Request too large for model `x` on tokens per minute (TPM): Limit 6000"}}"#),
        (
            429,
            r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}]"#,
        ),
        (400, r#"{"__type":"ThrottlingException","message":"Too many tokens, please wait"}"#),
        (400, r#"{"error":{"message":"litellm.RateLimitError: no","type":"throttling_error","code":"400"}}"#),
        (400, r#"{"status_code":429,"error":{"type":null,"message":"no"}}"#),
        (400, r#"{"__type":"com.amazon.coral.service#ThrottlingException","message":"no"}"#),
        (
            429,
            r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock more","code":429}}"#,
        ),
        (400, r#"{"error":{"message":"no","metadata":"{\"error_type\":\"rate_limit_exceeded\"}"}}"#),
        (400, "Too many requests"),
        (
            402,
            r#"{"error":{"error_type":"payment_required","message":"Requires more credits","metadata":{"limit_source":"openrouter_in_flight_budget"}}}"#,
        ),
        (402, r#"{"error":{"code":402,"metadata":{"limit_source":"openrouter_in_flight_budget"}}}"#),
        (402, r#"{"error":{"metadata":{"reason":"in_flight_budget_exhausted"}}}"#),
        (402, r#"{"error":{"limit_source":"openrouter_in_flight_budget","message":"wait, or add credits"}}"#),
        (200, r#"{"code":429,"message":"slow down"}"#),
    ];
    all_are(RateLimited, Scope::Model, &rows).await;
    let rows = [
        (409, "{}"),
        (425, "{}"),
        (498, r#"{"error":{"message":"Flex tier capacity exceeded","type":"capacity_exceeded"}}"#),
        (498, ""),
        (500, ""),
        (502, "<html>Bad gateway</html>"),
        (524, ""),
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
        (400, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#),
        (400, r#"{"error":{"error_type":"provider_overloaded"}}"#),
        (400, r#"{"error":{"error_type":"provider_unavailable"}}"#),
        (400, r#"{"error":{"error_type":"server"}}"#),
        (400, r#"{"error":{"error_type":"unmapped"}}"#),
        (400, r#"{"error":{"availability":{"code":"capacity_exhausted"}}}"#),
        (404, r#"{"error":{"availability":{"code":"temporarily_unavailable","retryable":true}}}"#),
        (500, r#"{"error":{"metadata":"odd","code":{},"message":5}}"#),
        (200, r#"{"error":{"message":"no","type":"server_error"}}"#),
        (200, r#"{"errors":[{"message":"The model is overloaded"}]}"#),
        (200, r#"{"choices":[{"message":{"content":"Hel"},"finish_reason":"error","error":{"http_status":503}}]}"#),
        (503, r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#),
        (
            400,
            r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"P","raw":"{\"code\":503}"}}}"#,
        ),
    ];
    all_are(Unavailable, Scope::Model, &rows).await;
    let rows = [
        (408, "{}"),
        (400, r#"{"error":{"error_type":"timeout"}}"#),
        (502, r#"{"error":{"message":"upstream request timed out"}}"#),
        (500, r#"{"error":{"code":500,"message":"no","status":"DEADLINE_EXCEEDED"}}"#),
    ];
    all_are(Timeout, Scope::Model, &rows).await;
}

#[tokio::test]
async fn the_key_is_the_endpoints() {
    let rows = [
        (401, ""),
        (401, r#"{"detail":"Unauthorized"}"#),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}]"#,
        ),
        (400, r#"{"error":{"status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#),
        (403, r#"{"error":{"message":"no","type":"invalid_request_error","code":"invalid_api_key"}}"#),
        (400, r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***xa."}"#),
        (500, r#"{"error":{"message":"litellm.AuthenticationError: no","code":"500"}}"#),
        (400, r#"{"error":{"error_type":"authentication"}}"#),
        (200, r#"{"error":{"code":401,"message":"no"}}"#),
        (200, r#"{"error":{"type":"authentication_error","message":"no"}}"#),
    ];
    all_are(Unauthorized, Scope::Endpoint, &rows).await;
}

#[tokio::test]
async fn the_keys_money_is_the_endpoints() {
    let rows = [
        (402, ""),
        (402, r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#),
        (
            402,
            r#"{"error":{"metadata":{"limit_source":"openrouter_in_flight_budget","reason":"weight_exceeds_budget"}}}"#,
        ),
        (402, r#"{"error":{"metadata":{"limit_source":"openrouter_credits"}}}"#),
        (403, r#"{"error":{"metadata":{"limit_source":"key","limit_usd":5,"spend_usd":5.1,"resets_at":null}}}"#),
        (403, r#"{"error":{"limit_usd":5}}"#),
        (403, r#"{"error":{"message":"Key limit exceeded (total limit). Manage it in your settings.","code":403}}"#),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
        ),
        (412, r#"{"error":"Account is suspended, possibly due to reaching the monthly spending limit"}"#),
        (
            400,
            r#"{"error":{"message":"Budget has been exceeded! Current cost: 5, Max budget: 4","type":"budget_exceeded","code":"400"}}"#,
        ),
        (400, "insufficient balance"),
        (403, r#"{"code":30001,"message":"Sorry, your account balance is insufficient","data":null}"#),
        (200, r#"{"error":{"message":"no","code":402}}"#),
        (400, r#"{"error":{"message":"no","code":402}}"#),
        (422, r#"{"error":{"message":"no","http_status":402}}"#),
    ];
    all_are(InsufficientCredits, Scope::Endpoint, &rows).await;
}

#[tokio::test]
async fn what_the_balance_does_not_allow_for_this_model_is_the_models() {
    let words = "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 4000.";
    let body = format!(r#"{{"error":{{"message":"{words}","code":402}}}}"#);
    let typed =
        format!(r#"{{"error":{{"message":"{words}","code":402,"metadata":{{"limit_source":"openrouter_credits"}}}}}}"#);
    let prompt =
        r#"{"error":{"message":"Prompt tokens limit exceeded: 9000 > 4000. To increase, upgrade.","code":402}}"#;
    all_are(
        InsufficientCredits,
        Scope::Model,
        &[(402, prompt), (402, &body), (402, &typed), (400, words), (200, &body)],
    )
    .await;
}

#[tokio::test]
async fn what_one_provider_behind_the_gateway_did_is_the_models() {
    let of = |code: u16| {
        format!(
            r#"{{"error":{{"code":{code},"message":"Provider returned error","metadata":{{"provider_name":"P","raw":"no"}}}}}}"#
        )
    };
    let (key, money) = (of(401), of(402));
    let raw = r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"P","raw":"{\"error\":{\"code\":\"invalid_api_key\"}}"}}}"#;
    all_are(Unauthorized, Scope::Model, &[(401, &key), (200, &key), (400, raw)]).await;
    all_are(InsufficientCredits, Scope::Model, &[(402, &money), (200, &money)]).await;
}

#[tokio::test]
async fn availability_never_stops_a_chain() {
    let rows = [
        (400, r#"{"error":{"availability":{"retryable":true}}}"#),
        (404, r#"{"error":{"availability":{"retryable":true,"retry_after":3}}}"#),
        (503, r#"{"error":{"availability":{"retryable":false}}}"#),
        (503, r#"{"error":{"availability":null}}"#),
    ];
    all_are(Unavailable, Scope::Model, &rows).await;
    all_are(RateLimited, Scope::Model, &[(429, r#"{"error":{"availability":{"retryable":false}}}"#)]).await;
    let rows = [
        (400, r#"{"error":{"availability":{"retryable":false}}}"#),
        (400, r#"{"error":{"metadata":{"availability":{"code":"something_new"}}}}"#),
        (
            422,
            r#"{"error":{"error_type":"invalid_request","availability":{"code":"something_new","retryable":false}}}"#,
        ),
    ];
    all_are(Rejected, Scope::Model, &rows).await;
}

#[tokio::test]
async fn what_is_not_known_to_be_the_requests_fault_is_not() {
    let rows = [
        (403, ""),
        (403, "{}"),
        (403, r#"{"error":{"code":403,"message":"Forbidden"}}"#),
        (403, "<html>Sorry, you have been blocked</html>"),
        (405, "{}"),
        (418, "{}"),
        (423, r#"{"error":{"code":"something_new"}}"#),
        (403, r#"{"error":{"message":"You may not sample from it","type":"invalid_request_error"}}"#),
        (
            403,
            r#"{"error":{"message":"A violation of provider Terms Of Service.","code":403,"metadata":{"provider_name":"P"}}}"#,
        ),
        (403, r#"{"error":{"metadata":{"reasons":[],"patterns":null}}}"#),
        (431, ""),
        (499, ""),
    ];
    all_are(Rejected, Scope::Model, &rows).await;
    let rows = [
        (403, r#"{"type":"error","error":{"type":"permission_error","message":"no"}}"#),
        (403, r#"[{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}]"#),
        (400, r#"{"__type":"AccessDeniedException","Message":"no"}"#),
        (
            401,
            r#"{"error":{"message":"key not allowed to access model. Tried to access x","type":"key_model_access_denied","code":"401"}}"#,
        ),
    ];
    all_are(Unauthorized, Scope::Model, &rows).await;
    let rows = [
        (
            400,
            r#"{"error":{"message":"no","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}"#,
        ),
        (200, r#"{"error":{"message":"no luck"}}"#),
        (200, r#"{"error":{"code":"something_new"}}"#),
        (200, r#"{"detail":"no luck"}"#),
        (200, r#"{"message":"no luck"}"#),
        (200, r#"[{"error":{"message":"no luck"}}]"#),
    ];
    all_are(BadAnswer, Scope::Model, &rows).await;
}

#[tokio::test]
async fn a_price_that_no_provider_serves_at_is_too_expensive() {
    let rows =
        [(404, r#"{"error":{"availability":{"code":"constraint_filtered","constraint":{"field":"max_price"}}}}"#)];
    all_are(TooExpensive, Scope::Model, &rows).await;
}

/// Else one caller's prompt could cool an endpoint down for all.
#[tokio::test]
async fn nobodys_prompt_has_a_say_in_it() {
    let prompt = "Is it the key limit exceeded, or an invalid api key, or was it flagged by them?";
    let quoted = format!(r#"{{"error":{{"message":"Invalid value: '{prompt}'"}}}}"#);
    let body = answer("400 Bad Request", "", quoted);
    let gateway = Gateway::start(vec![vec![Step::Send(body)]]);
    let mut caller = Caller::of(gateway.address);
    caller.request = crate::support::messages(&format!(r#"[{{"role":"user","content":"{prompt}"}}]"#));
    let failure = caller.attempt().await.unwrap_err();
    assert_eq!((failure.reason, failure.scope), (Rejected, Scope::Request));
}

#[tokio::test]
async fn what_a_gateway_says_is_shown_wherever_it_says_it() {
    let rows = [
        (500, r#"{"error":{"message":"no luck"},"message":"no luck"}"#, "no luck"),
        (500, r#"{"error":{"message":"inner"},"message":"outer"}"#, "inner: outer"),
        (500, r#"{"detail":"no luck"}"#, "no luck"),
        (500, r#"{"errors":[{"message":"no luck"}]}"#, "no luck"),
        (500, r#"[{"error":{"message":"no luck"}}]"#, "no luck"),
        (500, r#"{"detail":[{"msg":"no luck"}]}"#, "no luck"),
        (500, "no luck", "no luck"),
        (500, r#""no luck""#, "no luck"),
        (500, "<html>no luck</html>", "the endpoint gave no reason"),
        (500, r#"{"error":{"message":"no luck","metadata":{"provider_name":"P","raw":"busy"}}}"#, "P: no luck: busy"),
        (500, r#"{"error":{"metadata":{"provider_name":"P"}}}"#, "P: the endpoint gave no reason"),
        (500, r#"{"error":{"message":"no luck","metadata":{"raw":"x"#, "the endpoint gave no reason"),
        (200, r#"{"choices":[]}"#, "the answer has no choices"),
        (200, r#"{"message":"perhaps it is the answer"}"#, "the answer has no choices"),
    ];
    let answers: Vec<Row<'_>> = rows.iter().map(|(status, body, _)| (*status, *body)).collect();
    for ((_, body, message), failure) in rows.iter().zip(failures(&answers).await) {
        assert_eq!(failure.message, *message, "{body}");
    }
}

#[tokio::test]
async fn how_long_to_leave_it_alone_is_read_wherever_it_stands() {
    let rows = [
        (429, r#"{"error":{"availability":{"retry_after":3},"metadata":{"retry_after_seconds":9}}}"#),
        (429, r#"{"error":{"metadata":{"retry_after_seconds":9,"availability":{"retry_after":"3"}}}}"#),
        (429, r#"{"error":{"metadata":{"retry_after_seconds":3}}}"#),
        (429, r#"{"error":{"retry_after":3}}"#),
        (429, r#"[{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3s"}]}}]"#),
    ];
    for ((_, body), failure) in rows.iter().zip(failures(&rows).await) {
        assert_eq!(failure.retry_after.map(|wait| wait.as_secs()), Some(3), "{body}");
    }
}

#[tokio::test]
async fn the_name_of_a_model_has_no_say_in_it_either() {
    let body = r#"{"error":{"message":"nvidia/nemo-guardrails is down"}}"#;
    let gateway = Gateway::start(vec![vec![Step::Send(answer("500 Scripted", "", body))]]);
    let mut caller = Caller::of(gateway.address);
    caller.candidate.model = "nvidia/nemo-guardrails".to_owned();
    assert_eq!(caller.attempt().await.unwrap_err().reason, Unavailable);
}

/// It may be anything, and may have been billed.
#[tokio::test]
async fn a_list_without_an_error_is_no_error() {
    for failure in failures(&[(200, "[]"), (200, "[1,2]"), (200, r#"["You are flagged by me"]"#)]).await {
        assert_eq!((failure.reason, failure.uncertain), (BadAnswer, true));
    }
}

/// `retryable: true` with a code that says which transient failure it is; a limit beside a status that passes by itself.
#[tokio::test]
async fn a_transient_failure_keeps_its_kind() {
    let availability = |error: &str| format!(r#"{{"error":{{{error},"availability":{{"retryable":true}}}}}}"#);
    let limited = availability(r#""code":"rate_limit_exceeded","message":"slow down""#);
    let limit = r#"{"error":{"code":429,"message":"slow down","metadata":{"limit_source":"provider"}}}"#;
    all_are(RateLimited, Scope::Model, &[(400, &limited), (429, limit)]).await;
    let late = availability(r#""code":"timeout","message":"late""#);
    all_are(Timeout, Scope::Model, &[(400, &late)]).await;
}

/// Inside a 200, the status that the error names is all there may be.
#[tokio::test]
async fn a_status_inside_a_200_is_judged_as_one_outside() {
    let inside = |status: u16| (200, format!(r#"{{"error":{{"message":"bad","http_status":{status}}}}}"#));
    for (status, reason, scope) in [
        (401, Unauthorized, Scope::Endpoint),
        (402, InsufficientCredits, Scope::Endpoint),
        (404, ModelNotFound, Scope::Model),
        (429, RateLimited, Scope::Model),
        (503, Unavailable, Scope::Model),
    ] {
        let (outer, body) = inside(status);
        all_are(reason, scope, &[(outer, &body)]).await;
    }
}
