use super::*;
use crate::request::candidate::tests::candidate;
use crate::request::Params;

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

fn cost(usd: &str) -> Cost {
    Cost::read(usd).unwrap().unwrap()
}

fn max_price(prompt: &str, completion: &str) -> MaxPrice {
    MaxPrice { prompt: cost(prompt), completion: cost(completion), request: cost("0"), image: None }
}

/// `provider` as it is sent, where the call and its candidate say this of it.
fn sent(max_price: &MaxPrice, shared: Option<&str>, own: Option<&str>) -> String {
    let params =
        |json: Option<&str>| -> Params { json.map(|json| (PROVIDER.to_owned(), raw(json))).into_iter().collect() };
    let request = Request::new(raw("[]"), params(shared));
    let candidate = max_price.imposed_on(&request, &Candidate { params: params(own), ..candidate("a/b") }).unwrap();
    let body = String::from_utf8(request.body_for(&candidate).unwrap()).unwrap();
    body.strip_prefix(r#"{"model":"a/b","messages":[],"provider":"#).unwrap().strip_suffix('}').unwrap().to_owned()
}

#[test]
fn rates_are_per_million_tokens_to_the_last_digit() {
    let price =
        MaxPrice { request: cost("0.010"), image: Some(cost("0.0048")), ..max_price("0.000003", "0.00001512345") };
    let expected = r#"{"max_price":{"prompt":3,"completion":15.12345,"request":0.010,"image":0.0048}}"#;
    assert_eq!(sent(&price, None, None), expected);
    assert_eq!(sent(&price, Some("null"), None), expected);
    assert_eq!(
        sent(&max_price("0", "1.5e-7"), None, None),
        r#"{"max_price":{"prompt":0,"completion":0.15,"request":0}}"#
    );
}

#[test]
fn what_else_is_said_of_providers_stays_as_it_is() {
    let limits = r#""max_price":{"prompt":3,"completion":15,"request":0}"#;
    let price = max_price("0.000003", "0.000015");
    let shared = r#"{"sort":"price","only":["a", "b"]}"#;
    assert_eq!(sent(&price, Some(shared), None), format!(r#"{{"sort":"price","only":["a", "b"],{limits}}}"#));
    assert_eq!(sent(&price, Some(shared), Some(r#"{"zdr":true}"#)), format!(r#"{{"zdr":true,{limits}}}"#));
    assert_eq!(sent(&price, Some(shared), Some("null")), format!("{{{limits}}}"));
    assert_eq!(sent(&price, Some(r#""cheap""#), None), r#""cheap""#);
}

#[test]
fn the_stricter_of_two_limits_holds() {
    let price = max_price("0.000003", "0.000015");
    for (given, expected) in [
        (r#"{"prompt":1,"completion":20}"#, r#"{"prompt":1,"completion":15,"request":0}"#),
        (r#"{"prompt":"2.50","completion":"1e1"}"#, r#"{"prompt":"2.50","completion":"1e1","request":0}"#),
        (r#"{"audio":7,"image":2,"prompt":"3.0"}"#, r#"{"audio":7,"image":2,"prompt":3,"completion":15,"request":0}"#),
        (r#"{"prompt":"cheap","completion":-1,"request":null}"#, r#"{"prompt":3,"completion":15,"request":0}"#),
        ("null", r#"{"prompt":3,"completion":15,"request":0}"#),
        ("7", r#"{"prompt":3,"completion":15,"request":0}"#),
    ] {
        let provider = format!(r#"{{"max_price":{given}}}"#);
        assert_eq!(sent(&price, Some(&provider), None), format!(r#"{{"max_price":{expected}}}"#), "{given}");
    }
}
