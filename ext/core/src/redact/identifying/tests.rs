use super::*;

#[test]
fn numbers_addresses_and_quotations_identify() {
    let line = "bad value: (ssn=123-45-6789), 'jane doe...', “hans müller” and `x` of a@b.example. at position one";
    let found: Vec<_> = identifying(line).collect();
    for passage in ["123-45-6789", "a@b.example", "jane doe", "hans müller"] {
        assert!(found.contains(&passage), "{found:?}");
    }
    assert!(!found.contains(&"position"), "{found:?}");
}
