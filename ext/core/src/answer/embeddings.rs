//! The vectors of an answer of `POST /embeddings`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use crate::answer::base64;
use crate::json::lenient::{self, Object};

/// Vectors of one length, one for each text that was sent, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    numbers: Vec<f64>,
    length: usize,
}

/// Why vectors were not read. No variant quotes the answer.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Unusable {
    #[error("the answer has no list of vectors (data)")]
    NoList,
    #[error("the answer has {0} vectors for {1} texts")]
    Count(usize, usize),
    #[error("the answer does not have one vector for each text: an index is there twice, or is too large")]
    Index,
    #[error("vector {0} of the answer is neither a list of numbers nor base64 of 32-bit floats")]
    NoVector(usize),
    #[error("the vectors of the answer are not all of one length: {0} and {1}")]
    Lengths(usize, usize),
    #[error("the vectors of the answer have {0} dimensions, not {1} as the request says")]
    Dimensions(usize, u64),
}

impl Vectors {
    /// From `data`, for so many texts.
    pub(crate) fn read(data: Option<&RawValue>, inputs: usize, dimensions: Option<u64>) -> Result<Self, Unusable> {
        let List(data) = data.and_then(|data| serde_json::from_str(data.get()).ok()).ok_or(Unusable::NoList)?;
        if data.len() != inputs {
            return Err(Unusable::Count(data.len(), inputs));
        }
        let mut vectors = Self::default();
        for (position, datum) in in_order(data)?.into_iter().enumerate() {
            vectors.add(position, datum.embedding)?;
        }
        match dimensions {
            Some(wanted) if wanted != vectors.length as u64 => Err(Unusable::Dimensions(vectors.length, wanted)),
            _ => Ok(vectors),
        }
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = &[f64]> {
        self.numbers.chunks(self.length.max(1))
    }

    /// The bytes that they take.
    pub fn weight(&self) -> usize {
        self.numbers.capacity() * size_of::<f64>()
    }

    fn add(&mut self, position: usize, json: Option<&RawValue>) -> Result<(), Unusable> {
        let before = self.numbers.len();
        let read = json.and_then(|json| match json.get().as_bytes().first() {
            Some(b'"') => base64::floats(json.get().trim_matches('"'), &mut self.numbers),
            _ => serde_json::from_str(json.get()).ok().map(|mut vector: Vec<f64>| self.numbers.append(&mut vector)),
        });
        let length = self.numbers.len() - before;
        if read.is_none() || length == 0 {
            return Err(Unusable::NoVector(position));
        }
        if position > 0 && length != self.length {
            return Err(Unusable::Lengths(self.length, length));
        }
        self.length = length;
        Ok(())
    }
}

/// By their `index`. Where an endpoint gives none, the order of the answer is that of the texts.
fn in_order(data: Vec<Datum<'_>>) -> Result<Vec<Datum<'_>>, Unusable> {
    if data.iter().all(|datum| datum.index.is_none()) {
        return Ok(data);
    }
    let mut places: Vec<Option<Datum<'_>>> = data.iter().map(|_| None).collect();
    for datum in data {
        let index = datum.index.and_then(|index| usize::try_from(index).ok()).ok_or(Unusable::Index)?;
        let place = places.get_mut(index).filter(|place| place.is_none()).ok_or(Unusable::Index)?;
        *place = Some(datum);
    }
    Ok(places.into_iter().flatten().collect())
}

#[derive(serde::Deserialize)]
struct Datum<'j> {
    #[serde(default, deserialize_with = "lenient::count")]
    index: Option<u64>,
    #[serde(default, borrow)]
    embedding: Option<&'j RawValue>,
}

struct List<'j>(Vec<Datum<'j>>);

impl<'de> Deserialize<'de> for List<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_seq(ListOnly)
    }
}

struct ListOnly;

impl<'de> Visitor<'de> for ListOnly {
    type Value = List<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of vectors")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<'de>, A::Error> {
        let mut data = Vec::new();
        while let Some(Object(datum)) = list.next_element().map_err(|_| A::Error::custom("an entry is no object"))? {
            data.push(datum);
        }
        Ok(List(data))
    }
}

#[cfg(test)]
mod tests;
