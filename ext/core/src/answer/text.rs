//! A text of an answer. A text without escapes is kept as a range of the body: it can be nearly all of it, and a copy
//! would double the memory.

use std::borrow::Cow;
use std::ops::Range;

/// A text, read together with its body.
#[derive(Debug, Clone)]
pub enum Text {
    /// Its place in the body.
    Quoted(Range<usize>),
    /// It has escapes in the body, or came in parts.
    Own(String),
}

impl Text {
    pub(crate) fn of(said: Cow<'_, str>, body: &str) -> Self {
        match said {
            Cow::Borrowed(said) => place(said, body).map_or_else(|| Self::Own(said.to_owned()), Self::Quoted),
            Cow::Owned(said) => Self::Own(said),
        }
    }

    /// The text, given its body.
    pub fn read<'t>(&'t self, body: &'t str) -> &'t str {
        match self {
            Self::Quoted(place) => body.get(place.clone()).unwrap_or_default(),
            Self::Own(text) => text,
        }
    }

    /// The bytes that it takes in addition to the body.
    pub fn weight(&self) -> usize {
        match self {
            Self::Quoted(_) => 0,
            Self::Own(text) => text.capacity(),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Own(text.to_owned())
    }
}

/// The place of `part` in `whole`, if it is a part of it.
fn place(part: &str, whole: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let place = start..start.checked_add(part.len())?;
    whole.get(place.clone()).is_some_and(|there| std::ptr::eq(there, part)).then_some(place)
}

#[cfg(test)]
mod tests;
