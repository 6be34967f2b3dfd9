//! Money: exact decimals, read from the JSON text and never through a binary float.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use bigdecimal::{BigDecimal, Signed, Zero};
use thiserror::Error;

/// An amount in US dollars, exact. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(BigDecimal);

/// Why a `usage.cost` could not be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CostError {
    #[error("the cost is not a number")]
    NotANumber,
    #[error("the cost is negative")]
    Negative,
    #[error("the cost has more than {MAX_DIGITS} digits, or is more than {max} US dollars", max = Cost::MAX)]
    TooLarge,
}

/// More than any price has, and few enough that a hostile `1e999999999` takes no memory.
const MAX_DIGITS: usize = 120;

static MAX: LazyLock<BigDecimal> = LazyLock::new(|| BigDecimal::from_str(Cost::MAX).unwrap_or_default());

impl Cost {
    /// The largest amount there is, in US dollars: what a `decimal(50, 30)` column holds. Ruby has it as
    /// `LlmRouter::Native::MAX_USD`.
    pub const MAX: &'static str = "99999999999999999999.999999999999999999999999999999";

    /// Reads a JSON number, or a string that holds one (the prices of `GET /models` are such
    /// strings, and prose and schema do not always agree). `null` is `None`.
    ///
    /// # Errors
    /// [`CostError`] for anything that is no amount of money.
    pub fn read(json: &str) -> Result<Option<Self>, CostError> {
        let text = json.trim();
        if text == "null" {
            return Ok(None);
        }
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        if text.len() > MAX_DIGITS {
            return Err(CostError::TooLarge);
        }
        let number = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
        if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') || !text.chars().all(number) {
            return Err(CostError::NotANumber);
        }
        let amount = BigDecimal::from_str(text).map_err(|_| CostError::NotANumber)?;
        if amount.is_negative() {
            return Err(CostError::Negative);
        }
        if amount.fractional_digit_count().unsigned_abs() > MAX_DIGITS as u64 {
            return Err(CostError::TooLarge);
        }
        Self(amount).within_limit().map(Some)
    }

    /// # Errors
    /// [`CostError::TooLarge`].
    pub(crate) fn plus(self, other: Self) -> Result<Self, CostError> {
        Self(self.0 + other.0).within_limit()
    }

    fn within_limit(self) -> Result<Self, CostError> {
        if self.0 > *MAX {
            Err(CostError::TooLarge)
        } else {
            Ok(self)
        }
    }

    /// The price of a million of these, as a JSON number: `3` for `0.000003`.
    pub(crate) fn of_a_million(&self) -> String {
        (&self.0 * BigDecimal::from(1_000_000)).normalized().to_plain_string()
    }

    /// Whether there is nothing to pay.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

/// Plain decimal notation, without an exponent: `0.000021`.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

#[cfg(test)]
mod tests;
