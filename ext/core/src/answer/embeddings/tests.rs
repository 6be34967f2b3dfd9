use super::*;

fn read(data: &str, inputs: usize) -> Result<Vec<Vec<f64>>, Unusable> {
    let data = RawValue::from_string(data.to_owned()).unwrap();
    Vectors::read(Some(&data), inputs, None).map(|vectors| vectors.iter().map(<[f64]>::to_vec).collect())
}

#[test]
fn vectors_are_in_the_order_of_the_texts_whatever_their_order_in_the_answer() {
    let data = r#"[{"index":1,"embedding":[0.3,-4e-2]},{"object":"embedding","index":0,"embedding":[1,0.25]}]"#;
    assert_eq!(read(data, 2).unwrap(), [[1.0, 0.25], [0.3, -0.04]]);
    assert_eq!(read(r#"[{"embedding":[1]},{"embedding":[2]}]"#, 2).unwrap(), [[1.0], [2.0]]);
}

#[test]
fn base64_is_32_bit_floats_from_the_lowest_byte_on() {
    assert_eq!(read(r#"[{"index":0,"embedding":"AACAPwAAAMA="}]"#, 1).unwrap(), [[1.0, -2.0]]);
}

#[test]
fn what_is_not_one_vector_for_each_text_is_not_read() {
    assert_eq!(Vectors::read(None, 1, None), Err(Unusable::NoList));
    for (data, inputs, fault) in [
        ("{}", 1, Unusable::NoList),
        ("null", 1, Unusable::NoList),
        ("[[1]]", 1, Unusable::NoList),
        ("[]", 1, Unusable::Count(0, 1)),
        (r#"[{"embedding":[1]}]"#, 2, Unusable::Count(1, 2)),
        (r#"[{"index":0,"embedding":[1]},{"index":0,"embedding":[2]}]"#, 2, Unusable::Index),
        (r#"[{"index":0,"embedding":[1]},{"index":2,"embedding":[2]}]"#, 2, Unusable::Index),
        (r#"[{"index":0,"embedding":[1]},{"embedding":[2]}]"#, 2, Unusable::Index),
        (r#"[{"index":0}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":[]}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":[null]}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":["1"]}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":[1e999]}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":""}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":"AAAA"}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":"AADAfw=="}]"#, 1, Unusable::NoVector(0)),
        (r#"[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]"#, 2, Unusable::Lengths(1, 2)),
    ] {
        assert_eq!(read(data, inputs), Err(fault), "{data}");
    }
}

#[test]
fn dimensions_that_were_not_heeded_are_another_space() {
    let data = RawValue::from_string(r#"[{"embedding":[1,2]}]"#.to_owned()).unwrap();
    assert_eq!(Vectors::read(Some(&data), 1, Some(3)), Err(Unusable::Dimensions(2, 3)));
    assert!(Vectors::read(Some(&data), 1, Some(2)).is_ok());
}
