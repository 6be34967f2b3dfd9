//! The fields of a JSON object and the entries of a list, one after the other.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Calls `entry` for each field of an object, or entry of a list, as far as they are JSON.
pub(super) fn each<'j>(json: &'j str, entry: impl FnMut(Option<Cow<'_, str>>, &'j str)) {
    let _cut_off = serde_json::Deserializer::from_str(json).deserialize_any(Entries(entry));
}

struct Entries<F>(F);

impl<'j, F: FnMut(Option<Cow<'_, str>>, &'j str)> Visitor<'j> for Entries<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'j>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<String, &'j RawValue>()? {
            self.0(Some(plain(&name).into()), value.get());
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'j>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element::<&'j RawValue>()? {
            self.0(None, value.get());
        }
        Ok(())
    }
}

/// A name in lower case without punctuation: gateways write `rate_limit_error`, `RateLimitError` and
/// `RATE-LIMIT-ERROR`.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
