//! The text of a String or a Symbol.

use magnus::encoding::EncodingCapable;
use magnus::value::ReprValue;
use magnus::{Error, RString, Ruby, Symbol, Value};

use super::refusal::Refusal;

/// The UTF-8 text of a String or Symbol.
pub(super) fn text(ruby: &Ruby, value: Value) -> Result<String, Refusal> {
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
