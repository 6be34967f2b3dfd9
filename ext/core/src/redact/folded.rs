//! Folds texts for comparison: letters without their escapes, in lower case, with one blank for any blanks and control
//! characters.

use std::ops::Range;
use std::sync::LazyLock;

use super::letters::{Letter, Letters};

/// Folds a text part by part.
pub(super) struct Folding<'t> {
    letters: Letters<'t>,
    /// The last letter was a blank, or there was none.
    blank: bool,
}

impl<'t> Folding<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { letters: Letters::of(text), blank: true }
    }

    /// Folds about so many bytes of the text into `folded`. Returns how many it read.
    pub(super) fn read(&mut self, bytes: usize, folded: &mut Vec<u8>) -> usize {
        let whole = self.letters.rest().len();
        let end = whole.saturating_sub(bytes);
        while self.letters.rest().len() > end {
            let rest = self.letters.rest();
            let plain = self.fold_plain(rest.as_bytes().get(..rest.len() - end).unwrap_or_default(), folded);
            self.letters.skip_bytes(plain);
            if self.letters.rest().len() <= end {
                break;
            }
            if let Some(Letter { meant, .. }) = self.letters.next() {
                self.fold(meant, folded);
            }
        }
        whole - self.letters.rest().len()
    }

    /// Folds ASCII up to an escape. Returns its bytes.
    fn fold_plain(&mut self, text: &[u8], folded: &mut Vec<u8>) -> usize {
        for (place, byte) in text.iter().enumerate() {
            match byte {
                b'\\' | b'%' | b'&' | 0x80.. => return place,
                b'!'..=b'~' => {
                    folded.push(byte.to_ascii_lowercase());
                    self.blank = false;
                }
                _ => self.fold_blank(folded),
            }
        }
        text.len()
    }

    fn fold(&mut self, letter: char, folded: &mut Vec<u8>) {
        if letter.is_whitespace() || letter.is_control() {
            return self.fold_blank(folded);
        }
        self.blank = false;
        match small(letter) {
            Some(small) => folded.extend(small.encode_utf8(&mut [0; 4]).bytes()),
            None => {
                let small = letter.to_uppercase().flat_map(char::to_lowercase);
                small.for_each(|letter| folded.extend(letter.encode_utf8(&mut [0; 4]).bytes()));
            }
        }
    }

    fn fold_blank(&mut self, folded: &mut Vec<u8>) {
        if !self.blank {
            folded.push(b' ');
        }
        self.blank = true;
    }
}

/// The lower case of a letter, from a table; `None` for letters outside of it.
fn small(letter: char) -> Option<char> {
    static SMALL: LazyLock<Vec<Option<char>>> = LazyLock::new(|| ('\0'..ALPHABETS).map(small_of).collect());
    match letter {
        ..ALPHABETS => SMALL.get(letter as usize).copied().flatten(),
        // Chinese, Japanese and Korean have no small letters.
        '\u{2e80}'..='\u{a63f}' | '\u{ac00}'..='\u{d7ff}' => Some(letter),
        _ => None,
    }
}

/// Latin, Greek, Cyrillic, Hebrew, Arabic and more come before it.
const ALPHABETS: char = '\u{0800}';

/// `None` for letters that become several in upper case.
fn small_of(letter: char) -> Option<char> {
    let mut small = letter.to_uppercase().flat_map(char::to_lowercase);
    small.next().filter(|_| small.next().is_none())
}

/// Folds a whole, short text.
pub(super) fn folded(text: &str) -> Vec<u8> {
    let mut folded = Vec::with_capacity(text.len());
    Folding::of(text).read(text.len(), &mut folded);
    if folded.last() == Some(&b' ') {
        folded.pop();
    }
    folded
}

/// As [`folded`], with the place in the text of the letter of each byte.
pub(super) fn folded_with_places(text: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    let (mut folded, mut places, mut start) = (Vec::new(), Vec::<Range<usize>>::new(), 0);
    let mut folding = Folding::of(text);
    while let Some(Letter { meant, length }) = folding.letters.next() {
        folding.fold(meant, &mut folded);
        let end = start + length;
        if places.len() < folded.len() {
            places.resize(folded.len(), start..end);
        } else if let Some(last) = places.last_mut() {
            // One of several blanks.
            last.end = end;
        }
        start = end;
    }
    (folded, places)
}

#[cfg(test)]
mod tests;
