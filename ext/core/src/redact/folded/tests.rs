use super::*;

#[test]
fn case_blanks_and_escapes_make_no_difference() {
    for text in
        ["Straße 7: ΟΔΟΣ\n  é", "STRASSE 7:\t\u{1b} οδοσ É", r"STRA\u00dfe 7:&nbsp;\u039f\u0394\u039f\u03a3 %C3%89"]
    {
        assert_eq!(String::from_utf8(folded(text)).unwrap(), "strasse 7: οδοσ é", "{text}");
        assert_eq!(folded_with_places(text).0, folded(text));
    }
}

#[test]
fn it_is_the_same_in_one_go_and_bit_by_bit() {
    let text = r"A plain text &amp; a \u00e9, % \\n İ and ".repeat(9);
    let mut folding = Folding::of(&text);
    let mut bits = Vec::new();
    while folding.read(3, &mut bits) > 0 {}
    assert_eq!(String::from_utf8(bits).unwrap().trim_end().as_bytes(), folded(&text));
}

#[test]
fn each_byte_knows_its_letter() {
    let (folded, places) = folded_with_places(r"a\u00e9  B");
    assert_eq!(folded, "aé b".as_bytes());
    assert_eq!(places, [0..1, 1..7, 1..7, 7..9, 9..10]);
}
