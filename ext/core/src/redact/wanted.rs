//! Searches a large text for many passages at once.

use std::collections::{BTreeSet, HashSet};

/// No passage is shorter than `N` bytes.
pub(super) struct Wanted<'l, const N: usize> {
    passages: HashSet<&'l [u8]>,
    lengths: BTreeSet<usize>,
    /// A bitmap of hashed beginnings, which rules out most places of a text.
    beginnings: Vec<u64>,
}

/// The size of the hash in bits.
const BITS: u32 = 16;

impl<'l, const N: usize> Wanted<'l, N> {
    pub(super) fn all(passages: impl Iterator<Item = &'l [u8]>) -> Self {
        let passages: HashSet<_> = passages.collect();
        let lengths = passages.iter().map(|passage| passage.len()).collect();
        let mut beginnings = vec![0; 1 << (BITS - 6)];
        for (word, bit) in passages.iter().map(|passage| Self::place(passage)) {
            beginnings.get_mut(word).into_iter().for_each(|word| *word |= bit);
        }
        Self { passages, lengths, beginnings }
    }

    /// Moves the passages that occur in `text` into `found`.
    pub(super) fn find(&mut self, text: &[u8], found: &mut HashSet<&'l [u8]>) {
        if self.passages.is_empty() {
            return;
        }
        for (start, beginning) in text.windows(N).enumerate() {
            let (word, bit) = Self::place(beginning);
            if self.beginnings.get(word).is_some_and(|word| word & bit != 0) {
                let rest = text.get(start..).unwrap_or_default();
                let here = self.lengths.iter().filter_map(|length| self.passages.take(rest.get(..*length)?));
                found.extend(here);
            }
        }
    }

    /// The bit of a beginning.
    fn place(passage: &[u8]) -> (usize, u64) {
        let mut padded = [0; 16];
        padded.iter_mut().zip(passage.iter().take(N)).for_each(|(byte, given)| *byte = *given);
        let number = u128::from_le_bytes(padded);
        let mixed = (number as u64 ^ ((number >> 64) as u64).rotate_left(29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let hash = mixed >> (u64::BITS - BITS);
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

#[cfg(test)]
mod tests;
