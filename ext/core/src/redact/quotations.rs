//! Finds quotations of prompts and answers in an endpoint's words. Those may be large: they are searched once, in
//! turns, between which other tasks run.

use std::collections::{BTreeSet, HashSet};

use super::folded::Folding;
use super::wanted::Wanted;
use super::{MIN_PASSAGE, MIN_QUOTATION};

/// The bytes of a text that are searched in one turn: some hundred microseconds.
pub(super) const TURN_BYTES: usize = 64 * 1024;

/// The search for quotations in a line.
pub(super) struct Quotations<'l> {
    /// Folded.
    line: &'l [u8],
    /// All passages of the line of this length.
    long: Wanted<'l, MIN_QUOTATION>,
    /// Shorter passages that identify somebody by themselves.
    identifying: Wanted<'l, MIN_PASSAGE>,
    found: HashSet<&'l [u8]>,
}

/// A text that is being searched.
pub(super) struct Passage<'t> {
    folding: Folding<'t>,
    /// Folded text that may begin a quotation.
    window: Vec<u8>,
    /// Search for it as a whole too, if it is short.
    whole: bool,
}

impl<'t> Passage<'t> {
    pub(super) fn of(text: &'t str, whole: bool) -> Self {
        Self { folding: Folding::of(text), window: Vec::new(), whole }
    }
}

impl<'l> Quotations<'l> {
    /// `identifying` are the shorter passages of the line to search for.
    pub(super) fn of(line: &'l [u8], identifying: impl Iterator<Item = &'l str>) -> Self {
        let identifying =
            identifying.map(str::as_bytes).filter(|passage| (MIN_PASSAGE..MIN_QUOTATION).contains(&passage.len()));
        let long = Wanted::all(line.windows(MIN_QUOTATION));
        Self { line, long, identifying: Wanted::all(identifying), found: HashSet::new() }
    }

    /// Searches the next part of a text. Returns its bytes; 0 at the end.
    pub(super) fn turn(&mut self, passage: &mut Passage<'_>) -> usize {
        let read = passage.folding.read(TURN_BYTES, &mut passage.window);
        self.long.find(&passage.window, &mut self.found);
        self.identifying.find(&passage.window, &mut self.found);
        if std::mem::take(&mut passage.whole) {
            self.find_whole(passage.window.trim_ascii_end());
        }
        // A quotation may go on in the next part.
        let seen = passage.window.len().saturating_sub(MIN_QUOTATION - 1);
        passage.window.drain(..seen);
        read
    }

    fn find_whole(&mut self, text: &[u8]) {
        if (MIN_PASSAGE..MIN_QUOTATION).contains(&text.len()) {
            self.found.extend(self.line.windows(text.len()).find(|passage| *passage == text));
        }
    }

    /// Marks the quoted bytes of the line.
    pub(super) fn mark(self, hidden: &mut [bool]) {
        let lengths: BTreeSet<_> = self.found.iter().map(|passage| passage.len()).collect();
        for length in lengths {
            for (start, passage) in self.line.windows(length).enumerate() {
                if self.found.contains(passage) {
                    hidden.iter_mut().skip(start).take(length).for_each(|byte| *byte = true);
                }
            }
        }
    }
}
