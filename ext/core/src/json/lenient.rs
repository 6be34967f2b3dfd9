//! Reading JSON whose shape is not quite what the schema says: a field of the wrong type is
//! taken as absent rather than spoiling an answer that was paid for.
//!
//! A value is read where it stands in the body. A parser would first copy a text into a buffer of
//! its own, which for a text that fills the body takes as much memory again, and more.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::quoted;

/// A string, or nothing.
pub(crate) fn string<'de, D: Deserializer<'de>>(json: D) -> Result<Option<String>, D::Error> {
    Ok(quoted::unescape(raw(json)?).map(Cow::into_owned))
}

/// As [`string`], copied only if it has escapes.
pub(crate) fn borrowed_string<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    raw(json).map(quoted::unescape)
}

/// A whole number that is not negative, or nothing.
pub(crate) fn count<'de, D: Deserializer<'de>>(json: D) -> Result<Option<u64>, D::Error> {
    let json = raw(json)?;
    let decimal = || number(json).filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number));
    Ok(json.parse().ok().or_else(|| decimal().map(|number| number as u64)))
}

/// `true` or `false`, or nothing.
pub(crate) fn flag<'de, D: Deserializer<'de>>(json: D) -> Result<Option<bool>, D::Error> {
    Ok(raw(json)?.parse().ok())
}

/// An object of the given shape, or nothing.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Option<T>, D::Error> {
    let json = raw(json)?;
    if !json.starts_with('{') {
        return Ok(None);
    }
    // Without the position, which would count from the start of the object.
    serde_json::from_str(json).map(Some).map_err(|_| D::Error::custom("an object is not as it should be"))
}

/// As [`object`], for one that can be large: it is parsed in one pass.
pub(crate) fn large_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Option<T>, D::Error> {
    json.deserialize_any(ObjectOrNot(PhantomData))
}

/// Whether anything is there.
pub(crate) fn present<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
    raw(json).map(is_present)
}

/// Whether there is an error: an object, words, or a list of these.
pub(crate) fn error<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
    raw(json).map(|json| is_present(json) && json.starts_with(['{', '[', '"']))
}

/// Not `null`, not an empty list or string.
pub(crate) fn is_present(json: &str) -> bool {
    let empty_list = json.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(']'));
    json != "null" && json != "\"\"" && !empty_list
}

/// The text of any JSON value.
fn raw<'de, D: Deserializer<'de>>(json: D) -> Result<&'de str, D::Error> {
    <&RawValue>::deserialize(json).map(RawValue::get)
}

fn number(json: &str) -> Option<f64> {
    json.parse().ok().filter(|number: &f64| number.is_finite())
}

struct ObjectOrNot<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOrNot<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

/// An object and nothing else. Without this, a list is taken for the fields in their order.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(ObjectOnly(PhantomData)).map(Self)
    }
}

struct ObjectOnly<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOnly<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
