//! One value after the other, as JSON text.

use magnus::r_hash::ForEach;
use magnus::value::{Qfalse, Qtrue, ReprValue};
use magnus::{Error, Float, Integer, RArray, RHash, RString, Ruby, Symbol, Value};

use super::refusal::Refusal;
use super::text::text;

/// More than any schema or message; a structure that contains itself exceeds it.
const MAX_DEPTH: usize = 100;

pub(super) fn write(ruby: &Ruby, value: Value, depth: usize, json: &mut Vec<u8>) -> Result<(), Refusal> {
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

fn push(json: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), Refusal> {
    serde_json::to_writer(json, value).map_err(|error| Refusal::new(error.to_string()))
}
