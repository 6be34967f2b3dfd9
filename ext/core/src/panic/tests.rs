use super::*;

#[test]
fn a_panic_becomes_an_error_that_says_what_it_said() {
    assert_eq!(caught(|| 1).unwrap(), 1);
    let number = 7;
    assert_eq!(caught(|| panic!("odd: {number}")).unwrap_err().to_string(), "the router panicked: odd: 7");
    assert_eq!(caught(|| panic!("plain")).unwrap_err().to_string(), "the router panicked: plain");
}
