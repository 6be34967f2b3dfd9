//! How a batch ends before it is through, and what is no reason to.

use llm_router_core::{conclude, gateway, Arrival};
use magnus::error::ErrorType;
use magnus::rb_sys::AsRawValue;
use magnus::value::ReprValue;
use magnus::{Class, Error, Object, RObject, Value};

use super::{Batch, UnderWay};
use crate::errors;
use crate::host::RubyHost;

impl<'b> Batch<'b> {
    /// Ends what is under way. What has arrived is booked all the same, and for the rest the budget is
    /// told that it may have been billed. Those that are held have nothing to be told.
    pub(super) fn leave(&mut self, mut end: Error) -> Error {
        self.process.runtime.block_on(async {
            self.attempts.abandon().await;
            gateway::settle().await;
        });
        self.arrivals.extend(self.attempts.arrived());
        while let Some(Arrival { number, outcome, at }) = self.arrivals.pop_front() {
            // Without an outcome it is seen to with the rest.
            let Ok(outcome) = outcome else { continue };
            let Some(UnderWay { mut walk, due, .. }) = self.under_way.remove(&number) else { continue };
            end = self.with_host(number, end, |mut host, end| {
                host.late = Some(end);
                match conclude(&mut walk, &mut host, due, outcome, at) {
                    Err(stopped) => host.stopped(stopped),
                    Ok(_) => errors::internal(self.ruby, "an interrupt was lost"),
                }
            });
        }
        for (number, UnderWay { progress, .. }) in std::mem::take(&mut self.under_way) {
            let what = (progress.uncertain(), progress.generation_id());
            end = self.with_host(number, end, |host, end| host.leaving(end, "interrupted", what));
        }
        end
    }

    fn with_host(&self, number: usize, end: Error, work: impl FnOnce(RubyHost<'b>, Error) -> Error) -> Error {
        match self.host(number) {
            Ok(host) => work(host, end),
            Err(_) => end,
        }
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
