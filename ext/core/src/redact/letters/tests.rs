use super::*;

fn meant(text: &str) -> String {
    let letters: Vec<_> = Letters::of(text).collect();
    assert_eq!(letters.iter().map(|letter| letter.length).sum::<usize>(), text.len(), "{text}");
    letters.iter().map(|letter| letter.meant).collect()
}

#[test]
fn escapes_of_all_kinds_are_read() {
    for (text, letters) in [
        (r"caf\u00e9 caf\u00E9 caf\\u00e9 caf\\\\u00e9", "café café café café"),
        (r"\ud83d\ude00 \\ud83d\\ude00 \U0001f600 \u{1f600}", "😀 😀 😀 😀"),
        (r"b'\xd0\xbf\xd1\x80' '\xe9' \320\277", "b'пр' 'é' п"),
        (r#"say \"no\" \'no\' \/"#, r#"say "no" 'no' /"#),
        (r"a\nb\tc\\nd\Ne", "a b c d e"),
        ("&quot;a&quot; &#39;b&#39; &#x27;c&#X27; &lt;&gt;", r#""a" 'b' 'c' <>"#),
        ("a &amp; b &amp;amp; c &amp;quot; &QUOT; &amp;#39;", r#"a & b & c " " '"#),
        ("caf%C3%A9%20au%20lait", "café au lait"),
    ] {
        assert_eq!(meant(text), letters, "{text}");
    }
}

#[test]
fn what_is_no_escape_spoils_nothing_but_itself() {
    for (text, letters) in [
        (r"\u12 \u00e9", "u12 é"),
        (r"\ud83d \ud83d\u00e9 \ude00", "\u{fffd} \u{fffd}é \u{fffd}"),
        (r"\xd0 \xd0a \xd0\n \xg0", "Ð Ða Ð  xg0"),
        (
            "50% off, 5 %, AT&T & more &unknown; &#; &#xffffffff; &",
            "50% off, 5 %, AT&T & more &unknown; &#; &#xffffffff; &",
        ),
        (r"\u{110000} \u{} \777 \9 \é", "\u{fffd} u{} 777 9 é"),
        (r"at the end \\", r"at the end \\"),
    ] {
        assert_eq!(meant(text), letters, "{text}");
    }
}
