//! How a batch ends early, and which errors end only their own call.

use llm_router_core::{poll_connections, Arrival};
use magnus::error::ErrorType;
use magnus::rb_sys::AsRawValue;
use magnus::value::ReprValue;
use magnus::{Class, Error, Object, RObject, Value};

use super::Batch;

impl Batch<'_> {
    /// Ends the attempts in flight. Each call then settles what has arrived for it, or what its attempt may have cost;
    /// calls that wait for money have nothing to settle.
    pub(super) fn leave(&mut self) -> Result<(), Error> {
        self.process.runtime.block_on(async {
            self.attempts.abandon().await;
            poll_connections().await;
        });
        self.arrivals.extend(self.attempts.arrived());
        while let Some(Arrival { number, outcome, .. }) = self.arrivals.pop_front() {
            // A panicked attempt is kept with the rest, below.
            let Ok(outcome) = outcome else { continue };
            if self.under_way.remove(&number).is_some() {
                self.host(number)?.keep_unsettled(outcome)?;
            }
        }
        for (number, under_way) in std::mem::take(&mut self.under_way) {
            self.host(number)?.keep_unsettled_drop(&under_way.progress)?;
        }
        Ok(())
    }
}

/// The error that the call itself raised.
///
/// # Errors
/// Any other: an interrupt of the thread.
pub(super) fn own(call: RObject, error: Error) -> Result<Value, Error> {
    let own: Value = call.ivar_get("@error")?;
    match error.error_type() {
        ErrorType::Exception(raised) if raised.as_raw() == own.as_raw() => Ok(own),
        _ => Err(error),
    }
}

/// An error of Rust's own, which is a bug of this gem.
///
/// # Errors
/// As [`own`].
pub(super) fn bug(error: Error) -> Result<Value, Error> {
    match error.error_type() {
        ErrorType::Error(class, message) => Ok(class.new_instance((message.as_ref(),))?.as_value()),
        _ => Err(error),
    }
}
