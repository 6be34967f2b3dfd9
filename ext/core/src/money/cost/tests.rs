use super::*;

fn read(json: &str) -> String {
    Cost::read(json).unwrap().unwrap().to_string()
}

#[test]
fn every_digit_is_kept() {
    assert_eq!(read("0.1"), "0.1");
    assert_eq!(read("0.00012749999999999998"), "0.00012749999999999998");
    assert_eq!(
        read("1234567890.1234567890123456789012345678901234567"),
        "1234567890.1234567890123456789012345678901234567"
    );
    assert_eq!(read("2.1e-5"), "0.000021");
    assert_eq!(read("\"0.0021\""), "0.0021");
}

#[test]
fn adding_is_exact() {
    let cost = |json| Cost::read(json).unwrap().unwrap();
    assert_eq!(cost("0.1").plus(cost("0.2")).unwrap().to_string(), "0.3");
    assert_eq!(cost(Cost::MAX).plus(cost("1e-30")), Err(CostError::TooLarge));
}

#[test]
fn the_largest_amount_is_what_a_column_holds() {
    assert_eq!(read(Cost::MAX), Cost::MAX);
    for over in ["1e20", "99999999999999999999.9999999999999999999999999999991", "123456789012345678901"] {
        assert_eq!(Cost::read(over), Err(CostError::TooLarge), "{over}");
    }
}

#[test]
fn what_is_no_amount_of_money_is_refused() {
    assert_eq!(Cost::read("null"), Ok(None));
    assert_eq!(Cost::read("-0.1"), Err(CostError::Negative));
    for bad in ["true", "{}", "[1]", "\"\"", "\"free\"", "\"NaN\"", "Infinity", "\"1_000\""] {
        assert_eq!(Cost::read(bad), Err(CostError::NotANumber), "{bad}");
    }
    for bad in ["1e999999999", "1e-999999999", &"9".repeat(4000), "1e99999999999999999999"] {
        assert!(Cost::read(bad).is_err(), "{bad}");
    }
}
