//! Headers that the caller adds to requests. Their values are secrets: gateways take keys in headers of many names.

use std::fmt;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

/// Checked headers, each with one value.
#[derive(Clone, Default)]
pub struct Headers {
    map: HeaderMap,
    /// Left out, although the endpoint has them.
    absent: Vec<HeaderName>,
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

    /// The same, but for headers that the endpoint has and this request does not send.
    ///
    /// # Errors
    /// [`HeaderError::Name`].
    pub fn without<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Self, HeaderError> {
        for name in names {
            self.absent.push(HeaderName::from_bytes(name.as_ref().as_bytes()).map_err(|_| HeaderError::Name)?);
        }
        Ok(self)
    }

    pub(crate) fn absent(&self) -> &[HeaderName] {
        &self.absent
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
mod tests;
