//! Headers that the caller adds to requests. Their values are secrets: gateways take keys in headers of many names.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

/// Checked headers, each with one value.
#[derive(Clone, Default)]
pub struct Headers {
    map: HeaderMap,
    secrets: Vec<String>,
}

/// A header that HTTP cannot carry. No variant holds the value.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum HeaderError {
    #[error("a header's name holds a character that no header's name can hold")]
    Name,
    #[error("the header {0} holds a character that no HTTP header can carry, such as a line break")]
    Value(String),
}

/// In bytes. Shorter values, and plain words such as `enabled`, stand in any message.
const MIN_SECRET: usize = 4;
const MAX_WORD: usize = 12;

impl Headers {
    /// Of two headers with one name, the later counts.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn new<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<Self, HeaderError> {
        let mut headers = Self::default();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref(), value.as_ref());
            let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| HeaderError::Name)?;
            let sent = sensitive(value).filter(|_| value.is_ascii());
            headers.map.insert(header, sent.ok_or_else(|| HeaderError::Value(name.to_owned()))?);
            headers.secrets.extend(value.split_whitespace().filter(|part| is_secret(part)).map(str::to_owned));
        }
        Ok(headers)
    }

    pub(crate) fn map(&self) -> &HeaderMap {
        &self.map
    }

    /// What no message may contain.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.map.keys()).finish()
    }
}

/// Shown in no debug print. `None` for what is no header's value.
pub(super) fn sensitive(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn is_secret(part: &str) -> bool {
    let is_word = part.len() < MAX_WORD && part.bytes().all(|byte| byte.is_ascii_lowercase());
    part.len() >= MIN_SECRET && !is_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_two_headers_counts_whatever_their_case() {
        let headers = Headers::new([("X-Team", "first"), ("x-team", "second")]).unwrap();
        assert_eq!(headers.map().len(), 1);
        assert_eq!(headers.map()["X-TEAM"], "second");
    }

    #[test]
    fn no_value_is_in_a_debug_print_or_in_an_error() {
        let headers = Headers::new([("x-pass", "very-secret")]).unwrap();
        assert!(!format!("{headers:?} {:?}", headers.map()).contains("very-secret"));
        for value in ["very-secret\r\nX-Evil: 1", "very-secret\n", "very-secret\u{e9}", "very-secret\0"] {
            let error = Headers::new([("x-pass", value)]).unwrap_err();
            assert_eq!(error, HeaderError::Value("x-pass".to_owned()));
            assert!(!format!("{error} {error:?}").contains("very-secret"));
        }
        for name in ["", "x pass", "x-pass:", "x\r\ny", ":path", "x-p\u{e4}ss"] {
            assert_eq!(Headers::new([(name, "1")]).unwrap_err(), HeaderError::Name, "{name}");
        }
    }

    #[test]
    fn plain_words_are_no_secrets() {
        let headers = Headers::new([("a", "enabled"), ("b", "1"), ("c", "Token s3cr3t"), ("d", "team-7")]).unwrap();
        assert_eq!(headers.secrets().collect::<Vec<_>>(), ["Token", "s3cr3t", "team-7"]);
    }
}
