//! Each gateway's and vendor's way of saying that the prompt is too long for the model, and how much of it the router
//! reads. Whether a candidate with a larger window is tried is up to the walk.

use llm_router_core::{Length, Reason, Scope};

use crate::judgement::{all_are, failures};

fn message(words: &str) -> String {
    format!(r#"{{"error":{{"message":{words:?},"type":"invalid_request_error","code":400}}}}"#)
}

#[tokio::test]
async fn the_words_of_each_say_that_the_prompt_is_too_long() {
    #[rustfmt::skip]
    let rows: &[(&str, Option<u64>, Option<u64>)] = &[
        // OpenRouter
        ("This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens (130000 of text input, 10000 in the output). Please reduce the length of either one, or use the \"middle-out\" transform to compress your prompt automatically.", Some(140_000), Some(131_072)),
        ("Input length 131393 exceeds the maximum allowed input length of 131040 tokens.", Some(131_393), Some(131_040)),
        // OpenAI, Azure, DeepSeek, Groq, Cerebras
        ("This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.", Some(130_000), Some(128_000)),
        ("This model's maximum context length is 8,192 tokens, however you requested 10,000 tokens (10,000 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.", Some(10_000), Some(8_192)),
        ("Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens. Please reduce the length of the messages.", Some(509_178), Some(272_000)),
        ("Your input exceeds the context window of this model. Please adjust your input and try again.", None, None),
        ("Invalid 'input': maximum context length is 8192 tokens.", None, Some(8_192)),
        ("Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760, but instead got a string with length 12345678 instead.", None, None),
        ("Invalid 'messages[1].content[0].text': string too long. Expected a string with maximum length 10485760, but instead got a string with length 12345678 instead.", None, None),
        ("This model's maximum context length is 131072 tokens. However, you requested 140000 tokens (136000 in the messages, 4000 in the completion). Please reduce the length of the messages or completion.", Some(140_000), Some(131_072)),
        ("Request body too large for gpt-4o model. Max size: 8000 tokens.", None, Some(8_000)),
        ("Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192", Some(9_000), Some(8_192)),
        // Anthropic
        ("prompt is too long: 208310 tokens > 200000 maximum", Some(208_310), Some(200_000)),
        ("input length and `max_tokens` exceed context limit: 199211 + 20000 > 200000, decrease input length or `max_tokens` and try again", Some(199_211), Some(200_000)),
        // Gemini, Vertex
        ("The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).", Some(1_048_577), Some(1_048_576)),
        ("The input token count exceeds the maximum number of tokens allowed 1048576.", None, Some(1_048_576)),
        ("Unable to submit request because the input token count is 32769 but model only supports up to 32768. Reduce the input token count and try again. You can also use the CountTokens API to calculate prompt token count and billable characters.", Some(32_769), Some(32_768)),
        // Mistral
        ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", Some(40_000), Some(32_768)),
        ("Prompt is too large for model", None, None),
        ("The number of tokens in the prompt exceeds the model's maximum context length of 32768.", None, Some(32_768)),
        ("Input id 0 has 9000 tokens, exceeding max 8192 tokens.", Some(9_000), Some(8_192)),
        // Cohere
        ("too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 8000. Try using a shorter prompt, or enabling prompt truncating.", Some(8_000), Some(4_081)),
        ("too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs. The limit for this model is 128000 tokens.", None, Some(128_000)),
        // xAI
        ("This model's maximum prompt length is 131072 but the request contains 537812 tokens.", Some(537_812), Some(131_072)),
        // Together, SGLang
        ("The input (140000 tokens) is longer than the model's context length (131072 tokens).", Some(140_000), Some(131_072)),
        ("Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a total of 132528 tokens: 66992 tokens from the input messages and 65536 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.", Some(132_528), Some(131_072)),
        // Fireworks
        ("The prompt is too long: 140000, model maximum context length: 131071", Some(140_000), Some(131_071)),
        // Bedrock
        ("Input is too long for requested model.", None, None),
        ("The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.", None, None),
        ("400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9000", Some(9_000), Some(8_192)),
        // vLLM
        ("This model's maximum context length is 16384 tokens. However, your request has 19427 input tokens. Please reduce the length of the input messages. (parameter=input_tokens, value=19427)", Some(19_427), Some(16_384)),
        ("You passed 20000 input tokens and requested 100 output tokens. However, the model's context length is only 16384 tokens, resulting in a maximum input length of 16284 tokens. Please reduce the length of the input prompt.", Some(20_000), Some(16_384)),
        ("The decoder prompt (length 8357) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.", Some(8_357), Some(8_192)),
        ("'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context length is 8192 tokens and your request has 500 input tokens (8000 > 8192 - 500).", Some(500), Some(8_192)),
        // Text Generation Inference, Text Embeddings Inference
        ("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 1 `max_new_tokens`", Some(9_000), Some(8_193)),
        ("Input validation error: `inputs` must have less than 4096 tokens. Given: 5000", Some(5_000), Some(4_096)),
        // llama.cpp, llama-cpp-python
        ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", Some(5_000), Some(4_096)),
        ("the request exceeds the available context size. try increasing the context size or enable context shift", None, None),
        ("Context size has been exceeded.", None, None),
        ("Requested tokens (2065) exceed context window of 1800", Some(2_065), Some(1_800)),
        // Ollama, LM Studio
        ("the input length exceeds the context length", None, None),
        ("prompt too long; exceeded max context length by 2 tokens", None, None),
        ("Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.", None, Some(4_096)),
        ("The number of tokens to keep from the initial prompt is greater than the context length.", None, None),
        // Moonshot, MiniMax, Z.ai, Qwen, Doubao
        ("Your request exceeded model token limit: 8192 (requested: 9000)", Some(9_000), Some(8_192)),
        ("invalid params, context window exceeds limit (2013)", None, None),
        ("Prompt exceeds max length", None, None),
        ("tokens in request more than max tokens allowed", None, None),
        ("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]", None, Some(30_720)),
        ("Input length 131073 exceeds the maximum length 131072", Some(131_073), Some(131_072)),
        ("Total tokens of image and text exceed max message tokens", None, None),
        // GitHub, Cloudflare, watsonx, Voyage, Jina, DS4
        ("prompt token count of 130000 exceeds the limit of 128000", Some(130_000), Some(128_000)),
        ("AiError: The estimated number of input and maximum output tokens (9000) exceeded this model context window limit (8000).", Some(9_000), Some(8_000)),
        ("Invalid input argument for Model: the number of input tokens 9000 cannot exceed the total tokens limit 8192 for this model", Some(9_000), Some(8_192)),
        ("The example at index 0 in your batch has too many tokens and does not fit into the model's context window of 32000 tokens. Please lower the number of tokens in the listed example(s) or use truncation.", None, Some(32_000)),
        ("Single text cannot exceed 8194 tokens. 9000 tokens given.", None, Some(8_194)),
        ("Prompt has 150,000 tokens, but the configured context size is 128,000 tokens", Some(150_000), Some(128_000)),
        // LiteLLM, which quotes others
        ("litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - no", None, None),
    ];
    let bodies: Vec<String> = rows.iter().map(|(words, ..)| message(words)).collect();
    for status in [400, 413, 422, 500, 200] {
        let answers: Vec<(u16, &str)> = bodies.iter().map(|body| (status, body.as_str())).collect();
        for ((words, tokens, window), failure) in rows.iter().zip(failures(&answers).await) {
            assert_eq!((failure.reason, failure.scope), (Reason::TooLong, Scope::Request), "{status} {words}");
            assert_eq!(failure.length, Length { tokens: *tokens, window: *window }, "{words}");
        }
    }
}

#[tokio::test]
async fn so_do_its_codes_wherever_they_are() {
    let rows = [
        (
            400,
            r#"{"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
        ),
        (400, r#"{"error":{"metadata":{"error_type":"context_length_exceeded"}}}"#),
        (413, r#"{"error":{"code":"tokens_limit_reached"}}"#),
        (413, r#"{"error":{"code":"payload_too_large","message":"prompt is too long: 9 tokens > 8 maximum"}}"#),
        (400, r#"{"error":{"message":"no","code":"model_max_prompt_tokens_exceeded"}}"#),
        (
            400,
            r#"{"error":{"message":"no","type":"exceed_context_size_error","code":400,"n_prompt_tokens":9,"n_ctx":8}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Invalid 'messages[0].content': string too long. Expected a string with maximum length 8, but instead got a string with length 9 instead.","type":"invalid_request_error","code":"string_above_max_length"}}"#,
        ),
        (400, r#"{"error":{"message":"no","type":"ContextWindowExceededError","code":"400"}}"#),
        (
            400,
            r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"P","raw":"{\"error\":{\"code\":\"context_length_exceeded\"}}"}}}"#,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"P","raw":"{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}"}}}"#,
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"Provider returned error","metadata":{"provider_name":"P","raw":{"error":{"message":"Input is too long for requested model."}}}}}"#,
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}]"#,
        ),
        (
            400,
            r#"{"code":"Client specified an invalid argument","error":"This model's maximum prompt length is 8 but the request contains 9 tokens."}"#,
        ),
        (400, r#"{"__type":"ValidationException","message":"Input is too long for requested model."}"#),
        (
            400,
            r#"{"object":"error","message":"Prompt contains 9 tokens and 0 draft tokens, too large for model with 8 maximum context length","type":"invalid_request_message","code":3051}"#,
        ),
        (
            422,
            r#"{"error":"Input validation error: `inputs` must have less than 8 tokens. Given: 9","error_type":"validation"}"#,
        ),
        (400, r#"{"message":"too many tokens: size limit exceeded by 1 tokens."}"#),
        (400, r#"{"detail":"Single text cannot exceed 8 tokens. 9 tokens given."}"#),
        (
            400,
            r#"{"errors":[{"code":"invalid_input_argument","message":"the number of input tokens 9 cannot exceed the total tokens limit 8 for this model"}]}"#,
        ),
        (400, "prompt is too long: 9 tokens > 8 maximum"),
        (200, r#"{"error":{"code":400,"message":"This model's maximum context length is 8 tokens"}}"#),
        (
            200,
            r#"{"choices":[{"finish_reason":"error","error":{"code":400,"message":"prompt is too long: 9 tokens > 8 maximum"}}]}"#,
        ),
    ];
    all_are(Reason::TooLong, Scope::Request, &rows).await;
}

/// Other limits, which a larger window does not move.
#[tokio::test]
async fn other_limits_are_not_the_prompt_s_length() {
    let words = [
        "max_tokens is too large: 65536. This model supports at most 16384 completion tokens, whereas you provided 65536.",
        "max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens for claude",
        "`max_tokens` must be less than or equal to `32768`, the maximum value for `max_tokens` is less than the `context_window` for this model",
        "max_tokens=100000 cannot be greater than max_model_len=8192. Please request fewer output tokens.",
        "max_tokens must be at least 1, got -5.",
        "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
        "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 42 instead.",
        "Invalid 'messages[0].name': string too long. Expected a string with maximum length 64, but got a string with length 80 instead.",
        "Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 80 instead.",
        "Invalid 'tools[0].function.description': string too long. Expected a string with maximum length 1024, but got a string with length 2000 instead.",
        "Invalid 'messages[0].content[1].image_url.url': string too long. Expected a string with maximum length 20971520, but got a string with length 20971521 instead.",
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
        "tools.0.custom.name: String should have at most 64 characters",
        "the maximum length of field name is 64",
        "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes",
        "Request payload size exceeds the limit: 20971520 bytes.",
        "Request exceeds the maximum size",
        "too many messages: maximum of 2048 messages",
        "session_id exceeds the limit of 256 characters",
        "`max_tokens` must be greater than `thinking.budget_tokens`",
        "Cached content is too small. total_token_count=9, min_total_token_count=4096",
    ];
    let bodies: Vec<String> = words.iter().map(|words| message(words)).collect();
    for status in [400, 413, 422, 200] {
        let rows: Vec<(u16, &str)> = bodies.iter().map(|body| (status, body.as_str())).collect();
        all_are(Reason::Rejected, Scope::Request, &rows).await;
    }
}
