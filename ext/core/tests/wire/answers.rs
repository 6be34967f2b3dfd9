//! Answers that are good, in every shape they come in.

use std::time::Duration;

use crate::support::{answer, good_answer, gzip, json, Caller, Step};

#[tokio::test]
async fn a_good_answer_has_content_model_and_cost() {
    let body = r#"{"id":"gen-1","object":"chat.completion","created":1,"model":"anthropic/claude-4.5-sonnet",
        "provider":"Amazon Bedrock","system_fingerprint":null,
        "choices":[{"index":0,"logprobs":null,"finish_reason":"stop","native_finish_reason":"end_turn",
          "message":{"role":"assistant","content":"Hello","refusal":null,"reasoning":"A greeting."}}],
        "usage":{"prompt_tokens":8,"completion_tokens":2,"total_tokens":10,"cost":0.00012749999999999998,
          "is_byok":false,"cost_details":{"upstream_inference_cost":0.5}}}"#;
    let reply = answer("200 OK", "X-Generation-Id: gen-of-the-header\r\n", body);
    let said = Caller::receives(vec![Step::Send(reply)]).await.unwrap();
    assert_eq!(said.content(), Some("Hello"));
    assert_eq!(said.reasoning(), Some("A greeting."));
    assert_eq!(said.refusal(), None);
    assert_eq!(said.model, "anthropic/claude-4.5-sonnet");
    assert_eq!(said.provider.as_deref(), Some("Amazon Bedrock"));
    assert_eq!((said.finish_reason.as_deref(), said.native_finish_reason.as_deref()), (Some("stop"), Some("end_turn")));
    let usage = said.usage;
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, usage.total_tokens), (Some(8), Some(2), Some(10)));
    assert_eq!(said.cost.unwrap().to_string(), "0.00012749999999999998");
    assert_eq!((said.id.as_deref(), said.generation_id.as_deref()), (Some("gen-1"), Some("gen-of-the-header")));
    assert_eq!(said.body, body);
}

#[tokio::test]
async fn with_a_key_of_ones_own_the_upstream_price_comes_on_top() {
    let body = good_answer().replacen(
        '{',
        r#"{"usage":{"cost":0.1,"is_byok":true,"cost_details":{"upstream_inference_cost":0.2}},"#,
        1,
    );
    assert_eq!(Caller::hears_json(body).await.unwrap().cost.unwrap().to_string(), "0.3");
}

