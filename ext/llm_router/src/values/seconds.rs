//! Ruby's times are seconds as Floats.

use std::time::Duration;

use magnus::{Error, Ruby};

use crate::values::errors;

/// # Errors
/// An `ArgumentError` for what is negative or no number.
pub(crate) fn duration(ruby: &Ruby, seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds).map_err(|error| errors::argument(ruby, format!("{seconds} seconds: {error}")))
}
