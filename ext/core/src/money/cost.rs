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
mod tests {
    use super::*;

    fn read(json: &str) -> String {
        Cost::read(json).unwrap().unwrap().to_string()
    }

    #[test]
    fn every_digit_is_kept() {
        assert_eq!(read("0.1"), "0.1");
        assert_eq!(read("0.00012749999999999998"), "0.00012749999999999998");
        assert_eq!(
            read("1234567890.1234567890123456789012345678901234567"),
            "1234567890.1234567890123456789012345678901234567"
        );
        assert_eq!(read("2.1e-5"), "0.000021");
        assert_eq!(read("\"0.0021\""), "0.0021");
    }

    #[test]
    fn adding_is_exact() {
        let cost = |json| Cost::read(json).unwrap().unwrap();
        assert_eq!(cost("0.1").plus(cost("0.2")).unwrap().to_string(), "0.3");
        assert_eq!(cost(Cost::MAX).plus(cost("1e-30")), Err(CostError::TooLarge));
    }

    #[test]
    fn the_largest_amount_is_what_a_column_holds() {
        assert_eq!(read(Cost::MAX), Cost::MAX);
        for over in ["1e20", "99999999999999999999.9999999999999999999999999999991", "123456789012345678901"] {
            assert_eq!(Cost::read(over), Err(CostError::TooLarge), "{over}");
        }
    }

    #[test]
    fn what_is_no_amount_of_money_is_refused() {
        assert_eq!(Cost::read("null"), Ok(None));
        assert_eq!(Cost::read("-0.1"), Err(CostError::Negative));
        for bad in ["true", "{}", "[1]", "\"\"", "\"free\"", "\"NaN\"", "Infinity", "\"1_000\""] {
            assert_eq!(Cost::read(bad), Err(CostError::NotANumber), "{bad}");
        }
        for bad in ["1e999999999", "1e-999999999", &"9".repeat(4000), "1e99999999999999999999"] {
            assert!(Cost::read(bad).is_err(), "{bad}");
        }
    }
}
