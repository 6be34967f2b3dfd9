//! Panics are caught where they start, so that none crosses into Ruby.

use std::any::Any;
use std::future::{poll_fn, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::task::Poll;

use thiserror::Error;

/// A panic, with what it said. Always a bug of the router's own.
#[derive(Debug, Error)]
#[error("the router panicked: {0}")]
pub struct Panicked(String);

/// Runs `work` and turns a panic in it into an error.
///
/// # Errors
/// [`Panicked`] with the panic's message.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| Panicked(message(payload.as_ref())))
}

/// As [`caught`], of work that waits. It is in the heap from the beginning: an `async fn` would keep the place of what
/// it was given as well, in each of many that wait.
///
/// # Errors
/// [`Panicked`] with the panic's message.
pub fn caught_waiting<F: Future>(work: F) -> impl Future<Output = Result<F::Output, Panicked>> {
    let mut work = Box::pin(work);
    poll_fn(move |context| match caught(|| work.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "no message".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_says_what_it_said() {
        assert_eq!(caught(|| 1).unwrap(), 1);
        let number = 7;
        assert_eq!(caught(|| panic!("odd: {number}")).unwrap_err().to_string(), "the router panicked: odd: 7");
        assert_eq!(caught(|| panic!("plain")).unwrap_err().to_string(), "the router panicked: plain");
    }
}
