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
mod tests {
    use super::*;

    #[test]
    fn values_are_texts_and_names_and_the_protocols_words_are_not() {
        let json = r#"[{"role":"user","content":[{"type":"text", "text" : "Say \"Hi\" \\"}, "é"]},{"type":["a"],"n":1,"x":"","role":"tool"}]"#;
        assert_eq!(Texts::of(json).collect::<Vec<_>>(), [r#"Say \"Hi\" \\"#, "é", "a", ""]);
        assert_eq!(Texts::of(r#""all of it""#).collect::<Vec<_>>(), ["all of it"]);
        assert_eq!(Texts::of("[1,null]").count(), 0);
    }
}
