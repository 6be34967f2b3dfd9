use super::*;

fn price(pricing: &str) -> Option<(String, String, String)> {
    let price = serde_json::from_str::<Rates>(pricing).ok()?.price(None, None)?;
    Some((price.prompt.to_string(), price.completion.to_string(), price.request.to_string()))
}

fn texts(prompt: &str, completion: &str, request: &str) -> Option<(String, String, String)> {
    Some((prompt.to_owned(), completion.to_owned(), request.to_owned()))
}

#[test]
fn the_dearest_way_to_read_and_to_write_a_token_counts() {
    assert_eq!(price(r#"{"prompt":"0.000003","completion":"0.000015"}"#), texts("0.000003", "0.000015", "0"));
    assert_eq!(
        price(
            r#"{"prompt":"0.000003","completion":"0.000015","request":"0.01","image":"0.0048",
                "input_cache_read":"0.0000003","input_cache_write":"0.00000375","internal_reasoning":"0.00002"}"#
        ),
        texts("0.00000375", "0.00002", "0.01")
    );
    assert_eq!(price(r#"{"prompt":3e-6,"completion":0,"internal_reasoning":null}"#), texts("0.000003", "0", "0"));
}

#[test]
fn a_price_under_a_condition_counts_as_if_it_were_met() {
    let overrides = r#"[{"min_prompt_tokens":200000,"prompt":"0.000006","completion":"0.0000225"},
        {"utc_start":100,"utc_end":400,"input_cache_write_1h":"0.000009"}]"#;
    let pricing = format!(r#"{{"prompt":"0.000003","completion":"0.000015","overrides":{overrides}}}"#);
    assert_eq!(price(&pricing), texts("0.000009", "0.0000225", "0"));
    assert!(price(r#"{"prompt":"1","completion":"1","overrides":null}"#).is_some());
    for odd in [r#"{"prompt":"2"}"#, "[7]", r#"[{"prompt":"-1"}]"#, r#""twice""#] {
        assert_eq!(price(&format!(r#"{{"prompt":"1","completion":"1","overrides":{odd}}}"#)), None, "{odd}");
    }
}

#[test]
fn a_model_without_a_price_is_left_out() {
    for pricing in [
        "{}",
        r#"{"prompt":"1"}"#,
        r#"{"completion":"1"}"#,
        r#"{"prompt":"-1","completion":"-1"}"#,
        r#"{"prompt":"1","completion":"much"}"#,
        r#"{"prompt":"1","completion":{}}"#,
        r#"{"prompt":"1","completion":"1","request":"-1"}"#,
        r#"{"prompt":"1","completion":"1","internal_reasoning":true}"#,
    ] {
        assert_eq!(price(pricing), None, "{pricing}");
    }
}

#[test]
fn of_two_providers_the_dearer_counts_rate_by_rate() {
    let provider =
        |pricing: &str, context, most| serde_json::from_str::<Rates>(pricing).unwrap().price(context, most).unwrap();
    let one = provider(r#"{"prompt":"1","completion":"9","image":"0.5"}"#, Some(1000), Some(100));
    let other = provider(r#"{"prompt":"2","completion":"3","request":"0.1"}"#, Some(2000), None);
    let dearest = one.dearest(other);
    let rates = [&dearest.prompt, &dearest.completion, &dearest.request, &dearest.image].map(ToString::to_string);
    assert_eq!(rates, ["2", "9", "0.1", "0.5"]);
    assert_eq!((dearest.context_length, dearest.max_completion_tokens), (Some(2000), None));
}
