//! From Ruby values to JSON text, strictly: an error names the place of what JSON cannot hold.

use llm_router_core::Params;
use magnus::encoding::EncodingCapable;
use magnus::r_hash::ForEach;
use magnus::value::{Qfalse, Qtrue, ReprValue};
use magnus::{Error, Float, Integer, RArray, RHash, RString, Ruby, Symbol, Value};
use serde_json::value::RawValue;

use crate::values::errors;

/// More than any schema or message; a structure that contains itself exceeds it.
const MAX_DEPTH: usize = 100;

/// Serialises a value. `at` is what an error calls it, such as `messages`.
///
/// # Errors
/// An `ArgumentError` that names the place and what is wrong there.
pub(crate) fn value(ruby: &Ruby, value: Value, at: &str) -> Result<Box<RawValue>, Error> {
    let refused = |refusal: Refusal| errors::argument(ruby, refusal.sentence(at));
    let mut json = Vec::new();
    write(ruby, value, 0, &mut json).map_err(refused)?;
    String::from_utf8(json)
        .map_err(|error| error.to_string())
        .and_then(|json| RawValue::from_string(json).map_err(|error| error.to_string()))
        .map_err(|error| errors::internal(ruby, format!("{at} became bad JSON: {error}")))
}

/// Serialises each option of a Hash by itself.
///
/// # Errors
/// As [`value`].
pub(crate) fn params(ruby: &Ruby, hash: RHash, at: &str) -> Result<Params, Error> {
    params_but(ruby, hash, &[], at)
}

/// As [`params`], without those of these names.
///
/// # Errors
/// As [`value`].
pub(crate) fn params_but(ruby: &Ruby, hash: RHash, left_out: &[&str], at: &str) -> Result<Params, Error> {
    let mut params = Params::with_capacity(hash.len());
    hash.foreach(|name: Value, option: Value| {
        let name = text(ruby, name).map_err(|refusal| errors::argument(ruby, refusal.sentence(at)))?;
        if left_out.contains(&name.as_str()) {
            return Ok(ForEach::Continue);
        }
        let place = if at.is_empty() { name.clone() } else { format!("{at}[:{name}]") };
        params.push((name, value(ruby, option, &place)?));
        Ok(ForEach::Continue)
    })?;
    Ok(params)
}

/// Why a value cannot be sent, and where it is: the path grows on the way out of the recursion.
struct Refusal {
    path: Vec<String>,
    why: String,
}

impl Refusal {
    fn new(why: impl Into<String>) -> Self {
        Self { path: Vec::new(), why: why.into() }
    }

    fn inside(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }

    fn sentence(&self, at: &str) -> String {
        // The first steps say enough, also for a structure that contains itself.
        let path: String = self.path.iter().rev().take(8).map(String::as_str).collect();
        format!("{at}{path} cannot be sent as JSON: {}", self.why)
    }
}

fn write(ruby: &Ruby, value: Value, depth: usize, json: &mut Vec<u8>) -> Result<(), Refusal> {
    if depth > MAX_DEPTH {
        return Err(Refusal::new(format!("it is nested deeper than {MAX_DEPTH} levels; does it contain itself?")));
    }
    if RString::from_value(value).is_some() || Symbol::from_value(value).is_some() {
        push(json, &text(ruby, value)?)
    } else if let Some(hash) = RHash::from_value(value) {
        write_hash(ruby, hash, depth, json)
    } else if let Some(list) = RArray::from_value(value) {
        write_list(ruby, list, depth, json)
    } else if value.is_nil() {
        push(json, &())
    } else if Qtrue::from_value(value).is_some() {
        push(json, &true)
    } else if Qfalse::from_value(value).is_some() {
        push(json, &false)
    } else {
        write_number(value, json)
    }
}

fn write_hash(ruby: &Ruby, hash: RHash, depth: usize, json: &mut Vec<u8>) -> Result<(), Refusal> {
    let mut refusal = None;
    let mut separator = b'{';
    let walked = hash.foreach(|key: Value, value: Value| {
        json.push(separator);
        separator = b',';
        let written = text(ruby, key).and_then(|key| {
            push(json, &key)?;
            json.push(b':');
            write(ruby, value, depth + 1, json).map_err(|refusal| refusal.inside(format!("[:{key}]")))
        });
        refusal = written.err();
        Ok(if refusal.is_some() { ForEach::Stop } else { ForEach::Continue })
    });
    if separator == b'{' {
        json.push(separator);
    }
    json.push(b'}');
    match (refusal, walked) {
        (Some(refusal), _) => Err(refusal),
        (None, walked) => walked.map_err(|error| Refusal::new(error.to_string())),
    }
}

fn write_list(ruby: &Ruby, list: RArray, depth: usize, json: &mut Vec<u8>) -> Result<(), Refusal> {
    json.push(b'[');
    for (index, value) in list.into_iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        write(ruby, value, depth + 1, json).map_err(|refusal| refusal.inside(format!("[{index}]")))?;
    }
    json.push(b']');
    Ok(())
}

fn write_number(value: Value, json: &mut Vec<u8>) -> Result<(), Refusal> {
    if let Some(float) = Float::from_value(value) {
        let float = float.to_f64();
        return if float.is_finite() {
            push(json, &float)
        } else {
            Err(Refusal::new(format!("{float} is no JSON number")))
        };
    }
    let digits: Result<String, Error> = if let Some(integer) = Integer::from_value(value) {
        match integer.to_i64() {
            Ok(small) => return push(json, &small),
            Err(_) => integer.funcall("to_s", ()),
        }
    } else {
        let class = value.class().to_string();
        if class != "BigDecimal" {
            let advice = "turn it into a String, a number, a Hash or an Array first";
            return Err(Refusal::new(format!("it is of class {class}; {advice}")));
        }
        value.funcall("to_s", ("F",))
    };
    let digits = digits.map_err(|error| Refusal::new(error.to_string()))?;
    if digits.contains("Infinity") || digits.contains("NaN") {
        return Err(Refusal::new(format!("{digits} is no JSON number")));
    }
    json.extend_from_slice(digits.as_bytes());
    Ok(())
}

/// The UTF-8 text of a String or Symbol.
fn text(ruby: &Ruby, value: Value) -> Result<String, Refusal> {
    if let Some(string) = RString::from_value(value) {
        return utf8(ruby, string)
            .map_err(|_| Refusal::new("its text is not valid UTF-8; String#scrub replaces the bad bytes"));
    }
    match Symbol::from_value(value) {
        Some(symbol) => symbol.name().map(|name| name.into_owned()).map_err(|error| Refusal::new(error.to_string())),
        None => Err(Refusal::new(format!("a key of class {} is neither a String nor a Symbol", value.class()))),
    }
}

/// Text in other encodings is converted; bytes without one are taken for UTF-8 if they are.
fn utf8(ruby: &Ruby, string: RString) -> Result<String, Error> {
    if string.enc_get() != ruby.ascii8bit_encindex() {
        return string.to_string();
    }
    let copy: RString = string.funcall("dup", ())?;
    copy.funcall::<_, _, RString>("force_encoding", ("UTF-8",))?.to_string()
}

fn push(json: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), Refusal> {
    serde_json::to_writer(json, value).map_err(|error| Refusal::new(error.to_string()))
}
