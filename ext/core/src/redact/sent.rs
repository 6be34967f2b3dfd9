//! Iterates over the texts of a request in its JSON.

use memchr::memchr2;

/// The strings of valid JSON, except names of fields and the protocol's own words.
pub(super) struct Texts<'j> {
    rest: &'j str,
    /// The name of the field whose value is next.
    name: Option<&'j str>,
}

impl<'j> Texts<'j> {
    pub(super) fn of(json: &'j str) -> Self {
        Self { rest: json, name: None }
    }
}

impl<'j> Iterator for Texts<'j> {
    type Item = &'j str;

    fn next(&mut self) -> Option<&'j str> {
        loop {
            let (between, string) = self.rest.split_once('"')?;
            // A name belongs to the value directly behind it.
            let name = self.name.take().filter(|_| between.trim() == ":");
            let end = end(string);
            let text = string.get(..end).unwrap_or_default();
            self.rest = string.get(end + 1..).unwrap_or_default();
            if self.rest.trim_start().starts_with(':') {
                self.name = Some(text);
            } else if name.is_none_or(is_from_caller) {
                return Some(text);
            }
        }
    }
}

fn is_from_caller(name: &str) -> bool {
    !["role", "type", "model"].contains(&name)
}

/// The end of a string whose first quotation mark was removed.
fn end(string: &str) -> usize {
    let mut end = 0;
    while let Some(place) = memchr2(b'"', b'\\', string.as_bytes().get(end..).unwrap_or_default()) {
        end += place;
        if string.as_bytes().get(end) == Some(&b'"') {
            return end;
        }
        end += 2;
    }
    string.len()
}

#[cfg(test)]
mod tests;
