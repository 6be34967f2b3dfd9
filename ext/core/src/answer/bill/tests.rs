use super::*;

fn owed(usage: &str) -> Result<Option<String>, CostError> {
    let usage: WireUsage = serde_json::from_str(&format!("{{{usage}}}")).unwrap();
    Ok(usage.owed()?.map(|cost| cost.to_string()))
}

fn check(rows: &[(&str, Option<&str>)]) {
    for (usage, cost) in rows {
        assert_eq!(owed(usage).unwrap().as_deref(), *cost, "{usage}");
    }
}

#[test]
fn the_upstream_price_is_added_for_ones_own_key_only() {
    check(&[
        (r#""cost":0.0001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0019}"#, Some("0.0020")),
        (r#""cost":0.002,"is_byok":false,"cost_details":{"upstream_inference_cost":0.0019}"#, Some("0.002")),
        (r#""cost":0.002,"cost_details":{"upstream_inference_cost":0.0019}"#, Some("0.002")),
        (r#""cost":null,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0019}"#, Some("0.0019")),
        (r#""cost":0,"is_byok":true,"cost_details":null"#, None),
        (r#""cost":0.1,"is_byok":true"#, Some("0.1")),
        (r#""cost":null"#, None),
        ("", None),
    ]);
}

#[test]
fn the_upstream_price_may_come_in_two_parts() {
    let details = |all: &str, prompt: &str, completion: &str| {
        format!(
            r#""cost":0,"is_byok":true,"cost_details":{{"upstream_inference_cost":{all},
            "upstream_inference_prompt_cost":{prompt},"upstream_inference_completions_cost":{completion}}}"#
        )
    };
    check(&[
        (&details("null", "0.001", "0.0004"), Some("0.0014")),
        (&details("0.002", "0.001", "0.0004"), Some("0.002")),
        (&details("null", "0", "0"), Some("0")),
        (&details("null", "0.001", "null"), None),
    ]);
}

#[test]
fn a_cost_of_zero_is_the_upstreams_price_if_nothing_says_whose_key_it_was() {
    let details = r#""cost_details":{"upstream_inference_cost":0.0019}"#;
    check(&[
        (&format!(r#""cost":0,{details}"#), Some("0.0019")),
        (&format!(r#""cost":0.0,"is_byok":null,{details}"#), Some("0.0019")),
        (&format!(r#""cost":null,{details}"#), Some("0.0019")),
        (&format!(r#""cost":0,"is_byok":false,{details}"#), Some("0")),
        (&format!(r#""cost":null,"is_byok":false,{details}"#), None),
        (r#""cost":0,"cost_details":{"upstream_inference_cost":0}"#, Some("0")),
        (r#""cost":0,"cost_details":{"upstream_inference_cost":"n/a"}"#, Some("0")),
        (r#""cost":0"#, Some("0")),
    ]);
}

#[test]
fn a_bill_that_is_an_object_has_a_total() {
    check(&[
        (r#""cost":{"input_tokens_cost":0.001,"request_cost":0.005,"total_cost":0.006}"#, Some("0.006")),
        (r#""cost":{"total_cost":"0.006"}"#, Some("0.006")),
    ]);
    for odd in [r#"{}"#, r#"{"total":1}"#, r#"{"total_cost":null}"#, r#"{"total_cost":{"total_cost":1}}"#] {
        assert_eq!(owed(&format!(r#""cost":{odd}"#)), Err(CostError::NotANumber), "{odd}");
    }
    assert_eq!(owed(r#""cost":{"total_cost":-1}"#), Err(CostError::Negative));
}

#[test]
fn a_bill_that_is_no_amount_is_neither_nothing_nor_absent() {
    for odd in [r#""free""#, "true", "false", "[]", "[0.1]", r#""""#, r#""NaN""#, r#""$0.5""#, r#""0.5 USD""#] {
        assert_eq!(owed(&format!(r#""cost":{odd}"#)), Err(CostError::NotANumber), "{odd}");
        let upstream = format!(r#""cost":0.1,"is_byok":true,"cost_details":{{"upstream_inference_cost":{odd}}}"#);
        assert_eq!(owed(&upstream), Err(CostError::NotANumber), "{odd}");
    }
    assert_eq!(owed(r#""cost":-0.5"#), Err(CostError::Negative));
}
