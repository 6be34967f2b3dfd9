//! Money: exact decimals, read from the JSON text and never through a binary float.

use std::fmt;
use std::ops::Add;
use std::str::FromStr;

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
    #[error("the cost has more than {MAX_DIGITS} digits, or more than {MAX_WHOLE} before the point")]
    TooLong,
}

/// Far beyond any price, near enough to keep a hostile `1e999999999` from filling the memory.
const MAX_DIGITS: usize = 120;
/// What a budget's columns hold before the point.
const MAX_WHOLE: i64 = 20;

impl Cost {
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
            return Err(CostError::TooLong);
        }
        let number = |letter: char| letter.is_ascii_digit() || "+-.eE".contains(letter);
        if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') || !text.chars().all(number) {
            return Err(CostError::NotANumber);
        }
        let amount = BigDecimal::from_str(text).map_err(|_| CostError::NotANumber)?;
        if amount.is_negative() {
            return Err(CostError::Negative);
        }
        if amount.fractional_digit_count().unsigned_abs() > MAX_DIGITS as u64 || whole_digits(&amount) > MAX_WHOLE {
            return Err(CostError::TooLong);
        }
        Ok(Some(Self(amount)))
    }

    /// Whether there is nothing to pay.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

fn whole_digits(amount: &BigDecimal) -> i64 {
    i64::try_from(amount.digits()).unwrap_or(i64::MAX).saturating_sub(amount.fractional_digit_count())
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
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
        let sum = Cost::read("0.1").unwrap().unwrap() + Cost::read("0.2").unwrap().unwrap();
        assert_eq!(sum.to_string(), "0.3");
    }

    #[test]
    fn what_is_no_amount_of_money_is_refused() {
        assert_eq!(Cost::read("null"), Ok(None));
        assert_eq!(Cost::read("-0.1"), Err(CostError::Negative));
        for bad in ["true", "{}", "[1]", "\"\"", "\"free\"", "\"NaN\"", "Infinity", "\"1_000\""] {
            assert_eq!(Cost::read(bad), Err(CostError::NotANumber), "{bad}");
        }
        for bad in ["1e999999999", "1e-999999999", &"9".repeat(4000), "1e99999999999999999999", "1e20"] {
            assert!(Cost::read(bad).is_err(), "{bad}");
        }
    }
}
