//! Short passages that identify somebody by themselves: text in quotation marks, and words with a digit or an `@`, such
//! as account numbers and addresses.

const MARKS: [char; 9] = ['"', '\'', '`', '“', '”', '‘', '’', '«', '»'];

pub(super) fn identifying(line: &str) -> impl Iterator<Item = &str> {
    words(line).chain(line.split(MARKS).skip(1)).map(|passage| passage.trim_matches(is_around))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    let tells = |letter: char| letter.is_numeric() || letter == '@';
    line.split(|letter: char| letter.is_whitespace() || "=:;,()[]{}<>|".contains(letter) || MARKS.contains(&letter))
        .filter(move |word| word.contains(tells))
}

/// Such as the dots of a shortened quotation.
fn is_around(letter: char) -> bool {
    letter.is_ascii_punctuation() || letter.is_whitespace() || letter == '…'
}

#[cfg(test)]
mod tests;
