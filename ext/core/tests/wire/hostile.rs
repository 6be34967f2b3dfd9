//! Answers that mean harm. How little memory they take is seen to in `tests/memory`.

use std::time::Duration;

use llm_router_core::{prices, Cost, Failure, LookupError, Reason, Scope};

use crate::support::{answer, json, Caller, Gateway, Step, KEY};

const GOOD: &str = r#""choices":[{"message":{"content":"Hi"}}]"#;

async fn failure(body: impl AsRef<[u8]>) -> Failure {
    let body = body.as_ref();
    match Caller::hears_json(body).await {
        Err(failure) => failure,
        Ok(said) => panic!("{} was taken for {said:?}", String::from_utf8_lossy(body)),
    }
}

fn with(more: &str) -> String {
    format!("{{{GOOD},{more}}}")
}

fn levels(depth: usize) -> String {
    with(&format!(r#""x":{}{},"usage":{{"cost":0.5}}"#, "[".repeat(depth), "]".repeat(depth)))
}

#[tokio::test]
async fn an_answer_is_no_deeper_than_a_request_may_be_also_in_unknown_fields() {
    assert!(Caller::hears_json(levels(99)).await.is_ok());
    for depth in [100, 200, 100_000] {
        let failure = failure(levels(depth)).await;
        assert_eq!((failure.reason, failure.scope, failure.uncertain), (Reason::BadAnswer, Scope::Model, true));
        assert_eq!(failure.message, "the answer was not parsed: it is nested deeper than 100 levels");
        assert_eq!(failure.cost, None);
    }
}

#[tokio::test]
async fn a_list_is_no_longer_than_any_answer_needs() {
    let list = "0,".repeat(300_000);
    assert!(Caller::hears_json(with(&format!(r#""x":[{list}0]"#))).await.is_ok());
    let choices = format!(r#"{{"choices":[{}{{}}]}}"#, r#"{"message":{"content":"Hi"}},"#.repeat(2_000));
    let failure = failure(choices).await;
    assert_eq!((failure.reason, failure.uncertain), (Reason::BadAnswer, true));
}

#[tokio::test]
async fn what_is_there_twice_is_believed_neither_time() {
    for twice in [
        format!(r#"{{"usage":{{"cost":0.1}},{GOOD},"usage":{{"cost":0.2}}}}"#),
        with(r#""usage":{"cost":0.1,"cost":0.2}"#),
        with(r#""usage":{"cost":0.1,"c\u006fst":0.1}"#),
        with(r#""usage":{"cost":0.1,"is_byok":true,"is_byok":false}"#),
        with(r#""usage":{"cost":0.1,"is_byok":true,"cost_details":{},"cost_details":{"upstream_inference_cost":9}}"#),
        with(r#""error":null,"error":{"code":502},"usage":{"cost":0.1},"usage":null"#),
    ] {
        let failure = failure(&twice).await;
        assert_eq!((failure.reason, failure.cost, failure.uncertain), (Reason::BadAnswer, None, true), "{twice}");
    }
    for other in [
        with(&format!(r#"{GOOD},"usage":{{"cost":0.1}}"#)),
        with(r#""error":null,"error":{"code":502},"usage":{"cost":0.1}"#),
        r#"{"choices":[{"message":{"content":"Hi"},"message":{"content":"Ho"}}],"usage":{"cost":0.1}}"#.to_owned(),
        r#"{"choices":[{"message":{"content":[{"text":"a","text":"b"}]}}],"usage":{"cost":0.1}}"#.to_owned(),
    ] {
        let failure = failure(&other).await;
        assert_eq!((failure.reason, failure.uncertain), (Reason::BadAnswer, false), "{other}");
        assert_eq!(failure.cost.unwrap().to_string(), "0.1", "{other}");
    }
}

#[tokio::test]
async fn what_is_no_number_of_json_is_no_answer() {
    for odd in ["nan", "-NaN", "+Infinity", "NaN1", "1Infinity", "inf", "1e", "0x10", "01", "1_000", "+1", ".5"] {
        for field in [format!(r#""usage":{{"cost":{odd}}}"#), format!(r#""x":[{odd}]"#)] {
            let failure = failure(with(&field)).await;
            assert_eq!((failure.reason, failure.uncertain), (Reason::BadAnswer, true), "{field}");
        }
    }
}

#[tokio::test]
async fn a_cost_that_no_budget_can_hold_is_not_read_and_a_price_is() {
    for cost in [
        "1e20",
        "123456789012345678901",
        "99999999999999999999.9999999999999999999999999999991",
        "1e-121",
        "1e400",
        "1e-999999999",
        "0e999999999",
    ] {
        let failure = failure(with(&format!(r#""usage":{{"cost":{cost}}}"#))).await;
        assert_eq!((failure.reason, failure.cost, failure.uncertain), (Reason::BadAnswer, None, true), "{cost}");
    }
    let most = Caller::hears_json(with(&format!(r#""usage":{{"cost":{}}}"#, Cost::MAX))).await.unwrap();
    assert_eq!(most.cost.unwrap().to_string(), Cost::MAX);
}

#[tokio::test]
async fn a_failure_whose_cost_cannot_be_read_may_be_billed_and_keeps_its_reason() {
    let cost = "9".repeat(4_000);
    let failed = failure(format!(r#"{{"error":{{"code":503}},"usage":{{"cost":{cost}}}}}"#)).await;
    assert_eq!((failed.reason, failed.cost, failed.uncertain), (Reason::Unavailable, None, true));
}

#[tokio::test]
async fn numbers_of_tokens_that_are_none_do_not_spoil_what_was_paid_for() {
    let digits = "9".repeat(4_000);
    let usage = format!(r#""usage":{{"prompt_tokens":{digits},"completion_tokens":1e999,"cost":0.1}}"#);
    let said = Caller::hears_json(with(&usage)).await.unwrap();
    assert_eq!((said.usage.prompt_tokens, said.usage.completion_tokens), (None, None));
    assert_eq!(said.cost.unwrap().to_string(), "0.1");
}

#[tokio::test]
async fn a_name_that_would_forge_a_line_fill_a_column_or_leak_the_key_is_none() {
    for odd in ["a\\nERROR -- : forged".to_owned(), "x".repeat(201), format!("a/{KEY}")] {
        let names = format!(r#""id":"{odd}","model":"{odd}","provider":"{odd}""#);
        let body = with(&names)
            .replace(r#""Hi"}"#, &format!(r#""Hi"}},"finish_reason":"{odd}","native_finish_reason":"{odd}""#));
        let header = format!("X-Generation-Id: {}\r\n", odd.replace("\\n", "\t"));
        let said = Caller::receives(vec![Step::Send(answer("200 OK", &header, body))]).await.unwrap();
        assert_eq!((said.id, said.generation_id, said.provider), (None, None, None), "{odd}");
        assert_eq!((said.finish_reason, said.native_finish_reason), (None, None), "{odd}");
        assert_eq!(said.model, "anthropic/claude-sonnet-4.5", "{odd}");
        let failed = failure(format!(r#"{{"id":"{odd}","error":{{"code":503}}}}"#)).await;
        assert_eq!(failed.generation_id, None, "{odd}");
    }
}

#[tokio::test]
async fn a_list_is_no_object_even_if_its_entries_are_the_fields_in_order() {
    for list in [
        r#"["gen-1","a/b","P",[{"message":{"content":"Hi"}}],{"cost":0.1}]"#,
        r#"{"choices":[[{"content":"Hi"},"stop"]]}"#,
        r#"{"choices":[{"message":{"content":[["Hi"]]}}]}"#,
    ] {
        assert_eq!(failure(list).await.reason, Reason::BadAnswer, "{list}");
    }
}

#[tokio::test]
async fn of_an_error_no_more_is_kept_than_a_person_can_read() {
    let long = format!(r#"{{"error":{{"message":"no luck"}},"x":"{}"}}"#, "x".repeat(100_000));
    let refused = Caller::receives(vec![Step::Send(answer("400 Bad Request", "", long))]).await.unwrap_err();
    assert_eq!((refused.reason, refused.message.as_str()), (Reason::Rejected, "no luck"));
    assert!((60_000..=65_536).contains(&refused.body.unwrap().len()));
    let longer = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(1 << 20));
    let refused = Caller::receives(vec![Step::Send(answer("404 Not Found", "", longer))]).await.unwrap_err();
    assert_eq!(refused.reason, Reason::ModelNotFound);
}

#[tokio::test]
async fn a_list_of_prices_is_not_too_long_or_too_deep_either() {
    let priced = r#"{"id":"a/b","pricing":{"prompt":"0","completion":"0"}},"#;
    let models = |list: String| format!(r#"{{"data":[{list}]}}"#);
    let look_up = |body: String| async {
        let gateway = Gateway::start(vec![vec![Step::Send(json(body))]]);
        let caller = Caller::of(gateway.address);
        prices(&caller.client, &caller.candidate.endpoint, Duration::from_secs(60)).await
    };
    let without = look_up(models(format!("{}{{}}", "{},".repeat(50_000)))).await.unwrap();
    assert_eq!(without, vec![]);
    for body in [models(priced.repeat(20_001) + "{}"), models("[".repeat(200)), models("0,".repeat(1_000_000) + "0")] {
        assert!(matches!(look_up(body).await, Err(LookupError::Unreadable(_))));
    }
    let overrides = format!(r#""overrides":[{}{{}}]"#, "{},".repeat(30_000));
    let odd = priced.replace(r#""completion""#, &format!(r#"{overrides},"completion""#));
    assert_eq!(look_up(models(odd + "{}")).await.unwrap(), vec![]);
}