#[tokio::test]
async fn what_a_plain_gateway_leaves_out_is_no_reason_to_fail() {
    let said = Caller::hears_json(r#"{"choices":[{"message":{"content":"Hello"}}]}"#).await.unwrap();
    assert_eq!(said.model, "anthropic/claude-sonnet-4.5", "the requested one");
    assert_eq!((said.id, said.generation_id, said.provider), (None, None, None));
    assert!(said.cost.is_none() && said.usage.total_tokens.is_none());
}

#[tokio::test]
async fn without_the_header_the_id_is_the_generations() {
    let said = Caller::hears_json(good_answer()).await.unwrap();
    assert_eq!(said.generation_id.as_deref(), Some("gen-1"));
}

#[tokio::test]
async fn newlines_before_the_json_are_a_sign_of_life_and_nothing_else() {
    let body = format!("\n\n\n{}", good_answer());
    assert_eq!(Caller::hears_json(body).await.unwrap().content(), Some("Hello"));
}

#[tokio::test]
async fn an_answer_may_come_in_chunks() {
    let (start, end) = good_answer().split_at(30);
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\n\r\n";
    let chunk = |text: &str| Step::Send(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes());
    let reply = vec![Step::Send(head.into()), chunk(start), chunk(end), Step::Send("0\r\n\r\n".into())];
    assert_eq!(Caller::receives(reply).await.unwrap().content(), Some("Hello"));
}

#[tokio::test]
async fn an_answer_may_end_with_its_connection() {
    let reply = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", good_answer());
    let said = Caller::receives(vec![Step::Send(reply.into_bytes()), Step::Close]).await.unwrap();
    assert_eq!(said.content(), Some("Hello"));
}

#[tokio::test]
async fn content_in_parts_is_put_together() {
    let body = r#"{"choices":[{"message":{"content":[{"type":"text","text":"Hel"},{"type":"image_url","image_url":{}},{"type":"text","text":"lo"}]}}]}"#;
    assert_eq!(Caller::hears_json(body).await.unwrap().content(), Some("Hello"));
}

#[tokio::test]
async fn tool_calls_are_an_answer_without_content() {
    let body = r#"{"choices":[{"finish_reason":"tool_calls","message":{"content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}"#;
    let said = Caller::hears_json(body).await.unwrap();
    assert_eq!((said.content(), said.finish_reason.as_deref()), (None, Some("tool_calls")));
    assert_eq!(said.body, body, "the calls themselves are read from here");
}

#[tokio::test]
async fn a_refusal_is_an_answer_without_content() {
    let body = r#"{"choices":[{"message":{"content":null,"refusal":"I would rather not."}}]}"#;
    let said = Caller::hears_json(body).await.unwrap();
    assert_eq!((said.content(), said.refusal()), (None, Some("I would rather not.")));
}

#[tokio::test]
async fn a_compressed_answer_is_unpacked_whatever_that_is_called() {
    for encoding in ["gzip", "GZIP", "x-gzip", "X-GZip", "gzip, identity", "identity,gzip", "identity", "br", ""] {
        let header = format!("Content-Encoding: {encoding}\r\n");
        let reply = answer("200 OK", &header, gzip(good_answer().as_bytes()));
        assert_eq!(Caller::receives(vec![Step::Send(reply)]).await.unwrap().body, good_answer(), "{encoding}");
    }
    let headers = "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n";
    let twice = answer("200 OK", headers, gzip(&gzip(good_answer().as_bytes())));
    assert_eq!(Caller::receives(vec![Step::Send(twice)]).await.unwrap().body, good_answer());
    let packed = gzip(good_answer().as_bytes());
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let bytes = packed.iter().flat_map(|byte| [Step::Send(vec![*byte]), Step::Pause(Duration::from_micros(10))]);
    let drips = std::iter::once(Step::Send(head.into_bytes())).chain(bytes).collect();
    assert_eq!(Caller::receives(drips).await.unwrap().body, good_answer());
}

#[tokio::test]
async fn an_answer_that_is_not_compressed_is_read_whatever_its_header_says() {
    for encoding in ["gzip", "identity", "Identity", "none", "utf-8"] {
        let reply = answer("200 OK", &format!("Content-Encoding: {encoding}\r\n"), good_answer());
        assert_eq!(Caller::receives(vec![Step::Send(reply)]).await.unwrap().body, good_answer(), "{encoding}");
    }
}

#[tokio::test]
async fn an_answer_may_have_many_headers() {
    for headers in [98, 99, 100, 101, 300, 900] {
        let lines: String = (0..headers).map(|number| format!("X-Header-{number}: {number}\r\n")).collect();
        let reply = answer("200 OK", &format!("{lines}X-Generation-Id: gen-7\r\n"), good_answer());
        let said = Caller::receives(vec![Step::Send(reply)]).await.unwrap();
        assert_eq!((said.content(), said.generation_id.as_deref()), (Some("Hello"), Some("gen-7")), "{headers}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_before_the_json_is_no_part_of_it() {
    for mark in ["\u{feff}", "\n\n\u{feff}", "\u{feff}\r\n ", "\u{feff}\n\u{feff}"] {
        let body = format!("{mark}{}", good_answer());
        let said = Caller::receives(vec![Step::Send(json(&body))]).await.unwrap();
        assert_eq!(said.content(), Some("Hello"), "{mark:?}");
        assert_eq!(said.body.trim_start(), good_answer(), "Ruby parses it, too");
        let packed = answer("200 OK", "Content-Encoding: gzip\r\n", gzip(body.as_bytes()));
        assert_eq!(Caller::receives(vec![Step::Send(packed)]).await.unwrap().content(), Some("Hello"), "{mark:?}");
    }
    let text = good_answer().replace("Hello", "\u{feff}Hello");
    assert_eq!(Caller::hears_json(text).await.unwrap().content(), Some("\u{feff}Hello"));
}

#[tokio::test]
async fn numbers_that_are_none_as_python_writes_them_do_not_spoil_an_answer() {
    for odd in ["NaN", "Infinity", "-Infinity", "[NaN, -Infinity]", r#"{"NaN":NaN,"a":"-Infinity"}"#] {
        let body = good_answer().replace(r#""message""#, &format!(r#""logprobs":{odd},"message""#)).replacen(
            '{',
            &format!(r#"{{"x":[{odd}],"usage":{{"cost":0.5,"prompt_tokens":7}},"#),
            1,
        );
        let said = Caller::hears_json(&body).await.unwrap();
        assert_eq!((said.content(), said.usage.prompt_tokens), (Some("Hello"), Some(7)), "{odd}");
        assert_eq!(said.cost.clone().unwrap().to_string(), "0.5");
        assert_eq!(said.body, body);
    }
    for odd in ["NaN", "Infinity", "-Infinity"] {
        let usage = format!(r#"{{"usage":{{"cost":{odd},"prompt_tokens":{odd},"completion_tokens":2}},"id":{odd},"#);
        let said = Caller::hears_json(good_answer().replacen(r#"{"id":"gen-1","#, &usage, 1)).await.unwrap();
        assert_eq!((said.content(), said.cost.clone(), said.id.clone()), (Some("Hello"), None, None), "{odd}");
        assert_eq!((said.usage.prompt_tokens, said.usage.completion_tokens), (None, Some(2)), "{odd}");
    }
    let texts = good_answer().replace("Hello", r#"NaN \"Infinity\" {NaN}"#).replacen('{', r#"{"x":NaN,"#, 1);
    assert_eq!(Caller::hears_json(texts).await.unwrap().content(), Some(r#"NaN "Infinity" {NaN}"#));
}

#[tokio::test]
async fn reasoning_is_read_under_either_name() {
    let reasons = |fields: &str| {
        let body = good_answer().replace(r#""content":"#, &format!(r#"{fields},"content":"#));
        async { Caller::hears_json(body).await.unwrap().reasoning().map(str::to_owned) }
    };
    for fields in [
        r#""reasoning":"Hm.""#,
        r#""reasoning_content":"Hm.""#,
        r#""reasoning_content":"Hm.","reasoning":null"#,
        r#""reasoning":"","reasoning_content":"Hm.""#,
        r#""reasoning":"Hm.","reasoning_content":"Hm.""#,
    ] {
        assert_eq!(reasons(fields).await.as_deref(), Some("Hm."), "{fields}");
    }
    assert_eq!(reasons(r#""reasoning_content":7"#).await, None);
}

#[tokio::test]
async fn every_digit_of_a_cost_is_kept() {
    for (written, read) in [
        ("0.1", "0.1"),
        ("2.1e-5", "0.000021"),
        ("0", "0"),
        ("12345678901234567890.000000000000000000001", "12345678901234567890.000000000000000000001"),
        ("\"0.0021\"", "0.0021"),
    ] {
        let body = good_answer().replacen('{', &format!(r#"{{"usage":{{"cost":{written}}},"#), 1);
        let said = Caller::receives(vec![Step::Send(json(body))]).await.unwrap();
        assert_eq!(said.cost.unwrap().to_string(), read);
    }
}

#[tokio::test]
async fn a_cost_that_is_no_amount_does_not_spoil_an_answer_that_was_paid_for() {
    for cost in ["-0.1", "true", "\"free\"", "{}", "[0.1]", "\"\"", "\"NaN\"", "{\"total\":1}"] {
        let body = good_answer().replacen('{', &format!(r#"{{"usage":{{"cost":{cost}}},"#), 1);
        let completion = Caller::hears_json(body).await.unwrap();
        assert_eq!((completion.content(), completion.cost.clone()), (Some("Hello"), None), "{cost}");
    }
}

#[tokio::test]
async fn an_answer_from_the_gateways_cache_is_a_bill_of_nothing() {
    let usage = r#"{"usage":{"prompt_tokens":0,"completion_tokens":0,"cost":null},"#;
    for body in [good_answer().to_owned(), good_answer().replacen('{', usage, 1)] {
        for (status, cost) in [("HIT", Some("0")), ("hit", Some("0")), (" Hit ", Some("0")), ("MISS", None), ("", None)]
        {
            let headers = format!("X-OpenRouter-Cache-Status: {status}\r\n");
            let said = Caller::receives(vec![Step::Send(answer("200 OK", &headers, &body))]).await.unwrap();
            assert_eq!(said.cost.map(|cost| cost.to_string()).as_deref(), cost, "{status}");
        }
    }
}

#[tokio::test]
async fn a_bill_may_be_an_object_with_a_total() {
    let body = good_answer().replacen('{', r#"{"usage":{"cost":{"request_cost":0.005,"total_cost":0.0061}},"#, 1);
    assert_eq!(Caller::hears_json(body).await.unwrap().cost.unwrap().to_string(), "0.0061");
}

#[tokio::test]
async fn half_an_emoji_does_not_spoil_an_answer() {
    let body = good_answer().replace("Hello", "Hi \\ud83d");
    let completion = Caller::hears_json(body).await.unwrap();
    assert_eq!(completion.content(), Some("Hi \u{fffd}"));
    assert!(serde_json::from_str::<serde_json::Value>(&completion.body).is_ok());
}
