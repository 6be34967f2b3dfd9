//! The text of a message: a string, or a list of parts that hold `text`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::lenient::Object;
use crate::json::quoted;

/// A string, the text of a list of parts, or nothing.
pub(crate) fn content<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    let json = <&RawValue>::deserialize(json)?.get();
    match json.as_bytes().first() {
        Some(b'"') => Ok(quoted::unescape(json)),
        Some(b'[') => {
            let mut parser = serde_json::Deserializer::from_str(json);
            let whole = parser.deserialize_seq(Parts(String::with_capacity(json.len())));
            whole
                .map(|text| Some(Cow::Owned(text)))
                .map_err(|_| D::Error::custom("a part of a message is not as it should be"))
        }
        _ if json == "null" => Ok(None),
        _ => Err(D::Error::custom("a message is neither a text nor a list of parts")),
    }
}

/// Puts them together as they are read, in memory for the whole: it may be all there is.
struct Parts(String);

#[derive(serde::Deserialize)]
struct Part<'j> {
    #[serde(default, borrow)]
    text: Option<&'j RawValue>,
}

impl<'de> Visitor<'de> for Parts {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of parts")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<String, A::Error> {
        while let Some(Object(Part { text })) = list.next_element()? {
            if let Some(text) = text {
                quoted::push(text.get(), &mut self.0);
            }
        }
        Ok(self.0)
    }
}
