use super::*;

#[test]
fn a_part_of_the_body_is_read_where_it_stands() {
    let body = r#"{"a":"é!"}"#.to_owned();
    let text = Text::of(Cow::Borrowed(&body[6..9]), &body);
    assert!(matches!(&text, Text::Quoted(place) if *place == (6..9)));
    assert_eq!((text.read(&body), text.weight()), ("é!", 0));
}

#[test]
fn what_stands_elsewhere_is_kept() {
    for said in [Cow::Borrowed("Hi"), Cow::Owned("Hi".to_owned())] {
        let text = Text::of(said, "other");
        assert_eq!((text.read("other"), text.weight()), ("Hi", 2), "{text:?}");
    }
}
