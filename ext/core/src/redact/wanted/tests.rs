use super::*;

#[test]
fn what_stands_in_a_text_is_found_once() {
    let passages: [&[u8]; 3] = [b"abcdef", b"cdefghi", b"nowhere"];
    let mut wanted = Wanted::<6>::all(passages.into_iter());
    let mut found = HashSet::new();
    for _ in 0..2 {
        wanted.find(b"ab abcdefghi abcdef", &mut found);
    }
    assert_eq!(found, HashSet::from([passages[0], passages[1]]));
    assert_eq!(wanted.passages, HashSet::from([passages[2]]));
}
