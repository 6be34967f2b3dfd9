//! How a batch ends before it is through, and what is no reason to.

use llm_router_core::{gateway, Arrival};
use magnus::error::ErrorType;
use magnus::rb_sys::AsRawValue;
use magnus::value::ReprValue;
use magnus::{Class, Error, Object, RObject, Value};

use super::Batch;

impl Batch<'_> {
    /// Ends what is under way. Each call settles what has arrived for it, or what its attempt may have cost, when it
    /// ends; those that are held have nothing to settle.
    pub(super) fn leave(&mut self) -> Result<(), Error> {
        self.process.runtime.block_on(async {
            self.attempts.abandon().await;
            gateway::settle().await;
        });
        self.arrivals.extend(self.attempts.arrived());
        while let Some(Arrival { number, outcome, .. }) = self.arrivals.pop_front() {
            // Without an outcome it is seen to with the rest.
            let Ok(outcome) = outcome else { continue };
            if self.under_way.remove(&number).is_some() {
                self.host(number)?.keep(outcome)?;
            }
        }
        for (number, under_way) in std::mem::take(&mut self.under_way) {
            self.host(number)?.keep_dropped(&under_way.progress)?;
        }
        Ok(())
    }
}

/// What the call has raised itself.
///
/// # Errors
/// The error, where it is something else: an interrupt of the thread.
pub(super) fn own(call: RObject, error: Error) -> Result<Value, Error> {
    let own: Value = call.ivar_get("@error")?;
    match error.error_type() {
        ErrorType::Exception(raised) if raised.as_raw() == own.as_raw() => Ok(own),
        _ => Err(error),
    }
}

/// A bug of this gem, of which Rust has told.
///
/// # Errors
/// As [`own`].
pub(super) fn bug(error: Error) -> Result<Value, Error> {
    match error.error_type() {
        ErrorType::Error(class, message) => Ok(class.new_instance((message.as_ref(),))?.as_value()),
        _ => Err(error),
    }
}
