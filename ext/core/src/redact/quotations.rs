//! What of an endpoint's words is quoted from a prompt or an answer. Those may be large: they are gone through once, in
//! turns, between which whoever else waits for the thread can have it.

use std::collections::{BTreeSet, HashSet};

use super::folded::Folding;
use super::wanted::Wanted;
use super::{QUOTATION, SHORTEST};

/// As much of a text is looked at in one turn, in bytes: some hundred microseconds.
pub(super) const TURN: usize = 64 * 1024;

/// The search for what a line quotes.
pub(super) struct Quotations<'l> {
    /// Folded.
    line: &'l [u8],
    /// All passages of the line of this length.
    long: Wanted<'l, QUOTATION>,
    /// Telling ones that are shorter, and no shorter than this.
    telling: Wanted<'l, SHORTEST>,
    found: HashSet<&'l [u8]>,
}

/// A text that is gone through.
pub(super) struct Passage<'t> {
    folding: Folding<'t>,
    /// What has been folded and may begin a quotation.
    window: Vec<u8>,
    /// It may be so short that it is looked for as a whole.
    whole: bool,
}

impl<'t> Passage<'t> {
    pub(super) fn of(text: &'t str, whole: bool) -> Self {
        Self { folding: Folding::of(text), window: Vec::new(), whole }
    }
}

impl<'l> Quotations<'l> {
    /// `telling` are the shorter passages of the line that are looked for besides.
    pub(super) fn of(line: &'l [u8], telling: impl Iterator<Item = &'l str>) -> Self {
        let telling = telling.map(str::as_bytes).filter(|passage| (SHORTEST..QUOTATION).contains(&passage.len()));
        let long = Wanted::all(line.windows(QUOTATION));
        Self { line, long, telling: Wanted::all(telling), found: HashSet::new() }
    }

    /// Looks at the next part of a text. Returns how many bytes that was; none at its end.
    pub(super) fn turn(&mut self, passage: &mut Passage<'_>) -> usize {
        let read = passage.folding.read(TURN, &mut passage.window);
        self.long.find(&passage.window, &mut self.found);
        self.telling.find(&passage.window, &mut self.found);
        if std::mem::take(&mut passage.whole) {
            self.find_whole(passage.window.trim_ascii_end());
        }
        // What stands at the end may go on.
        let seen = passage.window.len().saturating_sub(QUOTATION - 1);
        passage.window.drain(..seen);
        read
    }

    fn find_whole(&mut self, text: &[u8]) {
        if (SHORTEST..QUOTATION).contains(&text.len()) {
            self.found.extend(self.line.windows(text.len()).find(|passage| *passage == text));
        }
    }

    /// Marks those bytes of the line that are quoted.
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
